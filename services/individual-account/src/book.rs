//! [`AccountBook`]: every individual account, its movements, its holds, and who may draw on it.
//!
//! Money that is held stays held until it is captured or given up: no clock frees it here. Whoever can tell that a
//! settlement will never be gives its holds up; [`AccountBook::expired_holds`] says which ones are due.

mod authorisation;
mod change;
mod check;
mod error;
mod plan;
mod postgres;
mod rows;
mod sqlite;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use claim::{EntryId, MovementKind, PersonId, RequestId, SettlementId};
use money::Fen;
use store::{
    BatchConnection, BatchLimits, Batcher, Database, Location, Migration, Migrations, StoreError, on_database,
};

pub use authorisation::Authorisation;
pub use change::{Closing, Credit, Done, Draws, Returns};
pub use check::{BookFault, Checked};
pub use error::AccountError;
pub use rows::{AccountState, Movement};

use change::{Change, Entry};
use rows::{AccountRow, MovementRow, account_from, movement_from, person};

/// How many movements or postings a page holds at most.
pub const PAGE_SIZE_MAX: u32 = 500;

const MIGRATIONS: Migrations = Migrations {
    sqlite: &[
        Migration { version: 1, name: "accounts", sql: include_str!("../migrations/sqlite/0001_accounts.sql") },
        Migration {
            version: 2,
            name: "closed_accounts",
            sql: include_str!("../migrations/sqlite/0002_closed_accounts.sql"),
        },
    ],
    postgres: &[
        Migration { version: 1, name: "accounts", sql: include_str!("../migrations/postgres/0001_accounts.sql") },
        Migration {
            version: 2,
            name: "closed_accounts",
            sql: include_str!("../migrations/postgres/0002_closed_accounts.sql"),
        },
    ],
};

const ACCOUNT: &str =
    "SELECT person_id, revision, sequence, balance_fen, held_fen, closed_time FROM account WHERE person_id = $1";
const MOVEMENTS: &str = "
    SELECT person_id, sequence, kind, reference, request_id, amount_fen, balance_fen, other_person_id, recorded_time
    FROM movement WHERE person_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3";
const MOVEMENT_OF: &str = "
    SELECT person_id, sequence, kind, reference, request_id, amount_fen, balance_fen, other_person_id, recorded_time
    FROM movement WHERE person_id = $1 AND kind = $2 AND request_id = $3";
const EXPIRED: &str = "
    SELECT DISTINCT patient_id, settlement_id FROM hold WHERE state = 'held' AND expiry_time <= $1 LIMIT $2";
const HOLDERS: &str = "SELECT person_id FROM hold WHERE patient_id = $1 AND settlement_id = $2 AND state = 'held'";
const POSTED: &str = "
    SELECT person_id, sequence, kind, reference, request_id, amount_fen, balance_fen, other_person_id, recorded_time
    FROM movement WHERE kind IN ('draw', 'return') AND COALESCE(other_person_id, person_id) = $1
    ORDER BY request_id DESC, reference DESC, person_id DESC";
const PATIENTS: &str = "
    SELECT DISTINCT COALESCE(other_person_id, person_id) AS patient_id FROM movement
    WHERE kind IN ('draw', 'return') AND COALESCE(other_person_id, person_id) > $1 ORDER BY patient_id LIMIT $2";

/// A hold whose time is over, by its settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredHold {
    /// Whose bill it was for.
    pub patient_id: PersonId,
    /// The settlement that never captured it.
    pub settlement_id: SettlementId,
}

/// What one settlement of a person took out of one account, or what an adjustment gave back of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// What was booked: the settlement itself, or the adjustment.
    pub entry_id: EntryId,
    /// The settlement.
    pub settlement_id: SettlementId,
    /// Whose account it is.
    pub holder: PersonId,
    /// How much was drawn; below zero: given back.
    pub amount: Fen,
    /// When it was booked.
    pub recorded_time: DateTime<Utc>,
}

/// Every individual account in one database. Cheap to clone; all clones share the connections and the batches.
#[derive(Clone, Debug)]
pub struct AccountBook {
    database: Database,
    changes: Batcher<Arc<Entry>, Done, AccountError>,
}

impl AccountBook {
    /// Opens the accounts at `location`; makes the book where there is none yet.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let database = Database::open(location, "individual-account", &MIGRATIONS).await?;
        let (name, limits) = ("individual-account.changes", BatchLimits::default());
        let changes = Batcher::start_on(&database, name, limits, |connection, batch: Vec<Arc<Entry>>| {
            Box::pin(async move {
                match connection {
                    BatchConnection::Sqlite(connection) => sqlite::enter(connection, &batch).await,
                    BatchConnection::Postgres(connection) => postgres::enter(connection, &batch).await,
                }
            })
        });
        Ok(Self { database, changes })
    }

    /// Puts money into an account.
    ///
    /// # Errors
    /// A closed account, a period that another request credited, a request that was used before with another content,
    /// overload, or the store.
    pub async fn credit(&self, credit: Credit, now: DateTime<Utc>) -> Result<Done, AccountError> {
        self.enter(Change::Credit(credit), now).await
    }

    /// Holds money for a settlement until `expiry_time` at least: in every account, or in none of them.
    ///
    /// # Errors
    /// A hold of the settlement that has ended or has another content, overload, or the store.
    pub async fn hold(
        &self,
        draws: Draws,
        expiry_time: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Done, AccountError> {
        self.enter(Change::Hold { draws, expiry_time }, now).await
    }

    /// Takes out what a settlement holds, however late it is.
    ///
    /// # Errors
    /// A settlement that does not hold it, overload, or the store.
    pub async fn capture(&self, draws: Draws, now: DateTime<Utc>) -> Result<Done, AccountError> {
        self.enter(Change::Capture(draws), now).await
    }

    /// Gives up what a settlement that will never be holds. What was captured stays captured.
    ///
    /// # Errors
    /// Overload, or the store.
    pub async fn void(
        &self,
        patient_id: &PersonId,
        settlement_id: &SettlementId,
        now: DateTime<Utc>,
    ) -> Result<Done, AccountError> {
        let rows: Vec<(String,)> = on_database!(&self.database, |pool| {
            let holders = sqlx::query_as(HOLDERS).bind(patient_id.as_str()).bind(settlement_id.as_str());
            holders.fetch_all(pool).await?
        });
        let holders = rows.iter().map(|(holder,)| person(holder)).collect::<Result<Vec<_>, _>>()?;
        if holders.is_empty() {
            return Ok(Done::Before);
        }
        self.enter(Change::Void { settlement_id: settlement_id.clone(), holders }, now).await
    }

    /// Gives back what settlements drew: to every account, or to none of them.
    ///
    /// # Errors
    /// More than a settlement drew on an account, an adjustment that was booked with another content, overload, or the
    /// store.
    pub async fn give_back(&self, returns: Returns, now: DateTime<Utc>) -> Result<Done, AccountError> {
        self.enter(Change::Return(returns), now).await
    }

    /// Empties an account and closes it: the balance is paid out or goes to an heir's account. A closed account is
    /// emptied again of what came back to it since.
    ///
    /// # Errors
    /// No account, a closed one with nothing in it, money that is held, overload, or the store.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第二十条.
    pub async fn close_account(&self, closing: Closing, now: DateTime<Utc>) -> Result<Done, AccountError> {
        self.enter(Change::Close(closing), now).await
    }

    /// Where an account stands; `None` where the person has none.
    ///
    /// # Errors
    /// The store.
    pub async fn account(&self, person_id: &PersonId) -> Result<Option<AccountState>, AccountError> {
        let row: Option<AccountRow> = on_database!(&self.database, |pool| {
            sqlx::query_as(ACCOUNT).bind(person_id.as_str()).fetch_optional(pool).await?
        });
        Ok(row.map(account_from).transpose()?.map(|(_, account)| account))
    }

    /// An account's movements before a number, newest first, at most `count`.
    ///
    /// # Errors
    /// The store.
    pub async fn movements(
        &self,
        person_id: &PersonId,
        before_sequence: i64,
        count: u32,
    ) -> Result<Vec<Movement>, AccountError> {
        let rows: Vec<MovementRow> = on_database!(&self.database, |pool| {
            let page = sqlx::query_as(MOVEMENTS).bind(person_id.as_str()).bind(before_sequence);
            page.bind(i64::from(count)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(movement_from).collect::<Result<_, _>>()?)
    }

    /// The movement of one kind that a request made in an account.
    ///
    /// # Errors
    /// The store.
    pub async fn movement_of(
        &self,
        person_id: &PersonId,
        kind: MovementKind,
        request_id: &RequestId,
    ) -> Result<Option<Movement>, AccountError> {
        let row: Option<MovementRow> = on_database!(&self.database, |pool| {
            let movement = sqlx::query_as(MOVEMENT_OF).bind(person_id.as_str()).bind(kind.as_str());
            movement.bind(request_id.as_str()).fetch_optional(pool).await?
        });
        Ok(row.map(movement_from).transpose()?)
    }

    /// What a person's settlements took out of accounts and adjustments gave back, whoever's the accounts are; newest
    /// entries first.
    ///
    /// # Errors
    /// The store.
    pub async fn drawn_for(&self, patient_id: &PersonId) -> Result<Vec<Drawn>, AccountError> {
        let rows: Vec<MovementRow> = on_database!(&self.database, |pool| {
            sqlx::query_as(POSTED).bind(patient_id.as_str()).fetch_all(pool).await?
        });
        let drawn = |row| {
            let movement = movement_from(row)?;
            Ok(Drawn {
                entry_id: EntryId::new(&movement.request_id).map_err(StoreError::corrupt)?,
                settlement_id: SettlementId::new(&movement.reference).map_err(StoreError::corrupt)?,
                holder: movement.person_id,
                amount: Fen::ZERO - movement.amount,
                recorded_time: movement.recorded_time,
            })
        };
        rows.into_iter().map(drawn).collect()
    }

    /// Persons for whose settlements accounts were drawn on, after `after` in the order of their ids, at most `count`.
    ///
    /// # Errors
    /// The store.
    pub async fn patients(&self, after: Option<&PersonId>, count: u32) -> Result<Vec<PersonId>, AccountError> {
        let after = after.map_or("", PersonId::as_str);
        let rows: Vec<(String,)> = on_database!(&self.database, |pool| {
            sqlx::query_as(PATIENTS).bind(after).bind(i64::from(count)).fetch_all(pool).await?
        });
        Ok(rows.iter().map(|(patient,)| person(patient)).collect::<Result<_, _>>()?)
    }

    /// Holds whose time is over at `now`, at most `count` settlements.
    ///
    /// # Errors
    /// The store.
    pub async fn expired_holds(&self, now: DateTime<Utc>, count: u32) -> Result<Vec<ExpiredHold>, AccountError> {
        let rows: Vec<(String, String)> = on_database!(&self.database, |pool| {
            sqlx::query_as(EXPIRED).bind(now.trunc_subsecs(6)).bind(i64::from(count)).fetch_all(pool).await?
        });
        let hold = |(patient_id, settlement_id): (String, String)| {
            let settlement_id = SettlementId::new(&settlement_id).map_err(StoreError::corrupt)?;
            Ok(ExpiredHold { patient_id: person(&patient_id)?, settlement_id })
        };
        rows.into_iter().map(hold).collect()
    }

    /// The database, for who may draw on whose account.
    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// Closes the connections. What was entered before is kept; what comes after fails.
    pub async fn close(&self) {
        self.database.close().await;
    }

    async fn enter(&self, change: Change, now: DateTime<Utc>) -> Result<Done, AccountError> {
        let entry = Entry { change: change.in_microseconds(), recorded_time: now.trunc_subsecs(6) };
        Ok(self.changes.submit(Arc::new(entry)).await?)
    }
}
