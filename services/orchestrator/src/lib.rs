//! The orchestrator: settles a bill against every payer in order and keeps each person's chain of settlements.
//!
//! It knows payers only through their one service and the order only through the rulebook. Nothing is written while
//! the payers are asked; one link of the person's chain is the commit point; what follows it can be repeated by
//! anybody until the link is closed.

mod adjust;
mod altered;
mod answers;
mod audit;
mod chain;
mod counters;
mod decide;
mod designation;
mod difference;
mod fact_changes;
mod facts;
mod failures;
mod feed;
mod history;
mod journal;
mod missing;
mod payers;
mod question;
mod recovery;
mod replay;
mod request;
mod service;
mod settle;
mod standing;
mod touched;
mod turns;
mod verify;
mod way;

pub use journal::{Journal, JournalError};
pub use payers::Payers;
pub use recovery::Recovery;
pub use service::{OneStopService, server};
pub use settle::{Orchestrator, OrchestratorOptions, SettlementNumbers};
pub use way::{PayerWay, RegisterWay, payer_over, register_over};
