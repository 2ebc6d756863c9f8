//! The cells of one row by column name. Every fault is noted with its column; what is read afterwards is complete.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use claim::Violations;
use wire::register_v1::{FactRow, RejectedCell};

use crate::dated::Period;
use crate::fact_kind::{Column, column_name};

const MAX_CELL_CHARS: usize = 200;
const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2100;

/// Where each column is in the rows of one file.
#[derive(Debug)]
pub(crate) struct Header {
    names: Vec<String>,
}

impl Header {
    /// Takes the names of a file's columns; a file of the kind has `columns`.
    pub(crate) fn new(names: &[String], columns: &[Column]) -> Result<Self, Violations> {
        const FIELD: &str = "columns";
        let mut violations = Violations::new();
        let names: Vec<String> = names.iter().map(|name| column_name(name).to_owned()).collect();
        for (index, name) in names.iter().enumerate() {
            if !columns.iter().any(|column| column.name == name) {
                let known: Vec<_> = columns.iter().map(|column| column.name).collect();
                let name: String = name.chars().take(MAX_CELL_CHARS).collect();
                violations.add(FIELD, format_args!("names {name:?}, which is none of {}", known.join(", ")));
            } else if names.iter().take(index).any(|earlier| earlier == name) {
                violations.add(FIELD, format_args!("names {name} twice"));
            }
        }
        for column in columns.iter().filter(|column| column.required && !names.iter().any(|name| name == column.name)) {
            violations.add(FIELD, format_args!("does not name {}, which is required", column.name));
        }
        violations.into_result()?;
        Ok(Self { names })
    }

    fn cell<'a>(&self, row: &'a FactRow, column: &str) -> &'a str {
        let position = self.names.iter().position(|name| name == column);
        position.and_then(|position| row.cells.get(position)).map_or("", |cell| cell.trim())
    }
}

/// One row and the faults found in it.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    header: &'a Header,
    row: &'a FactRow,
    rejected: RefCell<Vec<RejectedCell>>,
}

impl<'a> Cells<'a> {
    /// Reads a row with `parse`; otherwise all its faults.
    pub(crate) fn read<T>(
        header: &'a Header,
        row: &'a FactRow,
        parse: impl FnOnce(&Self) -> Option<T>,
    ) -> Result<T, Vec<RejectedCell>> {
        let cells = Self { header, row, rejected: RefCell::default() };
        let (has, asked) = (row.cells.len(), header.names.len());
        if has != asked {
            cells.fault("", format_args!("has {has} cells: must have {asked}, one for each column"));
            return Err(cells.rejected.into_inner());
        }
        let value = parse(&cells);
        let rejected = cells.rejected.into_inner();
        value.filter(|_| rejected.is_empty()).ok_or(rejected)
    }

    /// Notes a fault of a column.
    pub(crate) fn fault(&self, column: &str, description: impl fmt::Display) {
        self.rejected.borrow_mut().push(rejection(self.row.number, column, description));
    }

    /// Notes `description` for `column` unless `holds`.
    pub(crate) fn check(&self, column: &str, holds: bool, description: impl fmt::Display) -> Option<()> {
        if !holds {
            self.fault(column, description);
        }
        holds.then_some(())
    }

    /// Whether there is nothing in a column.
    pub(crate) fn is_empty(&self, column: &str) -> bool {
        self.header.cell(self.row, column).is_empty()
    }

    /// What is in a column that must not be empty.
    pub(crate) fn text(&self, column: &str) -> Option<&'a str> {
        let text = self.header.cell(self.row, column);
        self.check(column, !text.is_empty(), "is required")?;
        let length = text.chars().count();
        let is_short = length <= MAX_CELL_CHARS;
        self.check(column, is_short, format_args!("has {length} characters: at most {MAX_CELL_CHARS} are allowed"))?;
        Some(text)
    }

    /// A name as it is printed.
    pub(crate) fn name(&self, column: &str) -> Option<Arc<str>> {
        let text = self.text(column)?;
        self.check(column, !text.chars().any(char::is_control), "contains a control character")?;
        Some(Arc::from(text))
    }

    /// What `read` makes of a column that must not be empty.
    pub(crate) fn read_with<T, E: fmt::Display>(
        &self,
        column: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        read(self.text(column)?).map_err(|error| self.fault(column, error)).ok()
    }

    /// A value that must be there.
    pub(crate) fn value<T: FromStr<Err: fmt::Display>>(&self, column: &str) -> Option<T> {
        self.read_with(column, str::parse)
    }

    /// A value that may be absent.
    #[expect(
        clippy::option_option,
        reason = "the outer one tells whether the cell is sound, the inner one whether it is there"
    )]
    pub(crate) fn optional_value<T: FromStr<Err: fmt::Display>>(&self, column: &str) -> Option<Option<T>> {
        if self.is_empty(column) { Some(None) } else { self.value(column).map(Some) }
    }

    /// `true` or `false`.
    pub(crate) fn truth(&self, column: &str) -> Option<bool> {
        self.read_with(column, |text| text.parse().map_err(|_| format!("{text:?} is neither true nor false")))
    }

    /// A date of the years 1900 to 2100, such as `2024-05-06`.
    pub(crate) fn date(&self, column: &str) -> Option<NaiveDate> {
        self.read_with(column, |text| {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
            date.filter(|date| date.to_string() == text && (FIRST_YEAR..=LAST_YEAR).contains(&date.year())).ok_or_else(
                || format!("{text:?} is not a date of the years {FIRST_YEAR} to {LAST_YEAR}, such as 2024-05-06"),
            )
        })
    }

    /// The days on which the row holds: from the one in column `from` to the one in column `to`, if there is one.
    pub(crate) fn period(&self, from_column: &str, to_column: &str) -> Option<Period> {
        let from = self.date(from_column);
        let to = if self.is_empty(to_column) { Some(None) } else { self.date(to_column).map(Some) };
        let (from, to) = (from?, to?);
        let in_order = to.is_none_or(|to| from <= to);
        self.check(
            to_column,
            in_order,
            format_args!("is before {from_column}: it is the last day, {from} at the earliest"),
        )?;
        Some(Period { from, to })
    }
}

/// One fault of one row.
pub(crate) fn rejection(number: u64, column: &str, description: impl fmt::Display) -> RejectedCell {
    RejectedCell { number, column: column.to_owned(), description: description.to_string() }
}
