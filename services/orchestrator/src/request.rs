//! What a caller asks for that makes a link, and whether a stored link is the answer to the same request.

use chrono::NaiveDate;
use claim::{Case, PersonId, RequestId, SettlementId};
use wire::journal_v1::{Cancellation, Readjudication, Reversal, adjustment::Cause};
use wire::{Failure, claim_v1 as proto};

use crate::altered::Scope;
use crate::chain::{Entry, StoredLink};
use crate::standing::Standing;

/// A call that makes a link of a person's chain.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) caller: String,
    pub(crate) request_id: RequestId,
    pub(crate) person_id: PersonId,
    pub(crate) asked: Asked,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// To settle a case.
    Settle {
        /// The case.
        case: Box<Case>,
        /// The case as it was sent.
        message: Box<proto::Case>,
    },
    /// To cancel a settlement.
    Cancel(Cancel),
    /// To reverse a request.
    Reverse {
        /// The request to reverse.
        reversed_request_id: RequestId,
        /// Whether later settlements are decided anew with it.
        readjudicate_later: bool,
    },
    /// To decide settlements anew.
    Readjudicate(Readjudicate),
}

/// Which settlements are decided anew.
#[derive(Clone, Debug)]
pub(crate) struct Readjudicate {
    /// The first day of service.
    pub(crate) from_date: NaiveDate,
    /// What they have to rest on to be decided on fresh facts; `None`: all of them are.
    pub(crate) scope: Option<Scope>,
}

impl Readjudicate {
    /// Whether `settlement` is decided on fresh facts.
    pub(crate) fn means(&self, settlement: &Standing) -> Result<bool, Failure> {
        let is_late_enough = settlement.service_date()? >= self.from_date;
        let is_touched = self.scope.as_ref().map_or(Ok(true), |scope| scope.touches(&settlement.case))?;
        Ok(settlement.stands() && is_late_enough && is_touched)
    }

    fn changes(&self) -> Vec<i64> {
        self.scope.as_ref().map(|scope| scope.shared.changes.clone()).unwrap_or_default()
    }
}

/// What is asked for in a cancellation.
#[derive(Clone, Debug)]
pub(crate) struct Cancel {
    pub(crate) settlement_id: SettlementId,
    /// Where the settlement's own link is.
    pub(crate) sequence: i64,
    /// Whether later settlements are decided anew with it.
    pub(crate) readjudicate_later: bool,
    /// Whether to cancel what was recorded in an earlier year.
    pub(crate) across_years: bool,
}

impl Asked {
    /// What an adjustment says that it was made for; `None` for what makes no adjustment.
    pub(crate) fn cause(&self) -> Option<Cause> {
        match self {
            Self::Settle { .. } => None,
            Self::Cancel(cancel) => Some(Cause::Cancellation(Cancellation {
                settlement_id: cancel.settlement_id.to_string(),
                readjudicate_later: cancel.readjudicate_later,
                across_years: cancel.across_years,
            })),
            Self::Reverse { reversed_request_id, readjudicate_later } => Some(Cause::Reversal(Reversal {
                reversed_request_id: reversed_request_id.to_string(),
                readjudicate_later: *readjudicate_later,
            })),
            Self::Readjudicate(asked) => Some(Cause::Readjudication(Readjudication {
                from_date: Some(asked.from_date.into()),
                change_sequences: asked.changes(),
            })),
        }
    }

    /// Checks that the link that the same request id made before was made for the same body.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED` with the first field that differs.
    pub(crate) fn check_same(&self, link: &StoredLink) -> Result<(), Failure> {
        let difference = match (self, &link.entry) {
            (Self::Settle { message, .. }, Entry::Settlement(settlement)) => {
                settlement.case.as_ref().and_then(|case| wire::first_difference(case, message))
            }
            (Self::Reverse { reversed_request_id, .. }, Entry::ReversedRequest(reversed)) => {
                differs(reversed.reversed_request_id != reversed_request_id.as_str(), "reversed_request_id")
            }
            (Self::Settle { .. }, Entry::Adjustment(_) | Entry::ReversedRequest(_))
            | (Self::Cancel(_) | Self::Readjudicate(_), Entry::Settlement(_) | Entry::ReversedRequest(_))
            | (Self::Reverse { .. }, Entry::Settlement(_)) => Some("call".to_owned()),
            (Self::Cancel(_) | Self::Reverse { .. } | Self::Readjudicate(_), Entry::Adjustment(adjustment)) => {
                first_difference(self.cause().as_ref(), adjustment.cause.as_ref())
            }
        };
        difference.map_or(Ok(()), |field| Err(Failure::request_id_reused(field)))
    }
}

fn first_difference(asked: Option<&Cause>, stored: Option<&Cause>) -> Option<String> {
    match (asked?, stored?) {
        (Cause::Cancellation(asked), Cause::Cancellation(stored)) => {
            differs(asked.settlement_id != stored.settlement_id, "settlement_id")
                .or_else(|| differs(asked.readjudicate_later != stored.readjudicate_later, "readjudicate_later"))
                .or_else(|| differs(asked.across_years != stored.across_years, "across_years"))
        }
        (Cause::Reversal(asked), Cause::Reversal(stored)) => {
            differs(asked.reversed_request_id != stored.reversed_request_id, "reversed_request_id")
                .or_else(|| differs(asked.readjudicate_later != stored.readjudicate_later, "readjudicate_later"))
        }
        (Cause::Readjudication(asked), Cause::Readjudication(stored)) => {
            differs(asked.change_sequences != stored.change_sequences, "change_sequences")
                .or_else(|| differs(asked.from_date != stored.from_date, "from_date"))
        }
        (Cause::Cancellation(_), Cause::Reversal(_) | Cause::Readjudication(_))
        | (Cause::Reversal(_), Cause::Cancellation(_) | Cause::Readjudication(_))
        | (Cause::Readjudication(_), Cause::Cancellation(_) | Cause::Reversal(_)) => Some("call".to_owned()),
    }
}

fn differs(differs: bool, field: &str) -> Option<String> {
    differs.then(|| field.to_owned())
}
