//! Conventions: how a bill is split, whom a category holds for and what a statement reports, where that belongs to no
//! single benefit. What no document says stands as [`Conventions::default`] has it.

use std::sync::Arc;

use claim::Citation;
use serde::Deserialize;

/// What one document says of conventions; it says of each at most one thing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConventionText {
    pub(crate) self_pay_of: Option<SelfPayBase>,
    pub(crate) self_pay_rounded_per: Option<SelfPayRounding>,
    pub(crate) reported_deductible: Option<ReportedDeductible>,
    pub(crate) last_day_of_category: Option<LastDay>,
    pub(crate) stay_under_way: Option<StayUnderWay>,
}

/// What the initial self-pay of a line above its price cap is a share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SelfPayBase {
    /// What is within the cap.
    #[default]
    WithinCap,
    /// The whole amount; it is at most what is within the cap.
    WholeAmount,
}

/// What the initial self-pay is rounded once for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SelfPayRounding {
    /// A line.
    #[default]
    Line,
    /// All lines of a bill that one payment of a benefit is made for.
    Benefit,
}

/// The deductible that a statement reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ReportedDeductible {
    /// What was borne of it now.
    #[default]
    Borne,
    /// All of it, whatever was borne.
    Nominal,
}

/// Whether the last day of a category, as the register holds it, is a day in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LastDay {
    /// It is.
    #[default]
    In,
    /// It is the first day out of it.
    Out,
}

/// What is settled of a stay that had begun when the institution's designation was suspended or ended.
///
/// # Basis
/// 医疗机构医疗保障定点管理暂行办法（国家医疗保障局令第2号）四十二, 四十三: what arises while an agreement is suspended,
/// or after it was ended, is not settled. What arose before is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StayUnderWay {
    /// What arose before that day.
    #[default]
    UntilThatDay,
    /// All of it.
    UntilDischarge,
}

/// The conventions of one day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conventions {
    pub(crate) self_pay_of: SelfPayBase,
    pub(crate) self_pay_rounded_per: SelfPayRounding,
    /// Who says that the nominal deductible is reported, where somebody does.
    pub(crate) nominal_deductible: Option<Arc<Citation>>,
    pub(crate) last_day_of_category: LastDay,
    pub(crate) stay_under_way: StayUnderWay,
}

impl Conventions {
    /// What the texts of one day say together, and the positions of those that say what an earlier one says too.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = (&'a ConventionText, Arc<Citation>)>) -> (Self, Vec<usize>) {
        let mut said = [false; 5];
        let (mut conventions, mut repeated) = (Self::default(), Vec::new());
        for (index, (text, citation)) in texts.into_iter().enumerate() {
            let ConventionText {
                self_pay_of,
                self_pay_rounded_per,
                reported_deductible,
                last_day_of_category,
                stay_under_way,
            } = text;
            let says = [
                self_pay_of.is_some(),
                self_pay_rounded_per.is_some(),
                reported_deductible.is_some(),
                last_day_of_category.is_some(),
                stay_under_way.is_some(),
            ];
            if said.iter().zip(says).any(|(said, says)| *said && says) {
                repeated.push(index);
            }
            for (said, says) in said.iter_mut().zip(says) {
                *said |= says;
            }
            conventions.self_pay_of = self_pay_of.unwrap_or(conventions.self_pay_of);
            conventions.self_pay_rounded_per = self_pay_rounded_per.unwrap_or(conventions.self_pay_rounded_per);
            conventions.last_day_of_category = last_day_of_category.unwrap_or(conventions.last_day_of_category);
            conventions.stay_under_way = stay_under_way.unwrap_or(conventions.stay_under_way);
            match reported_deductible {
                Some(ReportedDeductible::Nominal) => conventions.nominal_deductible = Some(citation),
                Some(ReportedDeductible::Borne) | None => {}
            }
        }
        (conventions, repeated)
    }
}

impl std::fmt::Display for ConventionText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { self_pay_of, self_pay_rounded_per, reported_deductible, last_day_of_category, stay_under_way } =
            self;
        let said = [
            self_pay_of.map(|of| format!("self_pay_of = {of:?}")),
            self_pay_rounded_per.map(|per| format!("self_pay_rounded_per = {per:?}")),
            reported_deductible.map(|reported| format!("reported_deductible = {reported:?}")),
            last_day_of_category.map(|last| format!("last_day_of_category = {last:?}")),
            stay_under_way.map(|stay| format!("stay_under_way = {stay:?}")),
        ];
        f.write_str(&said.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}
