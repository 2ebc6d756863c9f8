//! The orchestrator: settles a bill against every payer in order and keeps each person's chain of settlements.
//!
//! It knows payers only through their one service and the order only through the rulebook. Nothing is written while
//! the payers are asked; one link of the person's chain is the commit point; what follows it can be repeated by
//! anybody until the link is closed.

mod chain;
mod facts;
mod failures;
mod journal;
mod payers;
mod question;
mod recovery;
mod service;
mod settle;

pub use journal::{Journal, JournalError};
pub use payers::Payers;
pub use recovery::Recovery;
pub use service::{OneStopService, server};
pub use settle::{Orchestrator, OrchestratorOptions, SettlementNumbers};
