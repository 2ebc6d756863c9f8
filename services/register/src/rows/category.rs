//! Assistance categories of persons.

use chrono::NaiveDate;
use claim::{AssistanceCategory, PersonId};
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::PersonHistory;
use crate::tables::CATEGORY;

/// One time of one category of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CategoryRow {
    person_id: PersonId,
    category: AssistanceCategory,
    period: Period,
}

impl FactRow for CategoryRow {
    type History = PersonHistory;

    const COLUMNS: &'static [Column] = &[
        required("person_id", "人员编号"),
        required("category", "救助类别").listed("assistance-category"),
        required("from", "开始日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let person_id = cells.value("person_id");
        let category = cells.value("category");
        let period = cells.period("from", "to");
        Some(Self { person_id: person_id?, category: category?, period: period? })
    }

    fn id(&self) -> &str {
        self.person_id.as_str()
    }

    fn detail(&self) -> Option<&str> {
        Some(self.category.as_str())
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &PersonHistory) -> bool {
        history.categories.get(&self.category).is_some_and(|periods| periods.holds(self.period, &()))
    }

    fn put(&self, history: &mut PersonHistory) {
        history.categories.entry(self.category).or_default().put(self.period, ());
    }

    fn check(&self, history: &PersonHistory) -> Result<(), Misfit> {
        Misfit::unless_known(self.id(), history)?;
        let overlapping = history.categories.get(&self.category).and_then(|periods| periods.overlapping(self.period));
        Misfit::unless_overlapping("from", overlapping)
    }

    fn begins_in(&self, history: &PersonHistory) -> bool {
        history.categories.get(&self.category).is_some_and(|periods| periods.begins_on(self.period.from))
    }

    fn dated_record(&self) -> Record {
        let columns = json!({
            "person_id": self.id(),
            "category": self.category,
            "from_date": self.period.from,
            "to_date": self.period.to,
        });
        Record { table: &CATEGORY, columns, replaces: false }
    }
}
