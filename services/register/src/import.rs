//! Takes the rows of one file: all of them, or none and every fault.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use claim::Violations;
use serde_json::Value;
use store::StoreError;
use wire::register_v1::{FactRow as RowMessage, RejectedCell};

use crate::cells::{Cells, Header, rejection};
use crate::reading::{Histories, History, read_each};
use crate::rows::{FactRow, Misfit, Record};
use crate::session::Session;
use crate::tables::Table;

/// The rows of one call, as far as they are sound by themselves.
#[derive(Debug)]
pub(crate) struct Import<R> {
    rows: Vec<(u64, R)>,
    rejected: Vec<RejectedCell>,
}

impl<R: FactRow> Import<R> {
    /// Reads the rows; `today` is the last day that can be over.
    ///
    /// # Errors
    /// Columns that are not those of the file.
    pub(crate) fn parse(columns: &[String], messages: &[RowMessage], today: NaiveDate) -> Result<Self, Violations> {
        let header = Header::new(columns, R::COLUMNS)?;
        let mut import = Self { rows: Vec::with_capacity(messages.len()), rejected: Vec::new() };
        for message in messages {
            match Cells::read(&header, message, |cells| R::parse(cells, today)) {
                Ok(row) => import.rows.push((message.number, row)),
                Err(faults) => import.rejected.extend(faults),
            }
        }
        import.drop_repeated();
        Ok(import)
    }

    /// What the rows are of.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(_, row)| row.id())
    }

    /// Drops a row that says again what an earlier one says, and rejects one that contradicts it.
    fn drop_repeated(&mut self) {
        let mut kept: Vec<(u64, R)> = Vec::with_capacity(self.rows.len());
        let mut places: HashMap<(String, Option<String>, NaiveDate), usize> = HashMap::with_capacity(self.rows.len());
        for (number, row) in std::mem::take(&mut self.rows) {
            let key = (row.id().to_owned(), row.detail().map(str::to_owned), row.period().from);
            match places.get(&key).and_then(|place| kept.get(*place)) {
                None => {
                    places.insert(key, kept.len());
                    kept.push((number, row));
                }
                Some((_, earlier)) if *earlier == row => {}
                Some((earlier, _)) => {
                    let description = format_args!("has the same key as row {earlier} with other values");
                    self.rejected.push(rejection(number, "", description));
                }
            }
        }
        self.rows = kept;
    }

    /// Checks the rows against each other and whether the persons of their facts are known.
    ///
    /// Whether they overlap with what is stored is left to [`Self::apply`]: a stored row may be ended by another call
    /// that comes before this one.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub(crate) async fn check(&mut self, session: &mut Session<'_>) -> Result<(), StoreError> {
        let ids: Vec<&str> = self.ids().collect();
        let mut histories: Histories<R::History> = read_each(session, &ids).await?;
        histories.values_mut().for_each(History::drop_dated);
        for (_, row) in &self.rows {
            row.put(histories.entry(row.id().into()).or_default());
        }
        self.reject_misfits(&histories);
        Ok(())
    }

    /// Checks the rows against what is stored and, where none is at fault, writes those that are new.
    ///
    /// # Errors
    /// A store that cannot be read or written. The transaction of the session must then be rolled back.
    pub(crate) async fn apply(
        &mut self,
        session: &mut Session<'_>,
        recorded_time: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        session.lock_imports().await?;
        let ids: Vec<&str> = self.ids().collect();
        let mut histories: Histories<R::History> = read_each(session, &ids).await?;
        let records = self.put_all(&mut histories, recorded_time);
        self.reject_misfits(&histories);
        if self.rejected.is_empty() {
            for (table, rows) in records {
                session.upsert(table, rows.into_values().collect()).await?;
            }
        }
        Ok(())
    }

    /// Puts all rows into their histories; answers what has to be written, each key once.
    fn put_all(&self, histories: &mut Histories<R::History>, recorded_time: DateTime<Utc>) -> Records {
        let mut records = Records::new();
        for (_, row) in &self.rows {
            let history = histories.entry(row.id().into()).or_default();
            if !row.is_held(history) {
                row.put(history);
                for Record { table, columns } in row.records(recorded_time) {
                    records.entry(table).or_default().insert(key_of(table, &columns), columns);
                }
            }
        }
        records
    }

    fn reject_misfits(&mut self, histories: &Histories<R::History>) {
        for (number, row) in &self.rows {
            let fits = histories.get(row.id()).map_or(Ok(()), |history| row.check(history));
            if let Err(Misfit { column, description }) = fits {
                self.rejected.push(rejection(*number, column, description));
            }
        }
    }

    /// The faults in the order of the file.
    pub(crate) fn into_rejected(mut self) -> Vec<RejectedCell> {
        self.rejected.sort_by_key(|rejected| rejected.number);
        self.rejected
    }

    /// Whether nothing is at fault.
    pub(crate) fn is_sound(&self) -> bool {
        self.rejected.is_empty()
    }
}

type Records = BTreeMap<&'static Table, BTreeMap<Vec<String>, Value>>;

fn key_of(table: &Table, columns: &Value) -> Vec<String> {
    let part = |name: &&str| columns.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    table.key.iter().map(part).collect()
}
