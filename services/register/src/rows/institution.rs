//! Designated institutions.

use chrono::NaiveDate;
use claim::InstitutionId;
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, TRUTH, optional, required};
use crate::history::{Designation, InstitutionHistory};
use crate::tables::INSTITUTION;

/// What the offices call the kinds.
const KINDS: &[(&str, &str)] = &[
    ("医院", "hospital"),
    ("乡镇卫生院", "township-health-centre"),
    ("村卫生室", "village-clinic"),
    ("社区卫生服务中心", "community-health-centre"),
    ("定点零售药店", "pharmacy"),
];

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
        required("institution_id", "医药机构编号"),
        required("name", "机构名称"),
        required("level", "医院等级").with_words(&[("一级", "1"), ("二级", "2"), ("三级", "3")]),
        required("kind", "机构类别").with_words(KINDS),
        required("treatment_region", "就医地").with_words(&[
            ("本地", "local"),
            ("省内异地", "province"),
            ("跨省异地", "other-province"),
        ]),
        optional("special_exempt_allowed", "免起付特殊病定点").with_words(TRUTH),
        required("from", "开始日期"),
        optional("to", "结束日期"),
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

    fn records(&self, history: &InstitutionHistory) -> Vec<Record> {
        let columns = json!({
            "institution_id": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "name": *self.designation.name,
            "level": self.designation.level,
            "kind": self.designation.kind,
            "treatment_region": self.designation.treatment_region,
            "special_exempt_allowed": self.designation.special_exempt_allowed,
        });
        let replaces = history.0.begins_on(self.period.from);
        vec![Record { table: &INSTITUTION, columns, replaces }]
    }
}
