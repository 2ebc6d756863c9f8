//! Entering a batch on PostgreSQL: one statement for each table, written onto what was read.
//!
//! No lock is held while a batch is decided. Where another process came between, fewer accounts are written than
//! planned; then nothing is kept and the batch is decided anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use claim::PersonId;
use sqlx::{Connection, PgConnection};

use super::change::{Done, Entry, Sought};
use super::error::AccountError;
use super::plan::{HoldKey, Known, Plan, holders_of, holds_of, plan, sought_by};
use super::rows::{
    AccountRow, AccountState, Hold, HoldRow, Movement, MovementRow, account_from, hold_from, movement_from,
};

const RACES_MAX: usize = 64;

const READ_ACCOUNTS: &str = "
    SELECT person_id, revision, sequence, balance_fen, held_fen, closed_time
    FROM account WHERE person_id = ANY($1::text[])";
/// Sub-selects of each key leave the planner no other way than by the key: the plan is kept, and may have been made while
/// the tables were empty.
const READ_HOLDS: &str = "
    SELECT h.person_id, h.settlement_id, h.patient_id, h.amount_fen, h.state, h.expiry_time, h.recorded_time
    FROM unnest($1::text[], $2::text[]) AS asked (person_id, settlement_id)
    CROSS JOIN LATERAL (
        SELECT * FROM hold WHERE hold.person_id = asked.person_id AND hold.settlement_id = asked.settlement_id LIMIT 1
    ) AS h";
const READ_MOVEMENTS: &str = "
    SELECT m.person_id, m.sequence, m.kind, m.reference, m.request_id, m.amount_fen, m.balance_fen, m.other_person_id,
        m.recorded_time
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS asked (person_id, kind, reference, request_id)
    CROSS JOIN LATERAL (
        SELECT * FROM movement
        WHERE movement.person_id = asked.person_id AND movement.kind = asked.kind
            AND (movement.reference = asked.reference OR movement.request_id = asked.request_id)
        OFFSET 0
    ) AS m";
const WRITE_ACCOUNTS: &str = "
    INSERT INTO account (person_id, revision, revised_from, sequence, balance_fen, held_fen, closed_time)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::timestamptz[])
    ON CONFLICT (person_id) DO UPDATE SET revision = excluded.revision, revised_from = excluded.revised_from,
        sequence = excluded.sequence, balance_fen = excluded.balance_fen, held_fen = excluded.held_fen,
        closed_time = excluded.closed_time
    WHERE account.revision = excluded.revised_from";
const WRITE_MOVEMENTS: &str = "
    INSERT INTO movement (person_id, sequence, kind, reference, request_id, amount_fen, balance_fen, other_person_id,
        recorded_time)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
        $8::text[], $9::timestamptz[])";
const WRITE_HOLDS: &str = "
    INSERT INTO hold (person_id, settlement_id, patient_id, amount_fen, state, expiry_time, recorded_time)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[],
        $7::timestamptz[])
    ON CONFLICT (person_id, settlement_id) DO UPDATE SET state = excluded.state, recorded_time = excluded.recorded_time";

/// Enters a batch.
pub(crate) async fn enter(
    connection: &mut PgConnection,
    batch: &[Arc<Entry>],
) -> Result<Vec<Result<Done, AccountError>>, AccountError> {
    for _ in 0..RACES_MAX {
        // Accounts first: whoever changes a hold or a movement read later has changed its account's revision too.
        let accounts = read_accounts(connection, &holders_of(batch)).await?;
        let holds = read_holds(connection, &holds_of(batch)).await?;
        let movements = read_movements(connection, &sought_by(batch)).await?;
        let plan = plan(Known { accounts, holds, movements }, batch);
        if plan.accounts.is_empty() || write(connection, &plan).await? {
            return Ok(plan.answers);
        }
    }
    Err(AccountError::Contended)
}

async fn read_accounts(
    connection: &mut PgConnection,
    holders: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, AccountState>, AccountError> {
    let holders: Vec<&str> = holders.iter().map(PersonId::as_str).collect();
    let rows: Vec<AccountRow> = sqlx::query_as(READ_ACCOUNTS).bind(holders).fetch_all(connection).await?;
    Ok(rows.into_iter().map(account_from).collect::<Result<_, _>>()?)
}

async fn read_holds(
    connection: &mut PgConnection,
    keys: &BTreeSet<HoldKey>,
) -> Result<BTreeMap<HoldKey, Hold>, AccountError> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let holders: Vec<&str> = keys.iter().map(|(holder, _)| holder.as_str()).collect();
    let settlements: Vec<&str> = keys.iter().map(|(_, settlement)| settlement.as_str()).collect();
    let rows: Vec<HoldRow> = sqlx::query_as(READ_HOLDS).bind(holders).bind(settlements).fetch_all(connection).await?;
    let keyed = |hold: Hold| ((hold.person_id.clone(), hold.settlement_id.clone()), hold);
    Ok(rows.into_iter().map(|row| hold_from(row).map(keyed)).collect::<Result<_, _>>()?)
}

async fn read_movements(
    connection: &mut PgConnection,
    sought: &BTreeSet<Sought>,
) -> Result<Vec<Movement>, AccountError> {
    if sought.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<MovementRow> = sqlx::query_as(READ_MOVEMENTS)
        .bind(sought.iter().map(|of| of.person_id.as_str()).collect::<Vec<_>>())
        .bind(sought.iter().map(|of| of.kind.as_str()).collect::<Vec<_>>())
        .bind(sought.iter().map(|of| of.reference.as_str()).collect::<Vec<_>>())
        .bind(sought.iter().map(|of| of.request_id.as_str()).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(movement_from).collect::<Result<_, _>>()?)
}

/// Writes a plan as one transaction; `false` where another process came between and nothing was written.
async fn write(connection: &mut PgConnection, plan: &Plan) -> Result<bool, AccountError> {
    let mut transaction = connection.begin().await?;
    if !write_accounts(&mut transaction, plan).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    write_movements(&mut transaction, plan).await?;
    write_holds(&mut transaction, plan).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn write_accounts(connection: &mut PgConnection, plan: &Plan) -> Result<bool, AccountError> {
    let accounts = || plan.accounts.values().map(|(_, account)| account);
    let written = sqlx::query(WRITE_ACCOUNTS)
        .bind(plan.accounts.keys().map(PersonId::as_str).collect::<Vec<_>>())
        .bind(accounts().map(|account| account.revision).collect::<Vec<_>>())
        .bind(plan.accounts.values().map(|(decided_on, _)| *decided_on).collect::<Vec<_>>())
        .bind(accounts().map(|account| account.sequence).collect::<Vec<_>>())
        .bind(accounts().map(|account| account.balance.get()).collect::<Vec<_>>())
        .bind(accounts().map(|account| account.held.get()).collect::<Vec<_>>())
        .bind(accounts().map(|account| account.closed_time).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(usize::try_from(written.rows_affected()) == Ok(plan.accounts.len()))
}

async fn write_movements(connection: &mut PgConnection, plan: &Plan) -> Result<(), AccountError> {
    if plan.movements.is_empty() {
        return Ok(());
    }
    let movements = || plan.movements.iter();
    let other = |movement: &'_ Movement| movement.other_person_id.as_ref().map(ToString::to_string);
    sqlx::query(WRITE_MOVEMENTS)
        .bind(movements().map(|movement| movement.person_id.as_str()).collect::<Vec<_>>())
        .bind(movements().map(|movement| movement.sequence).collect::<Vec<_>>())
        .bind(movements().map(|movement| movement.kind.as_str()).collect::<Vec<_>>())
        .bind(movements().map(|movement| movement.reference.as_str()).collect::<Vec<_>>())
        .bind(movements().map(|movement| movement.request_id.as_str()).collect::<Vec<_>>())
        .bind(movements().map(|movement| movement.amount.get()).collect::<Vec<_>>())
        .bind(movements().map(|movement| movement.balance.get()).collect::<Vec<_>>())
        .bind(movements().map(other).collect::<Vec<_>>())
        .bind(movements().map(|movement| movement.recorded_time).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_holds(connection: &mut PgConnection, plan: &Plan) -> Result<(), AccountError> {
    if plan.holds.is_empty() {
        return Ok(());
    }
    let holds = || plan.holds.values();
    sqlx::query(WRITE_HOLDS)
        .bind(holds().map(|hold| hold.person_id.as_str()).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.settlement_id.as_str()).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.patient_id.as_str()).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.amount.get()).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.state.as_str()).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.expiry_time).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.recorded_time).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::Database;
    use store::testing::{TestStore, whole_reads};

    use super::*;
    use crate::AccountBook;

    #[tokio::test]
    async fn accounts_are_read_by_their_keys_even_where_the_plan_was_made_on_empty_tables() {
        let store = TestStore::postgres().await;
        let book = AccountBook::open(&store.location).await.unwrap();
        let Database::Postgres(pool) = &book.database else { panic!("accounts on PostgreSQL") };
        for (statement, keys) in [(READ_ACCOUNTS, 1), (READ_HOLDS, 2), (READ_MOVEMENTS, 4)] {
            let none = Vec::<String>::new();
            assert_eq!(whole_reads(pool, &vec!["text[]"; keys], statement).await.unwrap(), none, "{statement}");
        }
    }
}
