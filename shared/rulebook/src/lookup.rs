//! The rules of a day, remembered.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::NaiveDate;
use moka::sync::Cache;

use crate::{InForce, Rulebook};

/// Answers which rules are in force on a day. Answers are remembered; replacing the rulebook forgets them all, so no
/// caller sees a rule of the old one afterwards.
#[derive(Clone, Debug)]
pub struct Lookup {
    rulebook: Arc<RwLock<Arc<Rulebook>>>,
    remembered: Cache<NaiveDate, Arc<InForce>>,
}

impl Lookup {
    const REMEMBERED_DAYS: u64 = 4_096;

    /// Answers from `rulebook`.
    #[must_use]
    pub fn new(rulebook: Rulebook) -> Self {
        Self { rulebook: Arc::new(RwLock::new(Arc::new(rulebook))), remembered: Cache::new(Self::REMEMBERED_DAYS) }
    }

    /// The rules in force on `date`.
    #[must_use]
    pub fn in_force(&self, date: NaiveDate) -> Arc<InForce> {
        self.remembered.get_with(date, || Arc::new(self.rulebook().in_force(date)))
    }

    /// The rulebook that answers now.
    #[must_use]
    pub fn rulebook(&self) -> Arc<Rulebook> {
        Arc::clone(&self.rulebook.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers from `rulebook` from now on.
    pub fn replace(&self, rulebook: Rulebook) {
        *self.rulebook.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rulebook);
        self.remembered.invalidate_all();
    }
}
