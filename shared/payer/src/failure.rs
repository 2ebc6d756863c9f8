//! What a caller is told when the books or the rules do not answer.

use std::error::Error;
use std::fmt::Write as _;

use ledger::LedgerError;
use rulebook::RuleNotInForce;
use wire::{ErrorReason, Failure};

/// No rule covers the case.
pub(crate) fn not_in_force(error: &RuleNotInForce) -> Failure {
    Failure::new(ErrorReason::RuleNotInForce, error.to_string())
}

/// The ledger did not answer or did not book. The cause stays here, in the log.
pub(crate) fn of_ledger(error: &LedgerError) -> Failure {
    match error {
        LedgerError::Store(cause) if cause.is_unavailable() => {
            tracing::warn!(cause = %chain(cause), "ledger unavailable");
            Failure::new(ErrorReason::StoreUnavailable, "the ledger cannot be reached; send the same request again")
        }
        LedgerError::Contended | LedgerError::Lost => {
            tracing::warn!(cause = %error, "ledger did not answer");
            Failure::new(ErrorReason::StoreUnavailable, "the ledger did not answer; send the same request again")
        }
        LedgerError::Overloaded => {
            Failure::new(ErrorReason::Overloaded, "too much is waiting; send the same request again")
        }
        LedgerError::CounterMismatch { .. }
        | LedgerError::ContentDiffers { .. }
        | LedgerError::TooManyCounters { .. }
        | LedgerError::Store(_) => Failure::invariant_violated(chain(error)),
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
