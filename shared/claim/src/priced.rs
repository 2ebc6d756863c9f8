//! The case with its facts and with every line split: what the payers decide on.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveTime};
use money::Fen;
use serde::Serialize;

use crate::slug::slugs;
use crate::{
    Citation, DiagnosisCode, DiseaseCode, DrugCode, Filing, InstitutionFacts, ItemCode, Level, PersonFacts, PersonId,
    RegistrationNumber, TreatmentRegion,
};

slugs! {
    /// The kind of visit as declared on the bill.
    VisitKind, "kind of visit" {
        /// 普通门诊.
        Outpatient = "outpatient",
        /// 门诊慢性病.
        OutpatientChronic = "outpatient-chronic",
        /// 门诊特殊病.
        OutpatientSpecial = "outpatient-special",
        /// 急诊抢救.
        EmergencyRescue = "emergency-rescue",
        /// 120 救护车院前急救.
        Ambulance120 = "ambulance-120",
        /// 住院.
        Inpatient = "inpatient",
        /// 日间手术.
        DaySurgery = "day-surgery",
        /// 国家谈判药品.
        NegotiatedDrug = "negotiated-drug",
        /// 定点药店购药.
        Pharmacy = "pharmacy",
    }
}

/// A visit with the facts of its institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The kind as declared.
    pub kind: VisitKind,
    /// The day of service; for a stay the day of discharge. Rules and categories of this day apply.
    pub service_date: NaiveDate,
    /// The time at which the service ended.
    pub service_time_of_day: Option<NaiveTime>,
    /// The day of admission of a stay.
    pub admission_date: Option<NaiveDate>,
    /// The time of admission of a stay.
    pub admission_time_of_day: Option<NaiveTime>,
    /// Where.
    pub institution: InstitutionFacts,
    /// The level of the institution that prescribed what a pharmacy sold.
    pub prescriber_level: Option<Level>,
    /// The level of the physical institution behind an internet hospital.
    pub host_level: Option<Level>,
    /// The registered disease that the visit is for.
    pub disease: Option<DiseaseCode>,
    /// The main diagnosis.
    pub diagnosis: Option<DiagnosisCode>,
    /// The published price (病种付费标准) of the diagnosis in day surgery, as the register has it.
    pub disease_price: Option<Fen>,
    /// Where the treatment took place, seen from the region of insurance.
    pub treatment_region: TreatmentRegion,
    /// The cross-region filing in force.
    pub filing: Filing,
    /// Bills with the same number are one visit.
    pub registration: Option<RegistrationNumber>,
    /// Whether the person wants the individual account to pay what is left.
    pub use_individual_account: bool,
    /// The family members whose individual accounts pay what the person's own leaves (家庭共济), in this order, each once.
    pub family_accounts: Vec<PersonId>,
}

impl Visit {
    /// The level that decides deductible and rate: of the physical host of an internet hospital, of the
    /// prescriber of what a pharmacy sold, else of the institution itself.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第二十九条, 第三十条.
    #[must_use]
    pub fn level(&self) -> Level {
        self.host_level.or(self.prescriber_level).unwrap_or(self.institution.level)
    }
}

/// The four parts of one expense, or of a whole bill. Each is at least zero and they sum to the amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LineSplit {
    /// Outside the scheme (全自费).
    pub excluded: Fen,
    /// Above the price cap (超限价自费).
    pub above_price_cap: Fen,
    /// Inside the scheme but borne by the patient first (先行自付).
    pub initial_self_pay: Fen,
    /// Eligible (政策范围内费用): what the funds look at.
    pub eligible: Fen,
}

impl LineSplit {
    /// The amount that was split.
    #[must_use]
    pub fn total(&self) -> Fen {
        self.excluded + self.above_price_cap + self.initial_self_pay + self.eligible
    }

    /// Whether no part is below zero.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        ![self.excluded, self.above_price_cap, self.initial_self_pay, self.eligible]
            .iter()
            .any(|part| part.is_negative())
    }
}

impl std::ops::Add for LineSplit {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            excluded: self.excluded + other.excluded,
            above_price_cap: self.above_price_cap + other.above_price_cap,
            initial_self_pay: self.initial_self_pay + other.initial_self_pay,
            eligible: self.eligible + other.eligible,
        }
    }
}

impl std::iter::Sum for LineSplit {
    fn sum<I: Iterator<Item = Self>>(splits: I) -> Self {
        splits.fold(Self::default(), |sum, split| sum + split)
    }
}

/// One line of the bill, split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// The catalogue item; absent in worked cases.
    pub item_code: Option<ItemCode>,
    /// The item's name as printed on a statement; empty in worked cases.
    pub name: Arc<str>,
    /// How many units.
    pub quantity: i64,
    /// What the line costs.
    pub amount: Fen,
    /// Its four parts.
    pub split: LineSplit,
    /// The registered disease that the line is for, the visit's where the line named none.
    pub disease: Option<DiseaseCode>,
    /// The negotiated drug that the line is.
    pub drug: Option<DrugCode>,
    /// Whether the line breaks the rules of treatment.
    pub violates_rules: bool,
    /// The day on which the line arose; the visit's service date where absent.
    pub service_date: Option<NaiveDate>,
}

/// The law behind each part of the split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitCitations {
    /// Why an item is outside the scheme.
    pub excluded: Arc<Citation>,
    /// Why a price is capped.
    pub above_price_cap: Arc<Citation>,
    /// Why a share is borne first.
    pub initial_self_pay: Arc<Citation>,
    /// What is eligible.
    pub eligible: Arc<Citation>,
}

/// A case with its facts and its lines split: the one input of every payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedCase {
    /// Who, as the register knows the person on the service date.
    pub person: PersonFacts,
    /// Where, when and what for.
    pub visit: Visit,
    /// The lines, at least one.
    pub lines: Vec<PricedLine>,
    /// The law behind the split.
    pub split_citations: SplitCitations,
}

impl PricedCase {
    /// The bill's parts, summed over its lines.
    #[must_use]
    pub fn split(&self) -> LineSplit {
        self.lines.iter().map(|line| line.split).sum()
    }

    /// The year that counters of this case belong to, unless the rules split it at the year's end: the year of the
    /// service date.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第九条 (自然年度); a stay across the year's end belongs to the year of discharge.
    #[must_use]
    pub fn benefit_year(&self) -> i32 {
        self.visit.service_date.year()
    }

    /// The natural year in which a line arose.
    #[must_use]
    pub fn year_of(&self, line: &PricedLine) -> i32 {
        line.service_date.unwrap_or(self.visit.service_date).year()
    }
}
