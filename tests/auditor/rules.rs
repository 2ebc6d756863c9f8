//! The figures of the documents, copied by hand, and the three kinds of arithmetic that they need.
//!
//! Amounts are fen, rates basis points. Where no document gives a figure it is the assumed one that the platform ships
//! with; these are marked *assumed*.

use chrono::NaiveDate;
use claim::{Filing, Level, TreatmentRegion, VisitKind};

use crate::bill::{Bill, Insured};

const fn yuan(amount: i64) -> i64 {
    amount * 100
}

const fn percent(points: i64) -> i64 {
    points * 100
}

/// 100 %.
pub(crate) const WHOLE: i64 = percent(100);

/// `numerator / denominator` to the nearest whole, a half upwards (四舍五入).
fn nearest(numerator: i128, denominator: i128) -> i64 {
    i64::try_from((2 * numerator + denominator) / (2 * denominator)).expect("an amount within an i64")
}

/// `rate` of `amount`.
pub(crate) fn share(amount: i64, rate: i64) -> i64 {
    nearest(i128::from(amount) * i128::from(rate), i128::from(WHOLE))
}

/// The expense for which `rate` pays `payment`.
pub(crate) fn expense_paying(payment: i64, rate: i64) -> i64 {
    nearest(i128::from(payment) * i128::from(WHOLE), i128::from(rate))
}

/// `amount × part ÷ whole`.
pub(crate) fn in_proportion(amount: i64, part: i64, whole: i64) -> i64 {
    nearest(i128::from(amount) * i128::from(part), i128::from(whole))
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

/// 昆政办〔2022〕15号 第三十六条.
pub(crate) fn employee_outpatient_from() -> NaiveDate {
    day(2022, 4, 1)
}

/// *Assumed.*
pub(crate) fn employee_inpatient_from() -> NaiveDate {
    day(2019, 12, 1)
}

/// *Assumed.*
pub(crate) fn resident_from() -> NaiveDate {
    day(2017, 1, 1)
}

/// 昆明市城乡医疗救助管理实施办法 七(四).
pub(crate) fn assistance_from() -> NaiveDate {
    day(2021, 1, 1)
}

/// 新阶段新冠疫情防控医保十六条工作措施 三.
pub(crate) fn class_a_list_from() -> NaiveDate {
    day(2023, 1, 6)
}

/// 同上: the one drug of the list of 41 that is known by name.
pub(crate) const CLASS_A_DRUG: &str = "sangju-yinqiao-san";

const fn by_level(level: Level, one: i64, two: i64, three: i64) -> i64 {
    match level {
        Level::One => one,
        Level::Two => two,
        Level::Three => three,
    }
}

/// 第九条, per visit.
pub(crate) const fn ordinary_deductible(level: Level) -> i64 {
    by_level(level, yuan(30), yuan(60), yuan(90))
}

/// 第九条; five points more for the retired.
pub(crate) const fn ordinary_rate(level: Level, retired: bool) -> i64 {
    by_level(level, percent(60), percent(55), percent(50)) + if retired { percent(5) } else { 0 }
}

/// 第九条.
pub(crate) const ORDINARY_CEILING: i64 = yuan(6_000);

/// 第十条.
pub(crate) const CHRONIC_DEDUCTIBLE: i64 = yuan(300);
/// 第十条.
pub(crate) const CHRONIC_RATE: i64 = percent(80);

/// 第十条: 2,000, or 3,000 with psychosis, 1,000 for each further disease, 5,000 at most.
pub(crate) fn chronic_ceiling(diseases: i64, psychosis: bool) -> i64 {
    let first = if psychosis { yuan(3_000) } else { yuan(2_000) };
    (first + yuan(1_000) * (diseases - 1)).min(yuan(5_000))
}

/// 第十条.
pub(crate) const PSYCHOSIS: &str = "psychosis";

/// 第十一条.
pub(crate) const SPECIAL_DEDUCTIBLE: i64 = yuan(880);
/// 第十一条: the diseases without deductible.
pub(crate) const EXEMPT_SPECIAL: [&str; 2] = ["chronic-renal-failure", "severe-psychosis"];
/// 第十一条.
pub(crate) const EXEMPT_SPECIAL_RATE: i64 = percent(90);

/// *Assumed.*
pub(crate) const fn employee_stay_deductible(level: Level) -> i64 {
    by_level(level, yuan(200), yuan(500), yuan(1_200))
}

/// *Assumed.*
pub(crate) const fn employee_stay_rate(level: Level, retired: bool) -> i64 {
    if retired {
        by_level(level, percent(95), percent(92), percent(89))
    } else {
        by_level(level, percent(91), percent(88), percent(85))
    }
}

/// 第十四条, once per drug and year.
pub(crate) const DRUG_DEDUCTIBLE: i64 = employee_stay_deductible(Level::Three);
/// 第十五条.
pub(crate) const DAY_SURGERY_DEDUCTIBLE: i64 = employee_stay_deductible(Level::Three) / 2;
/// 第十三条: rescue and admission that lie no further apart count as one.
pub(crate) const RESCUE_DAYS: i64 = 3;

/// *Assumed.*
pub(crate) const POOLING_CEILING: i64 = yuan(60_000);
/// *Assumed.*
pub(crate) const LARGE_EXPENSE_RATE: i64 = percent(90);
/// 呈政办发〔2022〕57号 一(一)5: pooling fund and large-expense scheme together.
pub(crate) const EMPLOYEE_TOTAL_CEILING: i64 = yuan(410_000);

/// *Assumed*; nothing above level 1.
pub(crate) const fn resident_ordinary_rate(level: Level) -> i64 {
    by_level(level, percent(50), 0, 0)
}
/// *Assumed.*
pub(crate) const RESIDENT_ORDINARY_CEILING: i64 = yuan(400);

/// *Assumed.*
pub(crate) const fn resident_stay_deductible(level: Level) -> i64 {
    by_level(level, yuan(200), yuan(550), yuan(880))
}

/// *Assumed.*
pub(crate) const fn resident_stay_rate(level: Level) -> i64 {
    by_level(level, percent(85), percent(75), percent(60))
}

/// *Assumed.*
pub(crate) const RESIDENT_STAY_CEILING: i64 = yuan(60_000);

/// *Assumed*; half for the poor.
pub(crate) const CRITICAL_THRESHOLD: i64 = yuan(12_000);
/// *Assumed*: from where, to where, at which rate. The first band starts at the threshold.
pub(crate) const CRITICAL_BANDS: [(i64, i64, i64); 3] = [
    (0, yuan(50_000), percent(60)),
    (yuan(50_000), yuan(100_000), percent(70)),
    (yuan(100_000), i64::MAX, percent(80)),
];
/// *Assumed*: the poor get this much more in each band.
pub(crate) const CRITICAL_CONCESSION: i64 = percent(5);
/// *Assumed*; none for the poor.
pub(crate) const CRITICAL_CEILING: i64 = yuan(300_000);

/// *Assumed*: stays of the registered poor are topped up to this share of the eligible expense.
pub(crate) const TOP_UP_RATE: i64 = percent(90);

/// *Assumed*: the points that come off every basic rate for care in another province.
pub(crate) fn points_off(bill: &Bill) -> i64 {
    let emergency = matches!(bill.kind, VisitKind::EmergencyRescue | VisitKind::Ambulance120);
    match (bill.region, bill.filing) {
        (TreatmentRegion::OtherProvince, _) if emergency => percent(10),
        (TreatmentRegion::Local | TreatmentRegion::Province, _)
        | (TreatmentRegion::OtherProvince, Filing::LongTerm) => 0,
        (TreatmentRegion::OtherProvince, Filing::Referred | Filing::Emergency) => percent(10),
        (TreatmentRegion::OtherProvince, Filing::None | Filing::OtherTemporary) => percent(20),
    }
}

/// 医疗救助 表2, 70 % for the two groups of 低保对象.
pub(crate) const AID_ORDINARY_RATE: i64 = percent(70);
/// 表3, 表4, 表5: all but 特困供养人员.
pub(crate) const fn aid_rate(level: Level) -> i64 {
    by_level(level, percent(80), percent(75), percent(70))
}
/// 表2.
pub(crate) const AID_ORDINARY_CEILING: i64 = yuan(200);
/// 表3.
pub(crate) const AID_CHRONIC_CEILING: i64 = yuan(2_000);
/// 表3.
pub(crate) const AID_SPECIAL_CEILING: i64 = yuan(5_000);
/// 表4.
pub(crate) const AID_STAY_CEILING: i64 = yuan(20_000);
/// 表5.
pub(crate) const AID_MAJOR_CEILING: i64 = yuan(100_000);
/// 表5, for the low-income groups and the other hardship.
pub(crate) const AID_MAJOR_THRESHOLD: i64 = yuan(20_000);
/// 四(二)1(1): 60周岁以上.
pub(crate) const AID_OLD_AGE: i32 = 60;
/// 儿童: the last year of age that counts. *Assumed.*
pub(crate) const CHILD_AGE: i32 = 14;

/// 四(二)2(2): the first diagnoses of the major-disease item.
pub(crate) const MAJOR_DISEASES: [&str; 23] = [
    "childhood-leukaemia",
    "childhood-congenital-heart-disease",
    "breast-cancer",
    "cervical-cancer",
    "severe-psychosis",
    "end-stage-renal-disease",
    "multidrug-resistant-tuberculosis",
    "aids-opportunistic-infection",
    "lung-cancer",
    "oesophageal-cancer",
    "gastric-cancer",
    "colon-cancer",
    "rectal-cancer",
    "chronic-myeloid-leukaemia",
    "acute-myocardial-infarction",
    "cerebral-infarction",
    "haemophilia",
    "type-1-diabetes",
    "hyperthyroidism",
    "cleft-lip-and-palate",
    "childhood-hypospadias",
    "childhood-phenylketonuria",
    "rare-disease",
];

/// Whether any rule covers such a bill of such a person on its date.
pub(crate) fn covers(insured: Insured, bill: &Bill) -> bool {
    match (insured, bill.kind) {
        (Insured::EmployeeInService | Insured::EmployeeRetired, VisitKind::Inpatient) => {
            bill.date >= employee_inpatient_from()
        }
        (Insured::EmployeeInService | Insured::EmployeeRetired, _) => bill.date >= employee_outpatient_from(),
        (
            Insured::Resident,
            VisitKind::Outpatient | VisitKind::OutpatientChronic | VisitKind::OutpatientSpecial | VisitKind::Inpatient,
        ) => bill.date >= resident_from(),
        (
            Insured::Resident,
            VisitKind::EmergencyRescue
            | VisitKind::Ambulance120
            | VisitKind::DaySurgery
            | VisitKind::NegotiatedDrug
            | VisitKind::Pharmacy,
        ) => false,
    }
}
