//! The cells of one row by column name. Every fault is noted with its column; what is read afterwards is complete.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use claim::Violations;
use identity_number::masked;
use wire::register_v1::{FactRow, RejectedCell};

use crate::dated::Period;
use crate::fact_kind::Column;
use crate::sealing::SealedNumber;

const MAX_CELL_CHARS: usize = 200;
const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2100;

/// Where each column is in the rows of one file.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    columns: Vec<Column>,
}

impl Header {
    /// Takes the names of a file's columns; a file of the kind has `known` columns.
    pub(crate) fn new(names: &[String], known: &[Column]) -> Result<Self, Violations> {
        const FIELD: &str = "columns";
        let mut violations = Violations::new();
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        for name in names {
            match known.iter().find(|column| column.is_called(name)) {
                None => {
                    let known: Vec<_> = known.iter().map(|column| column.name).collect();
                    let name: String = name.trim().chars().take(MAX_CELL_CHARS).collect();
                    violations.add(FIELD, format_args!("names {name:?}, which is none of {}", known.join(", ")));
                }
                Some(column) if columns.contains(column) => {
                    violations.add(FIELD, format_args!("names {} twice", column.name));
                }
                Some(column) => columns.push(*column),
            }
        }
        for column in known.iter().filter(|column| column.required && !columns.contains(column)) {
            violations.add(FIELD, format_args!("does not name {}, which is required", column.name));
        }
        violations.into_result()?;
        Ok(Self { columns })
    }

    /// The places of the cells that nobody may read.
    pub(crate) fn secret_places(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let secret = |(place, column): (usize, &Column)| column.is_secret.then_some((place, column.name));
        self.columns.iter().enumerate().filter_map(secret)
    }

    pub(crate) fn cell<'a>(&self, row: &'a FactRow, name: &str) -> &'a str {
        let mut columns = self.columns.iter().zip(&row.cells);
        columns.find(|(column, _)| column.name == name).map_or("", |(column, cell)| column.meant(cell))
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
        let (has, asked) = (row.cells.len(), header.columns.len());
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

    /// `true` or `false`; an empty cell is false.
    pub(crate) fn optional_truth(&self, column: &str) -> Option<bool> {
        if self.is_empty(column) { Some(false) } else { self.truth(column) }
    }

    /// A date of the years 1900 to 2100, such as `2024-05-06`, `2024/5/6`, `20240506` or `2024年5月6日`.
    pub(crate) fn date(&self, column: &str) -> Option<NaiveDate> {
        self.read_with(column, |text| {
            let date = written_date(text).filter(|date| (FIRST_YEAR..=LAST_YEAR).contains(&date.year()));
            date.ok_or_else(|| {
                format!("{text:?} is not a date of the years {FIRST_YEAR} to {LAST_YEAR}, such as 2024-05-06")
            })
        })
    }

    /// A number that was sealed when it arrived, and may be absent.
    #[expect(
        clippy::option_option,
        reason = "the outer one tells whether the cell is sound, the inner one whether it is there"
    )]
    pub(crate) fn sealed_number(&self, column: &str) -> Option<Option<SealedNumber>> {
        let cell = self.header.cell(self.row, column);
        let number = SealedNumber::from_cell(cell);
        self.check(column, cell.is_empty() || number.is_some(), "was not sealed when it arrived")?;
        Some(number)
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

fn written_date(text: &str) -> Option<NaiveDate> {
    let strict = |format: &str| {
        let date = NaiveDate::parse_from_str(text, format).ok()?;
        (date.format(format).to_string() == text).then_some(date)
    };
    let lenient = |format| NaiveDate::parse_from_str(text, format).ok();
    strict("%Y-%m-%d").or_else(|| strict("%Y%m%d")).or_else(|| lenient("%Y/%m/%d")).or_else(|| lenient("%Y年%m月%d日"))
}

/// One fault of one row. An identity number that stands in the wrong column is not repeated.
pub(crate) fn rejection(number: u64, column: &str, description: impl fmt::Display) -> RejectedCell {
    RejectedCell { number, column: column.to_owned(), description: masked(&description.to_string()) }
}
