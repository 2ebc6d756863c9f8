//! A payer's books: where each person's counters stand, and what each settlement cost each fund.
//!
//! A settlement is booked once, however often it is posted. A counter moves only from where the decision said it
//! stood; anything else is refused and changes nothing. Reads and posts that come at once share a statement or a
//! transaction.

mod booking;
mod error;
mod ledger;
mod page;
mod plan;
mod postgres;
mod sqlite;

pub use booking::{Adjustment, Post};
pub use error::LedgerError;
pub use ledger::{Ledger, PostOutcome};
pub use page::{InvalidCursor, PAGE_SIZE_MAX, Posting, PostingCursor, PostingPage};
