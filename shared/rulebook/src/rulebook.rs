//! [`Rulebook`]: all rule documents of one region, checked as a whole.

use chrono::NaiveDate;

use crate::InForce;
use crate::check::check;
use crate::compile::compile;
use crate::load::{Items, LoadFaults, read_files};

/// The region whose documents these are: Kunming.
const REGION: &str = "530100";

/// All rule documents.
#[derive(Clone, Debug)]
pub struct Rulebook {
    pub(crate) items: Items,
}

impl Rulebook {
    /// Reads rule documents given as `(file name, text)`.
    ///
    /// # Errors
    /// Every fault of every document: what cannot be read, is said twice without one document naming the other as
    /// replaced, is given, then not, then again, rests on something that is not in force on some day on which it is,
    /// or is a benefit that nothing can ever reach.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, LoadFaults> {
        let mut faults = Vec::new();
        let items = read_files(files, REGION, &mut faults);
        if faults.is_empty() {
            check(&items, &mut faults);
        }
        if faults.is_empty() { Ok(Self { items }) } else { Err(LoadFaults(faults)) }
    }

    /// The documents of Kunming that this release carries.
    ///
    /// # Errors
    /// As [`Rulebook::load`]; a release whose own documents do not load fails its tests.
    pub fn kunming() -> Result<Self, LoadFaults> {
        Self::load(crate::kunming::FILES)
    }

    /// The rules in force on `date`.
    #[must_use]
    pub fn in_force(&self, date: NaiveDate) -> InForce {
        compile(&self.items, date).0
    }
}
