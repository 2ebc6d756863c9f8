//! Designated institutions and what they are.

use std::sync::Arc;

use chrono::NaiveDate;
use claim::InstitutionId;
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::designation::{Designation, InstitutionHistory};
use crate::fact_kind::{Column, optional, required};
use crate::tables::INSTITUTION;
use crate::words::{said, words};

const DISTRICT_DIGITS: usize = 6;

/// One time for which one institution is described.
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
        required("level", "医院等级").listed("level"),
        optional("price_cap_level", "限价等级").listed("level"),
        required("kind", "机构类别").listed("institution-kind"),
        required("treatment_region", "就医地").listed("treatment-region"),
        optional("special_exempt_allowed", "免起付特殊病定点").listed("truth"),
        optional("by_agreement", "协议管理").listed("truth"),
        optional("department_of", "依托医院编号"),
        optional("district", "所属区划"),
        optional("tier", "隶属层级").listed("tier"),
        optional("grade", "等级全称"),
        optional("legal_form", "举办性质").listed("legal-form"),
        optional("beds", "床位数"),
        required("from", "开始日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let institution_id: Option<InstitutionId> = cells.value("institution_id");
        let name = cells.name("name");
        let level = cells.value("level");
        let price_cap_level = cells.optional_value("price_cap_level");
        let kind = cells.value("kind");
        let treatment_region = cells.value("treatment_region");
        let special_exempt_allowed = cells.optional_truth("special_exempt_allowed");
        let by_agreement = cells.optional_truth("by_agreement");
        let department_of = cells.optional_value::<InstitutionId>("department_of").and_then(|host| {
            let is_itself = host.is_some() && host == institution_id;
            cells.check("department_of", !is_itself, said("is the institution itself", "是该机构自身"))?;
            Some(host)
        });
        let district = parse_district(cells);
        let tier = cells.optional_value("tier");
        let grade = if cells.is_empty("grade") { Some(None) } else { cells.name("grade").map(Some) };
        let legal_form = cells.optional_value("legal_form");
        let beds = cells.optional_value("beds");
        let period = cells.period("from", "to");
        let designation = Designation {
            name: name?,
            level: level?,
            price_cap_level: price_cap_level?,
            kind: kind?,
            treatment_region: treatment_region?,
            special_exempt_allowed: special_exempt_allowed?,
            by_agreement: by_agreement?,
            department_of: department_of?,
            district: district?,
            tier: tier?,
            grade: grade?,
            legal_form: legal_form?,
            beds: beds?,
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
        history.designations.holds(self.period, &self.designation)
    }

    fn put(&self, history: &mut InstitutionHistory) {
        history.designations.put(self.period, self.designation.clone());
    }

    fn check(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        Misfit::unless_overlapping("from", history.designations.overlapping(self.period))
    }

    fn begins_in(&self, history: &InstitutionHistory) -> bool {
        history.designations.begins_on(self.period.from)
    }

    fn dated_record(&self) -> Record {
        let columns = json!({
            "institution_id": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "name": *self.designation.name,
            "level": self.designation.level,
            "price_cap_level": self.designation.price_cap_level,
            "kind": self.designation.kind,
            "treatment_region": self.designation.treatment_region,
            "special_exempt_allowed": self.designation.special_exempt_allowed,
            "by_agreement": self.designation.by_agreement,
            "department_of": self.designation.department_of,
            "district": self.designation.district.as_deref(),
            "tier": self.designation.tier,
            "grade": self.designation.grade.as_deref(),
            "legal_form": self.designation.legal_form,
            "beds": self.designation.beds,
            "supervised_by": self.designation.supervised_by(),
        });
        Record { table: &INSTITUTION, columns, replaces: false }
    }
}

#[expect(
    clippy::option_option,
    reason = "the outer one tells whether the cell is sound, the inner one whether it is there"
)]
fn parse_district(cells: &Cells<'_>) -> Option<Option<Arc<str>>> {
    const COLUMN: &str = "district";
    if cells.is_empty(COLUMN) {
        return Some(None);
    }
    cells.read_with(COLUMN, |text| {
        let is_code = text.len() == DISTRICT_DIGITS && text.bytes().all(|digit| digit.is_ascii_digit());
        is_code
            .then(|| Some(Arc::from(text)))
            .ok_or_else(|| words!("{text:?} is not a code of six digits", "“{text}”不是六位区划代码"))
    })
}
