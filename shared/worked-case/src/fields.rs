//! Reading one table of a worked case field by field, noting every fault instead of stopping at the first.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use claim::{Level, Violations};
use money::Fen;
use serde_json::{Map, Value};

/// The faults of one case, shared by all its tables.
pub(super) type Faults = RefCell<Violations>;

/// One table: its fields, and which of them were looked at.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
    known: RefCell<Vec<&'static str>>,
    faults: &'a Faults,
}

impl<'a> Fields<'a> {
    /// The table at `path`; `None`, with a fault, where the value is no table.
    pub(super) fn of(value: &'a Value, path: String, faults: &'a Faults) -> Option<Self> {
        let Value::Object(map) = value else {
            faults.borrow_mut().add(path, "is not a table");
            return None;
        };
        Some(Self { map, path, known: RefCell::default(), faults })
    }

    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn fault(&self, key: &str, message: impl fmt::Display) {
        self.faults.borrow_mut().add(self.path(key), message);
    }

    /// Notes every field that nothing looked at.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for key in self.map.keys().filter(|key| !known.contains(&key.as_str())) {
            self.fault(key, format_args!("is not a field here: one of {}", known.join(", ")));
        }
    }

    pub(super) fn get(&self, key: &'static str) -> Option<&'a Value> {
        self.known.borrow_mut().push(key);
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    /// The table under `key`.
    pub(super) fn table(&self, key: &'static str) -> Option<Fields<'a>> {
        let value = self.get(key)?;
        Fields::of(value, self.path(key), self.faults)
    }

    /// The tables of the list under `key`.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Fields<'a>> {
        let values = self.list(key).into_iter().flatten().enumerate();
        values.filter_map(|(index, value)| self.element(key, index, value)).collect()
    }

    /// The table that is an element of the list under `key`.
    pub(super) fn element(&self, key: &str, index: usize, value: &'a Value) -> Option<Fields<'a>> {
        Fields::of(value, format!("{}[{index}]", self.path(key)), self.faults)
    }

    pub(super) fn list(&self, key: &'static str) -> Option<&'a Vec<Value>> {
        let value = self.get(key)?;
        if !value.is_array() {
            self.fault(key, "is not a list");
        }
        value.as_array()
    }

    pub(super) fn text(&self, key: &'static str) -> Option<&'a str> {
        let value = self.get(key)?;
        if !value.is_string() {
            self.fault(key, "is not a string");
        }
        value.as_str()
    }

    /// The field read as `T`, where it is there and sound.
    pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(&self, key: &'static str) -> Option<T> {
        let parsed = self.text(key)?.parse();
        parsed.map_err(|error| self.fault(key, error)).ok()
    }

    /// The same for a field that has to be there.
    pub(super) fn required<T: FromStr<Err: fmt::Display>>(&self, key: &'static str) -> Option<T> {
        self.require(key);
        self.parsed(key)
    }

    pub(super) fn require(&self, key: &'static str) {
        if !self.has(key) {
            self.fault(key, "is missing");
        }
    }

    /// An amount of money that is not below zero.
    pub(super) fn amount(&self, key: &'static str) -> Option<Fen> {
        let amount: Fen = self.parsed(key)?;
        if amount.is_negative() {
            self.fault(key, "is below zero");
        }
        Some(amount)
    }

    pub(super) fn date(&self, key: &'static str) -> Option<NaiveDate> {
        let text = self.text(key)?;
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d");
        date.map_err(|_| self.fault(key, format_args!("{text:?} is not a date such as 2022-05-01"))).ok()
    }

    pub(super) fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.get(key) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.fault(key, "is neither true nor false");
            default
        })
    }

    /// A whole number within `range`.
    pub(super) fn whole(&self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let whole = self.get(key)?.as_i64().filter(|whole| range.contains(whole));
        if whole.is_none() {
            self.fault(key, format_args!("is not a whole number from {} to {}", range.start(), range.end()));
        }
        whole
    }

    pub(super) fn level(&self, key: &'static str) -> Option<Level> {
        let level = match self.get(key)? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        if level.is_none() {
            self.fault(key, "is not a level: one of 1, 2, 3");
        }
        level
    }
}
