//! Reading and posting on SQLite: single-row statements in one transaction.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use claim::{CounterKey, CounterName, PersonId};
use money::Fen;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;
use store::begin_write;

use crate::booking::Booking;
use crate::page::digest_from;
use crate::plan::{Held, PersonCounter, PersonEntry, Plan, counters_of, entries_of, plan};
use crate::{LedgerError, PostOutcome};

/// Where the asked counters stand, all at one moment; those that were never moved are left out.
pub(crate) async fn read(
    pool: &SqlitePool,
    asked: &BTreeSet<PersonCounter>,
) -> Result<HashMap<PersonCounter, Fen>, LedgerError> {
    let mut transaction = pool.begin().await?;
    let counters = read_counters(&mut transaction, asked).await?;
    transaction.commit().await?;
    Ok(counters)
}

/// Books a batch. The write lock is held from the first read on, so nobody comes between.
pub(crate) async fn post(
    pool: &SqlitePool,
    batch: &[Arc<Booking>],
) -> Result<Vec<Result<PostOutcome, LedgerError>>, LedgerError> {
    let mut transaction = begin_write(pool).await?;
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
    // A person has few counters in a year, so reading the year costs less than one statement a counter.
    let years: BTreeSet<(&PersonId, i32)> = asked.iter().map(|(person, key)| (person, key.benefit_year)).collect();
    let mut counters = HashMap::with_capacity(asked.len());
    for (person_id, benefit_year) in years {
        let year = "SELECT counter, value_fen FROM counter WHERE person_id = $1 AND benefit_year = $2";
        let rows: Vec<(String, i64)> =
            sqlx::query_as(year).bind(person_id.as_str()).bind(benefit_year).fetch_all(&mut *connection).await?;
        for (name, value_fen) in rows {
            let counter = (person_id.clone(), CounterKey { name: CounterName::new(&name), benefit_year });
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
) -> Result<HashMap<PersonEntry, crate::booking::Digest>, LedgerError> {
    let mut posted = HashMap::new();
    for entry in asked {
        let (person_id, entry_id) = entry;
        let digest: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT digest FROM posted WHERE person_id = $1 AND entry_id = $2")
                .bind(person_id.as_str())
                .bind(entry_id.as_str())
                .fetch_optional(&mut *connection)
                .await?;
        if let Some(digest) = digest {
            posted.insert(entry.clone(), digest_from(&digest)?);
        }
    }
    Ok(posted)
}

async fn write(connection: &mut SqliteConnection, plan: &Plan) -> Result<(), LedgerError> {
    for booking in plan.bookings.values() {
        sqlx::query("INSERT INTO posted (person_id, entry_id, digest, recorded_time) VALUES ($1, $2, $3, $4)")
            .bind(booking.person_id.as_str())
            .bind(booking.entry_id.as_str())
            .bind(booking.digest.as_slice())
            .bind(booking.recorded_time)
            .execute(&mut *connection)
            .await?;
        for ((settlement_id, fund), paid) in &booking.paid {
            let posting = "INSERT INTO posting (person_id, entry_id, settlement_id, fund, paid_fen, recorded_time) \
                           VALUES ($1, $2, $3, $4, $5, $6)";
            sqlx::query(posting)
                .bind(booking.person_id.as_str())
                .bind(booking.entry_id.as_str())
                .bind(settlement_id.as_str())
                .bind(fund.as_str())
                .bind(paid.get())
                .bind(booking.recorded_time)
                .execute(&mut *connection)
                .await?;
        }
    }
    for ((person_id, key), moved) in &plan.counters {
        let counter = "INSERT INTO counter (person_id, benefit_year, counter, value_fen, moved_from_fen) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person_id, benefit_year, counter) \
                       DO UPDATE SET value_fen = excluded.value_fen, moved_from_fen = excluded.moved_from_fen";
        sqlx::query(counter)
            .bind(person_id.as_str())
            .bind(key.benefit_year)
            .bind(key.name.as_str())
            .bind(moved.to.get())
            .bind(moved.from.get())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
