//! What one payer decided, and why.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use money::{Fen, Rate};
use serde::Serialize;
use smallvec::SmallVec;

use crate::slug::slugs;
use crate::{BenefitId, PayerId, PersonId};

slugs! {
    /// Whether a rule is law or a value that we assumed because no document gives it.
    RuleStatus, "rule status" {
        /// Given by a published document.
        Official = "official",
        /// Assumed; a statement that used it says so.
        Assumed = "assumed",
    }
}

/// The place in the law that a figure rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Citation {
    /// The parameter, benefit or definition of the rulebook, such as `employee.inpatient.rate`.
    pub rule: Arc<str>,
    /// The document's number, or its title where it has none.
    pub document: Arc<str>,
    /// The article, such as `第九条`.
    pub article: Arc<str>,
    /// The first day on which this version of the rule is in force.
    pub in_force_from: NaiveDate,
    /// Law or assumption.
    pub status: RuleStatus,
}

slugs! {
    /// The fund that pays.
    Fund, "fund" {
        /// 统筹基金, the part that does not enter the inpatient ceiling.
        BasicOutpatient = "basic-outpatient",
        /// 统筹基金, the part that enters the inpatient ceiling.
        BasicInpatient = "basic-inpatient",
        /// 职工大额医疗费用补助 (重特病).
        LargeExpense = "large-expense",
        /// 城乡居民大病保险.
        CriticalIllness = "critical-illness",
        /// 公务员医疗补助.
        CivilServant = "civil-servant",
        /// 健康扶贫 top-up of the registered poor.
        TopUp = "top-up",
        /// 医疗救助.
        Assistance = "assistance",
        /// 个人账户.
        Account = "account",
    }
}

impl Fund {
    /// Whether it is the pooling fund of basic insurance.
    #[must_use]
    pub const fn is_basic(self) -> bool {
        matches!(self, Self::BasicOutpatient | Self::BasicInpatient)
    }
}

slugs! {
    /// What a part of a bill settles as, after the bill was taken apart.
    Service, "service" {
        /// 普通门诊.
        OrdinaryOutpatient = "ordinary-outpatient",
        /// 门诊慢性病.
        Chronic = "chronic",
        /// 门诊特殊病.
        Special = "special",
        /// 国家谈判药品.
        NegotiatedDrug = "negotiated-drug",
        /// 急诊抢救.
        EmergencyRescue = "emergency-rescue",
        /// 120 救护车.
        Ambulance = "ambulance",
        /// 日间手术.
        DaySurgery = "day-surgery",
        /// 住院.
        Stay = "stay",
    }
}

slugs! {
    /// One kind of step in a computation.
    Operation, "operation" {
        /// The expense that a benefit looks at.
        TakeBase = "take-base",
        /// The part that breaks the rules of treatment is taken out of the base.
        LeaveOutViolations = "leave-out-violations",
        /// The expense beyond the published price of the disease is the institution's.
        ApplyDiseasePrice = "apply-disease-price",
        /// A deductible or threshold is reduced to a share of itself.
        ReduceDeductible = "reduce-deductible",
        /// What is left of a deductible is borne by the person.
        ApplyDeductible = "apply-deductible",
        /// The deductible that the statement reports in place of what was borne of it.
        ReportDeductible = "report-deductible",
        /// A rate is lowered, for care in another region.
        LowerRate = "lower-rate",
        /// A rate is raised, for people in need.
        RaiseRate = "raise-rate",
        /// A rate is applied to what is above the deductible.
        ApplyRate = "apply-rate",
        /// Banded rates are applied to an amount that cumulates over the year.
        ApplyBands = "apply-bands",
        /// A payment is cut to the room under a ceiling.
        ApplyCeiling = "apply-ceiling",
        /// The expense that did not fit under a ceiling goes to the next layer.
        PassOn = "pass-on",
        /// What earlier payers paid is raised to a share of the eligible expense.
        TopUp = "top-up",
        /// Of several entitlements the one that pays most is taken (就高).
        ChooseHighest = "choose-highest",
        /// The lines that the individual account must not pay are taken out of the base.
        LeaveOutForbiddenUses = "leave-out-forbidden-uses",
        /// The individual account pays what is left, up to its balance.
        DrawAccount = "draw-account",
    }
}

slugs! {
    /// The name of a figure that went into a step.
    InputName, "input" {
        /// The expense at the start of the step.
        Expense = "expense",
        /// A deductible or threshold in full.
        Deductible = "deductible",
        /// What was already borne toward the deductible or threshold.
        DeductibleBorne = "deductible-borne",
        /// A reimbursement rate.
        Rate = "rate",
        /// Percentage points that a rate is lowered by.
        Points = "points",
        /// Percentage points that a rate is raised by.
        PointsAdded = "points-added",
        /// A ceiling in full.
        Ceiling = "ceiling",
        /// What was already paid under the ceiling.
        CeilingUsed = "ceiling-used",
        /// The payment before a ceiling.
        Payment = "payment",
        /// The cumulative expense before this bill.
        CumulativeBefore = "cumulative-before",
        /// The cumulative expense with this bill.
        CumulativeAfter = "cumulative-after",
        /// What earlier payers paid.
        PaidEarlier = "paid-earlier",
        /// The eligible expense.
        Eligible = "eligible",
        /// The eligible expense of lines that break the rules of treatment.
        Violating = "violating",
        /// The payment of an entitlement that was not chosen.
        Alternative = "alternative",
        /// What the lines cost that the individual account must not pay.
        Forbidden = "forbidden",
        /// The balance of an individual account, as far as it is free.
        Balance = "balance",
        /// The published price of the disease.
        DiseasePrice = "disease-price",
    }
}

/// The value of a figure that went into a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputValue {
    /// An amount.
    Amount(Fen),
    /// A rate or a number of percentage points.
    Rate(Rate),
}

/// A figure that went into a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    /// What it is.
    pub name: InputName,
    /// How much.
    pub value: InputValue,
}

/// The figures that went into one step: three at most in most steps, which then need no memory of their own.
pub type Inputs = SmallVec<[Input; 3]>;

/// One step of a computation, in the order it was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was done.
    pub operation: Operation,
    /// The law it rests on.
    pub citation: Arc<Citation>,
    /// The figures that went in.
    pub inputs: Inputs,
    /// What came out.
    pub result: Fen,
    /// Whether the result was rounded half up to the fen; otherwise it is exact.
    pub rounded: bool,
}

/// What one benefit decided on one part of the bill.
///
/// `base = hospital_share + deductible + coinsurance + above_ceiling + paid`, each at least zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Portion {
    /// The benefit of the rulebook.
    pub benefit: BenefitId,
    /// What this part of the bill settles as.
    pub service: Service,
    /// The fund that pays.
    pub fund: Fund,
    /// The lines of the bill in this part, by index. Empty means the whole bill.
    pub lines: Vec<u32>,
    /// The expense that the benefit looked at.
    pub base: Fen,
    /// What the institution bears (医院负担): the expense beyond the published price of the disease.
    pub hospital_share: Fen,
    /// What the person bears as deductible or below a threshold.
    pub deductible: Fen,
    /// What the person bears because the rate is below the whole.
    pub coinsurance: Fen,
    /// The expense beyond a ceiling: the next layer's base, or the person's.
    pub above_ceiling: Fen,
    /// What the fund pays.
    pub paid: Fen,
    /// How it was computed.
    pub steps: Vec<Step>,
    /// The family member whose individual account pays; none for the person's own account and for other funds.
    pub family_account: Option<PersonId>,
}

impl Portion {
    /// The deductible that a statement reports: what was borne, or what the rules say in its place.
    #[must_use]
    pub fn reported_deductible(&self) -> Fen {
        let reported = self.steps.iter().find(|step| step.operation == Operation::ReportDeductible);
        reported.map_or(self.deductible, |step| step.result)
    }

    /// Whether the parts are sound and sum to the base.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let parts = [self.hospital_share, self.deductible, self.coinsurance, self.above_ceiling, self.paid];
        !parts.iter().any(|part| part.is_negative()) && parts.into_iter().sum::<Fen>() == self.base
    }
}

slugs! {
    /// Why a benefit that could be expected does not pay, or pays under another name.
    Reason, "reason" {
        /// The institution's level is below what the benefit asks for.
        LevelTooLow = "level-too-low",
        /// The benefit does not pay at this kind of institution.
        InstitutionKindNotCovered = "institution-kind-not-covered",
        /// The disease is not approved for the person on the service date.
        DiseaseNotApproved = "disease-not-approved",
        /// The person is in no category that the benefit covers.
        NotInCategory = "not-in-category",
        /// The person's age is outside what the benefit covers.
        AgeNotCovered = "age-not-covered",
        /// The household is not registered in Kunming.
        HouseholdNotLocal = "household-not-local",
        /// Another programme excludes the benefit.
        ExcludedByProgramme = "excluded-by-programme",
        /// The diagnosis is not on the list of the benefit.
        DiagnosisNotListed = "diagnosis-not-listed",
        /// The ceiling was used up before this bill.
        CeilingReached = "ceiling-reached",
        /// The expense does not exceed what is left of the deductible or threshold.
        WithinDeductible = "within-deductible",
        /// Nothing is left to pay after earlier payers.
        NothingLeft = "nothing-left",
        /// Another entitlement of the same group pays more.
        HigherApplies = "higher-applies",
        /// The benefit's parameter has not been entered.
        NotPayableYet = "not-payable-yet",
        /// No prescription of a designated institution was given.
        NoPrescription = "no-prescription",
        /// The care elsewhere was not filed.
        NotFiled = "not-filed",
        /// The line breaks the rules of treatment.
        BreaksRules = "breaks-rules",
        /// The diagnosis is on the list of another benefit.
        DiagnosisElsewhere = "diagnosis-elsewhere",
        /// The individual account has no money that is free.
        BalanceUsedUp = "balance-used-up",
        /// The holder of the individual account has not authorised the person on the service date.
        NotAuthorised = "not-authorised",
    }
}

/// A benefit that was looked at and does not pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The benefit of the rulebook.
    pub benefit: BenefitId,
    /// Why not.
    pub reason: Reason,
    /// The law that says so.
    pub citation: Arc<Citation>,
}

/// The name of a counter: what is counted, such as `employee.pooling.paid` or
/// `employee.negotiated-drug.deductible:DRUG`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CounterName(Arc<str>);

impl CounterName {
    /// Takes a name as it is.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CounterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One counter (年度累计) of one person: a name and the natural year it counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CounterKey {
    /// What is counted.
    pub name: CounterName,
    /// The natural year.
    pub benefit_year: i32,
}

/// How an adjudication moves one counter. A counter that was never moved stands at zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CounterMove {
    /// The counter.
    #[serde(flatten)]
    pub key: CounterKey,
    /// Where it stood.
    pub before: Fen,
    /// Where it stands afterwards.
    pub after: Fen,
}

/// What one payer decided on one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adjudication {
    /// Who decided.
    pub payer: PayerId,
    /// The parts it looked at, in order.
    pub portions: Vec<Portion>,
    /// The benefits that do not pay, and why.
    pub refusals: Vec<Refusal>,
    /// How its counters move, each counter once.
    pub moves: Vec<CounterMove>,
}

impl Adjudication {
    /// An adjudication in which `payer` has nothing to do.
    #[must_use]
    pub const fn nothing(payer: PayerId) -> Self {
        Self { payer, portions: Vec::new(), refusals: Vec::new(), moves: Vec::new() }
    }

    /// What `fund` pays.
    #[must_use]
    pub fn paid_by(&self, fund: Fund) -> Fen {
        self.portions.iter().filter(|portion| portion.fund == fund).map(|portion| portion.paid).sum()
    }

    /// What all funds of this payer pay.
    #[must_use]
    pub fn paid(&self) -> Fen {
        self.portions.iter().map(|portion| portion.paid).sum()
    }
}
