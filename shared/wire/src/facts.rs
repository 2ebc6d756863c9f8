//! Facts of the register.

use std::collections::BTreeSet;

use claim::{AssistanceCategory, DiseaseFiling, InstitutionFacts, ItemTerms, PersonFacts};

use crate::claim_v1 as proto;
use crate::reader::readable;
use crate::{FromMessage, Reader};

const MOST_SEVERE_TO_MILDEST: std::ops::RangeInclusive<i32> = 0..=4;
const MAX_DISEASES: usize = 1_000;

readable!(DiseaseFiling, InstitutionFacts, ItemTerms, PersonFacts);

impl FromMessage for PersonFacts {
    type Message = proto::PersonFacts;

    fn read(message: proto::PersonFacts, at: &Reader<'_>) -> Option<Self> {
        let insurance = at.listed("scheme", message.scheme);
        let birth_date = at.date("birth_date", message.birth_date);
        let sex = at.optional_listed("sex", message.sex);
        let disability_level = at.number("disability_level", message.disability_level, MOST_SEVERE_TO_MILDEST);
        let categories = read_categories("categories", message.categories, at);
        let diseases = at.messages("diseases", message.diseases, 0..=MAX_DISEASES);
        Some(Self {
            insurance: insurance?,
            birth_date: birth_date?,
            sex: sex?,
            kunming_household: message.kunming_household,
            disability_level: disability_level.and_then(|level| u8::try_from(level).ok())?,
            categories: categories?,
            diseases: diseases?,
        })
    }
}

/// Reads a list of assistance categories, each of which may be named once.
#[must_use]
pub fn read_categories(field: &'static str, numbers: Vec<i32>, at: &Reader<'_>) -> Option<Vec<AssistanceCategory>> {
    let listed = |number, at: &Reader<'_>| at.listed("", number);
    let categories: Vec<AssistanceCategory> = at.each(field, numbers, 0..=AssistanceCategory::ALL.len(), listed)?;
    let distinct: BTreeSet<_> = categories.iter().collect();
    at.check(field, distinct.len() == categories.len(), "names a category twice")?;
    Some(categories)
}

impl FromMessage for DiseaseFiling {
    type Message = proto::DiseaseFiling;

    fn read(message: proto::DiseaseFiling, at: &Reader<'_>) -> Option<Self> {
        let code = at.id("code", &message.code);
        let kind = at.listed("kind", message.kind);
        let approved_date = at.date("approved_date", message.approved_date);
        Some(Self { code: code?, kind: kind?, approved_date: approved_date? })
    }
}

impl FromMessage for InstitutionFacts {
    type Message = proto::InstitutionFacts;

    fn read(message: proto::InstitutionFacts, at: &Reader<'_>) -> Option<Self> {
        let id = at.id("id", &message.id);
        let level = at.listed("level", message.level);
        let kind = at.listed("kind", message.kind);
        let special_exempt_allowed = message.special_exempt_allowed;
        Some(Self { id: id?, level: level?, kind: kind?, special_exempt_allowed })
    }
}

impl FromMessage for ItemTerms {
    type Message = proto::ItemTerms;

    fn read(message: proto::ItemTerms, at: &Reader<'_>) -> Option<Self> {
        let class = at.listed("class", message.class);
        let self_pay_rate = at.rate("self_pay_rate_bp", message.self_pay_rate_bp);
        let price_cap = message.price_cap_fen.map_or(Some(None), |cap| at.amount("price_cap_fen", cap).map(Some));
        Some(Self { class: class?, self_pay_rate: self_pay_rate?, price_cap: price_cap? })
    }
}

impl From<&PersonFacts> for proto::PersonFacts {
    fn from(person: &PersonFacts) -> Self {
        let category = |category: &AssistanceCategory| proto::AssistanceCategory::from(*category).into();
        Self {
            scheme: proto::Scheme::from(person.insurance).into(),
            birth_date: Some(person.birth_date.into()),
            sex: person.sex.map_or(proto::Sex::Unspecified, Into::into).into(),
            kunming_household: person.kunming_household,
            disability_level: i32::from(person.disability_level),
            categories: person.categories.iter().map(category).collect(),
            diseases: person.diseases.iter().map(Into::into).collect(),
        }
    }
}

impl From<&DiseaseFiling> for proto::DiseaseFiling {
    fn from(filing: &DiseaseFiling) -> Self {
        Self {
            code: filing.code.to_string(),
            kind: proto::DiseaseKind::from(filing.kind).into(),
            approved_date: Some(filing.approved_date.into()),
        }
    }
}

impl From<&InstitutionFacts> for proto::InstitutionFacts {
    fn from(institution: &InstitutionFacts) -> Self {
        Self {
            id: institution.id.to_string(),
            level: proto::InstitutionLevel::from(institution.level).into(),
            kind: proto::InstitutionKind::from(institution.kind).into(),
            special_exempt_allowed: institution.special_exempt_allowed,
        }
    }
}

impl From<&ItemTerms> for proto::ItemTerms {
    fn from(terms: &ItemTerms) -> Self {
        Self {
            class: proto::ItemClass::from(terms.class).into(),
            self_pay_rate_bp: i32::from(terms.self_pay_rate.basis_points()),
            price_cap_fen: terms.price_cap.map(money::Fen::get),
        }
    }
}
