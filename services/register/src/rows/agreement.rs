//! Agreements of designated institutions: application, decision, suspension, end.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use claim::{AgreementGround, InstitutionId, InstitutionKind, Standing, TemporaryDesignation};
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::designation::{Agreement, InstitutionHistory};
use crate::fact_kind::{Column, optional, required};
use crate::tables::AGREEMENT;

const STATES: &[(&str, &str)] = &[
    ("申请", "applied"),
    ("不予定点", "refused"),
    ("生效", "in-force"),
    ("恢复", "in-force"),
    ("暂停", "suspended"),
    ("中止", "suspended"),
    ("终止", "ended"),
    ("解除", "ended"),
    ("取消", "ended"),
];
const GROUNDS: &[(&str, AgreementGround)] = &[
    ("非依法设立", AgreementGround::NotLawfullyEstablished),
    ("不具备服务条件", AgreementGround::NotEquipped),
    ("未自愿申请或未承诺", AgreementGround::NoPromise),
    ("存在医托", AgreementGround::Touting),
    ("发布虚假医疗广告", AgreementGround::FalseAdvertising),
    ("严重医疗安全隐患", AgreementGround::SafetyRisk),
    ("出租承包科室", AgreementGround::LeasedDepartments),
    ("不良社会影响", AgreementGround::BadInfluence),
    ("曾被取消定点", AgreementGround::CancelledBefore),
    ("床位高于规划指标", AgreementGround::BedsAboveIndex),
    ("违反协议管理", AgreementGround::Breach),
    ("欺诈骗保", AgreementGround::Fraud),
    ("其他违法违规", AgreementGround::OtherViolation),
    ("机构自行申请", AgreementGround::OwnWish),
];

/// One state of one institution's agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgreementRow {
    institution_id: InstitutionId,
    agreement: Agreement,
    period: Period,
}

impl FactRow for AgreementRow {
    type History = InstitutionHistory;

    const COLUMNS: &'static [Column] = &[
        required("institution_id", "医药机构编号"),
        required("state", "协议状态").with_words(STATES),
        optional("grounds", "原因"),
        optional("temporary", "临时定点").with_words(&[
            ("发热诊室", "fever-clinic"),
            ("发热门诊", "fever-clinic"),
            ("方舱医院", "makeshift-hospital"),
        ]),
        optional("decided_by", "经办机构").with_words(&[
            ("县区经办机构", "county"),
            ("统筹地区经办机构", "pooling-region"),
            ("省级经办机构", "province"),
        ]),
        required("from", "开始日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let institution_id = cells.value("institution_id");
        let state = cells.value("state").and_then(|state: Standing| {
            let hint = "follows from what is recorded: write applied, refused, in-force, suspended or ended";
            cells.check("state", state.is_recorded(), hint)?;
            Some(state)
        });
        let grounds = parse_grounds(cells, state);
        let temporary = cells.optional_value("temporary").and_then(|temporary: Option<TemporaryDesignation>| {
            let is_designation = temporary.is_none() || state.is_none_or(|state| state == Standing::InForce);
            cells.check("temporary", is_designation, "is of a state that designates nobody")?;
            Some(temporary)
        });
        let decided_by = cells.optional_value("decided_by");
        let period = cells.period("from", "to");
        let agreement = Agreement { state: state?, grounds: grounds?, temporary: temporary?, decided_by: decided_by? };
        Some(Self { institution_id: institution_id?, agreement, period: period? })
    }

    fn id(&self) -> &str {
        self.institution_id.as_str()
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &InstitutionHistory) -> bool {
        history.agreements.holds(self.period, &self.agreement)
    }

    fn put(&self, history: &mut InstitutionHistory) {
        history.agreements.put(self.period, self.agreement.clone());
    }

    fn check(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        self.check_order(history)?;
        self.check_temporary(history)?;
        self.check_agency(history)
    }

    fn begins_in(&self, history: &InstitutionHistory) -> bool {
        history.agreements.begins_on(self.period.from)
    }

    fn dated_record(&self) -> Record {
        let grounds: Vec<&str> = self.agreement.grounds.iter().map(|ground| ground.as_str()).collect();
        let columns = json!({
            "institution_id": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "state": self.agreement.state,
            "grounds": grounds.join(" "),
            "temporary": self.agreement.temporary,
            "decided_by": self.agreement.decided_by,
        });
        Record { table: &AGREEMENT, columns, replaces: false }
    }
}

impl AgreementRow {
    /// Whether the state can follow on the one before it.
    fn check_order(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        let Agreement { state, .. } = self.agreement;
        if history.described_on(self.period.from).is_none() {
            let description = format!("{} is unknown: import institutions first", self.id());
            return Err(Misfit { column: "institution_id", description });
        }
        let earlier = history.standing_before(self.period.from);
        if !state.can_follow(earlier) {
            let description = format!("is {state} although the state on the day before is {earlier}");
            return Err(Misfit { column: "state", description });
        }
        if let Some((next, later)) = history.agreements.next_after(self.period.from) {
            let before = history.standing_before(next);
            if !later.state.can_follow(before) {
                let description = format!("is {state}, and {} from {next} on cannot follow on {before}", later.state);
                return Err(Misfit { column: "state", description });
            }
        }
        if state == Standing::InForce && history.is_barred_on(self.period.from) {
            let description = "its designation was taken away for breach or fraud: it may not be designated (云人社发〔2016〕308号 一（二）)";
            return Err(Misfit { column: "state", description: description.to_owned() });
        }
        Ok(())
    }

    /// Whether the epidemic's measures designate such an institution, and from that day.
    fn check_temporary(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        let (Some(temporary), Some(designation)) = (self.agreement.temporary, history.described_on(self.period.from))
        else {
            return Ok(());
        };
        let misfit = |description: &str| Err(Misfit { column: "temporary", description: description.to_owned() });
        if NaiveDate::from_ymd_opt(2023, 1, 6).is_some_and(|first| self.period.from < first) {
            return misfit("begins before 2023-01-06, the day of the sixteen measures");
        }
        let is_primary = match designation.kind {
            InstitutionKind::TownshipHealthCentre
            | InstitutionKind::VillageClinic
            | InstitutionKind::CommunityHealthCentre => true,
            InstitutionKind::Hospital | InstitutionKind::Pharmacy => false,
        };
        match temporary {
            TemporaryDesignation::FeverClinic if !is_primary => {
                misfit("is for township health centres, village clinics and community health centres (八)")
            }
            TemporaryDesignation::MakeshiftHospital if designation.department_of.is_none() => {
                misfit("is run as a department of a hospital, which department_of must name (七)")
            }
            TemporaryDesignation::FeverClinic | TemporaryDesignation::MakeshiftHospital => Ok(()),
        }
    }

    /// Whether the agency that decided is the one in charge.
    fn check_agency(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        let in_charge = history.described_on(self.period.from).and_then(|designation| designation.supervised_by());
        match (self.agreement.decided_by, in_charge) {
            (Some(decided_by), Some(in_charge)) if decided_by != in_charge => {
                let description =
                    format!("is {decided_by} although {in_charge} is in charge (云人社发〔2016〕308号 三)");
                Err(Misfit { column: "decided_by", description })
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }
}

/// The grounds of a state: at least one of what it needs, none of what it does not know.
fn parse_grounds(cells: &Cells<'_>, state: Option<Standing>) -> Option<BTreeSet<AgreementGround>> {
    const COLUMN: &str = "grounds";
    let needed = state.is_some_and(|state| AgreementGround::ALL.iter().any(|ground| ground.is_for(state)));
    if cells.is_empty(COLUMN) {
        cells.check(COLUMN, !needed, "is required for this state: say why")?;
        return Some(BTreeSet::new());
    }
    cells.read_with(COLUMN, |text| {
        let parts = text.split([';', '；', '、', ' ']).map(str::trim).filter(|part| !part.is_empty());
        let grounds = parts.map(read_ground).collect::<Result<BTreeSet<_>, _>>()?;
        match state.and_then(|state| grounds.iter().find(|ground| !ground.is_for(state)).map(|ground| (state, ground)))
        {
            Some((state, ground)) => Err(format!("{ground} is no ground for {state}")),
            None => Ok(grounds),
        }
    })
}

fn read_ground(text: &str) -> Result<AgreementGround, String> {
    let known = GROUNDS.iter().find(|(word, _)| *word == text).map(|(_, ground)| *ground);
    known.map_or_else(|| text.parse().map_err(|fault: claim::UnknownSlug| fault.to_string()), Ok)
}
