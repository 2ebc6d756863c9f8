//! All that was ever true of one person or catalogue item, so that any day is answered from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use claim::{
    AssistanceCategory, CoverState, DiseaseCode, DiseaseFiling, DiseaseKind, DrugCode, Employment, Filing, FilingRoute,
    FlexibleEmployment, HouseholdNumber, Insurance, ItemKind, ItemTerms, Level, PersonFacts, Sex,
};
use money::{Fen, Rate};

use crate::dated::Dated;

/// What is kept of a person without dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) birth_date: NaiveDate,
    pub(crate) sex: Option<Sex>,
    pub(crate) kunming_household: bool,
    /// 1 (most severe) to 4, 0 for none.
    pub(crate) disability_level: u8,
    pub(crate) household_id: Option<HouseholdNumber>,
}

/// A time of cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    pub(crate) insurance: Insurance,
    pub(crate) state: CoverState,
    pub(crate) flexible: Option<FlexibleEmployment>,
}

/// A cross-region filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) filing: Filing,
    pub(crate) route: FilingRoute,
}

/// One person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PersonHistory {
    /// Absent where the register does not know the person.
    pub(crate) person: Option<Person>,
    pub(crate) cover: Dated<Cover>,
    pub(crate) categories: BTreeMap<AssistanceCategory, Dated<()>>,
    /// A filing begins on the day of its approval.
    pub(crate) diseases: BTreeMap<DiseaseCode, Dated<DiseaseKind>>,
    /// The cross-region filings; a day without one has none.
    pub(crate) filings: Dated<Filed>,
    /// What the identity number is found by.
    pub(crate) identity: Option<String>,
}

impl PersonHistory {
    /// The person as the register knows them on `date`; `None` where they are unknown, not insured, or their cover is
    /// suspended.
    pub(crate) fn on(&self, date: NaiveDate) -> Option<PersonFacts> {
        let person = self.person.as_ref()?;
        let (_, cover) = self.cover.on(date).filter(|(_, cover)| cover.state == CoverState::Active)?;
        let categories = self.categories.iter().filter(|(_, periods)| periods.on(date).is_some());
        let diseases = self.diseases.iter().filter_map(|(code, filings)| {
            let (approved_date, kind) = filings.on(date)?;
            Some(DiseaseFiling { code: code.clone(), kind: *kind, approved_date })
        });
        Some(PersonFacts {
            insurance: cover.insurance,
            birth_date: person.birth_date,
            sex: person.sex,
            kunming_household: person.kunming_household,
            disability_level: person.disability_level,
            categories: categories.map(|(category, _)| *category).collect(),
            diseases: diseases.collect(),
        })
    }

    /// Whether cover is suspended on `date`.
    pub(crate) fn is_suspended_on(&self, date: NaiveDate) -> bool {
        self.cover.on(date).is_some_and(|(_, cover)| cover.state == CoverState::Suspended)
    }

    /// The categories whose last day is `date`.
    pub(crate) fn categories_ending_on(&self, date: NaiveDate) -> impl Iterator<Item = AssistanceCategory> {
        let ending = self.categories.iter().filter(move |(_, periods)| periods.last_day_on(date) == Some(date));
        ending.map(|(category, _)| *category)
    }

    /// The cross-region filing in force on `date`.
    pub(crate) fn filing_on(&self, date: NaiveDate) -> Filing {
        self.filings.on(date).map_or(Filing::None, |(_, filed)| filed.filing)
    }
}

/// One catalogue item as the catalogue held it for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CatalogueEntry {
    pub(crate) name: Arc<str>,
    /// What it is, where that was said; nothing depends on it.
    pub(crate) kind: Option<ItemKind>,
    /// The initial self-pay is that of schemes without one of their own, the price cap that of levels without one.
    pub(crate) terms: ItemTerms,
    /// The initial self-pay of residents, where it is one of their own.
    pub(crate) resident_self_pay_rate: Option<Rate>,
    pub(crate) level_caps: LevelCaps,
    pub(crate) drug: Option<DrugCode>,
}

impl CatalogueEntry {
    /// How it is treated for who has `insurance`, where prices are capped by `level`.
    pub(crate) fn terms_for(&self, insurance: Option<Insurance>, level: Option<Level>) -> ItemTerms {
        let ItemTerms { class, self_pay_rate, price_cap } = self.terms;
        let own_rate = insurance.and_then(|insurance| match insurance {
            Insurance::Resident => self.resident_self_pay_rate,
            Insurance::Employee(_) => None,
        });
        let own_cap = level.and_then(|level| self.level_caps.at(level));
        ItemTerms { class, self_pay_rate: own_rate.unwrap_or(self_pay_rate), price_cap: own_cap.or(price_cap) }
    }
}

/// What one unit counts with at most at institutions of levels 1, 2 and 3, where a level has a price cap of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LevelCaps(pub(crate) [Option<Fen>; 3]);

impl LevelCaps {
    const fn at(self, level: Level) -> Option<Fen> {
        let Self([one, two, three]) = self;
        match level {
            Level::One => one,
            Level::Two => two,
            Level::Three => three,
        }
    }
}

/// What day surgery for a diagnosis was paid as for a time (病种付费标准).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiseasePrice {
    pub(crate) name: Arc<str>,
    pub(crate) price: Fen,
}

/// What the catalogue holds under one code: that of an item, or of a diagnosis with a published price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CatalogueHistory {
    pub(crate) item: Dated<CatalogueEntry>,
    /// The price without a level is that of levels without one of their own.
    pub(crate) prices: BTreeMap<Option<Level>, Dated<DiseasePrice>>,
}

impl CatalogueHistory {
    /// The published price of the diagnosis at institutions of `level` on `date`.
    pub(crate) fn price_on(&self, date: NaiveDate, level: Level) -> Option<Fen> {
        let price = |level: Option<Level>| Some(self.prices.get(&level)?.on(date)?.1.price);
        price(Some(level)).or_else(|| price(None))
    }
}

/// The written name of an insurance in the tables.
pub(crate) const fn scheme_of(insurance: Insurance) -> &'static str {
    match insurance {
        Insurance::Employee(Employment::Active) => "employee-active",
        Insurance::Employee(Employment::Retired) => "employee-retired",
        Insurance::Resident => "resident",
    }
}

/// The insurance with a written name of the tables.
pub(crate) fn insurance_of(scheme: &str) -> Option<Insurance> {
    let all = [Insurance::Employee(Employment::Active), Insurance::Employee(Employment::Retired), Insurance::Resident];
    all.into_iter().find(|insurance| scheme_of(*insurance) == scheme)
}
