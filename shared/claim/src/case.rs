//! The case as a caller sends it: what happened, without any fact that the register knows better.

use chrono::{NaiveDate, NaiveTime};
use money::Fen;

use crate::{DiagnosisCode, DiseaseCode, InstitutionId, ItemCode, PersonId, RegistrationNumber, VisitKind};

/// One bill of one visit, as the caller sends it.
///
/// It is only built by a conversion that has checked every field, so a `Case` in hand is well-formed:
/// at least one line, amounts within range, lines that sum to the total, dates in order. Whether the
/// person is insured or the institution designated is for the register to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Who was treated.
    pub person_id: PersonId,
    /// Where.
    pub institution_id: InstitutionId,
    /// What kind of visit the caller declares.
    pub kind: VisitKind,
    /// The day of service; for a stay the day of discharge.
    pub service_date: NaiveDate,
    /// The time at which the service ended.
    pub service_time_of_day: Option<NaiveTime>,
    /// The day of admission; present for stays and only there.
    pub admission_date: Option<NaiveDate>,
    /// The time of admission; only where there is a day of admission.
    pub admission_time_of_day: Option<NaiveTime>,
    /// The visit's registration number; bills that share it are one visit.
    pub registration: Option<RegistrationNumber>,
    /// The institution that prescribed what a pharmacy sold (双通道).
    pub prescriber_id: Option<InstitutionId>,
    /// The physical institution behind an internet hospital (互联网医院依托的实体医疗机构).
    pub host_id: Option<InstitutionId>,
    /// The registered disease that the visit is for.
    pub disease: Option<DiseaseCode>,
    /// The main diagnosis; for a stay the first diagnosis at discharge.
    pub diagnosis: Option<DiagnosisCode>,
    /// Whether the person wants the individual account to pay what is left.
    pub use_individual_account: bool,
    /// The bill's total; equals the sum of the lines.
    pub total: Fen,
    /// The lines, 1 to [`Case::MAX_LINES`].
    pub lines: Vec<CaseLine>,
}

impl Case {
    /// The most lines that one bill may have.
    pub const MAX_LINES: usize = 5_000;
    /// The largest quantity of one line.
    pub const MAX_QUANTITY: i64 = 1_000_000;
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// The catalogue item.
    pub item_code: ItemCode,
    /// How many units, at least 1.
    pub quantity: i64,
    /// What the line costs.
    pub amount: Fen,
    /// The registered disease that the line is for, where it is not the visit's. `none` opts out.
    pub disease: Option<DiseaseCode>,
    /// Whether the audit found that the line breaks the rules of treatment (不按规定用药、诊疗).
    pub violates_rules: bool,
    /// The day on which the line arose, from admission to discharge for a stay; the day of service where absent.
    pub service_date: Option<NaiveDate>,
}
