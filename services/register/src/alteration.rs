//! What a change alters of the past: the days of which the register tells something else than it did.
//!
//! Histories before and after the change are compared on every day on which anything turns. What was told is what
//! settlements rest on, so these days say which settlements a change can touch.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use chrono::NaiveDate;
use claim::{
    AssistanceCategory, Filing, InstitutionId, InstitutionKind, Level, PersonFacts, Standing, TreatmentRegion,
};
use money::Fen;
use serde_json::{Value, json};
use store::StoreError;

use crate::change::Stamp;
use crate::dated::Dated;
use crate::designation::InstitutionHistory;
use crate::history::{CatalogueEntry, CatalogueHistory, PersonHistory};
use crate::reading::{Histories, History, read_each};
use crate::session::{Session, select_by_keys};

/// The last day of what goes on.
const NO_END: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

/// A history that can be compared day by day.
pub(crate) trait Daily: History + Clone {
    /// What settlements of one day rest on.
    type Told: PartialEq;

    /// Whether anything can rest on it.
    fn is_known(&self) -> bool {
        true
    }

    /// What is told of `date`.
    fn told_on(&self, date: NaiveDate) -> Self::Told;

    /// The days from which on something else may be told than on the day before.
    fn turning_days(&self) -> Vec<NaiveDate>;

    /// Those of which something else is told when it is of one of `ids`, each with that one.
    fn told_with(
        _session: &mut Session<'_>,
        _ids: &[&str],
    ) -> impl Future<Output = Result<Vec<(String, String)>, StoreError>> + Send {
        std::future::ready(Ok(Vec::new()))
    }
}

impl Daily for PersonHistory {
    type Told = (Option<PersonFacts>, bool, Vec<AssistanceCategory>, Filing);

    /// Nobody was settled for whom the register did not know, and whom it knows it never forgets.
    fn is_known(&self) -> bool {
        self.person.is_some()
    }

    fn told_on(&self, date: NaiveDate) -> Self::Told {
        let ending = self.categories_ending_on(date).collect();
        (self.on(date), self.is_suspended_on(date), ending, self.filing_on(date))
    }

    fn turning_days(&self) -> Vec<NaiveDate> {
        let categories = self.categories.values().flat_map(Dated::turning_days);
        let diseases = self.diseases.values().flat_map(Dated::turning_days);
        let days = self.cover.turning_days().chain(categories).chain(diseases).chain(self.filings.turning_days());
        // The last day of a category is told apart from the days before it.
        days.flat_map(|day| [day.pred_opt(), Some(day)]).flatten().collect()
    }
}

/// What is told of an institution beside where it stands.
type Described = (Level, InstitutionKind, bool, TreatmentRegion, Option<InstitutionId>);

const DEPARTMENTS: crate::session::SelectByKeys =
    select_by_keys!("SELECT DISTINCT institution_id, department_of FROM institution WHERE department_of");

impl Daily for InstitutionHistory {
    type Told = (Option<Described>, Standing, Option<NaiveDate>);

    fn told_on(&self, date: NaiveDate) -> Self::Told {
        let described = self
            .described_on(date)
            .map(|of| (of.level, of.kind, of.special_exempt_allowed, of.treatment_region, of.department_of.clone()));
        let (standing, since) = self.standing_on(date);
        (described, standing, since.filter(|_| standing != Standing::InForce))
    }

    fn turning_days(&self) -> Vec<NaiveDate> {
        self.designations.turning_days().chain(self.agreements.turning_days()).collect()
    }

    /// A department has the level, the rules and the designation of the hospital that runs it.
    async fn told_with(session: &mut Session<'_>, ids: &[&str]) -> Result<Vec<(String, String)>, StoreError> {
        session.select(DEPARTMENTS, ids).await
    }
}

impl Daily for CatalogueHistory {
    type Told = (Option<CatalogueEntry>, [Option<Fen>; 3]);

    fn told_on(&self, date: NaiveDate) -> Self::Told {
        // No settlement rests on what kind of thing an item is.
        let item = self.item.on(date).map(|(_, entry)| CatalogueEntry { kind: None, ..entry.clone() });
        (item, [Level::One, Level::Two, Level::Three].map(|level| self.price_on(date, level)))
    }

    fn turning_days(&self) -> Vec<NaiveDate> {
        self.item.turning_days().chain(self.prices.values().flat_map(Dated::turning_days)).collect()
    }
}

/// The days of which something else is told: the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AlteredDays {
    pub(crate) from: NaiveDate,
    pub(crate) through: NaiveDate,
}

impl AlteredDays {
    /// The days on which `after` tells something else than `before`; `None` where there are none.
    fn between<H: Daily>(before: &H, after: &H) -> Option<Self> {
        let days: BTreeSet<NaiveDate> = before.turning_days().into_iter().chain(after.turning_days()).collect();
        let mut altered = days.iter().filter(|day| before.told_on(**day) != after.told_on(**day));
        let from = *altered.next()?;
        let last = *altered.next_back().unwrap_or(&from);
        let next = days.into_iter().find(|day| *day > last);
        Some(Self { from, through: next.and_then(|day| day.pred_opt()).unwrap_or(NO_END) })
    }

    fn including(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), through: self.through.max(other.through) }
    }
}

/// Notes what is altered of days before `today`, after a change was written whose subjects were `before`.
pub(crate) async fn note<H: Daily>(
    session: &mut Session<'_>,
    before: &Histories<H>,
    stamp: &Stamp,
    today: NaiveDate,
) -> Result<(), StoreError> {
    let ids: Vec<&str> = before.keys().map(AsRef::as_ref).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let after = read_each::<H>(session, &ids).await?;
    let nothing = H::default();
    let mut altered = BTreeMap::new();
    for (id, before) in before {
        let days = AlteredDays::between(before, after.get(id).unwrap_or(&nothing));
        if let Some(days) = days.filter(|days| days.from < today) {
            altered.insert(id.to_string(), days);
        }
    }
    if altered.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = altered.keys().map(String::as_str).collect();
    for (with, id) in H::told_with(session, &ids).await? {
        if let Some(days) = altered.get(&id).copied() {
            altered.entry(with).and_modify(|own| *own = own.including(days)).or_insert(days);
        }
    }
    session.note_alterations(stamp.change_sequence, &altered).await
}

impl Session<'_> {
    async fn note_alterations(
        &mut self,
        change_sequence: i64,
        altered: &BTreeMap<String, AlteredDays>,
    ) -> Result<(), StoreError> {
        const INTO: &str = "INSERT INTO alteration (change_sequence, subject, from_date, through_date) ";
        let row = |(subject, days): (&String, &AlteredDays)| json!([subject, days.from, days.through]);
        let rows = altered.iter().map(row).collect::<Value>().to_string();
        match self {
            Self::Sqlite(connection) => {
                let sql = sqlx::AssertSqlSafe(format!(
                    "{INTO} SELECT $2, value->>0, value->>1, value->>2 FROM json_each($1) WHERE true ON CONFLICT DO NOTHING"
                ));
                sqlx::query(sql).bind(rows).bind(change_sequence).execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                let sql = sqlx::AssertSqlSafe(format!(
                    "{INTO} SELECT $2, value->>0, CAST(value->>1 AS DATE), CAST(value->>2 AS DATE) \
                     FROM jsonb_array_elements($1::jsonb) ON CONFLICT DO NOTHING"
                ));
                sqlx::query(sql).bind(rows).bind(change_sequence).execute(&mut **connection).await?;
            }
        }
        Ok(())
    }

    /// How many subjects a change alters the past of.
    pub(crate) async fn altered_subjects(&mut self, change_sequence: i64) -> Result<u64, StoreError> {
        const COUNT: &str = "SELECT COUNT(DISTINCT subject) FROM alteration WHERE change_sequence = $1";
        let count: i64 = match self {
            Self::Sqlite(connection) => {
                sqlx::query_scalar(COUNT).bind(change_sequence).fetch_one(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                sqlx::query_scalar(COUNT).bind(change_sequence).fetch_one(&mut **connection).await?
            }
        };
        u64::try_from(count).map_err(StoreError::corrupt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dated::Period;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn item(versions: &[(&str, Option<&str>, i64)]) -> CatalogueHistory {
        let mut entries = Dated::default();
        for (from, to, cap) in versions {
            let class = claim::ItemClass::A;
            let terms = claim::ItemTerms {
                class,
                self_pay_rate: money::Rate::new(0).unwrap(),
                price_cap: Some(money::Fen::new(*cap)),
            };
            let period = Period { from: day(from), to: to.map(day) };
            let entry = CatalogueEntry {
                name: "item".into(),
                kind: None,
                terms,
                resident_self_pay_rate: None,
                level_caps: crate::history::LevelCaps::default(),
                drug: None,
            };
            entries.put(period, entry);
        }
        CatalogueHistory { item: entries, ..CatalogueHistory::default() }
    }

    fn altered(before: &CatalogueHistory, after: &CatalogueHistory) -> Option<String> {
        AlteredDays::between(before, after).map(|days| format!("{} {}", days.from, days.through))
    }

    #[test]
    fn the_altered_days_are_those_on_which_something_else_is_told_and_no_more() {
        let before = item(&[("2023-01-01", None, 5)]);
        assert_eq!(altered(&before, &before), None);
        let split = item(&[("2023-01-01", Some("2023-05-31"), 5), ("2023-06-01", None, 5)]);
        assert_eq!(altered(&before, &split), None, "the same in two parts");
        let lower = item(&[("2023-01-01", Some("2023-05-31"), 5), ("2023-06-01", None, 4)]);
        assert_eq!(altered(&before, &lower), Some("2023-06-01 9999-12-31".to_owned()));
        let ended = item(&[("2023-01-01", Some("2023-05-31"), 5)]);
        assert_eq!(altered(&before, &ended), Some("2023-06-01 9999-12-31".to_owned()));
        let between = item(&[("2023-01-01", Some("2023-05-31"), 5), ("2023-06-01", Some("2023-06-30"), 4)]);
        let again = item(&[
            ("2023-01-01", Some("2023-05-31"), 5),
            ("2023-06-01", Some("2023-06-30"), 4),
            ("2023-07-01", None, 5),
        ]);
        assert_eq!(altered(&before, &again), Some("2023-06-01 2023-06-30".to_owned()));
        assert_eq!(altered(&between, &again), Some("2023-07-01 9999-12-31".to_owned()));
        assert_eq!(altered(&item(&[]), &before), Some("2023-01-01 9999-12-31".to_owned()));
    }

    #[test]
    fn the_last_day_of_a_category_is_altered_when_it_moves() {
        let person = |to: &str| {
            let mut history = PersonHistory::default();
            let cover = crate::history::Cover {
                insurance: claim::Insurance::Resident,
                state: claim::CoverState::Active,
                flexible: None,
            };
            history.person = Some(crate::history::Person {
                birth_date: day("1970-01-01"),
                sex: None,
                kunming_household: true,
                disability_level: 0,
                household_id: None,
            });
            history.cover.put(Period { from: day("2020-01-01"), to: None }, cover);
            let period = Period { from: day("2023-01-01"), to: Some(day(to)) };
            history.categories.entry(AssistanceCategory::RegisteredPoor).or_default().put(period, ());
            history
        };
        let days = AlteredDays::between(&person("2023-06-30"), &person("2023-08-31")).unwrap();
        assert_eq!((days.from, days.through), (day("2023-06-30"), day("2023-08-31")));
    }
}
