//! A city that does not exist: insured people, institutions, a catalogue and a year of bills, to load and to measure with.
//!
//! Everything is a function of the seed and an index, so the same seed gives the same bytes, any part can be had without
//! the parts before it, and memory does not grow with the city. Nothing in it resembles a number of a real person: no
//! identifier has more than nine digits in a row.

mod case_json;
mod catalogue;
mod dice;
mod files;
mod health;
mod institution;
mod person;
mod visit;

use chrono::{Days, NaiveDate};

pub use case_json::case_json;
pub use files::{REGISTER_FILES, WriteError, write_cases, write_register};
pub use visit::Bill;

use crate::catalogue::Catalogue;
use crate::dice::Dice;
use crate::institution::Institutions;
use crate::person::Person;

/// The first day of the year in which the bills are.
const NEW_YEAR: NaiveDate = match NaiveDate::from_ymd_opt(2023, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};
/// How many days the bills are spread over.
const DAYS: u64 = 365;

/// A city of a seed and a number of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct City {
    seed: u64,
    persons: u64,
}

impl City {
    /// The most people that a city can have, and the most bills that can be asked of it.
    pub const MOST: u64 = 999_999_999;

    /// A city of at least one person and at most [`City::MOST`].
    #[must_use]
    pub fn new(seed: u64, persons: u64) -> Self {
        Self { seed, persons: persons.clamp(1, Self::MOST) }
    }

    /// The bill with `index` of a year of `bills`, whose days of service follow one another in the order of the indices.
    ///
    /// Its person is insured, its institutions designated and its items in the catalogue on the day of service.
    #[must_use]
    pub fn bill(&self, index: u64, bills: u64) -> Bill {
        visit::bill(*self, index, bills.max(1))
    }

    fn person(self, index: u64) -> Person {
        Person::new(index, Dice::new(self.seed, "person", index))
    }

    fn institutions(self) -> Institutions {
        Institutions::for_persons(self.persons)
    }

    fn catalogue(self) -> Catalogue {
        Catalogue::new(self.seed)
    }
}

/// The day that comes `days` after the first of the year.
fn day(days: u64) -> NaiveDate {
    NEW_YEAR + Days::new(days)
}
