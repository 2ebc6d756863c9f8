//! Insured persons and what covers them.

use chrono::{DateTime, NaiveDate, Utc};
use claim::{Employment, Insurance, PersonId};
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::{Person, PersonHistory, scheme_of};
use crate::tables::{COVER, PERSON};

const MILDEST_DISABILITY: u8 = 4;

/// A person and one time of cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PersonRow {
    person_id: PersonId,
    person: Person,
    insurance: Insurance,
    period: Period,
}

impl FactRow for PersonRow {
    type History = PersonHistory;

    const COLUMNS: &'static [Column] = &[
        required("person_id"),
        required("birth_date"),
        optional("sex"),
        required("kunming_household"),
        optional("disability_level"),
        required("scheme"),
        optional("employment"),
        required("from"),
        optional("to"),
    ];

    fn parse(cells: &Cells<'_>, today: NaiveDate) -> Option<Self> {
        let person_id = cells.value("person_id");
        let birth_date = cells.date("birth_date").and_then(|date| {
            cells.check("birth_date", date <= today, "is in the future")?;
            Some(date)
        });
        let sex = cells.optional_value("sex");
        let kunming_household = cells.truth("kunming_household");
        let disability_level = parse_disability_level(cells);
        let insurance = parse_insurance(cells);
        let period = cells.period("from", "to");
        let person = Person {
            birth_date: birth_date?,
            sex: sex?,
            kunming_household: kunming_household?,
            disability_level: disability_level?,
        };
        Some(Self { person_id: person_id?, person, insurance: insurance?, period: period? })
    }

    fn id(&self) -> &str {
        self.person_id.as_str()
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &PersonHistory) -> bool {
        history.person.as_ref() == Some(&self.person) && history.cover.holds(self.period, &self.insurance)
    }

    fn put(&self, history: &mut PersonHistory) {
        history.person = Some(self.person.clone());
        history.cover.put(self.period, self.insurance);
    }

    fn check(&self, history: &PersonHistory) -> Result<(), Misfit> {
        if history.person.as_ref() != Some(&self.person) {
            let description =
                "another row of the same person differs in birth_date, sex, kunming_household or disability_level";
            return Err(Misfit { column: "person_id", description: description.to_owned() });
        }
        Misfit::unless_overlapping("from", history.cover.overlapping(self.period))
    }

    fn records(&self, recorded_time: DateTime<Utc>) -> Vec<Record> {
        let Person { birth_date, sex, kunming_household, disability_level } = self.person;
        let person = json!({
            "person_id": self.id(),
            "birth_date": birth_date,
            "sex": sex,
            "kunming_household": kunming_household,
            "disability_level": disability_level,
            "recorded_time": recorded_time,
        });
        let cover = json!({
            "person_id": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "scheme": scheme_of(self.insurance),
            "recorded_time": recorded_time,
        });
        vec![Record { table: &PERSON, columns: person }, Record { table: &COVER, columns: cover }]
    }
}

fn parse_disability_level(cells: &Cells<'_>) -> Option<u8> {
    const COLUMN: &str = "disability_level";
    if cells.is_empty(COLUMN) {
        return Some(0);
    }
    cells.read_with(COLUMN, |text| {
        let level = text.parse().ok().filter(|level| *level <= MILDEST_DISABILITY);
        level.ok_or_else(|| format!("{text:?} is not a level of disability: 1 (most severe) to 4, or 0 for none"))
    })
}

fn parse_insurance(cells: &Cells<'_>) -> Option<Insurance> {
    match cells.text("scheme")? {
        "employee" => {
            let given = !cells.is_empty("employment");
            cells.check("employment", given, "is required for scheme employee: active or retired")?;
            cells.value::<Employment>("employment").map(Insurance::Employee)
        }
        "resident" => {
            cells.check("employment", cells.is_empty("employment"), "must be empty for scheme resident")?;
            Some(Insurance::Resident)
        }
        other => {
            cells.fault("scheme", format_args!("{other:?} is not a scheme: one of employee, resident"));
            None
        }
    }
}
