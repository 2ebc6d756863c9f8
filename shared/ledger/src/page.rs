//! Postings page by page, and reading rows back.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use claim::{EntryId, Fund, SettlementId};
use money::Fen;
use store::StoreError;

use crate::booking::Digest;

/// How many postings a page holds at most.
pub const PAGE_SIZE_MAX: u32 = 500;

/// What one settlement cost one fund, or what an adjustment changed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// What was booked: the settlement itself, or the adjustment that changed it.
    pub entry_id: EntryId,
    /// The settlement.
    pub settlement_id: SettlementId,
    /// The fund.
    pub fund: Fund,
    /// What the fund pays, never zero; of an adjustment what it pays more, or less where it is below zero.
    pub paid: Fen,
    /// When the settlement or the adjustment was recorded.
    pub recorded_time: DateTime<Utc>,
}

/// Some of a person's postings, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingPage {
    /// The postings.
    pub postings: Vec<Posting>,
    /// Where the next page starts; absent on the last.
    pub next: Option<PostingCursor>,
}

/// A place between two postings of a person. As text it is a page token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingCursor {
    pub(crate) recorded_time: DateTime<Utc>,
    pub(crate) entry_id: EntryId,
    pub(crate) settlement_id: SettlementId,
    pub(crate) fund: Fund,
}

impl From<&Posting> for PostingCursor {
    fn from(posting: &Posting) -> Self {
        let Posting { entry_id, settlement_id, fund, recorded_time, paid: _ } = posting;
        let (entry_id, settlement_id) = (entry_id.clone(), settlement_id.clone());
        Self { recorded_time: *recorded_time, entry_id, settlement_id, fund: *fund }
    }
}

impl fmt::Display for PostingCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.recorded_time.timestamp_micros();
        // No id holds white space.
        write!(f, "{micros}.{}.{} {}", self.fund, self.entry_id, self.settlement_id)
    }
}

/// A text that is not a page token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a token of a page before")]
pub struct InvalidCursor;

impl FromStr for PostingCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(InvalidCursor);
        let micros = part()?.parse().map_err(|_| InvalidCursor)?;
        let recorded_time = DateTime::from_timestamp_micros(micros).ok_or(InvalidCursor)?;
        let fund = part()?.parse().map_err(|_| InvalidCursor)?;
        let (entry_id, settlement_id) = part()?.split_once(' ').ok_or(InvalidCursor)?;
        let entry_id = entry_id.parse().map_err(|_| InvalidCursor)?;
        let settlement_id = settlement_id.parse().map_err(|_| InvalidCursor)?;
        Ok(Self { recorded_time, entry_id, settlement_id, fund })
    }
}

/// A posting's columns as they are read.
pub(crate) type PostingRow = (String, String, String, i64, DateTime<Utc>);

pub(crate) fn posting_from(row: PostingRow) -> Result<Posting, StoreError> {
    let (entry_id, settlement_id, fund, paid_fen, recorded_time) = row;
    Ok(Posting {
        entry_id: EntryId::new(&entry_id).map_err(StoreError::corrupt)?,
        settlement_id: SettlementId::new(&settlement_id).map_err(StoreError::corrupt)?,
        fund: fund.parse::<Fund>().map_err(StoreError::corrupt)?,
        paid: Fen::new(paid_fen),
        recorded_time,
    })
}

pub(crate) fn digest_from(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map_err(|_| StoreError::corrupt("a digest of another length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_from_its_text() {
        let cursor = PostingCursor {
            recorded_time: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            entry_id: EntryId::new("c.d-人").unwrap(),
            settlement_id: SettlementId::new("a.b-人").unwrap(),
            fund: Fund::BasicInpatient,
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_no_page_gave_is_no_cursor() {
        for text in [
            "",
            "1",
            "1.basic-inpatient",
            "1.basic-inpatient.",
            "x.basic-inpatient.e s",
            "1.nobody.e s",
            "1.account.a",
            "1.account.a b c",
        ] {
            assert_eq!(text.parse::<PostingCursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
