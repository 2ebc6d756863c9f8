//! Describing what a benefit computes with: its deductible, its formula and its ceilings.

use super::{Describer, title};
use crate::description::{
    BornePer, DescribedCeiling, DescribedCeilingAmount, DescribedConcession, DescribedDeductible,
    DescribedDiseaseCeiling, DescribedFormula,
};
use crate::document::{
    AgainText, BandRounding, BandsText, BenefitText, ByDiseasesText, CeilingText, ConcessionText, Counted,
    DeductibleText, MergesText, OneDiseaseText, PerText, RateText,
};
use crate::load::Item;

impl Describer<'_> {
    pub(super) fn deductible(&self, text: &DeductibleText) -> Option<DescribedDeductible> {
        let DeductibleText { parameter, share, level, at_most, first_bill_only, again, per, counter: _, notes, merges } =
            text;
        let step = |AgainText { share, counter: _ }: &AgainText| self.said(share);
        let days = |describer: &Self, merges: &MergesText| {
            let MergesText { noted_as: _, days, hours: _, adds: _, latest_only: _ } = merges;
            describer.said(days)
        };
        Some(DescribedDeductible {
            amount: self.said(parameter)?,
            share: self.maybe(share.as_ref(), Self::said)?,
            level: *level,
            at_most: self.maybe(at_most.as_ref(), Self::said)?,
            first_bill_only: *first_bill_only,
            again: again.iter().map(step).collect::<Option<_>>()?,
            per: match per {
                PerText::Visit => BornePer::Visit,
                PerText::Bill => BornePer::Bill,
                PerText::Year => BornePer::Year,
                PerText::Drug => BornePer::Drug,
                PerText::Disease => BornePer::Disease,
            },
            merges: self.maybe(merges.as_ref(), days)?,
            merging_hours: self.maybe(merges.as_ref().and_then(|merges| merges.hours.as_ref()), Self::said)?,
            merges_latest_only: merges.as_ref().is_some_and(|merges| merges.latest_only),
            adds_merged: merges.as_ref().is_some_and(|merges| merges.adds.is_some()),
            counts_toward_stay: notes.is_some(),
        })
    }

    pub(super) fn formula(&self, text: &BenefitText) -> Option<DescribedFormula> {
        if let Some(RateText { parameter, level }) = &text.rate {
            return Some(DescribedFormula::Rate { rate: self.said(parameter)?, level: *level });
        }
        if let Some(share) = &text.top_up {
            return self.said(share).map(DescribedFormula::TopUp);
        }
        if let Some(holder) = text.account {
            return Some(DescribedFormula::Account(holder));
        }
        let Some(bands) = &text.bands else { return Some(DescribedFormula::NotPayableYet) };
        let BandsText { parameter, threshold, counter: _, rounding, less_paid, concession } = bands;
        Some(DescribedFormula::Bands {
            rates: self.said(parameter)?,
            threshold: self.said(threshold)?,
            each_sum_rounded: *rounding == BandRounding::EachSum,
            less_paid: less_paid.is_some(),
            concession: self.maybe(concession.as_ref(), |describer, of| {
                let ConcessionText { categories, threshold_share, points, without_ceiling } = of;
                Some(Box::new(DescribedConcession {
                    categories: categories.clone(),
                    threshold_share: describer.said(threshold_share)?,
                    points: describer.said(points)?,
                    without_ceiling: *without_ceiling,
                }))
            })?,
        })
    }

    pub(super) fn ceilings(&self, item: &Item<BenefitText>) -> Option<Vec<DescribedCeiling>> {
        let ceilings = item.body.ceilings.iter().map(|ceiling| self.ceiling(item, ceiling));
        let of_each = item.body.disease_ceiling.iter().map(|of| {
            let OneDiseaseText { counter: _, parameter, raised_for, raised } = of;
            let amount = DescribedCeilingAmount::OfEachDisease {
                amount: self.said(parameter)?,
                raised_for: raised_for.clone(),
                raised: self.said(raised)?,
            };
            Some(DescribedCeiling { amount, of_expense: false, together_with: Vec::new() })
        });
        ceilings.chain(of_each).collect()
    }

    fn ceiling(&self, of: &Item<BenefitText>, text: &CeilingText) -> Option<DescribedCeiling> {
        let CeilingText { counter, parameter, by_diseases, counts, together_with } = text;
        let amount = match (parameter, by_diseases) {
            (Some(parameter), _) => DescribedCeilingAmount::Amount(self.said(parameter)?),
            (None, Some(diseases)) => DescribedCeilingAmount::ByDiseases(Box::new(self.by_diseases(diseases)?)),
            (None, None) => return None,
        };
        let counted = |other: &&Item<BenefitText>| {
            let mut counters = other.body.ceilings.iter().map(|ceiling| &ceiling.counter);
            other.id != of.id && counters.any(|other| other == counter || together_with.contains(other))
        };
        Some(DescribedCeiling {
            amount,
            of_expense: *counts == Counted::Expense,
            together_with: self.benefits().filter(counted).map(title).collect(),
        })
    }

    fn by_diseases(&self, text: &ByDiseasesText) -> Option<DescribedDiseaseCeiling> {
        let ByDiseasesText { kind, first, raised_for, raised, raised_alone, further, most } = text;
        Some(DescribedDiseaseCeiling {
            kind: *kind,
            first: self.said(first)?,
            raised_for: raised_for.clone(),
            raised: self.said(raised)?,
            raised_alone: *raised_alone,
            further: self.said(further)?,
            most: self.said(most)?,
        })
    }
}
