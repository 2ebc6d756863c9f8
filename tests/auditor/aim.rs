//! The deductibles, thresholds and ceilings that an amount can be aimed at.

use crate::audit::{Auditor, Year};
use crate::bill::{Bill, Figures, Insured, Outcome, Person};
use crate::{employee, rules};

/// What is to be just reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    FirstPayment,
    OrdinaryCeiling,
    ChronicCeiling,
    PoolingCeiling,
    EmployeeTotalCeiling,
    ResidentOrdinaryCeiling,
    ResidentStayCeiling,
    HalfCriticalThreshold,
    CriticalThreshold,
    SecondCriticalBand,
    ThirdCriticalBand,
    CriticalCeiling,
    FirstAid,
    AidOrdinaryCeiling,
    AidChronicCeiling,
    AidSpecialCeiling,
    AidStayCeiling,
    AidMajorThreshold,
    AidMajorCeiling,
}

impl Aim {
    /// What can be aimed at for a person of that insurance.
    pub(crate) const fn for_insured(insured: Insured) -> &'static [Self] {
        match insured {
            Insured::EmployeeInService | Insured::EmployeeRetired => &[
                Self::FirstPayment,
                Self::FirstPayment,
                Self::OrdinaryCeiling,
                Self::ChronicCeiling,
                Self::PoolingCeiling,
                Self::EmployeeTotalCeiling,
                Self::FirstAid,
                Self::AidOrdinaryCeiling,
                Self::AidChronicCeiling,
                Self::AidSpecialCeiling,
                Self::AidStayCeiling,
                Self::AidMajorThreshold,
                Self::AidMajorCeiling,
            ],
            Insured::Resident => &[
                Self::FirstPayment,
                Self::ResidentOrdinaryCeiling,
                Self::ResidentStayCeiling,
                Self::HalfCriticalThreshold,
                Self::CriticalThreshold,
                Self::SecondCriticalBand,
                Self::ThirdCriticalBand,
                Self::CriticalCeiling,
                Self::FirstAid,
                Self::AidOrdinaryCeiling,
                Self::AidChronicCeiling,
                Self::AidSpecialCeiling,
                Self::AidStayCeiling,
                Self::AidMajorThreshold,
                Self::AidMajorCeiling,
            ],
        }
    }

    fn is_reached(self, figures: &Figures, year: &Year, person: &Person, bill: &Bill) -> bool {
        match self {
            Self::FirstPayment => figures.basic > 0,
            Self::OrdinaryCeiling => year.ordinary_paid >= rules::ORDINARY_CEILING,
            Self::ChronicCeiling => year.chronic_paid >= employee::chronic_ceiling(person, bill).max(1),
            Self::PoolingCeiling => year.pooled >= rules::POOLING_CEILING,
            Self::EmployeeTotalCeiling => year.pooled + year.large_expense_paid >= rules::EMPLOYEE_TOTAL_CEILING,
            Self::ResidentOrdinaryCeiling => year.resident_ordinary_paid >= rules::RESIDENT_ORDINARY_CEILING,
            Self::ResidentStayCeiling => year.resident_stays_paid >= rules::RESIDENT_STAY_CEILING,
            Self::HalfCriticalThreshold => year.critical_burden >= rules::CRITICAL_THRESHOLD / 2,
            Self::CriticalThreshold => year.critical_burden >= rules::CRITICAL_THRESHOLD,
            Self::SecondCriticalBand => year.critical_burden >= rules::CRITICAL_BANDS[1].0,
            Self::ThirdCriticalBand => year.critical_burden >= rules::CRITICAL_BANDS[2].0,
            Self::CriticalCeiling => year.critical_paid >= rules::CRITICAL_CEILING,
            Self::FirstAid => figures.assistance > 0,
            Self::AidOrdinaryCeiling => year.aid_ordinary >= rules::AID_ORDINARY_CEILING,
            Self::AidChronicCeiling => year.aid_chronic >= rules::AID_CHRONIC_CEILING,
            Self::AidSpecialCeiling => year.aid_special >= rules::AID_SPECIAL_CEILING,
            Self::AidStayCeiling => year.aid_stay >= rules::AID_STAY_CEILING,
            Self::AidMajorThreshold => year.major_burden >= rules::AID_MAJOR_THRESHOLD,
            Self::AidMajorCeiling => year.aid_major >= rules::AID_MAJOR_CEILING,
        }
    }
}

/// The largest amount that is tried: ten million yuan.
const MOST: i64 = 1_000_000_000;

/// The least amount of the bill's last line with which `aim` is reached, where some amount reaches it and not all do.
pub(crate) fn least_amount(aim: Aim, auditor: &Auditor, person: &Person, bill: &Bill) -> Option<i64> {
    let mut bill = bill.clone();
    let mut reached = |amount: i64| {
        if let Some(last) = bill.lines.last_mut() {
            last.amount = amount;
        }
        let mut auditor = auditor.clone();
        match auditor.settle(person, &bill) {
            Outcome::Settled(figures) => aim.is_reached(&figures, auditor.year(bill.date), person, &bill),
            Outcome::RuleNotInForce => false,
        }
    };
    let (mut too_little, mut enough) = (0, MOST);
    if reached(too_little) || !reached(enough) {
        return None;
    }
    while enough - too_little > 1 {
        let middle = too_little + (enough - too_little) / 2;
        if reached(middle) {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    Some(enough)
}
