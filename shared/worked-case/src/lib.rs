//! Worked cases: cases with the amounts that they must come to, run as pure calculations.
//!
//! Nothing is stored and no service is asked: a case carries its facts, its visits are settled in order, and counters
//! live in memory. The format is described in `docs/worked-cases.md`.

mod accounts;
mod case;
mod chain;
mod expect;
mod fields;
mod named;
mod person;
mod run;
mod visit;

pub use accounts::{Accounts, FamilyAccount};
pub use case::{WorkedCase, WorkedVisit};
pub use chain::{Chain, NotSettled, PersonCounters, Seen, Settled};
pub use expect::{Difference, Expected};
pub use named::NamedPerson;
pub use run::{CaseReport, Summary, run_case, run_paths};
pub use visit::WorkedLine;
