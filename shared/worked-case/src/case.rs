//! One worked case: a person, visits in order, and the amounts each must come to.

use claim::{AssistanceCategory, PersonFacts, PricedCase, Violations, Visit};
use rulebook::{InForce, UnpricedCase};
use serde_json::Value;

use crate::accounts::Accounts;
use crate::expect::Expected;
use crate::fields::{Faults, Fields};
use crate::person::Person;
use crate::visit::{WorkedLine, read_visit};

/// One worked case, checked.
#[derive(Clone, Debug)]
pub struct WorkedCase {
    /// Its name.
    pub name: String,
    /// What it rests on, in the words of its author.
    pub basis: Option<String>,
    /// The individual accounts that its bills may draw on, before the first visit.
    pub accounts: Accounts,
    /// The visits, settled in this order.
    pub visits: Vec<WorkedVisit>,
}

/// One visit of a worked case.
#[derive(Clone, Debug)]
pub struct WorkedVisit {
    /// The person's facts on the service date.
    pub person: PersonFacts,
    /// The person's categories whose last day is the service date.
    pub categories_ending: Vec<AssistanceCategory>,
    /// The visit.
    pub visit: Visit,
    /// What is expected of it.
    pub expected: Expected,
    /// Its lines, at least one, in the order of the case.
    pub lines: Vec<WorkedLine>,
}

impl WorkedCase {
    /// Reads a case written in JSON.
    ///
    /// # Errors
    /// Every fault of the case at once.
    pub fn from_json(text: &str) -> Result<Self, Violations> {
        let value: Value = text.parse().map_err(|error| fault(format_args!("is not JSON: {error}")))?;
        Self::read(&value)
    }

    /// Reads a case written in TOML.
    ///
    /// # Errors
    /// Every fault of the case at once.
    pub fn from_toml(text: &str) -> Result<Self, Violations> {
        let value = text.parse::<toml::Table>().map_err(|error| fault(format_args!("is not TOML: {error}")))?;
        Self::read(&json_of(toml::Value::Table(value)))
    }

    fn read(value: &Value) -> Result<Self, Violations> {
        let faults = Faults::default();
        let case = Fields::of(value, String::new(), &faults).and_then(|fields| read_case(fields));
        match (faults.into_inner().into_result(), case) {
            (Ok(()), Some(case)) => Ok(case),
            (Ok(()), None) => Err(fault("cannot be read")),
            (Err(violations), _) => Err(violations),
        }
    }
}

impl WorkedVisit {
    /// The visit with its lines split as the rules of its day say; `None` where there are no such rules.
    #[must_use]
    pub fn price(&self, rules: &InForce) -> Option<PricedCase> {
        rules.price_case(UnpricedCase {
            person: self.person.clone(),
            categories_ending: self.categories_ending.clone(),
            visit: self.visit.clone(),
            lines: self.lines.iter().map(WorkedLine::unpriced).collect(),
        })
    }
}

fn read_case(fields: Fields<'_>) -> Option<WorkedCase> {
    fields.require("name");
    let name = fields.text("name").map(str::to_owned);
    let basis = fields.text("basis").map(str::to_owned);
    fields.require("person");
    let person = fields.table("person").and_then(Person::read);
    let tables = fields.tables("visits");
    if tables.is_empty() {
        fields.fault("visits", "is missing or empty");
    }
    let mut visits = Vec::with_capacity(tables.len());
    for (index, table) in tables.into_iter().enumerate() {
        let (Some((visit, lines, expected)), Some(person)) = (read_visit(table), &person) else { continue };
        match person.on(visit.service_date) {
            Some(facts) => {
                let categories_ending = person.categories_ending_on(visit.service_date);
                visits.push(WorkedVisit { person: facts, categories_ending, visit, expected, lines });
            }
            None => fields.fault(&format!("visits[{index}].date"), "no employment of the person covers it"),
        }
    }
    fields.finish();
    Some(WorkedCase { name: name?, basis, accounts: person?.accounts, visits })
}

fn fault(message: impl std::fmt::Display) -> Violations {
    let mut violations = Violations::new();
    violations.add("case", message);
    violations
}

/// TOML as JSON; a TOML date is its text.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        // A float is never right here: it stays one, so that its field refuses it.
        toml::Value::Float(number) => {
            serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
        }
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(values) => Value::Array(values.into_iter().map(json_of).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, json_of(value))).collect())
        }
    }
}
