//! What a change of rules does to a set of worked cases. Each case is one person; memory does not grow with their number.

use claim::{AssistanceCategory, Employment, Insurance, PersonFacts};

use super::largest::Largest;
use super::refusals::Refusals;
use super::shares::{Pair, Shares};
use worked_case::{CaseReport, NotSettled, Settled, WorkedCase};

/// People who are counted together. A visit belongs to the groups its person is in on the day of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// By basic insurance; every visit is in exactly one of these.
    Insurance(Insurance),
    /// By category of assistance; a visit is in each of its person's, or in that of none.
    Category(Option<AssistanceCategory>),
}

impl Group {
    const INSURANCES: [Insurance; 3] =
        [Insurance::Employee(Employment::Active), Insurance::Employee(Employment::Retired), Insurance::Resident];

    /// Every group, in the order they are shown.
    fn all() -> impl Iterator<Item = Self> {
        let categories = AssistanceCategory::ALL.iter().map(|category| Some(*category));
        let categories = categories.chain([None]).map(Self::Category);
        Self::INSURANCES.map(Self::Insurance).into_iter().chain(categories)
    }

    /// Whether `person` is one of them.
    fn holds(self, person: &PersonFacts) -> bool {
        match self {
            Self::Insurance(insurance) => person.insurance == insurance,
            Self::Category(Some(category)) => person.categories.contains(&category),
            Self::Category(None) => person.categories.is_empty(),
        }
    }
}

/// How many persons bear less, more and the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Persons {
    pub(super) gaining: u64,
    pub(super) losing: u64,
    pub(super) unchanged: u64,
}

impl Persons {
    pub(super) fn all(self) -> u64 {
        self.gaining.saturating_add(self.losing).saturating_add(self.unchanged)
    }

    fn count(&mut self, borne: Pair) {
        let counted = match borne.new.cmp(&borne.old) {
            std::cmp::Ordering::Less => &mut self.gaining,
            std::cmp::Ordering::Greater => &mut self.losing,
            std::cmp::Ordering::Equal => &mut self.unchanged,
        };
        *counted = counted.saturating_add(1);
    }
}

/// Persons and their bills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) persons: Persons,
    pub(super) shares: Shares,
}

impl Tally {
    fn add_person(&mut self, shares: &Shares) {
        self.persons.count(shares.borne());
        self.shares.add(shares);
    }
}

/// What a change of rules does.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Every person whose visits are settled under both rulebooks.
    pub(super) total: Tally,
    groups: Vec<(Group, Tally)>,
    /// The persons who bear the most less.
    pub(super) gains: Largest,
    /// The persons who bear the most more.
    pub(super) losses: Largest,
    /// Persons with a visit that only the new rules settle. They are in no tally.
    pub(super) refused_by_old: Refusals,
    /// Persons with a visit that only the old rules settle. They are in no tally.
    pub(super) refused_by_new: Refusals,
    /// Visits that neither settles; their persons' other visits are compared.
    pub(super) visits_refused_by_both: u64,
}

/// The figures of a comparison do not add up: always a bug, never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ComparisonError {
    /// A settlement does not close.
    #[error("visits[{visit}]: {cause}")]
    NotClosed { visit: usize, cause: String },
    /// Funds and cash do not make up the bills.
    #[error("the funds and the cash do not make up the bills")]
    Shares,
    /// The persons by insurance are not those of the whole.
    #[error("the shares by insurance do not make up the whole")]
    Groups,
}

type Visit<'r> = Result<&'r Settled, &'r NotSettled>;

impl Comparison {
    pub(super) fn new() -> Self {
        Self { groups: Group::all().map(|group| (group, Tally::default())).collect(), ..Self::default() }
    }

    /// Adds a case as it came out under the old and under the new rules.
    ///
    /// # Errors
    /// [`ComparisonError`] where a settlement does not close; then nothing of the case is added.
    pub(super) fn add(
        &mut self,
        place: &str,
        case: &WorkedCase,
        old: &CaseReport,
        new: &CaseReport,
    ) -> Result<(), ComparisonError> {
        check_closed(old)?;
        check_closed(new)?;
        let results = || old.visits.iter().map(Result::as_ref).zip(new.visits.iter().map(Result::as_ref));
        let is_one_sided = |(old, new): (Visit<'_>, Visit<'_>)| old.is_ok() != new.is_ok();
        if results().any(is_one_sided) {
            self.refused_by_old.add(place, case, results().map(|(old, new)| (new, old)));
            self.refused_by_new.add(place, case, results());
        } else {
            self.add_person(place, case, results());
        }
        Ok(())
    }

    fn add_person<'r>(
        &mut self,
        place: &str,
        case: &WorkedCase,
        results: impl Iterator<Item = (Visit<'r>, Visit<'r>)>,
    ) {
        let mut whole: Option<Shares> = None;
        let mut of_groups: Vec<(Group, Shares)> = Vec::new();
        for (visit, result) in case.visits.iter().zip(results) {
            let (Ok(old), Ok(new)) = result else {
                self.visits_refused_by_both = self.visits_refused_by_both.saturating_add(1);
                continue;
            };
            whole.get_or_insert_default().add_bill(old, new);
            for group in Group::all().filter(|group| group.holds(&visit.person)) {
                let known = of_groups.iter_mut().find(|(known, _)| *known == group);
                match known {
                    Some((_, shares)) => shares.add_bill(old, new),
                    None => of_groups.push((group, one_bill(old, new))),
                }
            }
        }
        let Some(whole) = whole else { return };
        self.total.add_person(&whole);
        for (group, tally) in &mut self.groups {
            if let Some((_, shares)) = of_groups.iter().find(|(of, _)| of == group) {
                tally.add_person(shares);
            }
        }
        let borne = whole.borne();
        self.gains.offer(borne.old.less(borne.new), place, &case.name, borne);
        self.losses.offer(borne.new.less(borne.old), place, &case.name, borne);
    }

    /// The groups that somebody is in.
    pub(super) fn groups(&self) -> impl Iterator<Item = (Group, &Tally)> {
        self.groups.iter().filter(|(_, tally)| tally.persons.all() > 0).map(|(group, tally)| (*group, tally))
    }

    /// Checks that every tally closes and that the insurances make up the whole.
    ///
    /// # Errors
    /// [`ComparisonError`] where they do not.
    pub(super) fn check(&self) -> Result<(), ComparisonError> {
        let tallies = self.groups.iter().map(|(_, tally)| tally).chain([&self.total]);
        if !tallies.into_iter().all(|tally| tally.shares.is_closed()) {
            return Err(ComparisonError::Shares);
        }
        let mut by_insurance = Shares::default();
        for (group, tally) in &self.groups {
            match group {
                Group::Insurance(_) => by_insurance.add(&tally.shares),
                Group::Category(_) => {}
            }
        }
        if by_insurance == self.total.shares { Ok(()) } else { Err(ComparisonError::Groups) }
    }
}

fn one_bill(old: &Settled, new: &Settled) -> Shares {
    let mut shares = Shares::default();
    shares.add_bill(old, new);
    shares
}

fn check_closed(report: &CaseReport) -> Result<(), ComparisonError> {
    for (visit, result) in report.visits.iter().enumerate() {
        match result {
            Err(NotSettled::NotClosed(cause)) => {
                return Err(ComparisonError::NotClosed { visit, cause: cause.to_string() });
            }
            Ok(_) | Err(NotSettled::RuleNotInForce(_)) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use money::Fen;

    use super::*;

    #[test]
    fn figures_that_do_not_add_up_are_never_shown() {
        let mut comparison = Comparison::new();
        assert_eq!(comparison.check(), Ok(()));
        comparison.total.shares.bills = Fen::new(1);
        assert_eq!(comparison.check(), Err(ComparisonError::Shares));
        comparison.total.shares.cash = Pair { old: Fen::new(1), new: Fen::new(1) };
        assert_eq!(comparison.check(), Err(ComparisonError::Groups));
    }

    #[test]
    fn who_bears_less_gains() {
        let mut persons = Persons::default();
        for new in [9, 10, 10, 10, 11, 11] {
            persons.count(Pair { old: Fen::new(10), new: Fen::new(new) });
        }
        assert_eq!(persons, Persons { gaining: 1, losing: 2, unchanged: 3 });
        assert_eq!(persons.all(), 6);
    }
}
