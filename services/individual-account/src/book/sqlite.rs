//! Entering a batch on SQLite: single-row statements in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use claim::PersonId;
use sqlx::SqliteConnection;
use store::begin_write;

use super::ACCOUNT;
use super::change::{Done, Entry, Sought};
use super::error::AccountError;
use super::plan::{HoldKey, Known, Plan, holders_of, holds_of, plan, sought_by};
use super::rows::{
    AccountRow, AccountState, Hold, HoldRow, Movement, MovementRow, account_from, hold_from, movement_from,
};

const HOLD: &str = "
    SELECT person_id, settlement_id, patient_id, amount_fen, state, expiry_time, recorded_time
    FROM hold WHERE person_id = $1 AND settlement_id = $2";
const SOUGHT: &str = "
    SELECT person_id, sequence, kind, reference, request_id, amount_fen, balance_fen, other_person_id, recorded_time
    FROM movement WHERE person_id = $1 AND kind = $2 AND (reference = $3 OR request_id = $4)";
const WRITE_ACCOUNT: &str = "
    INSERT INTO account (person_id, revision, revised_from, sequence, balance_fen, held_fen, closed_time)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (person_id) DO UPDATE SET revision = excluded.revision, revised_from = excluded.revised_from,
        sequence = excluded.sequence, balance_fen = excluded.balance_fen, held_fen = excluded.held_fen,
        closed_time = excluded.closed_time";
const WRITE_MOVEMENT: &str = "
    INSERT INTO movement (person_id, sequence, kind, reference, request_id, amount_fen, balance_fen, other_person_id,
        recorded_time)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const WRITE_HOLD: &str = "
    INSERT INTO hold (person_id, settlement_id, patient_id, amount_fen, state, expiry_time, recorded_time)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (person_id, settlement_id) DO UPDATE SET state = excluded.state, recorded_time = excluded.recorded_time";

/// Enters a batch. The write lock is held from the first read on, so nobody comes between.
pub(crate) async fn enter(
    connection: &mut SqliteConnection,
    batch: &[Arc<Entry>],
) -> Result<Vec<Result<Done, AccountError>>, AccountError> {
    let mut transaction = begin_write(connection).await?;
    let known = Known {
        accounts: read_accounts(&mut transaction, &holders_of(batch)).await?,
        holds: read_holds(&mut transaction, &holds_of(batch)).await?,
        movements: read_movements(&mut transaction, &sought_by(batch)).await?,
    };
    let plan = plan(known, batch);
    write(&mut transaction, &plan).await?;
    transaction.commit().await?;
    Ok(plan.answers)
}

async fn read_accounts(
    connection: &mut SqliteConnection,
    holders: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, AccountState>, AccountError> {
    let mut accounts = BTreeMap::new();
    for holder in holders {
        let row: Option<AccountRow> =
            sqlx::query_as(ACCOUNT).bind(holder.as_str()).fetch_optional(&mut *connection).await?;
        accounts.extend(row.map(account_from).transpose()?);
    }
    Ok(accounts)
}

async fn read_holds(
    connection: &mut SqliteConnection,
    keys: &BTreeSet<HoldKey>,
) -> Result<BTreeMap<HoldKey, Hold>, AccountError> {
    let mut holds = BTreeMap::new();
    for key in keys {
        let hold = sqlx::query_as(HOLD).bind(key.0.as_str()).bind(key.1.as_str());
        let row: Option<HoldRow> = hold.fetch_optional(&mut *connection).await?;
        if let Some(hold) = row.map(hold_from).transpose()? {
            holds.insert(key.clone(), hold);
        }
    }
    Ok(holds)
}

async fn read_movements(
    connection: &mut SqliteConnection,
    sought: &BTreeSet<Sought>,
) -> Result<Vec<Movement>, AccountError> {
    let mut movements = Vec::new();
    for Sought { person_id, kind, reference, request_id } in sought {
        let found = sqlx::query_as(SOUGHT).bind(person_id.as_str()).bind(kind.as_str()).bind(reference.as_str());
        let rows: Vec<MovementRow> = found.bind(request_id.as_str()).fetch_all(&mut *connection).await?;
        for row in rows {
            movements.push(movement_from(row)?);
        }
    }
    Ok(movements)
}

async fn write(connection: &mut SqliteConnection, plan: &Plan) -> Result<(), AccountError> {
    for (person_id, (decided_on, account)) in &plan.accounts {
        sqlx::query(WRITE_ACCOUNT)
            .bind(person_id.as_str())
            .bind(account.revision)
            .bind(*decided_on)
            .bind(account.sequence)
            .bind(account.balance.get())
            .bind(account.held.get())
            .bind(account.closed_time)
            .execute(&mut *connection)
            .await?;
    }
    for movement in &plan.movements {
        sqlx::query(WRITE_MOVEMENT)
            .bind(movement.person_id.as_str())
            .bind(movement.sequence)
            .bind(movement.kind.as_str())
            .bind(movement.reference.as_str())
            .bind(movement.request_id.as_str())
            .bind(movement.amount.get())
            .bind(movement.balance.get())
            .bind(movement.other_person_id.as_ref().map(PersonId::as_str))
            .bind(movement.recorded_time)
            .execute(&mut *connection)
            .await?;
    }
    for hold in plan.holds.values() {
        sqlx::query(WRITE_HOLD)
            .bind(hold.person_id.as_str())
            .bind(hold.settlement_id.as_str())
            .bind(hold.patient_id.as_str())
            .bind(hold.amount.get())
            .bind(hold.state.as_str())
            .bind(hold.expiry_time)
            .bind(hold.recorded_time)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
