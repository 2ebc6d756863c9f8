//! What the rows of each kind of file say, and where it is written.

mod agreement;
mod category;
mod disease;
mod disease_price;
mod filing;
mod institution;
mod item;
mod person;

use chrono::NaiveDate;
use serde_json::Value;

use crate::alteration::Daily;
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::Column;
use crate::history::PersonHistory;
use crate::tables::Table;
use crate::words::{Words, words};

pub(crate) use agreement::AgreementRow;
pub(crate) use category::CategoryRow;
pub(crate) use disease::DiseaseRow;
pub(crate) use disease_price::DiseasePriceRow;
pub(crate) use filing::FilingRow;
pub(crate) use institution::InstitutionRow;
pub(crate) use item::ItemRow;
pub(crate) use person::PersonRow;

/// One sound row of a file.
pub(crate) trait FactRow: PartialEq + Send + Sync + Sized + 'static {
    /// What it is a part of.
    type History: Daily;

    /// The columns of the file.
    const COLUMNS: &'static [Column];

    /// Reads a row; `today` is the last day that can be over.
    fn parse(cells: &Cells<'_>, today: NaiveDate) -> Option<Self>;

    /// What the history is of.
    fn id(&self) -> &str;

    /// What distinguishes it, besides its first day, from other rows of the same history that it does not replace.
    fn detail(&self) -> Option<&str> {
        None
    }

    /// The days on which it holds.
    fn period(&self) -> Period;

    /// Whether exactly this is in the history.
    fn is_held(&self, history: &Self::History) -> bool;

    /// Puts it into the history, in the place of what begins on the same day.
    fn put(&self, history: &mut Self::History);

    /// Whether something of the history begins on the same day and is replaced by it.
    fn begins_in(&self, history: &Self::History) -> bool;

    /// Whether it fits to a history into which all rows of the import were put.
    fn check(&self, history: &Self::History) -> Result<(), Misfit>;

    /// Takes it out of the history, where what is left could then no longer fit together.
    fn take_out(&self, _history: &mut Self::History) {}

    /// Whether what is left fits together in a history from which all withdrawn rows were taken.
    fn check_left(&self, _history: &Self::History) -> Result<(), Misfit> {
        Ok(())
    }

    /// The row of a table that holds it, and that is taken away when it is withdrawn.
    fn dated_record(&self) -> Record;

    /// The rows of the tables that are written to put it into `history`, where it is not held yet.
    fn records(&self, history: &Self::History) -> Vec<Record> {
        vec![Record { replaces: self.begins_in(history), ..self.dated_record() }]
    }
}

/// Why a row that is sound by itself cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) column: &'static str,
    pub(crate) words: Words,
}

impl Misfit {
    fn unless_overlapping(column: &'static str, overlapping: Option<Period>) -> Result<(), Self> {
        overlapping.map_or(Ok(()), |other| {
            let words = words!(
                "overlaps with the row that holds from {other}: end the earlier one before the later one begins",
                "与期间 {other} 的记录重叠：请先使较早的一条在较晚的一条开始之前结束"
            );
            Err(Self { column, words })
        })
    }

    fn unless_known(person_id: &str, history: &PersonHistory) -> Result<(), Self> {
        if history.person.is_some() {
            return Ok(());
        }
        let words = words!("{person_id} is unknown: import persons first", "{person_id} 未登记：请先导入人员");
        Err(Self { column: "person_id", words })
    }
}

/// One row of a table.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) table: &'static Table,
    /// An object of the table's columns, without the stamp that all rows of a change have.
    pub(crate) columns: Value,
    /// Whether it takes the place of a row with the same key.
    pub(crate) replaces: bool,
}
