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
    pub(crate) entry_id: EntryId,
    /// The place of the posting among those of its entry, from 0.
    pub(crate) number: i64,
}

impl fmt::Display for PostingCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.entry_id)
    }
}

/// A text that is not a page token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a token of a page before")]
pub struct InvalidCursor;

impl FromStr for PostingCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (number, entry_id) = text.split_once('.').ok_or(InvalidCursor)?;
        let number = number.parse().ok().filter(|number| *number >= 0).ok_or(InvalidCursor)?;
        Ok(Self { entry_id: entry_id.parse().map_err(|_| InvalidCursor)?, number })
    }
}

/// A posting's columns as they are read: entry, number, settlement, fund, what is paid in fen, when.
pub(crate) type PostingRow = (String, i64, String, String, i64, DateTime<Utc>);

pub(crate) fn cursor_at((entry_id, number, ..): &PostingRow) -> Result<PostingCursor, StoreError> {
    Ok(PostingCursor { entry_id: EntryId::new(entry_id).map_err(StoreError::corrupt)?, number: *number })
}

pub(crate) fn posting_from(row: PostingRow) -> Result<Posting, StoreError> {
    let (entry_id, _, settlement_id, fund, paid_fen, recorded_time) = row;
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
        let cursor = PostingCursor { entry_id: EntryId::new("c.d-人").unwrap(), number: 12 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_no_page_gave_is_no_cursor() {
        for text in ["", "1", "1.", "x.e", ".e", "-1.e", "1.e f"] {
            assert_eq!(text.parse::<PostingCursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
