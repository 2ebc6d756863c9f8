//! Reading and posting on SQLite: one statement for any number of rows, since each costs two switches of threads.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use claim::{CounterKey, CounterName, EntryId, PersonId};
use money::Fen;
use sqlx::{Connection, QueryBuilder, SqliteConnection};
use store::{StoreError, begin_write};

use crate::booking::{Booking, Digest};
use crate::page::digest_from;
use crate::plan::{Held, PersonCounter, PersonEntry, Plan, PlannedPosting, counters_of, entries_of, plan};
use crate::{LedgerError, PostOutcome};

/// Rows of one statement; the widest has eight columns and SQLite binds 32,766 values.
const ROWS_MAX: usize = 1_000;

/// Where the asked counters stand, all at one moment; those that were never moved are left out.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    asked: &BTreeSet<PersonCounter>,
) -> Result<HashMap<PersonCounter, Fen>, LedgerError> {
    let mut transaction = connection.begin().await?;
    let counters = read_counters(&mut transaction, asked).await?;
    transaction.commit().await?;
    Ok(counters)
}

/// Books a batch. The write lock is held from the first read on, so nobody comes between.
pub(crate) async fn post(
    connection: &mut SqliteConnection,
    batch: &[Arc<Booking>],
) -> Result<Vec<Result<PostOutcome, LedgerError>>, LedgerError> {
    let mut transaction = begin_write(connection).await?;
    let held = Held {
        counters: read_counters(&mut transaction, &counters_of(batch)).await?,
        posted: read_posted(&mut transaction, &entries_of(batch)).await?,
    };
    let plan = plan(held, batch);
    write(&mut transaction, &plan).await?;
    transaction.commit().await?;
    Ok(plan.answers)
}

async fn read_counters(
    connection: &mut SqliteConnection,
    asked: &BTreeSet<PersonCounter>,
) -> Result<HashMap<PersonCounter, Fen>, LedgerError> {
    let mut counters = HashMap::with_capacity(asked.len());
    // A person has few counters in a year, so years are read whole.
    let years: BTreeSet<_> = asked.iter().map(|(person, key)| (person.as_str(), key.benefit_year)).collect();
    for years in chunks(&years) {
        let mut query = QueryBuilder::new("WITH asked (person_id, benefit_year) AS (");
        query.push_values(years, |mut row, (person_id, benefit_year)| {
            row.push_bind(*person_id).push_bind(*benefit_year);
        });
        query.push(
            ") SELECT counter.person_id, counter.benefit_year, counter.counter, counter.value_fen
            FROM asked JOIN counter USING (person_id, benefit_year)",
        );
        let rows: Vec<(String, i32, String, i64)> = query.build_query_as().fetch_all(&mut *connection).await?;
        for (person_id, benefit_year, name, value_fen) in rows {
            let person_id = PersonId::new(&person_id).map_err(StoreError::corrupt)?;
            let counter = (person_id, CounterKey { name: CounterName::new(&name), benefit_year });
            if asked.contains(&counter) {
                counters.insert(counter, Fen::new(value_fen));
            }
        }
    }
    Ok(counters)
}

async fn read_posted(
    connection: &mut SqliteConnection,
    asked: &BTreeSet<PersonEntry>,
) -> Result<HashMap<PersonEntry, Digest>, LedgerError> {
    let mut posted = HashMap::new();
    for entries in chunks(asked) {
        let mut query = QueryBuilder::new("WITH asked (person_id, entry_id) AS (");
        query.push_values(entries, |mut row, (person_id, entry_id)| {
            row.push_bind(person_id.as_str()).push_bind(entry_id.as_str());
        });
        query.push(
            ") SELECT posting.person_id, posting.entry_id, posting.digest
            FROM asked JOIN posting USING (person_id, entry_id) WHERE posting.number = 0",
        );
        let rows: Vec<(String, String, Vec<u8>)> = query.build_query_as().fetch_all(&mut *connection).await?;
        for (person_id, entry_id, digest) in rows {
            let person_id = PersonId::new(&person_id).map_err(StoreError::corrupt)?;
            let entry_id = EntryId::new(&entry_id).map_err(StoreError::corrupt)?;
            posted.insert((person_id, entry_id), digest_from(&digest)?);
        }
    }
    Ok(posted)
}

async fn write(connection: &mut SqliteConnection, plan: &Plan) -> Result<(), LedgerError> {
    for postings in chunks(plan.postings()) {
        let mut query = QueryBuilder::new(
            "INSERT INTO posting
                (person_id, entry_id, number, digest, settlement_id, fund, paid_fen, recorded_time) ",
        );
        query.push_values(postings, |mut row, posting| {
            let PlannedPosting { booking, number, paid } = posting;
            row.push_bind(booking.person_id.as_str()).push_bind(booking.entry_id.as_str());
            row.push_bind(number).push_bind(posting.digest());
            row.push_bind(paid.map(|(settlement_id, _, _)| settlement_id.as_str()));
            row.push_bind(paid.map(|(_, fund, _)| fund.as_str())).push_bind(paid.map(|(_, _, paid)| paid.get()));
            row.push_bind(booking.recorded_time);
        });
        query.build().execute(&mut *connection).await?;
    }
    for counters in chunks(&plan.counters) {
        let mut query =
            QueryBuilder::new("INSERT INTO counter (person_id, benefit_year, counter, value_fen, moved_from_fen) ");
        query.push_values(counters, |mut row, ((person_id, key), moved)| {
            row.push_bind(person_id.as_str()).push_bind(key.benefit_year).push_bind(key.name.as_str());
            row.push_bind(moved.to.get()).push_bind(moved.from.get());
        });
        query.push(
            " ON CONFLICT (person_id, benefit_year, counter)
            DO UPDATE SET value_fen = excluded.value_fen, moved_from_fen = excluded.moved_from_fen",
        );
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Rows for as many statements as it takes to keep each within what SQLite lets a statement bind.
fn chunks<T>(rows: impl IntoIterator<Item = T>) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || Some(rows.by_ref().take(ROWS_MAX).collect::<Vec<_>>()).filter(|rows| !rows.is_empty()))
}
