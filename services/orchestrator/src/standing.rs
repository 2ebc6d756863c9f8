//! What became of a person's settlements: their chain folded into one line of settlements, in the order in which the
//! counters moved.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use wire::journal_v1::Adjustment;
use wire::proto::google::r#type::Date;
use wire::settlement_v1::{LastChange, SettlementState};
use wire::{Failure, claim_v1 as proto};

use crate::chain::{Entry, StoredLink};

/// A settlement and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) sequence: i64,
    pub(crate) caller: String,
    pub(crate) request_id: String,
    /// When the settlement was made.
    pub(crate) settled_time: prost_types::Timestamp,
    /// The case as it was sent.
    pub(crate) case: proto::Case,
    /// The statement that stands, or the last that stood.
    pub(crate) statement: proto::Statement,
    pub(crate) state: SettlementState,
    pub(crate) last_change: Option<LastChange>,
}

impl Standing {
    /// The settlement that a link made; `None` for a link that made none.
    pub(crate) fn of(link: StoredLink) -> Option<Self> {
        let Entry::Settlement(settlement) = link.entry else { return None };
        Some(Self {
            sequence: link.sequence,
            caller: link.caller,
            request_id: link.request_id,
            settled_time: link.recorded_time,
            case: settlement.case?,
            statement: settlement.statement?,
            state: SettlementState::Settled,
            last_change: None,
        })
    }

    /// Whether it counts: it was not cancelled, or it was restored.
    pub(crate) fn stands(&self) -> bool {
        self.state != SettlementState::Cancelled
    }

    pub(crate) fn settlement_id(&self) -> &str {
        &self.statement.settlement_id
    }

    /// The day of service.
    pub(crate) fn service_date(&self) -> Result<NaiveDate, Failure> {
        date_of(self.case.service_date)
            .ok_or_else(|| Failure::invariant_violated("a stored settlement has no service date"))
    }

    /// When the settlement was made.
    pub(crate) fn settled_time(&self) -> DateTime<Utc> {
        let nanos = u32::try_from(self.settled_time.nanos).unwrap_or(0);
        DateTime::from_timestamp(self.settled_time.seconds, nanos).unwrap_or_default()
    }

    /// Takes a later link in, where it changed this settlement.
    pub(crate) fn take(&mut self, link: &StoredLink) {
        let Entry::Adjustment(adjustment) = &link.entry else { return };
        let change = adjustment.changes.iter().find(|change| change.settlement_id == self.statement.settlement_id);
        let Some(change) = change else { return };
        self.state = match &change.statement {
            None => SettlementState::Cancelled,
            Some(statement) => {
                self.statement = statement.clone();
                SettlementState::Readjudicated
            }
        };
        self.last_change = Some(last_change(link, adjustment));
    }
}

/// A stored date; `None` where there is none.
pub(crate) fn date_of(date: Option<Date>) -> Option<NaiveDate> {
    let date = date?;
    NaiveDate::from_ymd_opt(date.year, date.month.try_into().ok()?, date.day.try_into().ok()?)
}

fn last_change(link: &StoredLink, adjustment: &Adjustment) -> LastChange {
    LastChange {
        adjustment_id: adjustment.adjustment_id.clone(),
        sequence: link.sequence,
        recorded_time: Some(link.recorded_time),
    }
}

/// The settlements of one benefit year, in the order of the chain.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    benefit_year: i32,
    pub(crate) settlements: Vec<Standing>,
}

impl Line {
    /// An empty line of `benefit_year`.
    pub(crate) const fn of_year(benefit_year: i32) -> Self {
        Self { benefit_year, settlements: Vec::new() }
    }

    /// Takes the next link in.
    pub(crate) fn take(&mut self, link: StoredLink) -> Result<(), Failure> {
        for settlement in &mut self.settlements {
            settlement.take(&link);
        }
        if let Some(settlement) = Standing::of(link)
            && settlement.service_date()?.year() == self.benefit_year
        {
            self.settlements.push(settlement);
        }
        Ok(())
    }
}
