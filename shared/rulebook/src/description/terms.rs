//! What a benefit computes with, as data that can be put into words.

use claim::{AssistanceCategory, DiseaseCode, DiseaseKind, Level};

use super::{BenefitTitle, Said};
use crate::AccountHolder;

/// How often a deductible is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BornePer {
    /// At every visit.
    Visit,
    /// With every bill.
    Bill,
    /// Once a year.
    Year,
    /// Once a year for each drug.
    Drug,
    /// Once a year for each disease.
    Disease,
}

/// What is borne first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own in a document")]
pub struct DescribedDeductible {
    /// The amount.
    pub amount: Said,
    /// The share of the amount that is borne; all of it where absent.
    pub share: Option<Said>,
    /// The level it is read at; the visit's where absent.
    pub level: Option<Level>,
    /// What it is at most, at the visit's level.
    pub at_most: Option<Said>,
    /// Whether only the first bill bears it, whatever that leaves of it.
    pub first_bill_only: bool,
    /// The shares of it that are borne from the second time in the year, step by step.
    pub again: Vec<Said>,
    /// How often.
    pub per: BornePer,
    /// The days before admission within which what was borne for a rescue counts toward it.
    pub merges: Option<Said>,
    /// The hours that are counted instead where the rescue and the admission tell the minute.
    pub merging_hours: Option<Said>,
    /// Whether only the last of those days counts.
    pub merges_latest_only: bool,
    /// Whether the deductible of the rescue is added to it.
    pub adds_merged: bool,
    /// Whether what was borne can count toward a later stay's deductible.
    pub counts_toward_stay: bool,
}

/// How a payment is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescribedFormula {
    /// A rate on what is above the deductible.
    Rate {
        /// The rate.
        rate: Said,
        /// The level it is read at; the visit's where absent.
        level: Option<Level>,
    },
    /// Bands on the expense of the year above a threshold.
    Bands {
        /// The bands.
        rates: Said,
        /// The threshold.
        threshold: Said,
        /// Whether the sum before and the sum after are rounded, not their difference.
        each_sum_rounded: bool,
        /// Whether today's sum is set against what was paid in the year.
        less_paid: bool,
        /// Better terms for some.
        concession: Option<Box<DescribedConcession>>,
    },
    /// What earlier payers paid is raised to a share of the eligible expense.
    TopUp(Said),
    /// An individual account pays, up to its balance.
    Account(AccountHolder),
    /// The standard was never published: nothing is paid yet.
    NotPayableYet,
}

/// Better terms for some categories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedConcession {
    /// The categories.
    pub categories: Vec<AssistanceCategory>,
    /// The share of the threshold that stays.
    pub threshold_share: Said,
    /// The points that every rate rises by.
    pub points: Said,
    /// Whether the ceiling does not hold.
    pub without_ceiling: bool,
}

/// What a payment is cut to in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedCeiling {
    /// How much.
    pub amount: DescribedCeilingAmount,
    /// Whether it holds the expense above the deductible, not the payment.
    pub of_expense: bool,
    /// The other benefits whose payments count under the same ceiling.
    pub together_with: Vec<BenefitTitle>,
}

/// How much a ceiling is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescribedCeilingAmount {
    /// An amount.
    Amount(Said),
    /// An amount that rises with the number of approved diseases.
    ByDiseases(Box<DescribedDiseaseCeiling>),
    /// An amount of its own for each disease.
    OfEachDisease {
        /// The amount.
        amount: Said,
        /// The disease that has a higher amount.
        raised_for: DiseaseCode,
        /// That higher amount.
        raised: Said,
    },
}

/// A ceiling that rises with the number of approved diseases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedDiseaseCeiling {
    /// The register of the diseases that count.
    pub kind: DiseaseKind,
    /// Of one disease.
    pub first: Said,
    /// The disease that has a higher first amount.
    pub raised_for: DiseaseCode,
    /// That higher amount.
    pub raised: Said,
    /// Whether the higher amount is for that disease alone.
    pub raised_alone: bool,
    /// For every further disease.
    pub further: Said,
    /// At most.
    pub most: Said,
}
