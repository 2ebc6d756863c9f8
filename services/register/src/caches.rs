//! What was read is remembered until an import changes it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use moka::sync::Cache;

use crate::designation::InstitutionHistory;
use crate::history::{CatalogueHistory, PersonHistory};
use crate::reading::Histories;

const PERSONS: u64 = 100_000;
const INSTITUTIONS: u64 = 20_000;
const CATALOGUE: u64 = 200_000;
/// Nothing is remembered longer, whatever is heard of changes.
const LONGEST: Duration = Duration::from_mins(10);

/// Histories by id. One that was read before an import that changed it is never remembered after the import.
#[derive(Debug)]
pub(crate) struct Remembered<H: Send + Sync + 'static> {
    histories: Cache<Arc<str>, Arc<H>>,
    /// How often something was forgotten. Held for reading while a history is put in, so that nothing can be forgotten
    /// between looking at it and putting in.
    forgotten: RwLock<u64>,
}

/// A moment before something is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(u64);

impl<H: Send + Sync + 'static> Remembered<H> {
    fn new(capacity: u64) -> Self {
        Self {
            histories: Cache::builder().max_capacity(capacity).time_to_live(LONGEST).build(),
            forgotten: RwLock::new(0),
        }
    }

    /// What is remembered of `id`.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<H>> {
        self.histories.get(id)
    }

    /// To be taken before reading what is to be remembered.
    pub(crate) fn before_reading(&self) -> Moment {
        Moment(*self.forgotten.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers what was read after `moment`, unless anything was forgotten since: it may have been read before that.
    pub(crate) fn put(&self, moment: Moment, histories: &Histories<Arc<H>>) {
        let forgotten = self.forgotten.read().unwrap_or_else(PoisonError::into_inner);
        if *forgotten == moment.0 {
            for (id, history) in histories {
                self.histories.insert(Arc::clone(id), Arc::clone(history));
            }
        }
    }

    /// Forgets what an import has touched. To be called after the import is written.
    pub(crate) fn forget_touched(&self, touched: &Touched) {
        let mut forgotten = self.forgotten.write().unwrap_or_else(PoisonError::into_inner);
        *forgotten += 1;
        match touched {
            Touched::These(ids) => ids.iter().for_each(|id| self.histories.invalidate(id.as_str())),
            Touched::TooMany => self.histories.invalidate_all(),
        }
    }
}

/// What an import has touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// What has these ids.
    These(BTreeSet<String>),
    /// More than is worth naming.
    TooMany,
}

impl Default for Touched {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Touched {
    /// The most that are named.
    const NAMED_MAX: usize = 1_000;

    /// The ids, where they are named.
    pub(crate) const fn named(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::These(ids) => Some(ids),
            Self::TooMany => None,
        }
    }

    pub(crate) fn add<'a>(&mut self, ids: impl Iterator<Item = &'a str>) {
        if let Self::These(these) = self {
            these.extend(ids.map(str::to_owned));
            if these.len() > Self::NAMED_MAX {
                *self = Self::TooMany;
            }
        }
    }
}

/// All that is remembered.
#[derive(Debug)]
pub(crate) struct Caches {
    pub(crate) persons: Remembered<PersonHistory>,
    pub(crate) institutions: Remembered<InstitutionHistory>,
    pub(crate) catalogue: Remembered<CatalogueHistory>,
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            persons: Remembered::new(PERSONS),
            institutions: Remembered::new(INSTITUTIONS),
            catalogue: Remembered::new(CATALOGUE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touched(id: &str) -> Touched {
        let mut touched = Touched::default();
        touched.add([id].into_iter());
        touched
    }

    #[test]
    fn an_import_of_a_whole_city_forgets_everything() {
        let remembered = Remembered::new(10);
        remembered.put(remembered.before_reading(), &read(1));
        let ids: Vec<String> = (0..=1_000).map(|number| number.to_string()).collect();
        let mut touched = Touched::default();
        touched.add(ids.iter().map(String::as_str));
        remembered.forget_touched(&touched);
        assert_eq!((touched, remembered.get("id")), (Touched::TooMany, None));
    }

    fn read(value: u8) -> Histories<Arc<u8>> {
        Histories::from([(Arc::from("id"), Arc::new(value))])
    }

    #[test]
    fn what_was_read_before_an_import_is_not_remembered_after_it() {
        let remembered = Remembered::new(10);
        let before = remembered.before_reading();
        remembered.forget_touched(&touched("id"));
        remembered.put(before, &read(1));
        assert_eq!(remembered.get("id"), None);
        remembered.put(remembered.before_reading(), &read(2));
        assert_eq!(remembered.get("id").as_deref(), Some(&2));
    }

    #[test]
    fn an_import_forgets_what_it_changed_and_nothing_else() {
        let remembered = Remembered::new(10);
        let other = Histories::from([(Arc::from("other"), Arc::new(3_u8))]);
        remembered.put(remembered.before_reading(), &read(1));
        remembered.put(remembered.before_reading(), &other);
        remembered.forget_touched(&touched("id"));
        assert_eq!((remembered.get("id"), remembered.get("other")), (None, Some(Arc::new(3))));
    }
}
