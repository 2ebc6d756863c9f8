//! Designated institutions.

use chrono::{DateTime, NaiveDate, Utc};
use claim::InstitutionId;
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::{Designation, InstitutionHistory};
use crate::tables::INSTITUTION;

/// One time for which one institution is designated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstitutionRow {
    institution_id: InstitutionId,
    designation: Designation,
    period: Period,
}

impl FactRow for InstitutionRow {
    type History = InstitutionHistory;

    const COLUMNS: &'static [Column] = &[
        required("institution_id"),
        required("name"),
        required("level"),
        required("kind"),
        required("treatment_region"),
        optional("special_exempt_allowed"),
        required("from"),
        optional("to"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let institution_id = cells.value("institution_id");
        let name = cells.name("name");
        let level = cells.value("level");
        let kind = cells.value("kind");
        let treatment_region = cells.value("treatment_region");
        let special_exempt_allowed =
            if cells.is_empty("special_exempt_allowed") { Some(false) } else { cells.truth("special_exempt_allowed") };
        let period = cells.period("from", "to");
        let designation = Designation {
            name: name?,
            level: level?,
            kind: kind?,
            treatment_region: treatment_region?,
            special_exempt_allowed: special_exempt_allowed?,
        };
        Some(Self { institution_id: institution_id?, designation, period: period? })
    }

    fn id(&self) -> &str {
        self.institution_id.as_str()
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &InstitutionHistory) -> bool {
        history.0.holds(self.period, &self.designation)
    }

    fn put(&self, history: &mut InstitutionHistory) {
        history.0.put(self.period, self.designation.clone());
    }

    fn check(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        Misfit::unless_overlapping("from", history.0.overlapping(self.period))
    }

    fn records(&self, recorded_time: DateTime<Utc>) -> Vec<Record> {
        let columns = json!({
            "institution_id": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "name": *self.designation.name,
            "level": self.designation.level,
            "kind": self.designation.kind,
            "treatment_region": self.designation.treatment_region,
            "special_exempt_allowed": self.designation.special_exempt_allowed,
            "recorded_time": recorded_time,
        });
        vec![Record { table: &INSTITUTION, columns }]
    }
}
