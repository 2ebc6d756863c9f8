//! Outpatient diseases approved for persons (门诊慢特病备案).

use chrono::NaiveDate;
use claim::{DiseaseCode, DiseaseKind, PersonId};
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::PersonHistory;
use crate::tables::DISEASE;

/// One approval of one disease of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiseaseRow {
    person_id: PersonId,
    code: DiseaseCode,
    kind: DiseaseKind,
    period: Period,
}

impl FactRow for DiseaseRow {
    type History = PersonHistory;

    const COLUMNS: &'static [Column] = &[
        required("person_id", "人员编号"),
        required("disease", "病种"),
        required("kind", "病种类别").listed("disease-kind"),
        required("approved_date", "审批日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let person_id = cells.value("person_id");
        let code = cells.value("disease");
        let kind = cells.value("kind");
        let period = cells.period("approved_date", "to");
        Some(Self { person_id: person_id?, code: code?, kind: kind?, period: period? })
    }

    fn id(&self) -> &str {
        self.person_id.as_str()
    }

    fn detail(&self) -> Option<&str> {
        Some(self.code.as_str())
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &PersonHistory) -> bool {
        history.diseases.get(&self.code).is_some_and(|filings| filings.holds(self.period, &self.kind))
    }

    fn put(&self, history: &mut PersonHistory) {
        history.diseases.entry(self.code.clone()).or_default().put(self.period, self.kind);
    }

    fn check(&self, history: &PersonHistory) -> Result<(), Misfit> {
        Misfit::unless_known(self.id(), history)?;
        let overlapping = history.diseases.get(&self.code).and_then(|filings| filings.overlapping(self.period));
        Misfit::unless_overlapping("approved_date", overlapping)
    }

    fn begins_in(&self, history: &PersonHistory) -> bool {
        history.diseases.get(&self.code).is_some_and(|filings| filings.begins_on(self.period.from))
    }

    fn dated_record(&self) -> Record {
        let columns = json!({
            "person_id": self.id(),
            "code": self.code,
            "approved_date": self.period.from,
            "to_date": self.period.to,
            "kind": self.kind,
        });
        Record { table: &DISEASE, columns, replaces: false }
    }
}
