//! The rules of one day, ready to compute with.

use std::sync::Arc;

use chrono::NaiveDate;
use claim::{
    AssistanceCategory, BenefitId, Citation, DrugCode, Filing, ItemClass, ItemTerms, LineSplit, PayerId, PersonFacts,
    PricedLine, SplitCitations, TreatmentRegion, Visit, VisitKind,
};
use money::{Fen, Rate};

use crate::Benefit;
use crate::document::ExclusionText;
use crate::premium::PremiumSubsidy;
use crate::value::{ByPerson, Cited};

/// The rules in force on one day: every parameter looked up, every citation made once.
#[derive(Debug)]
pub struct InForce {
    pub(crate) date: NaiveDate,
    pub(crate) payer_order: Vec<PayerId>,
    pub(crate) benefits: Vec<Arc<Benefit>>,
    pub(crate) orders: Vec<(PayerId, Vec<Arc<Benefit>>)>,
    pub(crate) groups: Vec<HighestApplies>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) reductions: Vec<Reduction>,
    pub(crate) definitions: Vec<Arc<Citation>>,
    pub(crate) premium_subsidies: Vec<PremiumSubsidy>,
    pub(crate) class_a_drugs: Vec<Arc<str>>,
    pub(crate) split_citations: Option<SplitCitations>,
    pub(crate) self_pay_base: SelfPayBase,
    pub(crate) active_credit: Option<Cited<ByPerson<Rate>>>,
    pub(crate) retired_credit: Option<Cited<ByPerson<Rate>>>,
    pub(crate) long_term_care: Option<Cited<ByPerson<Rate>>>,
}

/// What the initial self-pay of a line above its price cap is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelfPayBase {
    /// What is within the cap.
    WithinCap,
    /// The whole amount; it is at most what is within the cap.
    WholeAmount,
}

/// Benefits of which the one that pays most applies (就高); of equals the first.
#[derive(Debug)]
pub struct HighestApplies {
    pub(crate) payer: PayerId,
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
    pub(crate) regions: Vec<TreatmentRegion>,
    pub(crate) filings: Vec<Filing>,
    pub(crate) always: Vec<VisitKind>,
    pub(crate) never: Vec<VisitKind>,
    pub(crate) only: Vec<VisitKind>,
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

    /// The benefit of that id.
    #[must_use]
    pub fn benefit(&self, id: &BenefitId) -> Option<&Arc<Benefit>> {
        self.benefits.iter().find(|benefit| benefit.id == *id)
    }

    /// A payer's benefits in the order they are tried.
    #[must_use]
    pub fn benefits_of(&self, payer: &PayerId) -> &[Arc<Benefit>] {
        self.orders.iter().find(|(of, _)| of == payer).map_or(&[], |(_, benefits)| benefits)
    }

    /// A payer's groups of benefits of which only the highest applies.
    pub fn highest_applies_of(&self, payer: &PayerId) -> impl Iterator<Item = &HighestApplies> {
        self.groups.iter().filter(move |group| group.payer == *payer)
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
        let excludes = |of: &&Exclusion| of.payer == *payer && of.text.violations && line.violates_rules;
        self.exclusions.iter().find(excludes).map(|exclusion| &exclusion.citation)
    }

    /// The points that come off a payer's rates for care in another region.
    pub(crate) fn reduction(&self, payer: &PayerId, visit: &Visit) -> Option<&Cited<ByPerson<Rate>>> {
        let holds = |reduction: &&Reduction| {
            let by_filing = reduction.always.contains(&visit.kind)
                || (reduction.filings.contains(&visit.filing) && !reduction.never.contains(&visit.kind));
            let by_kind = reduction.only.is_empty() || reduction.only.contains(&visit.kind);
            reduction.payer == *payer && reduction.regions.contains(&visit.treatment_region) && by_filing && by_kind
        };
        self.reductions.iter().find(holds).map(|reduction| &reduction.points)
    }

    /// The law behind the four parts of a line; `None` on a day before there is any.
    #[must_use]
    pub const fn split_citations(&self) -> Option<&SplitCitations> {
        self.split_citations.as_ref()
    }

    /// How the catalogue's `terms` hold for a drug on this day: a drug temporarily in scope is class A.
    ///
    /// # Basis
    /// 新阶段新冠疫情防控医保十六条工作措施 三.
    #[must_use]
    pub fn terms_of(&self, terms: ItemTerms, drug: Option<&DrugCode>) -> ItemTerms {
        let listed = drug.is_some_and(|drug| self.class_a_drugs.iter().any(|listed| **listed == *drug.as_str()));
        if listed { ItemTerms { class: ItemClass::A, ..terms } } else { terms }
    }

    /// Splits the amount of a line of `quantity` units into its four parts.
    ///
    /// What is above the price cap is taken off first; the initial self-pay of a class B item is a share of what
    /// is within the cap, rounded half up to the fen for each line. An excluded item is wholly excluded.
    ///
    /// # Basis
    /// 云人社发〔2016〕308号 四, 五（三）; 昆政办〔2022〕15号 第十四条 (initial self-pay comes off first).
    #[must_use]
    pub fn price(&self, amount: Fen, quantity: i64, terms: ItemTerms) -> LineSplit {
        if terms.class == ItemClass::Excluded {
            return LineSplit { excluded: amount, ..LineSplit::default() };
        }
        // A cap times a quantity beyond the range of an amount is above every amount.
        let cap = terms.price_cap.and_then(|cap| cap.checked_times(quantity));
        let covered = cap.map_or(amount, |cap| amount.min(cap));
        let initial_self_pay = match terms.class {
            ItemClass::B => {
                let whole = match self.self_pay_base {
                    SelfPayBase::WithinCap => covered,
                    SelfPayBase::WholeAmount => amount,
                };
                (whole * terms.self_pay_rate).round_half_up().min(covered)
            }
            ItemClass::A | ItemClass::Excluded => Fen::ZERO,
        };
        LineSplit {
            excluded: Fen::ZERO,
            above_price_cap: amount - covered,
            initial_self_pay,
            eligible: covered - initial_self_pay,
        }
    }
}
