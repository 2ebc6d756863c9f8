//! The natural years whose counters and ceilings a bill draws on.

use std::sync::Arc;

use claim::{Citation, Portion, PricedCase, PricedLine, VisitKind};

use smallvec::{SmallVec, smallvec};

use crate::InForce;

/// The years of a bill, nearly always one.
pub type BenefitYears<'r> = SmallVec<[BenefitYear<'r>; 1]>;

/// One of the years of a bill, with what of the bill belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenefitYear<'r> {
    year: i32,
    /// The law by which only the lines of the year belong to it; the whole bill does where there is none.
    split_by: Option<&'r Arc<Citation>>,
}

impl<'r> BenefitYear<'r> {
    /// The year of the service date, with the whole bill.
    pub(crate) fn of_service(case: &PricedCase) -> Self {
        Self { year: case.benefit_year(), split_by: None }
    }

    /// The year that counters belong to.
    #[must_use]
    pub const fn year(&self) -> i32 {
        self.year
    }

    /// Whether a line of the case belongs to the year.
    #[must_use]
    pub fn has(&self, case: &PricedCase, line: &PricedLine) -> bool {
        self.split_by.is_none() || case.year_of(line) == self.year
    }

    /// Whether a portion belongs to the year; where the bill is split, all lines of a portion are of one year.
    pub(crate) fn has_portion(&self, case: &PricedCase, portion: &Portion) -> bool {
        let first = || portion.lines.first().and_then(|index| case.lines.get(usize::try_from(*index).ok()?));
        self.split_by.is_none() || first().is_some_and(|line| self.has(case, line))
    }

    pub(crate) const fn split_by(&self) -> Option<&'r Arc<Citation>> {
        self.split_by
    }
}

impl InForce {
    /// The years that a case draws on, the earliest first: the year of the service date, unless the rules split a stay
    /// at the year's end and its lines arose in several.
    #[must_use]
    pub fn benefit_years(&self, case: &PricedCase) -> BenefitYears<'_> {
        let split_by = self.stay_split.as_ref().filter(|_| case.visit.kind == VisitKind::Inpatient);
        let Some(split_by) = split_by else { return smallvec![BenefitYear::of_service(case)] };
        let mut years: Vec<i32> = case.lines.iter().map(|line| case.year_of(line)).collect();
        years.sort_unstable();
        years.dedup();
        match years.as_slice() {
            [year] => smallvec![BenefitYear { year: *year, split_by: None }],
            _ => years.into_iter().map(|year| BenefitYear { year, split_by: Some(split_by) }).collect(),
        }
    }
}
