//! Cross-region filings of persons (异地就医备案).

use chrono::NaiveDate;
use claim::{Filing, FilingRoute, PersonId};
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::{Filed, PersonHistory};
use crate::tables::FILING;
use crate::words::said;

/// One time of one filing of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilingRow {
    person_id: PersonId,
    /// Never of [`Filing::None`]: a time without a filing has no row.
    filed: Filed,
    period: Period,
}

impl FactRow for FilingRow {
    type History = PersonHistory;

    const COLUMNS: &'static [Column] = &[
        required("person_id", "人员编号"),
        required("filing", "异地备案类型").listed("filing"),
        optional("route", "备案方式").listed("filing-route"),
        required("from", "开始日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let person_id = cells.value("person_id");
        let filing = cells.value("filing").and_then(|filing| {
            let hint = said(
                "is no filing: leave the row out, a time without a row is one without a filing",
                "不是备案：不需登记，没有记录的期间即为未备案",
            );
            cells.check("filing", filing != Filing::None, hint)?;
            Some(filing)
        });
        let route = cells.optional_value("route");
        let period = cells.period("from", "to");
        let filed = Filed { filing: filing?, route: route?.unwrap_or(FilingRoute::Documents) };
        Some(Self { person_id: person_id?, filed, period: period? })
    }

    fn id(&self) -> &str {
        self.person_id.as_str()
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &PersonHistory) -> bool {
        history.filings.holds(self.period, &self.filed)
    }

    fn put(&self, history: &mut PersonHistory) {
        history.filings.put(self.period, self.filed);
    }

    fn check(&self, history: &PersonHistory) -> Result<(), Misfit> {
        Misfit::unless_known(self.id(), history)?;
        Misfit::unless_overlapping("from", history.filings.overlapping(self.period))
    }

    fn begins_in(&self, history: &PersonHistory) -> bool {
        history.filings.begins_on(self.period.from)
    }

    fn dated_record(&self) -> Record {
        let columns = json!({
            "person_id": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "filing": self.filed.filing,
            "route": self.filed.route,
        });
        Record { table: &FILING, columns, replaces: false }
    }
}
