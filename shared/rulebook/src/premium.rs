//! Subsidies of the yearly premium of residents' insurance (资助参保): who gets how much of it.
//!
//! The premium is a parameter of its year. Which of several subsidies applies is decided by the payer, not here.

use std::sync::Arc;

use chrono::NaiveDate;
use claim::{AssistanceCategory, BenefitId, Citation, Insurance, PayerId, PersonFacts};
use money::Fen;
use serde::Deserialize;

use crate::document::{SchemeText, TitleText};
use crate::value::{ByLevel, Cited};

/// A subsidy of the premium, as it is written in a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PremiumSubsidyText {
    pub(crate) title: TitleText,
    pub(crate) payer: String,
    /// The parameter that holds the personal part of the year's premium.
    pub(crate) premium: String,
    /// The parameter that holds the fixed amount; the whole premium where absent.
    pub(crate) amount: Option<String>,
    #[serde(default)]
    pub(crate) when: PremiumConditionsText,
}

/// Who a subsidy is for. A list that is absent asks for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PremiumConditionsText {
    pub(crate) scheme: Option<SchemeText>,
    #[serde(default)]
    pub(crate) kunming_household: bool,
    #[serde(default)]
    pub(crate) categories: Vec<AssistanceCategory>,
    /// The parameter that holds the least age in completed years.
    pub(crate) age_from: Option<String>,
    #[serde(default)]
    pub(crate) disability_levels: Vec<u8>,
    #[serde(default)]
    pub(crate) unable_to_work: bool,
    #[serde(default)]
    pub(crate) rural_mental_disability: bool,
}

/// One subsidy in force.
#[derive(Debug)]
pub struct PremiumSubsidy {
    pub(crate) id: BenefitId,
    pub(crate) title_zh: Arc<str>,
    pub(crate) title_en: Arc<str>,
    pub(crate) payer: PayerId,
    pub(crate) citation: Arc<Citation>,
    pub(crate) premium: Cited<ByLevel<Fen>>,
    pub(crate) amount: Option<Cited<ByLevel<Fen>>>,
    pub(crate) conditions: PremiumConditions,
}

#[derive(Debug)]
pub(crate) struct PremiumConditions {
    pub(crate) text: PremiumConditionsText,
    pub(crate) age_from: Option<Cited<u32>>,
}

/// A person whose premium may be subsidised, on the day of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PremiumPayer {
    /// What the register knows.
    pub facts: PersonFacts,
    /// Whether the person lost the ability to work (丧失劳动能力), which is attested and on no register.
    pub unable_to_work: bool,
    /// Whether the person is of a rural household and the disability is intellectual or psychiatric (农村智力、精神残疾).
    pub rural_mental_disability: bool,
}

/// Why a subsidy is not for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSubsidised {
    /// The person is insured under the other scheme: 参加城镇职工基本医疗保险不予资助.
    OtherInsurance,
    /// The household is not registered in Kunming.
    HouseholdNotLocal,
    /// The person is in none of its categories, or not disabled as it asks.
    NotInCategory,
    /// The person is too young.
    AgeNotCovered,
    /// The person did not lose the ability to work.
    AbleToWork,
}

impl PremiumSubsidy {
    /// Its id, such as `assistance.premium.extreme-poverty`.
    #[must_use]
    pub const fn id(&self) -> &BenefitId {
        &self.id
    }

    /// The law that gives it.
    #[must_use]
    pub const fn citation(&self) -> &Arc<Citation> {
        &self.citation
    }

    /// Its name in Chinese.
    #[must_use]
    pub fn title_zh(&self) -> &str {
        &self.title_zh
    }

    /// Its name in English.
    #[must_use]
    pub fn title_en(&self) -> &str {
        &self.title_en
    }

    /// The personal part of the year's premium, with its law.
    #[must_use]
    pub const fn premium(&self) -> (Fen, &Arc<Citation>) {
        (self.premium.value.at(claim::Level::One), &self.premium.citation)
    }

    /// The fixed amount with its law; `None` where the whole premium is paid.
    #[must_use]
    pub fn fixed_amount(&self) -> Option<(Fen, &Arc<Citation>)> {
        self.amount.as_ref().map(|amount| (amount.value.at(claim::Level::One), &amount.citation))
    }

    /// Why the subsidy is not for `person` on `date`; `None` where it is.
    ///
    /// # Basis
    /// 昆明市城乡医疗救助管理实施办法 三, 四（一）.
    #[must_use]
    pub fn refusal(&self, person: &PremiumPayer, date: NaiveDate) -> Option<NotSubsidised> {
        let (when, facts) = (&self.conditions.text, &person.facts);
        let scheme = match facts.insurance {
            Insurance::Employee(_) => SchemeText::Employee,
            Insurance::Resident => SchemeText::Resident,
        };
        if when.scheme.is_some_and(|asked| asked != scheme) {
            return Some(NotSubsidised::OtherInsurance);
        }
        if when.kunming_household && !facts.kunming_household {
            return Some(NotSubsidised::HouseholdNotLocal);
        }
        let in_category = facts.categories.iter().any(|category| when.categories.contains(category));
        let as_disabled = when.disability_levels.is_empty() || when.disability_levels.contains(&facts.disability_level);
        let in_category = when.categories.is_empty() || in_category;
        if !in_category || !as_disabled || (when.rural_mental_disability && !person.rural_mental_disability) {
            return Some(NotSubsidised::NotInCategory);
        }
        let too_young = self.conditions.age_from.as_ref().is_some_and(|from| facts.age_on(date) < from.value);
        if too_young {
            return Some(NotSubsidised::AgeNotCovered);
        }
        (when.unable_to_work && !person.unable_to_work).then_some(NotSubsidised::AbleToWork)
    }
}
