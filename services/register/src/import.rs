//! Some rows of a file, with all that the file says of the same persons, institutions or items.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde_json::Value;
use store::StoreError;
use wire::register_v1::{FactRow as RowMessage, RejectedCell};

use crate::alteration::Daily;
use crate::cells::{Cells, Header, rejection};
use crate::change::Stamp;
use crate::reading::{Histories, read_each};
use crate::rows::{FactRow, Misfit, Record};
use crate::session::Session;
use crate::tables::Table;
use crate::words::{Words, said, words};

const NOT_RECORDED: Words =
    said("is not recorded so: only what is can be withdrawn", "没有这样的记录：只能撤回已登记的内容");

/// Rows that are sound by themselves, and the faults of the others.
#[derive(Debug)]
pub(crate) struct Import<R: FactRow> {
    rows: Vec<(u64, R)>,
    rejected: Vec<RejectedCell>,
    /// Of the known ones of which the rows say something new, what was stored before.
    before: Histories<R::History>,
}

impl<R: FactRow> Import<R> {
    /// Reads the rows; `today` is the last day that can be over.
    pub(crate) fn parse<'a>(
        header: &Header,
        messages: impl IntoIterator<Item = &'a RowMessage>,
        today: NaiveDate,
    ) -> Self {
        let mut import = Self { rows: Vec::new(), rejected: Vec::new(), before: Histories::new() };
        for message in messages {
            match Cells::read(header, message, |cells| R::parse(cells, today)) {
                Ok(row) => import.rows.push((message.number, row)),
                Err(faults) => import.rejected.extend(faults),
            }
        }
        import
    }

    /// The sound rows with their numbers.
    pub(crate) fn sound(&self) -> impl Iterator<Item = (u64, &R)> {
        self.rows.iter().map(|(number, row)| (*number, row))
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
                    let words = words!(
                        "has the same key as row {earlier} with other values",
                        "与第 {earlier} 行主键相同而内容不同"
                    );
                    self.rejected.push(rejection(number, "", words));
                }
            }
        }
        self.rows = kept;
    }

    /// Checks the rows against each other and against what is stored; answers what has to be written.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub(crate) async fn check(&mut self, session: &mut Session<'_>, stamp: &Stamp) -> Result<Changes, StoreError> {
        let mut histories = self.histories(session).await?;
        let changes = self.put_all(&mut histories, stamp);
        self.reject_misfits(&histories);
        Ok(changes)
    }

    /// Checks that the rows are recorded exactly so, and that what is left fits together; answers what has to be taken
    /// away.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub(crate) async fn check_withdrawal(
        &mut self,
        session: &mut Session<'_>,
        stamp: &Stamp,
    ) -> Result<Changes, StoreError> {
        let mut histories = self.histories(session).await?;
        let mut changes = Changes::default();
        let mut withdrawn = Vec::with_capacity(self.rows.len());
        for (number, row) in &self.rows {
            if histories.get(row.id()).is_some_and(|history| row.is_held(history)) {
                changes.rows += 1;
                changes.withdraw(row.dated_record(), stamp);
                withdrawn.push((*number, row));
            } else {
                self.rejected.push(rejection(*number, "", NOT_RECORDED));
            }
        }
        for (_, row) in &withdrawn {
            if let Some(history) = histories.get_mut(row.id()) {
                self.before.entry(row.id().into()).or_insert_with(|| history.clone());
                row.take_out(history);
            }
        }
        for (number, row) in withdrawn {
            let fits = histories.get(row.id()).map_or(Ok(()), |history| row.check_left(history));
            if let Err(Misfit { column, words }) = fits {
                self.rejected.push(rejection(number, column, words));
            }
        }
        Ok(changes)
    }

    /// All that is stored of what the rows are of.
    async fn histories(&mut self, session: &mut Session<'_>) -> Result<Histories<R::History>, StoreError> {
        self.drop_repeated();
        let ids: Vec<&str> = self.ids().collect();
        read_each(session, &ids).await
    }

    /// Puts all rows into their histories; answers what has to be written, each key once.
    fn put_all(&mut self, histories: &mut Histories<R::History>, stamp: &Stamp) -> Changes {
        let mut changes = Changes::default();
        for (_, row) in &self.rows {
            let history = histories.entry(row.id().into()).or_default();
            if !row.is_held(history) {
                changes.rows += 1;
                if history.is_known() {
                    self.before.entry(row.id().into()).or_insert_with(|| history.clone());
                }
                row.records(history).into_iter().for_each(|record| changes.add(record, stamp));
                row.put(history);
            }
        }
        changes
    }

    /// What was stored before of the known ones of which the rows say something new.
    pub(crate) fn into_before(self) -> Histories<R::History> {
        self.before
    }

    fn reject_misfits(&mut self, histories: &Histories<R::History>) {
        for (number, row) in &self.rows {
            let fits = histories.get(row.id()).map_or(Ok(()), |history| row.check(history));
            if let Err(Misfit { column, words }) = fits {
                self.rejected.push(rejection(*number, column, words));
            }
        }
    }

    /// The faults in the order of the file, each once.
    pub(crate) fn take_rejected(&mut self) -> Vec<RejectedCell> {
        let mut rejected = std::mem::take(&mut self.rejected);
        rejected.sort_by_key(|rejected| rejected.number);
        rejected
    }
}

/// What has to be written.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// How many rows said something new.
    pub(crate) rows: u64,
    records: Records,
    /// Those of the records that take the place of others.
    replaced: Records,
    /// What is taken away and nothing takes the place of.
    withdrawn: Records,
}

type Records = BTreeMap<&'static Table, BTreeMap<Vec<String>, Value>>;

impl Changes {
    /// Adds a row of a table.
    pub(crate) fn add(&mut self, record: Record, stamp: &Stamp) {
        let Record { table, mut columns, replaces } = record;
        stamp.put_on(table, &mut columns);
        let key = key_of(table, &columns);
        if replaces {
            self.replaced.entry(table).or_default().insert(key.clone(), columns.clone());
        }
        self.records.entry(table).or_default().insert(key, columns);
    }

    /// Takes a row of a table away.
    fn withdraw(&mut self, record: Record, stamp: &Stamp) {
        let Record { table, mut columns, replaces: _ } = record;
        stamp.put_on(table, &mut columns);
        self.withdrawn.entry(table).or_default().insert(key_of(table, &columns), columns);
    }

    /// Writes everything; what is replaced or taken away is kept as it was.
    pub(crate) async fn write(self, session: &mut Session<'_>, stamp: &Stamp) -> Result<(), StoreError> {
        for (table, rows) in self.withdrawn {
            let rows: Vec<Value> = rows.into_values().collect();
            session.supersede(table, &rows, stamp).await?;
            session.delete(table, rows).await?;
        }
        for (table, rows) in self.replaced {
            session.supersede(table, &rows.into_values().collect::<Vec<_>>(), stamp).await?;
        }
        for (table, rows) in self.records {
            session.upsert(table, rows.into_values().collect()).await?;
        }
        Ok(())
    }
}

fn key_of(table: &Table, columns: &Value) -> Vec<String> {
    let part = |name: &&str| columns.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    table.key.iter().map(part).collect()
}
