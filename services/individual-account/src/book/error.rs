//! Why an account book did not answer or did not change.

use claim::SettlementId;
use store::{BatchError, BatchFailure, StoreError};

/// Why an account book did not answer or did not change. Nothing was changed by the call that failed, except where the
/// outcome is said to be unknown.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AccountError {
    /// The person has no account.
    #[error("the person has no individual account")]
    NotFound,
    /// The account is closed.
    #[error("the account is closed")]
    Closed,
    /// Money in the account is held for a settlement that is under way.
    #[error("money in the account is held for a settlement that is under way; try again later")]
    MoneyHeld,
    /// The period was credited, or the account opened, by another request.
    #[error("{reference} was credited by another request")]
    CreditedBefore {
        /// The period.
        reference: String,
    },
    /// The request was used before with another content.
    #[error("the request id was used before with another {field}")]
    RequestReused {
        /// The field that differs.
        field: &'static str,
    },
    /// A settlement that is to be booked holds nothing or something else: an invariant was broken.
    #[error("settlement {settlement_id} does not hold what it is to capture")]
    NotHeld {
        /// The settlement.
        settlement_id: SettlementId,
    },
    /// More is to be given back than the settlement drew on the account: an invariant was broken.
    #[error("settlement {settlement_id} did not draw what is to be given back")]
    NotDrawn {
        /// The settlement.
        settlement_id: SettlementId,
    },
    /// A hold that was captured or given up cannot be taken again.
    #[error("the hold of settlement {settlement_id} has ended")]
    HoldEnded {
        /// The settlement.
        settlement_id: SettlementId,
    },
    /// Other processes were faster on the same accounts too often; send it again.
    #[error("the race for the same accounts was lost too often")]
    Contended,
    /// Too much is waiting already.
    #[error("too much is waiting")]
    Overloaded,
    /// The batch was lost: the outcome is unknown; send it again.
    #[error("the batch was lost")]
    Lost,
    /// The store. Where it became unavailable while writing, the outcome is unknown: send it again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AccountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<BatchError<Self>> for AccountError {
    fn from(error: BatchError<Self>) -> Self {
        match error {
            BatchError::Overloaded => Self::Overloaded,
            BatchError::Lost => Self::Lost,
            BatchError::Failed(error) => error,
        }
    }
}

impl BatchFailure for AccountError {
    fn may_be_one_items_fault(&self) -> bool {
        match self {
            Self::Store(error) => error.may_be_one_items_fault(),
            Self::Contended => true,
            Self::NotFound
            | Self::Closed
            | Self::MoneyHeld
            | Self::CreditedBefore { .. }
            | Self::RequestReused { .. }
            | Self::NotHeld { .. }
            | Self::NotDrawn { .. }
            | Self::HoldEnded { .. }
            | Self::Overloaded
            | Self::Lost => false,
        }
    }
}
