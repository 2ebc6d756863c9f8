//! The cells of one row by column name. Every fault is noted with its column; what is read afterwards is complete.

use std::cell::RefCell;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use claim::Violations;
use dictionary::Dictionary;
use identity_number::masked;
use wire::register_v1::{FactRow, RejectedCell};

use crate::dated::Period;
use crate::fact_kind::Column;
use crate::sealing::SealedNumber;
use crate::words::{Words, said, words};

const MAX_CELL_CHARS: usize = 200;
const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2100;

/// Where each column is in the rows of one file.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    columns: Vec<Column>,
    dictionary: Arc<Dictionary>,
}

impl Header {
    /// Takes the names of a file's columns; a file of the kind has `known` columns. Its codes are those of `dictionary`.
    pub(crate) fn new(names: &[String], known: &[Column], dictionary: Arc<Dictionary>) -> Result<Self, Violations> {
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
        Ok(Self { columns, dictionary })
    }

    /// The places of the cells that nobody may read.
    pub(crate) fn secret_places(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let secret = |(place, column): (usize, &Column)| column.is_secret.then_some((place, column.name));
        self.columns.iter().enumerate().filter_map(secret)
    }

    /// What a cell says, by the dictionary where the column is of one of its lists.
    pub(crate) fn cell<'a>(&'a self, row: &'a FactRow, name: &str) -> &'a str {
        let mut columns = self.columns.iter().zip(&row.cells);
        columns
            .find(|(column, _)| column.name == name)
            .map_or("", |(column, cell)| column.list.map_or_else(|| cell.trim(), |list| self.meant(list, cell.trim())))
    }

    /// What a code or word of a list means; the text itself where the dictionary does not know it.
    pub(crate) fn meant<'a>(&'a self, list: &str, text: &'a str) -> &'a str {
        self.dictionary.meaning(list, text).unwrap_or(text)
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
            cells.fault(
                "",
                words!(
                    "has {has} cells: must have {asked}, one for each column",
                    "有 {has} 个单元格，应有 {asked} 个，每列一个"
                ),
            );
            return Err(cells.rejected.into_inner());
        }
        let value = parse(&cells);
        let rejected = cells.rejected.into_inner();
        value.filter(|_| rejected.is_empty()).ok_or(rejected)
    }

    /// Notes a fault of a column.
    pub(crate) fn fault(&self, column: &str, words: impl Into<Words>) {
        self.rejected.borrow_mut().push(rejection(self.row.number, column, words.into()));
    }

    /// Notes `words` for `column` unless `holds`.
    pub(crate) fn check(&self, column: &str, holds: bool, words: Words) -> Option<()> {
        if !holds {
            self.fault(column, words);
        }
        holds.then_some(())
    }

    /// What a code or word of a list means in the dictionary of the file.
    pub(crate) fn meant(&self, list: &str, text: &'a str) -> &'a str {
        self.header.meant(list, text)
    }

    /// Whether there is nothing in a column.
    pub(crate) fn is_empty(&self, column: &str) -> bool {
        self.header.cell(self.row, column).is_empty()
    }

    /// What is in a column that must not be empty.
    pub(crate) fn text(&self, column: &str) -> Option<&'a str> {
        let text = self.header.cell(self.row, column);
        self.check(column, !text.is_empty(), said("is required", "为必填项"))?;
        let length = text.chars().count();
        if length > MAX_CELL_CHARS {
            let words = words!(
                "has {length} characters: at most {MAX_CELL_CHARS} are allowed",
                "有 {length} 个字符，最多 {MAX_CELL_CHARS} 个"
            );
            self.fault(column, words);
            return None;
        }
        Some(text)
    }

    /// A name as it is printed.
    pub(crate) fn name(&self, column: &str) -> Option<Arc<str>> {
        let text = self.text(column)?;
        self.check(column, !text.chars().any(char::is_control), said("contains a control character", "含有控制字符"))?;
        Some(Arc::from(text))
    }

    /// What `read` makes of a column that must not be empty.
    pub(crate) fn read_with<T, E: Into<Words>>(
        &self,
        column: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        read(self.text(column)?).map_err(|error| self.fault(column, error)).ok()
    }

    /// A value that must be there.
    pub(crate) fn value<T: FromStr<Err: Into<Words>>>(&self, column: &str) -> Option<T> {
        self.read_with(column, str::parse)
    }

    /// A value that may be absent.
    #[expect(
        clippy::option_option,
        reason = "the outer one tells whether the cell is sound, the inner one whether it is there"
    )]
    pub(crate) fn optional_value<T: FromStr<Err: Into<Words>>>(&self, column: &str) -> Option<Option<T>> {
        if self.is_empty(column) { Some(None) } else { self.value(column).map(Some) }
    }

    /// `true` or `false`.
    pub(crate) fn truth(&self, column: &str) -> Option<bool> {
        self.read_with(column, |text| {
            text.parse().map_err(|_| words!("{text:?} is neither true nor false", "“{text}”不是“是”或“否”"))
        })
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
                words!(
                    "{text:?} is not a date of the years {FIRST_YEAR} to {LAST_YEAR}, such as 2024-05-06",
                    "“{text}”不是 {FIRST_YEAR} 至 {LAST_YEAR} 年的日期，应如 2024-05-06"
                )
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
        self.check(
            column,
            cell.is_empty() || number.is_some(),
            said("was not sealed when it arrived", "到达时未加密"),
        )?;
        Some(number)
    }

    /// The days on which the row holds: from the one in column `from` to the one in column `to`, if there is one.
    pub(crate) fn period(&self, from_column: &str, to_column: &str) -> Option<Period> {
        let from = self.date(from_column);
        let to = if self.is_empty(to_column) { Some(None) } else { self.date(to_column).map(Some) };
        let (from, to) = (from?, to?);
        if to.is_some_and(|to| to < from) {
            let words = words!(
                "is before {from_column}: it is the last day, {from} at the earliest",
                "早于 {from_column}：应为最后一日，最早为 {from}"
            );
            self.fault(to_column, words);
            return None;
        }
        Some(Period { from, to })
    }
}

fn written_date(text: &str) -> Option<NaiveDate> {
    let lenient = |format| NaiveDate::parse_from_str(text, format).ok();
    iso_date(text).or_else(|| lenient("%Y/%m/%d")).or_else(|| lenient("%Y年%m月%d日"))
}

/// A date of eight digits, with a hyphen before month and day or with none.
fn iso_date(text: &str) -> Option<NaiveDate> {
    let (month, day) = match text.len() {
        8 => (4..6, 6..8),
        10 if text.get(4..5)? == "-" && text.get(7..8)? == "-" => (5..7, 8..10),
        _ => return None,
    };
    let year = text.get(..4)?;
    let (month, day) = (text.get(month)?, text.get(day)?);
    let are_digits = [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    are_digits.then_some(())?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// One fault of one row. An identity number that stands in the wrong column is not repeated.
pub(crate) fn rejection(number: u64, column: &str, Words { en, zh }: Words) -> RejectedCell {
    RejectedCell { number, column: column.to_owned(), description: masked(&en), description_zh: masked(&zh) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_each_way_that_offices_write_it_and_in_no_other() {
        let day = NaiveDate::from_ymd_opt(2024, 5, 6);
        for text in ["2024-05-06", "20240506", "2024/5/6", "2024/05/06", "2024年5月6日"] {
            assert_eq!(written_date(text), day, "{text}");
        }
        for text in
            ["2024-5-6", "2024-05-6", "2024-13-01", "2023-02-29", "202405", "+024-05-06", "2024-0506-", "二〇二四"]
        {
            assert_eq!(written_date(text), None, "{text}");
        }
    }
}
