//! Values with the days on which they hold.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use chrono::NaiveDate;

/// A first and a last day, both included; without a last day it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: NaiveDate,
    pub(crate) to: Option<NaiveDate>,
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => write!(f, "{} to {to}", self.from),
            None => write!(f, "{} on", self.from),
        }
    }
}

/// The versions of one value by their first day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dated<T>(BTreeMap<NaiveDate, (Option<NaiveDate>, T)>);

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: PartialEq> Dated<T> {
    /// Sets the version that begins on the first day of `period`.
    pub(crate) fn put(&mut self, period: Period, value: T) {
        self.0.insert(period.from, (period.to, value));
    }

    /// Takes the version away that begins on `date`.
    pub(crate) fn remove(&mut self, date: NaiveDate) {
        self.0.remove(&date);
    }

    /// Whether a version begins on `date`.
    pub(crate) fn begins_on(&self, date: NaiveDate) -> bool {
        self.0.contains_key(&date)
    }

    /// Whether exactly this version is among them.
    pub(crate) fn holds(&self, period: Period, value: &T) -> bool {
        self.0.get(&period.from).is_some_and(|(to, held)| *to == period.to && held == value)
    }

    /// The version that holds on `date` and its first day, of versions that do not overlap.
    pub(crate) fn on(&self, date: NaiveDate) -> Option<(NaiveDate, &T)> {
        let (from, (to, value)) = self.0.range(..=date).next_back()?;
        to.is_none_or(|to| date <= to).then_some((*from, value))
    }

    /// The last day of the version that holds on `date`, where it has one.
    pub(crate) fn last_day_on(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.on(date)?;
        self.0.range(..=date).next_back().and_then(|(_, (to, _))| *to)
    }

    /// The versions that began on or before `date`, the latest first, whether or not they still hold then.
    pub(crate) fn until(&self, date: NaiveDate) -> impl Iterator<Item = (Period, &T)> {
        let versions = self.0.range(..=date).rev();
        versions.map(|(from, (to, value))| (Period { from: *from, to: *to }, value))
    }

    /// The versions that begin on or after `date` with their first days, the earliest first.
    pub(crate) fn from(&self, date: NaiveDate) -> impl Iterator<Item = (NaiveDate, &T)> {
        self.0.range(date..).map(|(from, (_, value))| (*from, value))
    }

    /// The version of `date`, else the latest before it, else the first of all.
    pub(crate) fn near(&self, date: NaiveDate) -> Option<&T> {
        let near = self.0.range(..=date).next_back().or_else(|| self.0.first_key_value());
        near.map(|(_, (_, value))| value)
    }

    /// The version that begins next after `date`, and its first day.
    pub(crate) fn next_after(&self, date: NaiveDate) -> Option<(NaiveDate, &T)> {
        let next = self.0.range((Bound::Excluded(date), Bound::Unbounded)).next();
        next.map(|(from, (_, value))| (*from, value))
    }

    /// The days on which a version begins, and the days after the last ones.
    pub(crate) fn turning_days(&self) -> impl Iterator<Item = NaiveDate> {
        self.0.iter().flat_map(|(from, (to, _))| [Some(*from), to.and_then(|to| to.succ_opt())]).flatten()
    }

    /// A neighbour in time that shares a day with `period`, the version that begins on the first day of `period` aside.
    ///
    /// Versions further away can only overlap it where they overlap a neighbour too.
    pub(crate) fn overlapping(&self, period: Period) -> Option<Period> {
        let as_period = |(from, (to, _)): (&NaiveDate, &(Option<NaiveDate>, T))| Period { from: *from, to: *to };
        let earlier = self.0.range(..period.from).next_back().map(as_period);
        let later = self.0.range((Bound::Excluded(period.from), Bound::Unbounded)).next().map(as_period);
        let reaches = |to: Option<NaiveDate>, day: NaiveDate| to.is_none_or(|to| to >= day);
        let earlier = earlier.filter(|earlier| reaches(earlier.to, period.from));
        earlier.or_else(|| later.filter(|later| reaches(period.to, later.from)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(number)
    }

    fn period(from: u64, to: Option<u64>) -> Period {
        Period { from: day(from), to: to.map(day) }
    }

    #[test]
    fn a_version_holds_on_its_first_and_its_last_day_and_not_a_day_beyond() {
        let mut dated = Dated::default();
        dated.put(period(10, Some(20)), "first");
        dated.put(period(21, None), "second");
        let on = [9, 10, 20, 21, 9_000].map(|number| dated.on(day(number)).map(|(_, value)| *value));
        assert_eq!(on, [None, Some("first"), Some("first"), Some("second"), Some("second")]);
    }

    #[test]
    fn an_overlap_by_one_day_is_seen_from_both_sides() {
        let mut dated = Dated::default();
        dated.put(period(10, Some(20)), 1);
        dated.put(period(20, None), 2);
        assert_eq!(dated.overlapping(period(10, Some(20))), Some(period(20, None)));
        assert_eq!(dated.overlapping(period(20, None)), Some(period(10, Some(20))));
        dated.put(period(10, Some(19)), 1);
        assert_eq!(dated.overlapping(period(10, Some(19))), None);
        assert_eq!(dated.overlapping(period(20, None)), None);
    }

    proptest! {
        #[test]
        fn where_no_version_is_said_to_overlap_no_day_is_claimed_twice(
            spans in prop::collection::vec((0_u64..60, 0_u64..20), 1..6),
        ) {
            let mut dated = Dated::default();
            for (from, length) in &spans {
                dated.put(period(*from, Some(from + length)), *from);
            }
            let held: Vec<_> = dated.0.iter().map(|(from, (to, _))| Period { from: *from, to: *to }).collect();
            let claims = |day: NaiveDate| held.iter().filter(|p| p.from <= day && p.to.is_none_or(|to| day <= to)).count();
            let claimed_twice = (0..80).any(|number| claims(day(number)) > 1);
            prop_assert_eq!(held.iter().any(|period| dated.overlapping(*period).is_some()), claimed_twice);
        }
    }
}
