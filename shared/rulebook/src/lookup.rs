//! The rules of a day, remembered.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::NaiveDate;
use moka::sync::Cache;

use crate::{InForce, Rulebook};

/// Answers which rules are in force on a day. Answers are remembered; replacing the rulebook forgets them all, so no
/// caller sees a rule of the old one afterwards.
#[derive(Clone, Debug)]
pub struct Lookup {
    current: Arc<RwLock<Edition>>,
    /// By edition too: an answer that was being made from the old rulebook is never found under the new one.
    remembered: Cache<(u64, NaiveDate), Arc<InForce>>,
}

#[derive(Clone, Debug)]
struct Edition {
    number: u64,
    rulebook: Arc<Rulebook>,
}

impl Lookup {
    const REMEMBERED_DAYS: u64 = 4_096;

    /// Answers from `rulebook`.
    #[must_use]
    pub fn new(rulebook: Rulebook) -> Self {
        let first = Edition { number: 0, rulebook: Arc::new(rulebook) };
        Self { current: Arc::new(RwLock::new(first)), remembered: Cache::new(Self::REMEMBERED_DAYS) }
    }

    /// The rules in force on `date`.
    #[must_use]
    pub fn in_force(&self, date: NaiveDate) -> Arc<InForce> {
        let Edition { number, rulebook } = self.edition();
        self.remembered.get_with((number, date), || Arc::new(rulebook.in_force(date)))
    }

    /// The rulebook that answers now.
    #[must_use]
    pub fn rulebook(&self) -> Arc<Rulebook> {
        self.edition().rulebook
    }

    fn edition(&self) -> Edition {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers from `rulebook` from now on.
    pub fn replace(&self, rulebook: Rulebook) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Edition { number: current.number.wrapping_add(1), rulebook: Arc::new(rulebook) };
        self.remembered.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_rulebook_answers_at_once_for_days_that_were_remembered() {
        let date = NaiveDate::from_ymd_opt(2023, 6, 30).unwrap();
        let lookup = Lookup::new(Rulebook::kunming().unwrap());
        let clone = lookup.clone();
        assert!(!lookup.in_force(date).payer_order().is_empty());
        assert!(Arc::ptr_eq(&lookup.in_force(date), &clone.in_force(date)));
        clone.replace(Rulebook::load(&[]).unwrap());
        assert!(lookup.in_force(date).payer_order().is_empty());
    }
}
