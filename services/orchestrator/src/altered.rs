//! What changes of the register altered of the past, and which settlements rest on it.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use tonic::Request;
use wire::register_v1::{Alteration, ListAlterationsRequest, SubjectKind};
use wire::{ErrorReason, Failure, claim_v1 as proto};

use crate::facts::Register;
use crate::failures;
use crate::standing::date_of;
use crate::way::answer_of;

/// How many alterations the register is asked for at once.
pub(crate) const ALTERATIONS_READ: i32 = 500;

/// Days, the first and the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    from: NaiveDate,
    through: NaiveDate,
}

impl Days {
    fn meet(self, first: NaiveDate, last: NaiveDate) -> bool {
        self.from <= last && first <= self.through
    }
}

/// What some changes altered that settlements of many persons rest on. Its size is bounded by that of the catalogue.
#[derive(Debug, Default)]
pub(crate) struct Altered {
    /// In ascending order, each once.
    pub(crate) changes: Vec<i64>,
    institutions: HashMap<String, Days>,
    /// Items, and diagnoses with a published price, by their codes.
    items: HashMap<String, Days>,
    /// Whether they altered persons too.
    pub(crate) has_persons: bool,
}

impl Altered {
    /// Whether only the settlements of certain persons rest on it.
    pub(crate) fn is_of_persons(&self) -> bool {
        self.institutions.is_empty() && self.items.is_empty()
    }
}

/// What is altered for one person.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The days of which something else is told of the person.
    pub(crate) person: Option<Days>,
    /// What is altered for everybody.
    pub(crate) shared: Arc<Altered>,
}

impl Scope {
    /// Whether a settlement of `case` rests on something that was altered.
    ///
    /// # Errors
    /// A stored case without a day.
    pub(crate) fn touches(&self, case: &proto::Case) -> Result<bool, Failure> {
        let served = date_of(case.service_date)
            .ok_or_else(|| Failure::invariant_violated("a stored settlement has no service date"))?;
        let begun = date_of(case.admission_date).unwrap_or(served);
        let Altered { institutions, items, .. } = &*self.shared;
        let of_institution = |id: &String| institutions.get(id).is_some_and(|days| days.meet(begun, served));
        let of_code = |code: &String| items.get(code).is_some_and(|days| days.meet(served, served));
        let is_day_surgery = case.kind() == proto::VisitKind::DaySurgery;
        Ok(self.person.is_some_and(|days| days.meet(served, served))
            || [&case.institution_id, &case.prescriber_id, &case.host_id].into_iter().any(of_institution)
            || case.lines.iter().any(|line| of_code(&line.item_code))
            || (is_day_surgery && of_code(&case.diagnosis)))
    }

    /// The first day of `year` from which anything is altered. It is the same whenever it is asked for, because what a
    /// change altered stays.
    pub(crate) fn first_day_in(&self, year: i32) -> Option<NaiveDate> {
        let shared = self.shared.institutions.values().chain(self.shared.items.values());
        let first = shared.chain(&self.person).map(|days| days.from).min()?;
        NaiveDate::from_ymd_opt(year, 1, 1).map(|new_year| if first.year() < year { new_year } else { first })
    }
}

impl Register {
    /// What `changes` altered, persons aside.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`, and a register that cannot be asked.
    pub(crate) async fn altered(&self, mut changes: Vec<i64>) -> Result<Altered, Failure> {
        changes.sort_unstable();
        changes.dedup();
        let has_persons = !self.alterations(&changes, SubjectKind::Person, String::new(), Vec::new()).await?.is_empty();
        let institutions = self.all_alterations(&changes, SubjectKind::Institution).await?;
        let items = self.all_alterations(&changes, SubjectKind::Item).await?;
        Ok(Altered { changes, institutions, items, has_persons })
    }

    async fn all_alterations(&self, changes: &[i64], kind: SubjectKind) -> Result<HashMap<String, Days>, Failure> {
        let mut all = HashMap::new();
        let mut after = String::new();
        loop {
            let page = self.alterations(changes, kind, after.clone(), Vec::new()).await?;
            let Some((last, _)) = page.last() else { return Ok(all) };
            after.clone_from(last);
            all.extend(page);
        }
    }

    /// What `changes` altered of the next subjects behind `after`, or of those of `subjects`.
    pub(crate) async fn alterations(
        &self,
        changes: &[i64],
        kind: SubjectKind,
        after: String,
        subjects: Vec<String>,
    ) -> Result<Vec<(String, Days)>, Failure> {
        let change_sequences = changes.to_vec();
        let page_size = ALTERATIONS_READ;
        let request = ListAlterationsRequest { change_sequences, kind: kind.into(), subjects, after, page_size };
        let answer = answer_of(self.0.list_alterations(Request::new(request))).await;
        let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::RegisterUnavailable))?;
        let days = |Alteration { subject, from_date, through_date }| {
            let days = date_of(from_date).zip(date_of(through_date));
            let (from, through) =
                days.ok_or_else(|| Failure::invariant_violated("register: an alteration has no days"))?;
            Ok((subject, Days { from, through }))
        };
        answer.alterations.into_iter().map(days).collect()
    }
}

#[cfg(test)]
mod tests {
    use wire::proto::google::r#type::Date;

    use super::*;

    fn days(from: &str, through: &str) -> Days {
        Days { from: from.parse().unwrap(), through: through.parse().unwrap() }
    }

    fn stay(admitted: (i32, i32), discharged: (i32, i32)) -> proto::Case {
        let date = |(month, day)| Some(Date { year: 2023, month, day });
        proto::Case {
            institution_id: "H".to_owned(),
            admission_date: date(admitted),
            service_date: date(discharged),
            lines: vec![proto::CaseLine { item_code: "I".to_owned(), ..Default::default() }],
            ..Default::default()
        }
    }

    #[test]
    fn a_settlement_rests_on_the_person_and_the_items_of_its_last_day_and_on_the_institution_of_every_day() {
        let may = days("2023-05-01", "2023-05-31");
        let person = Scope { person: Some(may), shared: Arc::default() };
        let of = |institution: &str, item: &str| {
            let institutions = HashMap::from([(institution.to_owned(), may)]);
            let items = HashMap::from([(item.to_owned(), may)]);
            Scope { person: None, shared: Arc::new(Altered { institutions, items, ..Altered::default() }) }
        };
        let touched = |scope: &Scope, case: proto::Case| scope.touches(&case).unwrap();
        let before_to_may = stay((4, 20), (5, 1));
        let may_to_june = stay((5, 31), (6, 1));
        let june = stay((6, 1), (6, 2));
        for (scope, expected) in [
            (person, [true, false, false]),
            (of("H", "other"), [true, true, false]),
            (of("other", "I"), [true, false, false]),
            (of("other", "other"), [false; 3]),
        ] {
            let found = [&before_to_may, &may_to_june, &june].map(|case| touched(&scope, case.clone()));
            assert_eq!(found, expected, "{scope:?}");
        }
        let of_diagnosis = |kind: proto::VisitKind| proto::Case {
            kind: kind.into(),
            diagnosis: "D".to_owned(),
            ..stay((5, 1), (5, 1))
        };
        let found = [proto::VisitKind::DaySurgery, proto::VisitKind::Inpatient].map(of_diagnosis);
        assert_eq!(found.map(|case| touched(&of("other", "D"), case)), [true, false]);
    }

    #[test]
    fn the_first_day_of_a_later_year_is_its_new_years_day() {
        let scope = Scope { person: Some(days("2022-11-05", "9999-12-31")), shared: Arc::default() };
        assert_eq!(scope.first_day_in(2022), "2022-11-05".parse().ok());
        assert_eq!(scope.first_day_in(2023), "2023-01-01".parse().ok());
    }
}
