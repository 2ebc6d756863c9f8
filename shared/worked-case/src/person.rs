//! The person of a worked case, whose facts may change from day to day.

use chrono::NaiveDate;
use claim::{AssistanceCategory, DiseaseFiling, Employment, Insurance, PersonFacts, Sex};
use rulebook::PremiumPayer;
use serde_json::Value;

use crate::accounts::Accounts;
use crate::fields::Fields;

/// A fact with the days on which it holds, both ends inclusive.
#[derive(Clone, Debug)]
struct Dated<T> {
    fact: T,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

impl<T> Dated<T> {
    fn holds_on(&self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }
}

#[derive(Clone, Debug)]
enum Scheme {
    Employee(Vec<Dated<Employment>>),
    Resident,
}

/// The person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    scheme: Scheme,
    birth_date: NaiveDate,
    sex: Option<Sex>,
    kunming_household: bool,
    disability_level: u8,
    categories: Vec<Dated<AssistanceCategory>>,
    diseases: Vec<DiseaseFiling>,
    unable_to_work: bool,
    rural_mental_disability: bool,
    /// The individual accounts before the first visit.
    pub(super) accounts: Accounts,
}

impl Person {
    /// Reads the person; `None` where something that has to be known is not, with the fault noted.
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let employments = dated(&fields, "employment");
        fields.require("scheme");
        let scheme = match fields.text("scheme") {
            Some("employee") if employments.is_empty() => {
                fields.fault("employment", "is missing: active or retired, or a list with dates");
                None
            }
            Some("employee") => Some(Scheme::Employee(employments)),
            Some("resident") => Some(Scheme::Resident),
            Some(other) => {
                fields.fault("scheme", format_args!("{other:?} is not a scheme: one of employee, resident"));
                None
            }
            None => None,
        };
        fields.require("birth_date");
        let birth_date = fields.date("birth_date");
        let sex = fields.parsed("sex");
        let kunming_household = fields.flag("kunming_household", true);
        let disability_level = fields.whole("disability_level", 0..=4).and_then(|level| u8::try_from(level).ok());
        let categories = dated(&fields, "categories");
        let diseases = fields.tables("diseases").into_iter().filter_map(disease).collect();
        let unable_to_work = fields.flag("unable_to_work", false);
        let rural_mental_disability = fields.flag("rural_mental_disability", false);
        let accounts = Accounts::read(&fields);
        fields.finish();
        let disability_level = disability_level.unwrap_or(0);
        let (scheme, birth_date) = (scheme?, birth_date?);
        Some(Self {
            scheme,
            birth_date,
            sex,
            kunming_household,
            disability_level,
            categories,
            diseases,
            unable_to_work,
            rural_mental_disability,
            accounts,
        })
    }

    /// The person as a payer of a premium on `date`; `None` where no employment covers it.
    pub(super) fn premium_payer_on(&self, date: NaiveDate) -> Option<PremiumPayer> {
        let (unable_to_work, rural_mental_disability) = (self.unable_to_work, self.rural_mental_disability);
        Some(PremiumPayer { facts: self.on(date)?, unable_to_work, rural_mental_disability })
    }

    /// The person's categories whose last day is `date`, each once.
    pub(super) fn categories_ending_on(&self, date: NaiveDate) -> Vec<AssistanceCategory> {
        let holding = self.categories.iter().filter(|category| category.holds_on(date));
        let (ending, going_on): (Vec<_>, Vec<_>) = holding.partition(|category| category.to == Some(date));
        let goes_on = |fact: &AssistanceCategory| going_on.iter().any(|category| category.fact == *fact);
        let mut ending: Vec<_> = ending.into_iter().map(|of| of.fact).filter(|fact| !goes_on(fact)).collect();
        ending.sort_unstable();
        ending.dedup();
        ending
    }

    /// The person's facts on `date`; `None` where no employment covers it.
    pub(super) fn on(&self, date: NaiveDate) -> Option<PersonFacts> {
        let insurance = match &self.scheme {
            Scheme::Resident => Insurance::Resident,
            Scheme::Employee(employments) => {
                Insurance::Employee(employments.iter().find(|employment| employment.holds_on(date))?.fact)
            }
        };
        let mut categories: Vec<_> =
            self.categories.iter().filter(|category| category.holds_on(date)).map(|of| of.fact).collect();
        categories.sort_unstable();
        categories.dedup();
        Some(PersonFacts {
            insurance,
            birth_date: self.birth_date,
            sex: self.sex,
            kunming_household: self.kunming_household,
            disability_level: self.disability_level,
            categories,
            diseases: self.diseases.iter().filter(|disease| disease.approved_date <= date).cloned().collect(),
        })
    }
}

/// A fact that is one name, a list of names, or a list of `{ name, from, to }`.
fn dated<T: std::str::FromStr<Err: std::fmt::Display>>(fields: &Fields<'_>, key: &'static str) -> Vec<Dated<T>> {
    let Some(value) = fields.get(key) else { return Vec::new() };
    let named = |text: &str| {
        let fact = text.parse().map_err(|error| fields.fault(key, error)).ok()?;
        Some(Dated { fact, from: None, to: None })
    };
    let element = |(index, value): (usize, &Value)| match value {
        Value::String(text) => named(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            let fields = fields.element(key, index, value)?;
            let (fact, from, to) = (fields.required("name"), fields.date("from"), fields.date("to"));
            fields.finish();
            Some(Dated { fact: fact?, from, to })
        }
    };
    match value {
        Value::String(text) => named(text).into_iter().collect(),
        Value::Array(values) => values.iter().enumerate().filter_map(element).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            fields.fault(key, "is neither a name nor a list");
            Vec::new()
        }
    }
}

fn disease(fields: Fields<'_>) -> Option<DiseaseFiling> {
    let (code, kind) = (fields.required("code"), fields.required("kind"));
    fields.require("approved_date");
    let approved_date = fields.date("approved_date");
    fields.finish();
    Some(DiseaseFiling { code: code?, kind: kind?, approved_date: approved_date? })
}
