//! The rules of one day, ready to compute with.

use std::sync::Arc;

use chrono::NaiveDate;
use claim::{
    Among, AssistanceCategory, BenefitId, Citation, Filing, Insurance, Listed, PayerId, PersonFacts, PricedCase,
    PricedLine, Reason, SplitCitations, TreatmentRegion, Visit, VisitKind,
};
use money::Rate;
use smallvec::SmallVec;

use crate::convention::{Conventions, StayUnderWay};
use crate::document::{ExclusionText, SchemeText};
use crate::premium::PremiumSubsidy;
use crate::value::{ByPerson, Cited};
use crate::{Benefit, Verdict};

/// More benefits than that refuse a line rarely.
const FEW: usize = 4;

/// The rules in force on one day: every parameter looked up, every citation made once.
#[derive(Debug)]
pub struct InForce {
    pub(crate) date: NaiveDate,
    pub(crate) payer_order: Vec<PayerId>,
    /// Those of the order that do not only draw on individual accounts.
    pub(crate) payers_of_funds: Vec<PayerId>,
    /// Those that lines are assigned to first, which are looked up most.
    pub(crate) benefits: Vec<(BenefitId, Arc<Benefit>)>,
    pub(crate) orders: Vec<BenefitOrder>,
    pub(crate) groups: Vec<(PayerId, Vec<HighestApplies>)>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) reductions: Vec<Reduction>,
    pub(crate) definitions: Vec<Arc<Citation>>,
    pub(crate) premium_subsidies: Vec<PremiumSubsidy>,
    pub(crate) class_a_drugs: Vec<Arc<str>>,
    pub(crate) split_citations: Option<SplitCitations>,
    /// The law by which a stay is split at the year's end, where there is such a law.
    pub(crate) stay_split: Option<Arc<Citation>>,
    pub(crate) conventions: Conventions,
    pub(crate) active_credit: Option<Cited<ByPerson<Rate>>>,
    pub(crate) retired_credit: Option<Cited<ByPerson<Rate>>>,
    pub(crate) long_term_care: Option<Cited<ByPerson<Rate>>>,
}

/// A payer's benefits in the order they are tried.
#[derive(Debug)]
pub(crate) struct BenefitOrder {
    pub(crate) payer: PayerId,
    pub(crate) benefits: Vec<Arc<Benefit>>,
    /// Those of the order that are for employees and a kind of visit at all, by its place.
    of_employees: Vec<Vec<Arc<Benefit>>>,
    /// The same of residents.
    of_residents: Vec<Vec<Arc<Benefit>>>,
    /// Whether all that the payer gives comes out of individual accounts.
    pub(crate) draws_on_accounts: bool,
}

impl BenefitOrder {
    pub(crate) fn new(payer: PayerId, benefits: Vec<Arc<Benefit>>) -> Self {
        let meant = |scheme, kind| benefits.iter().filter(move |benefit| benefit.is_for_visits(scheme, kind)).cloned();
        let by_kind = |scheme| VisitKind::ALL.iter().map(|kind| meant(scheme, *kind).collect()).collect();
        let (of_employees, of_residents) = (by_kind(SchemeText::Employee), by_kind(SchemeText::Resident));
        let draws_on_accounts =
            !benefits.is_empty() && benefits.iter().all(|benefit| benefit.account_holder().is_some());
        Self { payer, benefits, of_employees, of_residents, draws_on_accounts }
    }

    fn for_visit(&self, scheme: SchemeText, kind: VisitKind) -> &[Arc<Benefit>] {
        let by_kind = match scheme {
            SchemeText::Employee => &self.of_employees,
            SchemeText::Resident => &self.of_residents,
        };
        by_kind.get(kind.place()).map_or(&[], Vec::as_slice)
    }
}

/// Benefits of which the one that pays most applies (就高); of equals the first.
#[derive(Debug)]
pub struct HighestApplies {
    /// The law that says so.
    pub citation: Arc<Citation>,
    /// The benefits, in the order that decides between equal payments.
    pub members: Vec<Arc<Benefit>>,
}

#[derive(Debug)]
pub(crate) struct Exclusion {
    pub(crate) payer: PayerId,
    pub(crate) citation: Arc<Citation>,
    pub(crate) text: ExclusionText,
}

#[derive(Debug)]
pub(crate) struct Reduction {
    pub(crate) payer: PayerId,
    pub(crate) points: Cited<ByPerson<Rate>>,
    pub(crate) regions: Among<TreatmentRegion>,
    pub(crate) filings: Among<Filing>,
    pub(crate) always: Among<VisitKind>,
    pub(crate) never: Among<VisitKind>,
    pub(crate) only: Among<VisitKind>,
}

impl InForce {
    /// The day.
    #[must_use]
    pub const fn date(&self) -> NaiveDate {
        self.date
    }

    /// The payers in the order they are asked.
    #[must_use]
    pub fn payer_order(&self) -> &[PayerId] {
        &self.payer_order
    }

    /// Whether there is any benefit for the lines of that kind of visit under that scheme.
    #[must_use]
    pub fn covers(&self, insurance: Insurance, kind: VisitKind) -> bool {
        let mut line_benefits = self.benefits.iter().filter(|(_, benefit)| benefit.line_service().is_some());
        line_benefits.any(|(_, benefit)| benefit.is_for_visits(SchemeText::of(insurance), kind))
    }

    /// The benefit of that id.
    #[must_use]
    pub fn benefit(&self, id: &BenefitId) -> Option<&Arc<Benefit>> {
        // A decision's ids are those of its rules, which are found equal without a look at their texts.
        self.benefits.iter().find(|(of, _)| of == id).map(|(_, benefit)| benefit)
    }

    /// A payer's benefits in the order they are tried.
    #[must_use]
    pub fn benefits_of(&self, payer: &PayerId) -> &[Arc<Benefit>] {
        self.order_of(payer).map_or(&[], |order| &order.benefits)
    }

    /// Those of a payer's benefits that are for the case's scheme and kind of visit at all, in the order they are tried.
    #[must_use]
    pub fn benefits_for(&self, payer: &PayerId, case: &PricedCase) -> &[Arc<Benefit>] {
        let scheme = SchemeText::of(case.person.insurance);
        self.order_of(payer).map_or(&[], |order| order.for_visit(scheme, case.visit.kind))
    }

    pub(crate) fn order_of(&self, payer: &PayerId) -> Option<&BenefitOrder> {
        self.orders.iter().find(|order| order.payer == *payer)
    }

    /// A payer's groups of benefits of which only the highest applies.
    #[must_use]
    pub fn highest_applies_of(&self, payer: &PayerId) -> &[HighestApplies] {
        self.groups.iter().find(|(of, _)| of == payer).map_or(&[], |(_, groups)| groups)
    }

    /// A payer's subsidies of the premium, in the order of the documents.
    pub fn premium_subsidies_of(&self, payer: &PayerId) -> impl Iterator<Item = &PremiumSubsidy> {
        self.premium_subsidies.iter().filter(move |subsidy| subsidy.payer == *payer)
    }

    /// The law of a definition in force, such as `assistance.violations`.
    #[must_use]
    pub fn definition(&self, id: &str) -> Option<&Arc<Citation>> {
        self.definitions.iter().find(|citation| *citation.rule == *id)
    }

    /// The law that shuts a person out from a payer's benefits, where there is one.
    #[must_use]
    pub fn exclusion(&self, payer: &PayerId, person: &PersonFacts) -> Option<&Arc<Citation>> {
        let any_of = |list: &[AssistanceCategory]| person.categories.iter().any(|category| list.contains(category));
        let excludes = |of: &&Exclusion| any_of(&of.text.categories) && !any_of(&of.text.unless);
        self.exclusions.iter().filter(|of| of.payer == *payer).find(excludes).map(|exclusion| &exclusion.citation)
    }

    /// The law that shuts unfiled care elsewhere out from a payer's benefits, where there is one.
    #[must_use]
    pub fn visit_exclusion(&self, payer: &PayerId, visit: &Visit) -> Option<&Arc<Citation>> {
        let excludes = |of: &&Exclusion| {
            of.text.regions.contains(&visit.treatment_region) && of.text.filings.contains(&visit.filing)
        };
        self.exclusions.iter().filter(|of| of.payer == *payer).find(excludes).map(|exclusion| &exclusion.citation)
    }

    /// The law that shuts a line out from a payer's benefits, where there is one.
    #[must_use]
    pub fn line_exclusion(&self, payer: &PayerId, line: &PricedLine) -> Option<&Arc<Citation>> {
        if !line.violates_rules {
            return None;
        }
        let excludes = |of: &&Exclusion| of.payer == *payer && of.text.violations;
        self.exclusions.iter().find(excludes).map(|exclusion| &exclusion.citation)
    }

    /// The points that come off a payer's rates for care in another region.
    pub(crate) fn reduction(&self, payer: &PayerId, visit: &Visit) -> Option<&Cited<ByPerson<Rate>>> {
        let holds = |reduction: &&Reduction| {
            let by_filing = reduction.always.contains(visit.kind)
                || (reduction.filings.contains(visit.filing) && !reduction.never.contains(visit.kind));
            let there = reduction.regions.contains(visit.treatment_region);
            there && by_filing && reduction.only.contains(visit.kind) && reduction.payer == *payer
        };
        self.reductions.iter().find(holds).map(|reduction| &reduction.points)
    }

    /// What is settled of a stay that had begun when the institution's designation was suspended or ended.
    #[must_use]
    pub const fn stay_under_way(&self) -> StayUnderWay {
        self.conventions.stay_under_way
    }

    /// The law behind the four parts of a line; `None` on a day before there is any.
    #[must_use]
    pub const fn split_citations(&self) -> Option<&SplitCitations> {
        self.split_citations.as_ref()
    }
}

/// The first of `benefits`, which are a payer's for the case, that takes a line, with its place among them; `refused` is
/// told which could be expected to take it before and does not.
///
/// # Basis
/// 昆政办〔2022〕15号 第十二条: each disease's expense settles under its own benefit.
pub fn benefit_taking<'b>(
    benefits: &'b [Arc<Benefit>],
    case: &PricedCase,
    line: &PricedLine,
    mut refused: impl FnMut(&Benefit, Reason, &Arc<Citation>),
) -> Option<(usize, &'b Arc<Benefit>)> {
    let mut refusals: SmallVec<[_; FEW]> = SmallVec::new();
    for (place, benefit) in benefits.iter().enumerate() {
        match benefit.verdict_where_meant(case, Some(line)) {
            Verdict::Meets if benefit.is_closed_after(case.visit.kind, &refusals) => {}
            Verdict::Meets => return Some((place, benefit)),
            Verdict::NotMeant => {}
            Verdict::Refused(reason, citation) => {
                refused(benefit, reason, citation);
                refusals.push((benefit.id(), reason));
            }
        }
    }
    None
}
