//! Reading and posting on PostgreSQL: one statement for any number of rows, and no lock before the write.
//!
//! A batch is planned from a plain read and written only onto what was read. Where another process came between, fewer
//! rows are written than planned; then nothing is kept and the batch is planned anew.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use claim::{CounterKey, CounterName, EntryId, PersonId};
use money::Fen;
use sqlx::{AssertSqlSafe, PgConnection};
use store::StoreError;

use crate::booking::{Booking, Digest};
use crate::page::digest_from;
use crate::plan::{Held, PersonCounter, PersonEntry, Plan, PlannedPosting, counters_of, entries_of, plan};
use crate::{LedgerError, PostOutcome};

const RACES_MAX: usize = 16;

/// A sub-select of one row a key leaves the planner no other way than by the key: the plan is kept, and may have been
/// made while the table was empty.
const READ_COUNTERS: &str = "
    SELECT asked.person_id, asked.benefit_year, asked.counter, held.value_fen
    FROM unnest($1::text[], $2::int[], $3::text[]) AS asked (person_id, benefit_year, counter)
    CROSS JOIN LATERAL (
        SELECT value_fen FROM counter
        WHERE counter.person_id = asked.person_id AND counter.benefit_year = asked.benefit_year
            AND counter.counter = asked.counter
        LIMIT 1
    ) AS held";

const READ_POSTED: &str = "
    SELECT asked.person_id, asked.entry_id, held.digest
    FROM unnest($1::text[], $2::text[]) AS asked (person_id, entry_id)
    CROSS JOIN LATERAL (
        SELECT digest FROM posting
        WHERE posting.person_id = asked.person_id AND posting.entry_id = asked.entry_id AND posting.number = 0
        LIMIT 1
    ) AS held";

/// The parts of the one statement that writes a plan. A part that a plan has no rows for is left out of it, because each
/// of them costs as much to set up as several rows to write.
const POSTED: &str = "posted AS (
        INSERT INTO posting (person_id, entry_id, number, digest, settlement_id, fund, paid_fen, recorded_time)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::bigint[],
            $8::timestamptz[])
    )";
/// A counter that was inserted, which is one whose `xmax` is zero, must have been planned from zero.
const MOVED: &str = "moved AS (
        INSERT INTO counter (person_id, benefit_year, counter, value_fen, moved_from_fen)
        SELECT * FROM unnest($9::text[], $10::int[], $11::text[], $12::bigint[], $13::bigint[])
        ON CONFLICT (person_id, benefit_year, counter)
        DO UPDATE SET value_fen = excluded.value_fen, moved_from_fen = excluded.moved_from_fen
        WHERE counter.value_fen = excluded.moved_from_fen
        RETURNING counter.moved_from_fen = 0 OR counter.xmax <> 0 AS as_planned
    )";
const STRAYED: &str = "strayed AS (
        SELECT 1 FROM unnest($14::text[], $15::int[], $16::text[], $17::bigint[])
            AS still (person_id, benefit_year, counter, value_fen)
        LEFT JOIN LATERAL (
            SELECT counter.value_fen FROM counter
            WHERE counter.person_id = still.person_id AND counter.benefit_year = still.benefit_year
                AND counter.counter = still.counter
            LIMIT 1
        ) AS held ON TRUE
        WHERE coalesce(held.value_fen, 0) <> still.value_fen
    )";

/// All of a plan or nothing: where an entry is booked already, its key is taken and the statement fails; where fewer
/// counters move than planned, the division fails and with it the statement.
fn write_of(plan: &Plan) -> String {
    let mut parts = vec![POSTED];
    let mut holds = vec!["TRUE"];
    if !plan.counters.is_empty() {
        parts.push(MOVED);
        holds.push("(SELECT count(*) FROM moved WHERE as_planned) = cardinality($9::text[])");
    }
    if !plan.still.is_empty() {
        parts.push(STRAYED);
        holds.push("NOT EXISTS (SELECT 1 FROM strayed)");
    }
    format!("WITH {} SELECT 1 / CASE WHEN {} THEN 1 ELSE 0 END", parts.join(", "), holds.join(" AND "))
}

/// What PostgreSQL calls a key that is taken, and the division.
const NOT_AS_PLANNED: [&str; 2] = ["23505", "22012"];

/// Where the asked counters stand, all at one moment; those that were never moved are left out.
pub(crate) async fn read(
    connection: &mut PgConnection,
    asked: &BTreeSet<PersonCounter>,
) -> Result<HashMap<PersonCounter, Fen>, LedgerError> {
    let persons: Vec<&str> = asked.iter().map(|(person_id, _)| person_id.as_str()).collect();
    let years: Vec<i32> = asked.iter().map(|(_, key)| key.benefit_year).collect();
    let names: Vec<&str> = asked.iter().map(|(_, key)| key.name.as_str()).collect();
    let rows: Vec<(String, i32, String, i64)> =
        sqlx::query_as(READ_COUNTERS).bind(persons).bind(years).bind(names).fetch_all(connection).await?;
    let counter = |(person_id, benefit_year, name, value_fen): (String, i32, String, i64)| {
        let person_id = PersonId::new(&person_id).map_err(StoreError::corrupt)?;
        Ok(((person_id, CounterKey { name: CounterName::new(&name), benefit_year }), Fen::new(value_fen)))
    };
    rows.into_iter().map(counter).collect()
}

/// Books a batch. Nearly always nothing of it was booked before and every counter stands where its booking says; then
/// one statement is all. Otherwise what is held is read first.
pub(crate) async fn post(
    connection: &mut PgConnection,
    batch: &[Arc<Booking>],
) -> Result<Vec<Result<PostOutcome, LedgerError>>, LedgerError> {
    let as_claimed = plan(Held::as_claimed(batch), batch);
    if as_claimed.books_all() && write(connection, &as_claimed).await? {
        return Ok(as_claimed.answers);
    }
    for _ in 0..RACES_MAX {
        // In this order: whoever moved a counter that was read here has its settlement among those read next, so a
        // settlement that another process books meanwhile is found booked and never taken for a mismatch.
        let counters = read(connection, &counters_of(batch)).await?;
        let posted = read_posted(connection, &entries_of(batch)).await?;
        let plan = plan(Held { counters, posted }, batch);
        if plan.bookings.is_empty() || write(connection, &plan).await? {
            return Ok(plan.answers);
        }
    }
    Err(LedgerError::Contended)
}

async fn read_posted(
    connection: &mut PgConnection,
    asked: &BTreeSet<PersonEntry>,
) -> Result<HashMap<PersonEntry, Digest>, LedgerError> {
    let persons: Vec<&str> = asked.iter().map(|(person_id, _)| person_id.as_str()).collect();
    let entries: Vec<&str> = asked.iter().map(|(_, entry_id)| entry_id.as_str()).collect();
    let rows: Vec<(String, String, Vec<u8>)> =
        sqlx::query_as(READ_POSTED).bind(persons).bind(entries).fetch_all(connection).await?;
    let posted = |(person_id, entry_id, digest): (String, String, Vec<u8>)| {
        let person_id = PersonId::new(&person_id).map_err(StoreError::corrupt)?;
        let entry_id = EntryId::new(&entry_id).map_err(StoreError::corrupt)?;
        Ok(((person_id, entry_id), digest_from(&digest)?))
    };
    rows.into_iter().map(posted).collect()
}

/// Writes a plan; `false` where the store does not hold what the plan was made from, and nothing was written.
async fn write(connection: &mut PgConnection, plan: &Plan) -> Result<bool, LedgerError> {
    let postings = plan.postings();
    let posted = || postings.iter();
    let paid = || posted().map(|posting| posting.paid);
    let counters = || plan.counters.iter();
    let still = || plan.still.iter();
    let written = sqlx::query(AssertSqlSafe(write_of(plan)))
        .bind(posted().map(|posting| posting.booking.person_id.as_str()).collect::<Vec<_>>())
        .bind(posted().map(|posting| posting.booking.entry_id.as_str()).collect::<Vec<_>>())
        .bind(posted().map(|posting| posting.number).collect::<Vec<_>>())
        .bind(posted().map(PlannedPosting::digest).collect::<Vec<_>>())
        .bind(paid().map(|paid| paid.map(|(settlement_id, _, _)| settlement_id.as_str())).collect::<Vec<_>>())
        .bind(paid().map(|paid| paid.map(|(_, fund, _)| fund.as_str())).collect::<Vec<_>>())
        .bind(paid().map(|paid| paid.map(|(_, _, paid)| paid.get())).collect::<Vec<_>>())
        .bind(posted().map(|posting| posting.booking.recorded_time).collect::<Vec<_>>())
        .bind(counters().map(|((person_id, _), _)| person_id.as_str()).collect::<Vec<_>>())
        .bind(counters().map(|((_, key), _)| key.benefit_year).collect::<Vec<_>>())
        .bind(counters().map(|((_, key), _)| key.name.as_str()).collect::<Vec<_>>())
        .bind(counters().map(|(_, moved)| moved.to.get()).collect::<Vec<_>>())
        .bind(counters().map(|(_, moved)| moved.from.get()).collect::<Vec<_>>())
        .bind(still().map(|((person_id, _), _)| person_id.as_str()).collect::<Vec<_>>())
        .bind(still().map(|((_, key), _)| key.benefit_year).collect::<Vec<_>>())
        .bind(still().map(|((_, key), _)| key.name.as_str()).collect::<Vec<_>>())
        .bind(still().map(|(_, value)| value.get()).collect::<Vec<_>>())
        .execute(connection)
        .await;
    match written {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(answer))
            if answer.code().is_some_and(|code| NOT_AS_PLANNED.contains(&code.as_ref())) =>
        {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use claim::{Adjudication, CounterMove, Fund, PayerId, SettlementId};
    use store::Database;
    use store::testing::{TestStore, whole_reads};

    use super::*;
    use crate::{Ledger, Post};

    /// A plan with rows for every part of the statement that writes it.
    fn whole_plan() -> Plan {
        let one_move = |name: &str, after| CounterMove {
            key: CounterKey { name: CounterName::new(name), benefit_year: 2025 },
            before: Fen::ZERO,
            after: Fen::new(after),
        };
        let mut adjudication = Adjudication::nothing(PayerId::new("payer").unwrap());
        adjudication.moves = vec![one_move("moved", 1), one_move("still", 0)];
        let mut booking = Booking::from(Post {
            person_id: PersonId::new("p").unwrap(),
            settlement_id: SettlementId::new("s").unwrap(),
            adjudication,
            recorded_time: chrono::DateTime::UNIX_EPOCH,
        });
        booking.paid.insert((SettlementId::new("s").unwrap(), Fund::BasicInpatient), Fen::new(1));
        let batch = [Arc::new(booking)];
        plan(Held::as_claimed(&batch), &batch)
    }

    #[tokio::test]
    async fn books_are_read_and_written_by_their_keys_even_where_the_plan_was_made_on_empty_tables() {
        let store = TestStore::postgres().await;
        let ledger = Ledger::open(&store.location, "basic-insurance").await.unwrap();
        let Database::Postgres(pool) = ledger.database() else { panic!("a ledger on PostgreSQL") };
        let none = Vec::<String>::new();
        assert_eq!(whole_reads(pool, &["text[]", "int[]", "text[]"], READ_COUNTERS).await.unwrap(), none);
        assert_eq!(whole_reads(pool, &["text[]", "text[]"], READ_POSTED).await.unwrap(), none);
        let types = [
            "text[]",
            "text[]",
            "bigint[]",
            "bytea[]",
            "text[]",
            "text[]",
            "bigint[]",
            "timestamptz[]",
            "text[]",
            "int[]",
            "text[]",
            "bigint[]",
            "bigint[]",
            "text[]",
            "int[]",
            "text[]",
            "bigint[]",
        ];
        let write = write_of(&whole_plan());
        for part in ["posted", "moved", "strayed"] {
            assert!(write.contains(&format!("{part} AS (")), "{write}");
        }
        assert_eq!(whole_reads(pool, &types, &write).await.unwrap(), none);
        ledger.close().await;
    }
}
