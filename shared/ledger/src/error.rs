//! Why the ledger did not answer or did not book.

use claim::{CounterKey, EntryId};
use money::Fen;
use store::{BatchError, BatchFailure, StoreError};

/// Why the ledger did not answer or did not book. Whatever the reason, nothing was booked by the call that failed,
/// except where the outcome is said to be unknown.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// The decision was made from a counter that stands elsewhere: an invariant was broken.
    #[error(
        "counter {counter} of {benefit_year} stands at {held}, not at {expected} as the decision says",
        counter = key.name,
        benefit_year = key.benefit_year
    )]
    CounterMismatch {
        /// The counter.
        key: CounterKey,
        /// Where the decision says it stood.
        expected: Fen,
        /// Where it stands.
        held: Fen,
    },
    /// The settlement or adjustment was booked before with other amounts or moves.
    #[error("{entry_id} was booked with another content")]
    ContentDiffers {
        /// The settlement or adjustment.
        entry_id: EntryId,
    },
    /// More counters were asked for than one case can need.
    #[error("{asked} counters were asked for, at most {max}")]
    TooManyCounters {
        /// How many.
        asked: usize,
        /// How many at most.
        max: usize,
    },
    /// Other processes were faster on the same persons too often; post again.
    #[error("the race for the same persons was lost too often")]
    Contended,
    /// Too much is waiting already.
    #[error("too much is waiting")]
    Overloaded,
    /// The batch was lost: the outcome is unknown; post again.
    #[error("the batch was lost")]
    Lost,
    /// The store. Where it became unavailable while posting, the outcome is unknown: post again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<BatchError<Self>> for LedgerError {
    fn from(error: BatchError<Self>) -> Self {
        match error {
            BatchError::Overloaded => Self::Overloaded,
            BatchError::Lost => Self::Lost,
            BatchError::Failed(error) => error,
        }
    }
}

impl BatchFailure for LedgerError {
    fn may_be_one_items_fault(&self) -> bool {
        match self {
            Self::Store(error) => error.may_be_one_items_fault(),
            Self::Contended => true,
            Self::CounterMismatch { .. }
            | Self::ContentDiffers { .. }
            | Self::TooManyCounters { .. }
            | Self::Overloaded
            | Self::Lost => false,
        }
    }
}
