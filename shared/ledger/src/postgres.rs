//! Reading and posting on PostgreSQL: one statement for any number of rows, and no lock before the write.
//!
//! A batch is planned from a plain read and written only onto what was read. Where another process came between, fewer
//! rows are written than planned; then nothing is kept and the batch is planned anew.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use claim::{CounterKey, CounterName, EntryId, PersonId};
use money::Fen;
use sqlx::PgConnection;
use sqlx::postgres::PgPool;
use store::StoreError;

use crate::booking::{Booking, Digest};
use crate::page::digest_from;
use crate::plan::{Held, PersonCounter, PersonEntry, Plan, counters_of, entries_of, plan};
use crate::{LedgerError, PostOutcome};

const RACES_MAX: usize = 16;

const READ_COUNTERS: &str = "
    SELECT c.person_id, c.benefit_year, c.counter, c.value_fen
    FROM unnest($1::text[], $2::int[], $3::text[]) AS asked (person_id, benefit_year, counter)
    JOIN counter AS c USING (person_id, benefit_year, counter)";

const READ_POSTED: &str = "
    SELECT p.person_id, p.entry_id, p.digest
    FROM unnest($1::text[], $2::text[]) AS asked (person_id, entry_id)
    JOIN posted AS p USING (person_id, entry_id)";

const WRITE_POSTED: &str = "
    INSERT INTO posted (person_id, entry_id, digest, recorded_time)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])
    ON CONFLICT (person_id, entry_id) DO NOTHING";

const WRITE_COUNTERS: &str = "
    INSERT INTO counter (person_id, benefit_year, counter, value_fen, moved_from_fen)
    SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::bigint[])
    ON CONFLICT (person_id, benefit_year, counter)
    DO UPDATE SET value_fen = excluded.value_fen, moved_from_fen = excluded.moved_from_fen
    WHERE counter.value_fen = excluded.moved_from_fen";

const WRITE_POSTINGS: &str = "
    INSERT INTO posting (person_id, entry_id, settlement_id, fund, paid_fen, recorded_time)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])";

/// Where the asked counters stand, all at one moment; those that were never moved are left out.
pub(crate) async fn read(
    pool: &PgPool,
    asked: &BTreeSet<PersonCounter>,
) -> Result<HashMap<PersonCounter, Fen>, LedgerError> {
    let persons: Vec<&str> = asked.iter().map(|(person_id, _)| person_id.as_str()).collect();
    let years: Vec<i32> = asked.iter().map(|(_, key)| key.benefit_year).collect();
    let names: Vec<&str> = asked.iter().map(|(_, key)| key.name.as_str()).collect();
    let rows: Vec<(String, i32, String, i64)> =
        sqlx::query_as(READ_COUNTERS).bind(persons).bind(years).bind(names).fetch_all(pool).await?;
    let counter = |(person_id, benefit_year, name, value_fen): (String, i32, String, i64)| {
        let person_id = PersonId::new(&person_id).map_err(StoreError::corrupt)?;
        Ok(((person_id, CounterKey { name: CounterName::new(&name), benefit_year }), Fen::new(value_fen)))
    };
    rows.into_iter().map(counter).collect()
}

/// Books a batch.
pub(crate) async fn post(
    pool: &PgPool,
    batch: &[Arc<Booking>],
) -> Result<Vec<Result<PostOutcome, LedgerError>>, LedgerError> {
    for _ in 0..RACES_MAX {
        // In this order: whoever moved a counter that was read here has its settlement among those read next, so a
        // settlement that another process books meanwhile is found booked and never taken for a mismatch.
        let counters = read(pool, &counters_of(batch)).await?;
        let posted = read_posted(pool, &entries_of(batch)).await?;
        let plan = plan(Held { counters, posted }, batch);
        if plan.bookings.is_empty() || write(pool, &plan).await? {
            return Ok(plan.answers);
        }
    }
    Err(LedgerError::Contended)
}

async fn read_posted(
    pool: &PgPool,
    asked: &BTreeSet<PersonEntry>,
) -> Result<HashMap<PersonEntry, Digest>, LedgerError> {
    let persons: Vec<&str> = asked.iter().map(|(person_id, _)| person_id.as_str()).collect();
    let entries: Vec<&str> = asked.iter().map(|(_, entry_id)| entry_id.as_str()).collect();
    let rows: Vec<(String, String, Vec<u8>)> =
        sqlx::query_as(READ_POSTED).bind(persons).bind(entries).fetch_all(pool).await?;
    let posted = |(person_id, entry_id, digest): (String, String, Vec<u8>)| {
        let person_id = PersonId::new(&person_id).map_err(StoreError::corrupt)?;
        let entry_id = EntryId::new(&entry_id).map_err(StoreError::corrupt)?;
        Ok(((person_id, entry_id), digest_from(&digest)?))
    };
    rows.into_iter().map(posted).collect()
}

/// Writes a plan as one transaction; `false` where another process came between and nothing was written.
async fn write(pool: &PgPool, plan: &Plan) -> Result<bool, LedgerError> {
    let mut transaction = pool.begin().await?;
    if write_posted(&mut transaction, plan).await? && write_counters(&mut transaction, plan).await? {
        write_postings(&mut transaction, plan).await?;
        transaction.commit().await?;
        Ok(true)
    } else {
        transaction.rollback().await?;
        Ok(false)
    }
}

async fn write_posted(connection: &mut PgConnection, plan: &Plan) -> Result<bool, LedgerError> {
    let bookings = || plan.bookings.values();
    let written = sqlx::query(WRITE_POSTED)
        .bind(bookings().map(|booking| booking.person_id.as_str()).collect::<Vec<_>>())
        .bind(bookings().map(|booking| booking.entry_id.as_str()).collect::<Vec<_>>())
        .bind(bookings().map(|booking| booking.digest.as_slice()).collect::<Vec<_>>())
        .bind(bookings().map(|booking| booking.recorded_time).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(usize::try_from(written.rows_affected()) == Ok(plan.bookings.len()))
}

async fn write_counters(connection: &mut PgConnection, plan: &Plan) -> Result<bool, LedgerError> {
    if plan.counters.is_empty() {
        return Ok(true);
    }
    let counters = || plan.counters.iter();
    let written = sqlx::query(WRITE_COUNTERS)
        .bind(counters().map(|((person_id, _), _)| person_id.as_str()).collect::<Vec<_>>())
        .bind(counters().map(|((_, key), _)| key.benefit_year).collect::<Vec<_>>())
        .bind(counters().map(|((_, key), _)| key.name.as_str()).collect::<Vec<_>>())
        .bind(counters().map(|(_, moved)| moved.to.get()).collect::<Vec<_>>())
        .bind(counters().map(|(_, moved)| moved.from.get()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(usize::try_from(written.rows_affected()) == Ok(plan.counters.len()))
}

async fn write_postings(connection: &mut PgConnection, plan: &Plan) -> Result<(), LedgerError> {
    let postings: Vec<_> =
        plan.bookings.values().flat_map(|booking| booking.paid.iter().map(move |paid| (booking, paid))).collect();
    if postings.is_empty() {
        return Ok(());
    }
    sqlx::query(WRITE_POSTINGS)
        .bind(postings.iter().map(|(booking, _)| booking.person_id.as_str()).collect::<Vec<_>>())
        .bind(postings.iter().map(|(booking, _)| booking.entry_id.as_str()).collect::<Vec<_>>())
        .bind(postings.iter().map(|(_, ((settlement_id, _), _))| settlement_id.as_str()).collect::<Vec<_>>())
        .bind(postings.iter().map(|(_, ((_, fund), _))| fund.as_str()).collect::<Vec<_>>())
        .bind(postings.iter().map(|(_, (_, paid))| paid.get()).collect::<Vec<_>>())
        .bind(postings.iter().map(|(booking, _)| booking.recorded_time).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
