//! The visits that one of two rulebooks refuses while the other settles them.

use chrono::NaiveDate;
use claim::VisitKind;
use money::Fen;

use worked_case::{NotSettled, Settled, WorkedCase};

/// A visit that only the other rulebook settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RefusedVisit {
    /// The file of the case, with its line.
    pub(super) place: String,
    /// The name of the case.
    pub(super) name: String,
    pub(super) kind: VisitKind,
    pub(super) date: NaiveDate,
}

/// The visits that one rulebook refuses, and what the other makes of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    /// Persons with such a visit.
    pub(super) persons: u64,
    pub(super) visits: u64,
    /// Their bills.
    pub(super) bills: Fen,
    /// What public funds pay of them under the other rulebook.
    pub(super) funds: Fen,
    first: Vec<RefusedVisit>,
}

impl Refusals {
    const NAMED: usize = 10;

    /// Adds the visits of a case that the other rulebook settles and this one does not; `results` are the other's and
    /// this one's.
    pub(super) fn add<'r>(
        &mut self,
        place: &str,
        case: &WorkedCase,
        results: impl Iterator<Item = (Result<&'r Settled, &'r NotSettled>, Result<&'r Settled, &'r NotSettled>)>,
    ) {
        let visits_before = self.visits;
        for (worked, result) in case.visits.iter().zip(results) {
            let (Ok(other), Err(_)) = result else { continue };
            self.visits = self.visits.saturating_add(1);
            self.bills += other.amounts.total;
            self.funds += other.amounts.funds();
            if self.first.len() < Self::NAMED {
                let (place, name) = (place.to_owned(), case.name.clone());
                let (kind, date) = (worked.visit.kind, worked.visit.service_date);
                self.first.push(RefusedVisit { place, name, kind, date });
            }
        }
        if self.visits > visits_before {
            self.persons = self.persons.saturating_add(1);
        }
    }

    /// The first of the visits.
    pub(super) fn first(&self) -> &[RefusedVisit] {
        &self.first
    }
}
