//! What a caller is told when the accounts or the rules do not answer.

use rulebook::RuleNotInForce;
use wire::{ErrorReason, Failure};

use crate::AccountError;

/// No rule covers the case.
pub(crate) fn not_in_force(error: &RuleNotInForce) -> Failure {
    Failure::new(ErrorReason::RuleNotInForce, error.to_string())
}

/// The account book did not answer or did not change. The cause stays here, in the log.
pub(crate) fn of_book(error: AccountError) -> Failure {
    let told = error.to_string();
    match error {
        AccountError::NotFound => Failure::new(ErrorReason::AccountNotFound, told),
        AccountError::Closed => Failure::new(ErrorReason::AccountClosed, told),
        AccountError::MoneyHeld => Failure::new(ErrorReason::AccountMoneyHeld, told),
        AccountError::CreditedBefore { .. } => Failure::new(ErrorReason::AccountCreditedBefore, told),
        AccountError::RequestReused { field } => Failure::request_id_reused(field),
        AccountError::Store(cause) if cause.is_unavailable() => {
            tracing::warn!(%cause, "the accounts cannot be reached");
            Failure::new(ErrorReason::StoreUnavailable, "the accounts cannot be reached; send the same request again")
        }
        AccountError::Contended | AccountError::Lost => {
            Failure::new(ErrorReason::StoreUnavailable, "the accounts did not answer; send the same request again")
        }
        AccountError::Overloaded => {
            Failure::new(ErrorReason::Overloaded, "too much is waiting; send the same request again")
        }
        AccountError::NotHeld { .. }
        | AccountError::NotDrawn { .. }
        | AccountError::HoldEnded { .. }
        | AccountError::Store(_) => Failure::invariant_violated(told),
    }
}
