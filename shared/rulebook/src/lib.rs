//! The rules as dated data with their law beside them, and the benefit formula that explains itself.
//!
//! [`Rulebook`] reads rule documents; [`InForce`] is what they say on one day; a payer computes with a [`Draft`],
//! which evaluates a [`Benefit`] on parts of a bill and writes down every step. Nothing here does I/O.

mod account;
mod alternative;
mod bands;
mod benefit;
mod ceiling;
mod check;
mod compile;
mod conditions;
mod convention;
mod describe;
mod description;
mod document;
mod draft;
mod formula;
mod in_force;
mod kunming;
mod load;
mod lookup;
mod merging;
mod payer_rules;
mod personal;
mod place;
mod premium;
mod pricing;
mod reach;
mod reading;
mod report;
mod rulebook;
mod steps;
mod value;
mod year;

pub use account::{AccountCredit, draws_of};
pub use benefit::Benefit;
pub use conditions::Verdict;
pub use convention::StayUnderWay;
pub use description::{
    AtPharmacies, BenefitDescription, BenefitTitle, BornePer, DescribedBase, DescribedCare, DescribedCeiling,
    DescribedCeilingAmount, DescribedConcession, DescribedDeductible, DescribedDiseaseCeiling, DescribedExclusion,
    DescribedFormula, DescribedGroup, DescribedLine, DescribedList, DescribedNotAfter, DescribedPeople,
    DescribedReduction, Description, Edition, NotDescribed, Said, SaidValue, Scheme, Source, SubsidyDescription,
    Tallied,
};
pub use document::AccountHolder;
pub use draft::{Draft, Outcome, Part, Parts};
pub use in_force::{HighestApplies, InForce, benefit_taking};
pub use load::{LoadFault, LoadFaults};
pub use lookup::Lookup;
pub use payer_rules::{Counters, PayerRules, RuleNotInForce};
pub use premium::{NotSubsidised, PremiumPayer, PremiumSubsidy};
pub use pricing::{UnpricedCase, UnpricedLine};
pub use report::{DocumentReport, ItemReport, ItemSort, ReadingReport, Report};
pub use rulebook::Rulebook;
pub use steps::Detail;
pub use year::{BenefitYear, BenefitYears};
