//! What a benefit says on a day, as data that can be put into words.

mod terms;

use chrono::NaiveDate;
use claim::{
    AssistanceCategory, DiseaseCode, DiseaseKind, Filing, Fund, InstitutionAllowance, InstitutionKind, Level, PayerId,
    Reason, RuleStatus, Service, TreatmentRegion, VisitKind,
};
use money::{Fen, Rate};

pub use terms::{
    BornePer, DescribedCeiling, DescribedCeilingAmount, DescribedConcession, DescribedDeductible,
    DescribedDiseaseCeiling, DescribedFormula,
};

/// What a benefit says on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in a document")]
pub struct BenefitDescription {
    /// The day.
    pub date: NaiveDate,
    /// Its id and names.
    pub title: BenefitTitle,
    /// Where it stands.
    pub source: Source,
    /// Who decides.
    pub payer: PayerId,
    /// The fund that pays.
    pub fund: Fund,
    /// The expense that it looks at.
    pub base: DescribedBase,
    /// Who it is for.
    pub people: DescribedPeople,
    /// What it is for.
    pub care: DescribedCare,
    /// The refusals of others after which it does not take a line.
    pub not_after: Vec<DescribedNotAfter>,
    /// Whether each negotiated drug is a payment of its own.
    pub per_drug: bool,
    /// Whether each disease is a payment of its own.
    pub per_disease: bool,
    /// Whether the initial self-pay counts as expense too.
    pub with_initial_self_pay: bool,
    /// Whether what lies beyond the register's published price of the diagnosis is the institution's.
    pub by_disease_price: bool,
    /// What is borne first.
    pub deductible: Option<DescribedDeductible>,
    /// How the payment is computed.
    pub formula: DescribedFormula,
    /// What the payment is cut to.
    pub ceilings: Vec<DescribedCeiling>,
    /// Whether the bill that crosses a ceiling lies beyond it as a whole.
    pub whole_bill_beyond: bool,
    /// Which expense counts toward a threshold of the year that others look at.
    pub tally: Option<Tallied>,
    /// The benefit that takes the expense beyond a ceiling; the person bears it where there is none.
    pub beyond: Option<BenefitTitle>,
    /// The law by which lines that break the rules of treatment are left out.
    pub violations: Option<Source>,
    /// The items that an individual account must not pay.
    pub forbidden: Option<DescribedList>,
    /// The groups of benefits of which only the highest applies.
    pub groups: Vec<DescribedGroup>,
    /// Who gets nothing of its payer.
    pub exclusions: Vec<DescribedExclusion>,
    /// The points that come off its rate for care elsewhere.
    pub reductions: Vec<DescribedReduction>,
}

/// A refusal of another benefit after which a benefit does not take a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedNotAfter {
    /// The other benefit's id.
    pub benefit: String,
    /// Why it refused.
    pub reason: Reason,
    /// The kinds of visit; all where empty.
    pub kinds: Vec<VisitKind>,
}

/// Which expense counts toward a threshold of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tallied {
    /// All that meets the conditions, whichever benefit of its group pays.
    Always,
    /// Only what this benefit pays for.
    WhenPaid,
}

/// The id and the names of a benefit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenefitTitle {
    /// The id, such as `employee.outpatient`.
    pub id: String,
    /// The name in Chinese.
    pub zh: String,
    /// The name in English.
    pub en: String,
}

/// Where a rule or a value stands, and what else was or will be in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// This version.
    pub edition: Edition,
    /// Law or assumption.
    pub status: RuleStatus,
    /// Earlier versions of the same thing, the latest first.
    pub earlier: Vec<Edition>,
    /// Later versions of the same thing, the earliest first.
    pub later: Vec<Edition>,
}

/// One version of a rule or value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The document's number, or its title where it has none.
    pub document: String,
    /// The article.
    pub article: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day, where it says one.
    pub to: Option<NaiveDate>,
}

/// A parameter with what it says on the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The parameter's id.
    pub parameter: String,
    /// Its value.
    pub value: SaidValue,
    /// Where it stands.
    pub source: Source,
}

/// The value of a parameter. Arrays are by level of institution: 1, 2, 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaidValue {
    /// An amount.
    Amount([Fen; 3]),
    /// A rate.
    Rate {
        /// Of those in service, and of residents.
        active: [Rate; 3],
        /// Of the retired.
        retired: [Rate; 3],
    },
    /// A number of days or years.
    Number(u32),
    /// Rates by band of a cumulative amount; the last band has no upper end.
    Bands(Vec<(Option<Fen>, Rate)>),
}

/// The expense that a benefit looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescribedBase {
    /// The eligible expense of lines that settle as the service.
    Lines(Service),
    /// What did not fit under the ceilings of these benefits.
    Overflow(Vec<BenefitTitle>),
    /// What earlier payers left of the eligible expense of these services.
    Personal(Vec<Service>),
    /// What earlier payers left of the whole bill.
    Remainder,
    /// What earlier payers left of the eligible expense of the whole bill.
    EligibleRemainder,
}

/// A scheme of basic insurance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// 职工基本医疗保险.
    Employee,
    /// 城乡居民基本医疗保险.
    Resident,
}

/// Who a benefit is for. An empty list asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedPeople {
    /// The scheme; any where absent.
    pub scheme: Option<Scheme>,
    /// Whether the household has to be registered in Kunming.
    pub kunming_household: bool,
    /// Any of these categories.
    pub categories: Vec<AssistanceCategory>,
    /// The least age in completed years.
    pub age_from: Option<Said>,
    /// Any of these levels of disability.
    pub disability_levels: Vec<u8>,
}

/// What a benefit is for. An empty list asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedCare {
    /// Kinds of visit.
    pub kinds: Vec<VisitKind>,
    /// What a line has to be.
    pub line: Option<DescribedLine>,
    /// Levels of institution.
    pub levels: Vec<Level>,
    /// What an institution of another level may be allowed instead.
    pub any_level_where: Option<InstitutionAllowance>,
    /// Kinds of institution.
    pub institution_kinds: Vec<InstitutionKind>,
    /// What holds at pharmacies; nothing particular where absent.
    pub pharmacy: Option<AtPharmacies>,
    /// The list that the main diagnosis has to be on.
    pub diagnosis: Option<DescribedList>,
    /// The list that the main diagnosis must not be on.
    pub not_diagnosis: Option<DescribedList>,
}

/// What a line has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescribedLine {
    /// For a disease approved on a register.
    Approved {
        /// The register.
        kind: DiseaseKind,
        /// Only these diseases, where there are any.
        only: Vec<DiseaseCode>,
        /// All but these.
        except: Vec<DiseaseCode>,
    },
    /// A negotiated drug.
    NegotiatedDrug {
        /// The list of drugs that are none, where there is one.
        not_on: Option<Box<DescribedList>>,
    },
    /// For a disease that is on this register, or on none, whatever it settles as.
    Registered(Option<DiseaseKind>),
}

/// What a benefit asks of a pharmacy's bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtPharmacies {
    /// A prescription of a designated institution.
    WithPrescription,
    /// Nothing is paid there.
    Nothing,
}

/// A list of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedList {
    /// The members.
    pub members: Vec<String>,
    /// The members that count up to an age only.
    pub members_up_to_age: Vec<String>,
    /// That age.
    pub age: Option<Said>,
    /// Where the list stands.
    pub source: Source,
}

/// Benefits of which only the highest applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedGroup {
    /// The other members.
    pub others: Vec<BenefitTitle>,
    /// Where it stands.
    pub source: Source,
}

/// People, visits or lines that get nothing of a payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedExclusion {
    /// Who.
    pub categories: Vec<AssistanceCategory>,
    /// Unless they are of one of these categories too.
    pub unless: Vec<AssistanceCategory>,
    /// Visits in these regions.
    pub regions: Vec<TreatmentRegion>,
    /// With these filings.
    pub filings: Vec<Filing>,
    /// Lines that break the rules of treatment.
    pub violations: bool,
    /// Where it stands.
    pub source: Source,
}

/// Points off for care in another region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedReduction {
    /// The points.
    pub points: Said,
    /// Where the care took place.
    pub regions: Vec<TreatmentRegion>,
    /// The filings it holds for.
    pub filings: Vec<Filing>,
    /// Kinds of visit that it holds for whatever the filing says.
    pub always: Vec<VisitKind>,
    /// Kinds of visit that it never holds for.
    pub never: Vec<VisitKind>,
    /// The only kinds of visit that it holds for; all where empty.
    pub only: Vec<VisitKind>,
}

/// What is described: a benefit, or a subsidy of the premium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Description {
    /// A benefit.
    Benefit(Box<BenefitDescription>),
    /// A subsidy of the premium.
    Subsidy(Box<SubsidyDescription>),
}

/// What a subsidy of the premium says on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubsidyDescription {
    /// The day.
    pub date: NaiveDate,
    /// Its id and names.
    pub title: BenefitTitle,
    /// Where it stands.
    pub source: Source,
    /// Who decides.
    pub payer: PayerId,
    /// Who it is for.
    pub people: DescribedPeople,
    /// Whether the ability to work has to be lost.
    pub unable_to_work: bool,
    /// Whether the household has to be rural and the disability intellectual or psychiatric.
    pub rural_mental_disability: bool,
    /// The personal part of the year's premium.
    pub premium: Said,
    /// What is paid of it at most; all of it where absent.
    pub amount: Option<Said>,
    /// The other subsidies of the payer, of which only the highest applies.
    pub others: Vec<BenefitTitle>,
    /// Who gets nothing of its payer.
    pub exclusions: Vec<DescribedExclusion>,
}

/// Why a benefit or subsidy is not described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDescribed {
    /// No document has it.
    #[error("there is no benefit {id:?}; the benefits are: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        id: String,
        /// All benefits of all documents.
        known: Vec<String>,
    },
    /// It does not hold on the day.
    #[error("the benefit {id} is not in force on {date}: {}", when(editions))]
    NotInForce {
        /// What was asked for.
        id: String,
        /// The day.
        date: NaiveDate,
        /// When it is in force.
        editions: Vec<Edition>,
    },
}

fn when(editions: &[Edition]) -> String {
    let span = |edition: &Edition| match edition.to {
        Some(to) => format!("from {} to {to} by {}", edition.from, edition.document),
        None => format!("from {} by {}", edition.from, edition.document),
    };
    editions.iter().map(span).collect::<Vec<_>>().join(", ")
}
