//! What an item says where an open point is read otherwise: the options of readings, resolved for one day.
//!
//! An item names the options under which it holds (`only_under`) or does not (`not_under`), and what changes in it
//! under an option (`under`).
//! Nothing of this is left in the rules of a day: they are compiled from the items as they are read on it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::compile::{Unresolved, in_force};
use crate::load::{Context, Item, Items};
use crate::value::{ParameterText, Value};

/// The keys of an item that this module reads.
const ONLY_UNDER: &str = "only_under";
const NOT_UNDER: &str = "not_under";
const UNDER: &str = "under";
/// In an alternative, the keys that are absent under it.
const WITHOUT: &str = "without";

/// The alternatives of one item, with all that the item says beside them.
#[derive(Clone, Debug)]
pub(crate) struct Alternatives {
    said: toml::Table,
    only_under: Conditions,
    not_under: Conditions,
    under: BTreeMap<String, BTreeMap<String, toml::Table>>,
}

/// Options by reading.
type Conditions = BTreeMap<String, Options>;

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Options {
    One(String),
    AnyOf(Vec<String>),
}

impl Options {
    fn contain(&self, option: &str) -> bool {
        match self {
            Self::One(only) => only == option,
            Self::AnyOf(options) => options.iter().any(|one| one == option),
        }
    }
}

/// The option chosen of each reading on a day.
type Chosen<'a> = BTreeMap<&'a str, &'a str>;

impl Alternatives {
    /// Takes the alternatives out of an item's table.
    ///
    /// # Errors
    /// What is not a table of readings and options.
    pub(crate) fn take_from(table: &mut toml::Table) -> Result<Option<Box<Self>>, String> {
        if ![ONLY_UNDER, NOT_UNDER, UNDER].iter().any(|key| table.contains_key(*key)) {
            return Ok(None);
        }
        let (only_under, not_under) = (take_conditions(table, ONLY_UNDER)?, take_conditions(table, NOT_UNDER)?);
        let under = table.remove(UNDER).map(read_changes).transpose()?.unwrap_or_default();
        Ok(Some(Box::new(Self { said: table.clone(), only_under, not_under, under })))
    }

    /// What the item says under each single alternative, with the keys that lead to what changes under it.
    pub(crate) fn each(&self) -> impl Iterator<Item = ([&str; 3], toml::Table)> {
        let changes = self.under.iter().flat_map(|(id, options)| options.iter().map(move |of| (id, of)));
        changes.map(|(id, (option, change))| {
            let mut table = self.said.clone();
            apply(&mut table, change);
            ([UNDER, id, option], table)
        })
    }

    fn holds(&self, chosen: &Chosen<'_>) -> bool {
        let met = |(id, options): (&String, &Options)| chosen.get(&**id).is_some_and(|option| options.contain(option));
        self.only_under.iter().all(met) && !self.not_under.iter().any(met)
    }

    fn names(&self, id: &str, option: &str) -> bool {
        let contains = |options: &Options| options.contain(option);
        self.only_under.get(id).is_some_and(contains)
            || self.not_under.get(id).is_some_and(contains)
            || self.under.get(id).is_some_and(|options| options.contains_key(option))
    }

    /// What the item says as the readings are chosen; nothing where no alternative is.
    fn said_under(&self, chosen: &Chosen<'_>) -> Result<Option<toml::Table>, String> {
        let changes = self.under.iter().filter_map(|(id, options)| Some((id, options.get(*chosen.get(&**id)?)?)));
        let changes: Vec<_> = changes.collect();
        for (index, (id, change)) in changes.iter().enumerate() {
            if let Some((other, _)) = changes.iter().take(index).find(|(_, other)| collide(other, change)) {
                return Err(format!(
                    "{other} and {id} change the same in it: say in one document what holds under both"
                ));
            }
        }
        if changes.is_empty() {
            return Ok(None);
        }
        let mut table = self.said.clone();
        for (_, change) in changes {
            apply(&mut table, change);
        }
        Ok(Some(table))
    }
}

fn take_conditions(table: &mut toml::Table, key: &str) -> Result<Conditions, String> {
    let conditions = table.remove(key).map(toml::Value::try_into).transpose();
    Ok(conditions.map_err(|error| format!("{key}: {}", error.message()))?.unwrap_or_default())
}

/// Taken apart by hand: reading a table out of a value would turn its dates into text.
fn read_changes(under: toml::Value) -> Result<BTreeMap<String, BTreeMap<String, toml::Table>>, String> {
    let table = |value: toml::Value| {
        let found = value.type_str();
        let message = || format!("{UNDER} has readings, then options, then what changes, not {found}");
        if let toml::Value::Table(table) = value { Ok(table) } else { Err(message()) }
    };
    let options = |(id, options): (String, toml::Value)| {
        let options = table(options)?.into_iter().map(|(option, change)| Ok((option, table(change)?)));
        Ok((id, options.collect::<Result<_, String>>()?))
    };
    table(under)?.into_iter().map(options).collect()
}

/// Changes `table`: tables key by key, everything else as a whole.
fn apply(table: &mut toml::Table, change: &toml::Table) {
    for (key, value) in change {
        match (table.get_mut(key), value) {
            (_, toml::Value::Array(absent)) if key == WITHOUT => {
                for key in absent.iter().filter_map(toml::Value::as_str) {
                    table.remove(key);
                }
            }
            (Some(toml::Value::Table(inner)), toml::Value::Table(change)) => apply(inner, change),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Whether two changes touch the same value.
fn collide(one: &toml::Table, other: &toml::Table) -> bool {
    let removes = |change: &toml::Table, key: &str| {
        let absent = change.get(WITHOUT).and_then(toml::Value::as_array);
        absent.is_some_and(|absent| absent.iter().any(|absent| absent.as_str() == Some(key)))
    };
    let clash = |(key, value): (&String, &toml::Value)| match (value, other.get(key)) {
        (_, None) => removes(other, key),
        (toml::Value::Table(one), Some(toml::Value::Table(other))) => collide(one, other),
        (one, Some(other)) => key != WITHOUT && one != other,
    };
    one.iter().any(clash) || other.keys().any(|key| removes(one, key))
}

impl Items {
    /// Whether an item says what holds under the option.
    pub(crate) fn name_option(&self, id: &str, option: &str) -> bool {
        fn any<T>(items: &[Item<T>], id: &str, option: &str) -> bool {
            items.iter().filter_map(|item| item.alternatives.as_ref()).any(|of| of.names(id, option))
        }
        any(&self.parameters, id, option)
            || any(&self.benefits, id, option)
            || any(&self.definitions, id, option)
            || any(&self.lists, id, option)
            || any(&self.orders, id, option)
            || any(&self.highest_applies, id, option)
            || any(&self.exclusions, id, option)
            || any(&self.reductions, id, option)
            || any(&self.conventions, id, option)
    }

    /// The items as the open points are read on `date`, and which of them cannot be read so.
    pub(crate) fn as_read_on(&self, date: NaiveDate) -> (Self, Vec<Unresolved>) {
        let readings = in_force(self, &self.readings, date);
        let chosen = readings.map(|reading| (&*reading.id, &*reading.body.chosen)).collect();
        let mut faults = Vec::new();
        let mut day = Day { items: self, chosen, faults: &mut faults };
        let items = Self {
            documents: self.documents.clone(),
            parameters: day.read(&self.parameters, |text: ParameterText| -> Result<Value, _> { text.parse() }),
            benefits: day.read(&self.benefits, Ok),
            definitions: day.read(&self.definitions, Ok),
            lists: day.read(&self.lists, Ok),
            orders: day.read(&self.orders, Ok),
            highest_applies: day.read(&self.highest_applies, Ok),
            exclusions: day.read(&self.exclusions, Ok),
            reductions: day.read(&self.reductions, Ok),
            conventions: day.read(&self.conventions, Ok),
            premium_subsidies: self.premium_subsidies.clone(),
            readings: self.readings.clone(),
        };
        (items, faults)
    }
}

struct Day<'a> {
    items: &'a Items,
    chosen: Chosen<'a>,
    faults: &'a mut Vec<Unresolved>,
}

impl Day<'_> {
    fn read<T: DeserializeOwned, U: Clone>(
        &mut self,
        items: &[Item<U>],
        finish: impl Fn(T) -> Result<U, String>,
    ) -> Vec<Item<U>> {
        items.iter().filter_map(|item| self.read_item(item, &finish)).collect()
    }

    fn read_item<T: DeserializeOwned, U: Clone>(
        &mut self,
        item: &Item<U>,
        finish: impl Fn(T) -> Result<U, String>,
    ) -> Option<Item<U>> {
        let Some(alternatives) = &item.alternatives else { return Some(item.clone()) };
        if !alternatives.holds(&self.chosen) {
            return None;
        }
        let document = self.items.documents.get(item.document)?;
        let context = Context { index: item.document, from: document.in_force_from };
        let said = alternatives.said_under(&self.chosen);
        let changed = |table| context.read_item(table, finish).map_err(|fault| fault.message);
        let read = said.and_then(|said| said.map(changed).transpose());
        match read {
            Ok(changed) => Some(changed.map_or_else(
                || Item { alternatives: None, ..item.clone() },
                |changed| Item { line: item.line, ..changed },
            )),
            Err(message) => {
                let message = format!("{}: {message}", item.id);
                self.faults.push(Unresolved { document: item.document, line: item.line, message });
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn a_change_goes_into_tables_key_by_key_and_removes_what_is_without() {
        let mut said = table("a = 1\nb = [1, 2]\ninner = { c = 1, d = 2 }");
        apply(&mut said, &table("b = [3]\nwithout = ['a']\ninner = { c = 5, without = ['d'] }"));
        assert_eq!(said, table("b = [3]\ninner = { c = 5 }"));
    }

    #[test]
    fn two_changes_collide_where_they_say_different_things_of_one_key() {
        let said = table(
            "id = 'x'\nunder = { P = { a = { k = 1, inner = { c = 1 } } }, Q = { b = { inner = { d = 1 } }, c = { k = 2 }, d = { k = 1 }, e = { without = ['inner'] } } }",
        );
        let alternatives = Alternatives::take_from(&mut said.clone()).unwrap().unwrap();
        let under = |option| alternatives.said_under(&Chosen::from([("P", "a"), ("Q", option)]));
        assert_eq!(under("b"), Ok(Some(table("id = 'x'\nk = 1\ninner = { c = 1, d = 1 }"))));
        assert!(under("c").unwrap_err().contains("P and Q change the same"));
        assert_eq!(under("d"), Ok(Some(table("id = 'x'\nk = 1\ninner = { c = 1 }"))));
        assert!(under("e").is_err());
        assert_eq!(alternatives.said_under(&Chosen::from([("P", "b")])), Ok(None));
    }

    #[test]
    fn an_item_holds_only_under_and_not_under_what_it_says() {
        let mut said = table("only_under = { P = ['a', 'b'] }\nnot_under = { Q = 'c' }");
        let alternatives = Alternatives::take_from(&mut said).unwrap().unwrap();
        let holds = |p, q| alternatives.holds(&Chosen::from([("P", p), ("Q", q)]));
        assert!(holds("a", "b") && holds("b", "b"));
        assert!(!holds("a", "c") && !holds("c", "b"));
        assert!(!alternatives.holds(&Chosen::new()));
    }
}
