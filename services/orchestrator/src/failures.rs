//! What the failures of the journal and of other services are to the caller.

use store::{BatchError, StoreError};
use tonic::{Code, Status};
use wire::{ErrorReason, Failure};

use crate::journal::JournalError;

/// A failure of another service: what it says itself, or that it cannot be reached.
pub(crate) fn of_service(status: &Status, unreachable: ErrorReason) -> Failure {
    if let Some(failure) = Failure::from_status(status) {
        return failure;
    }
    match status.code() {
        Code::DeadlineExceeded | Code::Cancelled => {
            Failure::new(ErrorReason::DeadlineExceeded, "a service did not answer in time; send the same request again")
        }
        Code::Unavailable | Code::Unknown | Code::ResourceExhausted | Code::Aborted => {
            tracing::warn!(code = ?status.code(), detail = status.message(), "a service cannot be reached");
            Failure::new(unreachable, "a service cannot be reached; send the same request again")
        }
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss
        | Code::Unauthenticated => Failure::invariant_violated(status),
    }
}

/// There is no such settlement, or another caller made it.
pub(crate) fn no_settlement() -> Failure {
    Failure::new(ErrorReason::SettlementNotFound, "no settlement has this settlement_id")
}

/// A failure of the journal's queue or store.
pub(crate) fn of_journal(error: &JournalError) -> Failure {
    match error {
        BatchError::Overloaded => {
            Failure::new(ErrorReason::Overloaded, "too many settlements are waiting; nothing was written")
        }
        BatchError::Lost => Failure::new(
            ErrorReason::StoreUnavailable,
            "the journal stopped; the outcome is unknown: send the same request again",
        ),
        BatchError::Failed(error) => of_store(error),
    }
}

/// A failure of the journal's store.
pub(crate) fn of_store(error: &StoreError) -> Failure {
    if error.is_unavailable() {
        tracing::warn!(error = ?error, "the journal's store is unavailable");
        Failure::new(
            ErrorReason::StoreUnavailable,
            "the journal cannot be reached; the outcome is unknown: send the same request again",
        )
    } else {
        Failure::invariant_violated(format_args!("{error:?}"))
    }
}
