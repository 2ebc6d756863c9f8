//! Every amount of a statement on its own: whose it is, why, by which rule, and how it was rounded.

use std::sync::Arc;

use money::Fen;
use serde::Serialize;

use crate::slug::slugs;
use crate::{BenefitId, Citation, Operation, PayerId, Portion, Statement, Step};

slugs! {
    /// What part of a bill or of a decision an amount is.
    FigureCategory, "category" {
        /// Outside the scheme.
        Excluded = "excluded",
        /// Above a price cap.
        AbovePriceCap = "above-price-cap",
        /// Borne first by the person, inside the scheme.
        InitialSelfPay = "initial-self-pay",
        /// Borne by the person as a deductible or below a threshold.
        Deductible = "deductible",
        /// Borne by the person because the rate is below the whole.
        Coinsurance = "coinsurance",
        /// Beyond a ceiling.
        AboveCeiling = "above-ceiling",
        /// Borne by the institution.
        HospitalShare = "hospital-share",
        /// Paid by a fund.
        Paid = "paid",
    }
}

slugs! {
    /// Why an amount is what it is.
    FigureReason, "reason of an amount" {
        /// The catalogue does not hold the item.
        OutsideCatalogue = "outside-catalogue",
        /// The price is above the standard that insurance pays.
        AbovePriceStandard = "above-price-standard",
        /// A class B item has an initial self-pay.
        InitialSelfPayRate = "initial-self-pay-rate",
        /// What was left of the deductible or threshold.
        WithinDeductible = "within-deductible",
        /// The rate leaves a share to the person.
        PersonsShare = "persons-share",
        /// Beyond the ceiling, and the next layer's to look at.
        PassedToNextLayer = "passed-to-next-layer",
        /// Beyond the ceiling, and the person's.
        BeyondCeiling = "beyond-ceiling",
        /// Beyond the published price of the disease, and the institution's.
        BeyondDiseasePrice = "beyond-disease-price",
        /// The fund's share by a rate.
        PaidAtRate = "paid-at-rate",
        /// The fund's share by banded rates.
        PaidByBands = "paid-by-bands",
        /// What was missing to the share that is guaranteed.
        ToppedUp = "topped-up",
        /// The room that was left under a ceiling.
        PaidUpToCeiling = "paid-up-to-ceiling",
        /// The most that several entitlements pay.
        HighestApplies = "highest-applies",
        /// The standard has not been entered, so nothing is paid.
        NotPayableYet = "not-payable-yet",
        /// What was drawn on an individual account.
        DrawnOnAccount = "drawn-on-account",
        /// Beyond the balance of an individual account.
        BeyondBalance = "beyond-balance",
    }
}

slugs! {
    /// How an amount came to whole fen.
    Rounding, "rounding" {
        /// It was whole.
        Exact = "exact",
        /// Rounded half up (四舍五入).
        HalfUp = "half-up",
        /// What a rounded amount left.
        Remainder = "remainder",
    }
}

/// One amount of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// The payer whose decision it is part of; none for the split of the bill, which comes before all payers.
    pub payer: Option<PayerId>,
    /// The benefit that it is part of.
    pub benefit: Option<BenefitId>,
    /// What it is.
    pub category: FigureCategory,
    /// How much; never zero.
    pub amount: Fen,
    /// Why.
    pub reason: FigureReason,
    /// The rule, with its document, article and the date of its version.
    pub citation: Arc<Citation>,
    /// How it came to whole fen.
    pub rounding: Rounding,
}

impl Statement {
    /// Every amount of the statement that is not zero: the split of the bill, then each portion's parts in the order
    /// of the payers.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = self.figures_of_split();
        for adjudication in &self.adjudications {
            for portion in &adjudication.portions {
                figures.extend(figures_of(&adjudication.payer, portion));
            }
        }
        figures.retain(|figure| !figure.amount.is_zero());
        figures
    }

    fn figures_of_split(&self) -> Vec<Figure> {
        let (split, by) = (self.case.split(), &self.case.split_citations);
        let figure = |category, amount, reason, citation: &Arc<Citation>, rounding| Figure {
            payer: None,
            benefit: None,
            category,
            amount,
            reason,
            citation: Arc::clone(citation),
            rounding,
        };
        vec![
            figure(
                FigureCategory::Excluded,
                split.excluded,
                FigureReason::OutsideCatalogue,
                &by.excluded,
                Rounding::Exact,
            ),
            figure(
                FigureCategory::AbovePriceCap,
                split.above_price_cap,
                FigureReason::AbovePriceStandard,
                &by.above_price_cap,
                Rounding::Exact,
            ),
            figure(
                FigureCategory::InitialSelfPay,
                split.initial_self_pay,
                FigureReason::InitialSelfPayRate,
                &by.initial_self_pay,
                Rounding::HalfUp,
            ),
        ]
    }
}

fn figures_of(payer: &PayerId, portion: &Portion) -> Vec<Figure> {
    let figure = |category, amount, (reason, step): (FigureReason, Option<&Step>), rounding| {
        step.map(|step| Figure {
            payer: Some(payer.clone()),
            benefit: Some(portion.benefit.clone()),
            category,
            amount,
            reason,
            citation: Arc::clone(&step.citation),
            rounding,
        })
    };
    let pays = paying_step(portion);
    let is_exact = matches!(pays.0, FigureReason::PaidUpToCeiling | FigureReason::DrawnOnAccount);
    let paid_rounding = if is_exact { Rounding::Exact } else { Rounding::HalfUp };
    [
        figure(FigureCategory::HospitalShare, portion.hospital_share, price_step(portion), Rounding::Exact),
        figure(FigureCategory::Deductible, portion.deductible, deductible_step(portion), Rounding::Exact),
        figure(FigureCategory::Coinsurance, portion.coinsurance, share_step(portion), Rounding::Remainder),
        figure(FigureCategory::AboveCeiling, portion.above_ceiling, beyond_step(portion), Rounding::Remainder),
        figure(FigureCategory::Paid, portion.paid, pays, paid_rounding),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn first(portion: &Portion, operation: Operation) -> Option<&Step> {
    portion.steps.iter().find(|step| step.operation == operation)
}

fn last(portion: &Portion, operation: Operation) -> Option<&Step> {
    portion.steps.iter().rfind(|step| step.operation == operation)
}

fn price_step(portion: &Portion) -> (FigureReason, Option<&Step>) {
    (FigureReason::BeyondDiseasePrice, first(portion, Operation::ApplyDiseasePrice))
}

fn deductible_step(portion: &Portion) -> (FigureReason, Option<&Step>) {
    (FigureReason::WithinDeductible, first(portion, Operation::ApplyDeductible))
}

/// The step that made the payment before ceilings.
fn formula_step(portion: &Portion) -> (FigureReason, Option<&Step>) {
    let formulas = [
        (Operation::ApplyRate, FigureReason::PaidAtRate),
        (Operation::ApplyBands, FigureReason::PaidByBands),
        (Operation::TopUp, FigureReason::ToppedUp),
        (Operation::DrawAccount, FigureReason::DrawnOnAccount),
    ];
    let found = formulas.into_iter().find_map(|(operation, reason)| Some((reason, last(portion, operation)?)));
    found.map_or((FigureReason::NotPayableYet, portion.steps.first()), |(reason, step)| (reason, Some(step)))
}

fn share_step(portion: &Portion) -> (FigureReason, Option<&Step>) {
    match formula_step(portion) {
        (FigureReason::NotPayableYet, step) => (FigureReason::NotPayableYet, step),
        (_, step) => (FigureReason::PersonsShare, step),
    }
}

fn beyond_step(portion: &Portion) -> (FigureReason, Option<&Step>) {
    if let Some(step) = last(portion, Operation::DrawAccount) {
        return (FigureReason::BeyondBalance, Some(step));
    }
    let binding = binding_ceiling(portion);
    match first(portion, Operation::PassOn) {
        Some(step) => (FigureReason::PassedToNextLayer, Some(step)),
        None => (FigureReason::BeyondCeiling, binding.or_else(|| last(portion, Operation::ApplyCeiling))),
    }
}

/// The ceiling that cut the payment off.
fn binding_ceiling(portion: &Portion) -> Option<&Step> {
    if portion.above_ceiling.is_zero() {
        return None;
    }
    portion.steps.iter().find(|step| step.operation == Operation::ApplyCeiling && step.result == portion.paid)
}

fn paying_step(portion: &Portion) -> (FigureReason, Option<&Step>) {
    if let Some(step) = last(portion, Operation::ChooseHighest) {
        return (FigureReason::HighestApplies, Some(step));
    }
    binding_ceiling(portion).map_or_else(|| formula_step(portion), |step| (FigureReason::PaidUpToCeiling, Some(step)))
}
