//! What was borne for rescues shortly before a stay counts toward its deductible: where it is noted and where it is found.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};
use claim::{Citation, CounterKey, CounterMove, CounterName, Visit};
use money::Fen;

use crate::benefit::{Deductible, suffixed};
use crate::draft::Draft;
use crate::value::Cited;

const MINUTES_IN_AN_HOUR: i64 = 60;
const MINUTES_IN_A_DAY: i64 = 24 * MINUTES_IN_AN_HOUR;

/// Where a deductible notes what was borne, by institution and day.
#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) borne_as: CounterName,
    /// The full deductible that the visit bore a part of is noted too.
    pub(crate) standard_as: Option<CounterName>,
    /// By institution and minute, where the visit tells when it ended.
    pub(crate) to_the_minute: bool,
}

/// What was noted shortly before admission and counts toward a deductible.
#[derive(Debug)]
pub(crate) struct Merges {
    pub(crate) noted_as: CounterName,
    pub(crate) days: Cited<u32>,
    /// Counted instead of days between a note and an admission that both tell the minute.
    pub(crate) hours: Option<Cited<u32>>,
    pub(crate) latest_only: bool,
    /// The noted deductibles that are added to this one.
    pub(crate) adds: Option<CounterName>,
}

/// When something was noted: on a day, or at a minute of it.
#[derive(Clone, Copy)]
struct Moment {
    date: NaiveDate,
    minute: Option<NaiveTime>,
}

impl Moment {
    const fn day(date: NaiveDate) -> Self {
        Self { date, minute: None }
    }

    /// Every minute of a day, the last first.
    fn minutes_of(date: NaiveDate) -> impl Iterator<Item = Self> {
        let last = date.and_hms_opt(23, 59, 0);
        last.into_iter().flat_map(|last| Self::minutes_before(last, MINUTES_IN_A_DAY - 1))
    }

    /// The minute of `time` and as many before it, the last first.
    fn minutes_before(time: chrono::NaiveDateTime, minutes: i64) -> impl Iterator<Item = Self> {
        let before = (0..=minutes).filter_map(move |minutes| time.checked_sub_signed(TimeDelta::minutes(minutes)));
        before.map(|time| Self { date: time.date(), minute: Some(time.time()) })
    }
}

/// The counters of what was noted at one institution, whose names differ in the moment only.
struct Noted {
    name: String,
    /// As long as the names agree.
    common: usize,
}

impl Noted {
    fn at(name: &CounterName, visit: &Visit) -> Self {
        let name = [name.as_str(), ":", visit.institution.id.as_str(), ":"].concat();
        Self { common: name.len(), name }
    }

    fn key(&mut self, moment: Moment) -> CounterKey {
        let Moment { date, minute } = moment;
        self.name.truncate(self.common);
        push_date(&mut self.name, date);
        if let Some(minute) = minute {
            let _ = write!(self.name, "{}", minute.format("T%H:%M"));
        }
        CounterKey { name: CounterName::new(&self.name), benefit_year: date.year() }
    }
}

/// Adds a date as it is written, digit by digit: a stay looks at many.
fn push_date(text: &mut String, date: NaiveDate) {
    let Some(year) = u32::try_from(date.year()).ok().filter(|year| *year < 10_000) else {
        let _ = write!(text, "{date}");
        return;
    };
    for (number, then) in [(year / 100, ""), (year % 100, "-"), (date.month(), "-"), (date.day(), "")] {
        let digits = [number / 10 % 10, number % 10];
        text.extend(digits.into_iter().filter_map(|digit| char::from_digit(digit, 10)));
        text.push_str(then);
    }
}

/// Where something may have been noted that counts, and by which law.
struct Place<'m> {
    date: NaiveDate,
    borne: CounterKey,
    standard: Option<CounterKey>,
    by: &'m Arc<Citation>,
}

impl Notes {
    /// Where this visit is noted: what it bore, and its full deductible.
    pub(crate) fn keys(&self, visit: &Visit) -> (CounterKey, Option<CounterKey>) {
        let minute = visit.service_time_of_day.filter(|_| self.to_the_minute);
        let moment = Moment { date: visit.service_date, minute };
        let key = |name| Noted::at(name, visit).key(moment);
        (key(&self.borne_as), self.standard_as.as_ref().map(key))
    }
}

impl Merges {
    /// Adds every counter that this looks at.
    pub(crate) fn keys(&self, visit: &Visit) -> Vec<CounterKey> {
        let places = self.places(visit).into_iter();
        places
            .flat_map(|place| [Some(place.borne), place.standard])
            .chain([self.carried_key(visit)])
            .flatten()
            .collect()
    }

    /// What was added to the deductible of a visit, for its later bills.
    fn carried_key(&self, visit: &Visit) -> Option<CounterKey> {
        let name = suffixed(self.adds.as_ref()?, &["visit:", visit.registration.as_ref()?.as_str()].concat());
        Some(CounterKey { name, benefit_year: visit.service_date.year() })
    }

    /// Where to look, the latest first.
    fn places(&self, visit: &Visit) -> Vec<Place<'_>> {
        let Some(admission) = visit.admission_date else { return Vec::new() };
        let mut borne = Noted::at(&self.noted_as, visit);
        let mut standard = self.adds.as_ref().map(|name| Noted::at(name, visit));
        let mut place = |moment: Moment, by| Place {
            date: moment.date,
            borne: borne.key(moment),
            standard: standard.as_mut().map(|standard| standard.key(moment)),
            by,
        };
        let days = (0..=self.days.value).filter_map(|days| admission.checked_sub_days(Days::new(days.into())));
        let Some(hours) = &self.hours else {
            return days.map(|date| place(Moment::day(date), &self.days.citation)).collect();
        };
        let mut places: Vec<_> = if let Some(time) = visit.admission_time_of_day {
            let minutes = i64::from(hours.value) * MINUTES_IN_AN_HOUR;
            let within = Moment::minutes_before(admission.and_time(time), minutes);
            within.map(|moment| place(moment, &hours.citation)).collect()
        } else {
            let minutes = days.clone().flat_map(Moment::minutes_of);
            minutes.map(|moment| place(moment, &self.days.citation)).collect()
        };
        places.extend(days.map(|date| place(Moment::day(date), &self.days.citation)));
        places.sort_by_key(|place| Reverse(place.date));
        places
    }
}

/// What counts toward a deductible.
#[derive(Default)]
pub(crate) struct Merged {
    /// What was borne before.
    pub(crate) borne: Fen,
    /// What the deductible is greater by.
    pub(crate) added: Fen,
    /// What was found by each law: borne, and added.
    pub(crate) found: Vec<(Arc<Citation>, Fen, Fen)>,
    pub(crate) moves: Vec<CounterMove>,
}

impl Merged {
    fn find(&mut self, by: &Arc<Citation>, borne: Fen, added: Fen) {
        self.borne += borne;
        self.added += added;
        match self.found.iter_mut().find(|(citation, ..)| citation == by) {
            Some((_, of_borne, of_added)) => {
                *of_borne += borne;
                *of_added += added;
            }
            None => self.found.push((Arc::clone(by), borne, added)),
        }
    }
}

impl Draft<'_> {
    /// What was noted before the stay and counts toward its deductible. Where bills share no counter, a later part of
    /// this bill finds what an earlier one found.
    pub(crate) fn merged(&self, deductible: &Deductible, bills_share: bool) -> Merged {
        let mut found = Merged::default();
        let Some(merges) = &deductible.merges else { return found };
        let visit = &self.case.visit;
        let noted = |key: &CounterKey| if bills_share { self.counter(key) } else { self.counter_before(key) };
        // Before most stays nothing was noted, wherever one looks.
        let places = if self.has_moved(&merges.noted_as) { merges.places(visit) } else { Vec::new() };
        let places = places.into_iter().map(|place| (noted(&place.borne), place));
        let places = places.filter(|(borne, _)| !borne.is_zero()).take(if merges.latest_only { 1 } else { usize::MAX });
        for (borne, place) in places {
            let standard = place.standard.map(|key| (noted(&key), key)).filter(|(standard, _)| !standard.is_zero());
            let added = standard.as_ref().map_or(Fen::ZERO, |(standard, _)| *standard);
            found.find(place.by, borne, added);
            // A deductible that counted toward this stay counts toward no other.
            for (before, key) in std::iter::once((borne, place.borne)).chain(standard) {
                found.moves.push(CounterMove { key, before, after: Fen::ZERO });
            }
        }
        if let Some(key) = merges.carried_key(visit) {
            let carried = self.counter(&key);
            if !found.added.is_zero() {
                found.moves.push(CounterMove { key, before: carried, after: carried + found.added });
            }
            found.added += carried;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_a_name_is_written_as_dates_are() {
        for (year, month, day) in
            [(2022, 1, 31), (2023, 12, 9), (999, 10, 10), (0, 2, 29), (9_999, 12, 31), (10_000, 1, 1)]
        {
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            let mut text = String::from("noted:");
            push_date(&mut text, date);
            assert_eq!(text, format!("noted:{date}"));
        }
    }
}
