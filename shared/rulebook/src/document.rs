//! What a rule document may say, as it is written in TOML.

use std::collections::BTreeMap;

use claim::{
    AssistanceCategory, DiseaseCode, DiseaseKind, Filing, Fund, InstitutionAllowance, InstitutionKind, Insurance,
    Level, Reason, RuleStatus, Service, TreatmentRegion, VisitKind,
};
use serde::Deserialize;

/// The head of a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentText {
    pub(crate) number: Option<String>,
    pub(crate) title: String,
    pub(crate) region: String,
    pub(crate) in_force_from: toml::value::Datetime,
    pub(crate) status: RuleStatus,
}

/// A benefit: who is paid what from which fund for which expense.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in a document")]
pub(crate) struct BenefitText {
    pub(crate) title: TitleText,
    pub(crate) payer: String,
    pub(crate) fund: Fund,
    pub(crate) base: BaseText,
    /// What lines settle as; for `lines` only, other bases keep the service they come from.
    pub(crate) service: Option<Service>,
    /// The services whose personal eligible expense is the base; for `personal` only.
    #[serde(default)]
    pub(crate) services: Vec<Service>,
    #[serde(default)]
    pub(crate) when: ConditionsText,
    /// One payment and one rounding for each negotiated drug.
    #[serde(default)]
    pub(crate) per_drug: bool,
    /// One payment and one rounding for each disease.
    #[serde(default)]
    pub(crate) per_disease: bool,
    /// The benefit does not take a line that another one refused for a reason, on these kinds of visit; on all where
    /// none is named.
    #[serde(default)]
    pub(crate) not_after: BTreeMap<String, BTreeMap<Reason, Vec<VisitKind>>>,
    pub(crate) deductible: Option<DeductibleText>,
    pub(crate) rate: Option<RateText>,
    pub(crate) bands: Option<BandsText>,
    pub(crate) top_up: Option<String>,
    /// An individual account pays the base, up to its balance.
    pub(crate) account: Option<AccountHolder>,
    /// The list of items for which an individual account must not be used.
    pub(crate) forbidden: Option<String>,
    /// The parameter was never entered: the expense is the person's.
    #[serde(default)]
    pub(crate) not_payable_yet: bool,
    #[serde(default)]
    pub(crate) ceilings: Vec<CeilingText>,
    /// A counter of what bills of one registration came to under the published price of the visit's diagnosis, where the
    /// register has one: what lies beyond it is the institution's, before anything else is computed. For `lines` only.
    pub(crate) disease_price: Option<String>,
    /// A ceiling for each disease, beside the others.
    pub(crate) disease_ceiling: Option<OneDiseaseText>,
    /// How the bill that crosses a ceiling is divided.
    #[serde(default)]
    pub(crate) crossing: Crossing,
    /// The benefit that takes the expense beyond a ceiling; the person where there is none.
    pub(crate) beyond: Option<String>,
    /// A counter that the base of every case meeting the conditions moves, whichever benefit of a group pays.
    pub(crate) tally: Option<String>,
    /// The tally moves only where this benefit is the one that pays.
    #[serde(default)]
    pub(crate) tally_when_paid: bool,
    /// The initial self-pay of the lines counts as expense too; for `personal` only.
    #[serde(default)]
    pub(crate) with_initial_self_pay: bool,
    /// The share of the base on lines that break the rules of treatment is left out.
    pub(crate) leave_out_violations: Option<String>,
}

/// The name of a benefit, for readers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TitleText {
    pub(crate) zh: String,
    pub(crate) en: String,
}

/// The expense that a benefit looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BaseText {
    /// The eligible expense of the lines assigned to it.
    Lines,
    /// What did not fit under the ceilings of the benefits that name it in `beyond`.
    Overflow,
    /// The eligible expense of its services that earlier payers left to the person.
    Personal,
    /// What earlier payers left of the whole bill.
    Remainder,
    /// What earlier payers left of the eligible expense of the whole bill.
    EligibleRemainder,
}

/// Whose individual account pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountHolder {
    /// The person's own.
    Own,
    /// Those of family members who authorised the person.
    Family,
}

/// When a benefit applies. A list that is absent asks for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionsText {
    pub(crate) scheme: Option<SchemeText>,
    #[serde(default)]
    pub(crate) kinds: Vec<VisitKind>,
    pub(crate) line: Option<LineText>,
    #[serde(default)]
    pub(crate) levels: Vec<Level>,
    /// At an institution that is allowed this the level is not asked for.
    pub(crate) any_level_where: Option<InstitutionAllowance>,
    #[serde(default)]
    pub(crate) institution_kinds: Vec<InstitutionKind>,
    pub(crate) pharmacy: Option<PharmacyText>,
    #[serde(default)]
    pub(crate) kunming_household: bool,
    #[serde(default)]
    pub(crate) categories: Vec<AssistanceCategory>,
    /// The parameter that holds the least age in completed years.
    pub(crate) age_from: Option<String>,
    #[serde(default)]
    pub(crate) disability_levels: Vec<u8>,
    /// The list that the main diagnosis has to be on.
    pub(crate) diagnosis_on: Option<String>,
    /// The list that the main diagnosis must not be on.
    pub(crate) diagnosis_not_on: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SchemeText {
    Employee,
    Resident,
}

impl SchemeText {
    pub(crate) const fn of(insurance: Insurance) -> Self {
        match insurance {
            Insurance::Employee(_) => Self::Employee,
            Insurance::Resident => Self::Resident,
        }
    }
}

/// What a benefit asks of a pharmacy's bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PharmacyText {
    /// A prescription of a designated institution.
    Prescription,
    /// Nothing is paid there.
    Never,
}

/// What a benefit asks of a line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineText {
    /// The line is for a disease approved on this register.
    pub(crate) approved: Option<DiseaseKind>,
    /// Only these diseases.
    #[serde(default)]
    pub(crate) only: Vec<DiseaseCode>,
    /// All but these diseases.
    #[serde(default)]
    pub(crate) except: Vec<DiseaseCode>,
    /// The line is a negotiated drug in its agreement period.
    #[serde(default)]
    pub(crate) negotiated_drug: bool,
    /// A list of drugs that are no negotiated drugs while it is in force.
    pub(crate) drug_not_on: Option<String>,
    /// The register that the line's disease is on, whatever the line settles as.
    pub(crate) registered: Option<RegisterText>,
}

/// The register that a line's disease is on: the special one before the chronic one, and none for kinds of visit that
/// decide alone what their lines settle as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegisterText {
    Special,
    Chronic,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeductibleText {
    pub(crate) parameter: String,
    /// The share of the parameter that is the deductible; a parameter too.
    pub(crate) share: Option<String>,
    /// The level it is read at; the visit's where absent.
    pub(crate) level: Option<Level>,
    /// The parameter that it is at most, read at the visit's level.
    pub(crate) at_most: Option<String>,
    /// Only the first bill of the visit, or for the drug or disease, bears it, whatever that leaves of it. It says nothing
    /// where the deductible is borne for each bill or once a year.
    #[serde(default)]
    pub(crate) first_bill_only: bool,
    /// Better terms once it was borne before in the year, step by step.
    #[serde(default)]
    pub(crate) again: Vec<AgainText>,
    pub(crate) per: PerText,
    pub(crate) counter: String,
    pub(crate) notes: Option<NotesText>,
    pub(crate) merges: Option<MergesText>,
}

/// What a deductible is borne once for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PerText {
    /// One visit: a bill, or all bills of one registration.
    Visit,
    /// Each bill, whatever its registration.
    Bill,
    /// A natural year.
    Year,
    /// A natural year and a negotiated drug.
    Drug,
    /// A natural year and a registered disease.
    Disease,
}

/// What was borne is also noted by institution and day, for a stay to find.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotesText {
    pub(crate) borne_as: String,
    /// The full deductible of the visit is noted under this name.
    pub(crate) standard_as: Option<String>,
    /// Noted by institution and minute, where the bill tells when the visit ended.
    #[serde(default)]
    pub(crate) to_the_minute: bool,
}

/// The deductibles noted at the same institution up to so many days before admission count toward this one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergesText {
    pub(crate) noted_as: String,
    pub(crate) days: String,
    /// Up to so many hours instead, where both the note and the admission tell the minute.
    pub(crate) hours: Option<String>,
    /// The full deductibles noted under this name are added to this one.
    pub(crate) adds: Option<String>,
    /// Only those of the last day.
    #[serde(default)]
    pub(crate) latest_only: bool,
}

/// A share of a deductible that is borne once something was borne on the terms before it: from the second time in the
/// year for the first step, from the third time for the second, and so on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgainText {
    pub(crate) share: String,
    /// What was borne in the year on the terms before this step or on better ones, by all benefits that name it.
    pub(crate) counter: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateText {
    pub(crate) parameter: String,
    /// The level it is read at; the visit's where absent.
    pub(crate) level: Option<Level>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BandsText {
    pub(crate) parameter: String,
    pub(crate) threshold: String,
    pub(crate) counter: String,
    #[serde(default)]
    pub(crate) rounding: BandRounding,
    /// The counter of payments that today's banded sum is set against; the sum before the bill where absent.
    pub(crate) less_paid: Option<String>,
    pub(crate) concession: Option<ConcessionText>,
}

/// Better terms for some categories.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConcessionText {
    pub(crate) categories: Vec<AssistanceCategory>,
    /// The share of the threshold that stays.
    pub(crate) threshold_share: String,
    /// The points that every band's rate rises by.
    pub(crate) points: String,
    pub(crate) without_ceiling: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CeilingText {
    pub(crate) counter: String,
    pub(crate) parameter: Option<String>,
    pub(crate) by_diseases: Option<ByDiseasesText>,
    #[serde(default)]
    pub(crate) counts: Counted,
    /// Counters that are counted under the same ceiling; of this payer or of an earlier one.
    #[serde(default)]
    pub(crate) together_with: Vec<String>,
}

/// What a ceiling holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Counted {
    /// What is paid.
    #[default]
    Payment,
    /// The expense above the deductible.
    Expense,
}

/// How the bill that crosses a ceiling is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Crossing {
    /// At the fen that fills the ceiling.
    #[default]
    Split,
    /// Not at all: the whole bill lies beyond.
    Beyond,
}

/// How what a banded sum grows by is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BandRounding {
    /// The growth, once.
    #[default]
    Growth,
    /// The sum before and the sum after, each.
    EachSum,
}

/// A ceiling for each disease.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneDiseaseText {
    pub(crate) counter: String,
    pub(crate) parameter: String,
    pub(crate) raised_for: DiseaseCode,
    pub(crate) raised: String,
}

/// A ceiling that rises with the number of approved diseases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByDiseasesText {
    pub(crate) kind: DiseaseKind,
    pub(crate) first: String,
    pub(crate) raised_for: DiseaseCode,
    pub(crate) raised: String,
    /// The raised amount is for that disease alone; with others the ceiling rises from `first`.
    #[serde(default)]
    pub(crate) raised_alone: bool,
    pub(crate) further: String,
    pub(crate) most: String,
}

/// Something cited that has no value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefinitionText {
    pub(crate) title: TitleText,
}

/// A list of codes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListText {
    pub(crate) members: Vec<String>,
    /// Members that count up to an age only.
    #[serde(default)]
    pub(crate) members_up_to_age: Vec<String>,
    /// The parameter that holds that age, in completed years and inclusive.
    pub(crate) age: Option<String>,
    /// The members are drugs that are class A while the list is in force.
    #[serde(default)]
    pub(crate) makes_class_a: bool,
}

/// The payers in the order they are asked (`payers`), or a payer's benefits in the order they are tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderText {
    pub(crate) members: Vec<String>,
}

/// Benefits of which the one that pays most applies; of equals the first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HighestAppliesText {
    pub(crate) payer: String,
    pub(crate) members: Vec<String>,
}

/// What gets nothing from a payer: people of some categories unless they are of another category too, visits of some
/// regions and filings, or lines that break the rules of treatment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExclusionText {
    pub(crate) payer: String,
    #[serde(default)]
    pub(crate) categories: Vec<AssistanceCategory>,
    #[serde(default)]
    pub(crate) unless: Vec<AssistanceCategory>,
    #[serde(default)]
    pub(crate) regions: Vec<TreatmentRegion>,
    #[serde(default)]
    pub(crate) filings: Vec<Filing>,
    #[serde(default)]
    pub(crate) violations: bool,
}

/// Points off a payer's rates for care in another region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReductionText {
    pub(crate) payer: String,
    pub(crate) parameter: String,
    pub(crate) regions: Vec<TreatmentRegion>,
    pub(crate) filings: Vec<Filing>,
    /// Kinds of visit that it holds for whatever the filing says.
    #[serde(default)]
    pub(crate) always: Vec<VisitKind>,
    /// Kinds of visit that it never holds for.
    #[serde(default)]
    pub(crate) never: Vec<VisitKind>,
    /// The only kinds of visit that it holds for; all where absent.
    #[serde(default)]
    pub(crate) only: Vec<VisitKind>,
}

/// A point that the documents leave open, with the reading that was chosen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadingText {
    pub(crate) question: String,
    pub(crate) chosen: String,
    pub(crate) options: Vec<String>,
}
