//! The rules as dated data with their law beside them, and the benefit formula that explains itself.

mod lookup;
mod payer_rules;

pub use lookup::Lookup;
pub use payer_rules::{Counters, PayerRules, RuleNotInForce};

/// All rule documents.
#[derive(Debug)]
pub struct Rulebook {}

/// The rules in force on one day.
#[derive(Debug)]
pub struct InForce {}

impl Rulebook {
    /// The rules in force on `date`.
    #[must_use]
    pub fn in_force(&self, _date: chrono::NaiveDate) -> InForce {
        InForce {}
    }
}
