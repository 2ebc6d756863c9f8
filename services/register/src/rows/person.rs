//! Insured persons and what covers them.

use chrono::NaiveDate;
use claim::{CoverState, Employment, Insurance, PersonId};
use identity_number::IdentityNumber;
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::{Cover, Person, PersonHistory, scheme_of};
use crate::sealing::SealedNumber;
use crate::tables::{COVER, IDENTITY, PERSON};
use crate::words::{Words, said, words};

const MILDEST_DISABILITY: u8 = 4;
const NOT_OF_RESIDENTS: Words = said("must be empty for scheme resident", "居民应为空");

/// A person and one time of cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PersonRow {
    person_id: PersonId,
    person: Person,
    cover: Cover,
    period: Period,
    /// Absent where the file does not give it; what is stored then stays.
    identity_number: Option<SealedNumber>,
}

impl FactRow for PersonRow {
    type History = PersonHistory;

    const COLUMNS: &'static [Column] = &[
        required("person_id", "人员编号"),
        required("birth_date", "出生日期"),
        optional("sex", "性别").listed("sex"),
        required("kunming_household", "昆明户籍").listed("truth"),
        optional("disability_level", "残疾等级").listed("disability-level"),
        required("scheme", "险种").listed("scheme"),
        optional("employment", "在职状态").listed("employment"),
        optional("flexible", "灵活就业").listed("flexible-employment"),
        optional("cover_state", "参保状态").listed("cover-state"),
        optional("household_id", "户号"),
        required("from", "开始日期"),
        optional("to", "结束日期"),
        optional("identity_number", "身份证号").kept_secret(),
    ];

    fn parse(cells: &Cells<'_>, today: NaiveDate) -> Option<Self> {
        let person_id = cells.value("person_id").and_then(|id: PersonId| {
            let is_identity = IdentityNumber::new(id.as_str()).is_ok();
            let hint =
                said("is an identity number: give the national person number", "是身份证号：应填国家医保人员编号");
            cells.check("person_id", !is_identity, hint)?;
            Some(id)
        });
        let identity_number = cells.sealed_number("identity_number");
        let birth_date = cells.date("birth_date").and_then(|date| {
            cells.check("birth_date", date <= today, said("is in the future", "是将来的日期"))?;
            Some(date)
        });
        let sex = cells.optional_value("sex");
        let kunming_household = cells.truth("kunming_household");
        let disability_level = parse_disability_level(cells);
        let cover = parse_cover(cells);
        let household_id = cells.optional_value("household_id");
        let period = cells.period("from", "to");
        let person = Person {
            birth_date: birth_date?,
            sex: sex?,
            kunming_household: kunming_household?,
            disability_level: disability_level?,
            household_id: household_id?,
        };
        Some(Self { person_id: person_id?, person, cover: cover?, period: period?, identity_number: identity_number? })
    }

    fn id(&self) -> &str {
        self.person_id.as_str()
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &PersonHistory) -> bool {
        history.person.as_ref() == Some(&self.person)
            && history.cover.holds(self.period, &self.cover)
            && self.holds_identity(history)
    }

    fn put(&self, history: &mut PersonHistory) {
        history.person = Some(self.person.clone());
        history.cover.put(self.period, self.cover);
        if let Some(number) = &self.identity_number {
            history.identity = Some(number.index.text.clone());
        }
    }

    fn begins_in(&self, history: &PersonHistory) -> bool {
        history.cover.begins_on(self.period.from)
    }

    fn dated_record(&self) -> Record {
        let columns = json!({
            "person_id": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "scheme": scheme_of(self.cover.insurance),
            "state": self.cover.state,
            "flexible": self.cover.flexible,
        });
        Record { table: &COVER, columns, replaces: false }
    }

    fn check(&self, history: &PersonHistory) -> Result<(), Misfit> {
        if !self.holds_identity(history) {
            let words =
                said("another row of the same person has another identity number", "同一人员另一行的身份证号不同");
            return Err(Misfit { column: "identity_number", words });
        }
        if history.person.as_ref() != Some(&self.person) {
            let words = said(
                "another row of the same person differs in birth_date, sex, kunming_household, disability_level or \
                 household_id",
                "同一人员另一行的出生日期、性别、昆明户籍、残疾等级或户号不同",
            );
            return Err(Misfit { column: "person_id", words });
        }
        Misfit::unless_overlapping("from", history.cover.overlapping(self.period))
    }

    fn records(&self, history: &PersonHistory) -> Vec<Record> {
        let mut records = Vec::new();
        if history.person.as_ref() != Some(&self.person) {
            let Person { birth_date, sex, kunming_household, disability_level, household_id } = &self.person;
            let columns = json!({
                "person_id": self.id(),
                "birth_date": birth_date,
                "sex": sex,
                "kunming_household": kunming_household,
                "disability_level": disability_level,
                "household_id": household_id,
            });
            records.push(Record { table: &PERSON, columns, replaces: history.person.is_some() });
        }
        if !history.cover.holds(self.period, &self.cover) {
            records.push(Record { replaces: self.begins_in(history), ..self.dated_record() });
        }
        if let Some(number) = self.identity_number.as_ref().filter(|_| !self.holds_identity(history)) {
            let columns = json!({
                "person_id": self.id(),
                "blind_index": number.index.text,
                "index_key": number.index.key_id,
                "sealed": number.sealed.text,
                "seal_key": number.sealed.key_id,
            });
            records.push(Record { table: &IDENTITY, columns, replaces: false });
        }
        records
    }
}

impl PersonRow {
    fn holds_identity(&self, history: &PersonHistory) -> bool {
        self.identity_number.as_ref().is_none_or(|number| history.identity.as_ref() == Some(&number.index.text))
    }
}

fn parse_disability_level(cells: &Cells<'_>) -> Option<u8> {
    const COLUMN: &str = "disability_level";
    if cells.is_empty(COLUMN) {
        return Some(0);
    }
    cells.read_with(COLUMN, |text| {
        let level = text.parse().ok().filter(|level| *level <= MILDEST_DISABILITY);
        level.ok_or_else(|| {
            words!(
                "{text:?} is not a level of disability: 1 (most severe) to 4, or 0 for none",
                "“{text}”不是残疾等级：应为 1（最重）至 4，无残疾为 0"
            )
        })
    })
}

fn parse_cover(cells: &Cells<'_>) -> Option<Cover> {
    let insurance = parse_insurance(cells);
    let flexible = cells.optional_value("flexible").and_then(|flexible| {
        let is_employee = matches!(insurance, None | Some(Insurance::Employee(_)));
        cells.check("flexible", flexible.is_none() || is_employee, NOT_OF_RESIDENTS)?;
        Some(flexible)
    });
    let state = cells.optional_value("cover_state");
    Some(Cover { insurance: insurance?, state: state?.unwrap_or(CoverState::Active), flexible: flexible? })
}

fn parse_insurance(cells: &Cells<'_>) -> Option<Insurance> {
    match cells.text("scheme")? {
        "employee" => {
            let given = !cells.is_empty("employment");
            let hint = said("is required for scheme employee: active or retired", "职工必填：在职或退休");
            cells.check("employment", given, hint)?;
            cells.value::<Employment>("employment").map(Insurance::Employee)
        }
        "resident" => {
            cells.check("employment", cells.is_empty("employment"), NOT_OF_RESIDENTS)?;
            Some(Insurance::Resident)
        }
        other => {
            let words =
                words!("{other:?} is not a scheme: one of employee, resident", "“{other}”不是险种：应为职工或居民");
            cells.fault("scheme", words);
            None
        }
    }
}
