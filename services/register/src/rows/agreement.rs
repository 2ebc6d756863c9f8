//! Agreements of designated institutions: application, decision, suspension, end.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use claim::{AgreementGround, InstitutionId, InstitutionKind, Standing, TemporaryDesignation};
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::designation::{Agreement, Designation, InstitutionHistory};
use crate::fact_kind::{Column, optional, required};
use crate::tables::AGREEMENT;
use crate::words::{said, words};

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
        required("state", "协议状态").listed("agreement-state"),
        optional("grounds", "原因"),
        optional("temporary", "临时定点").listed("temporary-designation"),
        optional("decided_by", "经办机构").listed("supervising-agency"),
        required("from", "开始日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let institution_id = cells.value("institution_id");
        let state = cells.value("state").and_then(|state: Standing| {
            let hint = said(
                "follows from what is recorded: write applied, refused, in-force, suspended or ended",
                "由其他记录推出，不能登记：应为申请、不予定点、生效、暂停或终止",
            );
            cells.check("state", state.is_recorded(), hint)?;
            Some(state)
        });
        let grounds = parse_grounds(cells, state);
        let temporary = cells.optional_value("temporary").and_then(|temporary: Option<TemporaryDesignation>| {
            let is_designation = temporary.is_none() || state.is_none_or(|state| state == Standing::InForce);
            cells.check("temporary", is_designation, said("is of a state that designates nobody", "该状态不是定点"))?;
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

    fn take_out(&self, history: &mut InstitutionHistory) {
        history.agreements.remove(self.period.from);
    }

    fn check_left(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        for (from, Agreement { state: later, .. }) in history.agreements.from(self.period.from) {
            let before = history.standing_before(from);
            if !later.can_follow(before) {
                let words = words!(
                    "cannot be withdrawn: {later} from {from} on cannot follow on {before}; withdraw it too",
                    "不能撤回：{from} 起的 {later} 不能接在 {before} 之后，应一并撤回"
                );
                return Err(Misfit { column: "state", words });
            }
        }
        Ok(())
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
        let (id, from) = (self.id(), self.period.from);
        if history.described_on(from).is_none() {
            let words = words!("{id} is unknown: import institutions first", "{id} 未登记：请先导入机构");
            return Err(Misfit { column: "institution_id", words });
        }
        let misfit = |words| Err(Misfit { column: "state", words });
        let earlier = history.standing_before(from);
        if !state.can_follow(earlier) {
            return misfit(words!(
                "is {state} although the state on the day before is {earlier}",
                "为 {state}，但前一日的状态为 {earlier}"
            ));
        }
        if let Some((next, Agreement { state: later, .. })) = history.agreements.next_after(from) {
            let before = history.standing_before(next);
            if !later.can_follow(before) {
                return misfit(words!(
                    "is {state}, and {later} from {next} on cannot follow on {before}",
                    "为 {state}，使 {next} 起的 {later} 不能接在 {before} 之后"
                ));
            }
        }
        if state == Standing::InForce && history.is_barred_on(from) {
            return misfit(said(
                "its designation was taken away for breach or fraud: it may not be designated (云人社发〔2016〕308号 一（二）)",
                "因违反协议或欺诈骗保被取消定点，不得纳入定点（云人社发〔2016〕308号 一（二））",
            ));
        }
        Ok(())
    }

    /// Whether the epidemic's measures designate such an institution, and from that day.
    fn check_temporary(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        let (Some(temporary), Some(designation)) = (self.agreement.temporary, history.described_on(self.period.from))
        else {
            return Ok(());
        };
        let misfit = |words| Err(Misfit { column: "temporary", words });
        if NaiveDate::from_ymd_opt(2023, 1, 6).is_some_and(|first| self.period.from < first) {
            return misfit(said(
                "begins before 2023-01-06, the day of the sixteen measures",
                "早于十六条措施印发之日 2023-01-06",
            ));
        }
        let is_primary = match designation.kind {
            InstitutionKind::TownshipHealthCentre
            | InstitutionKind::VillageClinic
            | InstitutionKind::CommunityHealthCentre => true,
            InstitutionKind::Hospital | InstitutionKind::Pharmacy => false,
        };
        match temporary {
            TemporaryDesignation::FeverClinic if !is_primary => misfit(said(
                "is for township health centres, village clinics and community health centres (八)",
                "仅限乡镇卫生院、村卫生室和社区卫生服务中心（站）（八）",
            )),
            TemporaryDesignation::MakeshiftHospital if designation.department_of.is_none() => misfit(said(
                "is run as a department of a hospital, which department_of must name (七)",
                "作为医院下设科室管理，须在依托医院编号中列明（七）",
            )),
            TemporaryDesignation::FeverClinic | TemporaryDesignation::MakeshiftHospital => Ok(()),
        }
    }

    /// Whether the agency that decided is the one in charge.
    fn check_agency(&self, history: &InstitutionHistory) -> Result<(), Misfit> {
        let in_charge = history.described_on(self.period.from).and_then(Designation::supervised_by);
        match (self.agreement.decided_by, in_charge) {
            (Some(decided_by), Some(in_charge)) if decided_by != in_charge => {
                let words = words!(
                    "is {decided_by} although {in_charge} is in charge (云人社发〔2016〕308号 三)",
                    "为 {decided_by}，但应由 {in_charge} 负责（云人社发〔2016〕308号 三）"
                );
                Err(Misfit { column: "decided_by", words })
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
        cells.check(COLUMN, !needed, said("is required for this state: say why", "该状态须说明原因"))?;
        return Some(BTreeSet::new());
    }
    let parts = cells.text(COLUMN)?.split([';', '；', '、', ' ']).map(str::trim).filter(|part| !part.is_empty());
    let grounds = parts.map(|part| cells.meant("agreement-ground", part).parse::<AgreementGround>());
    let grounds: BTreeSet<_> =
        grounds.collect::<Result<_, _>>().map_err(|unknown| cells.fault(COLUMN, unknown)).ok()?;
    let state = state?;
    if let Some(ground) = grounds.iter().find(|ground| !ground.is_for(state)) {
        cells.fault(COLUMN, words!("{ground} is no ground for {state}", "{ground} 不是 {state} 的原因"));
        return None;
    }
    Some(grounds)
}
