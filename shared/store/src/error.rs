//! Why a store could not do what it was asked: whether it may work later, or is a bug, or damage.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::postgres::PgDatabaseError;

/// Why a store could not do what it was asked. Cheap to clone, so that every item of a failed batch can have it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is busy, is shutting down or has no room; the same may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// The database refused a statement or answered what it must not: a bug.
    #[error("the store refused a statement")]
    Invariant(#[source] Arc<sqlx::Error>),
    /// What was read back is not what could have been written.
    #[error("the store holds what was never written: {0}")]
    Corrupt(Arc<str>),
    /// The tables could not be brought to the version that this program needs.
    #[error("the store could not be migrated")]
    Migration(#[source] Arc<sqlx::migrate::MigrateError>),
    /// The directory or a file in it could not be made or opened.
    #[error("{path} cannot be used as a store", path = path.display())]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// A service's name cannot name a schema and a file: lower-case letters, digits and dashes, a letter first.
    #[error("{0:?} cannot name a store")]
    Name(&'static str),
}

impl StoreError {
    /// What was read back cannot have been written.
    #[must_use]
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string().into())
    }

    /// Whether the same may succeed later without a change.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let damaged = matches!(&error, sqlx::Error::Database(answer) if is_damage(answer.as_ref()));
        if damaged || matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) {
            Self::corrupt(error)
        } else if is_unavailable(&error) {
            Self::Unavailable(Arc::new(error))
        } else {
            Self::Invariant(Arc::new(error))
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(Arc::new(error))
    }
}

/// Whether a row with the same key was there already.
#[must_use]
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|answer| matches!(answer.kind(), ErrorKind::UniqueViolation))
}

fn is_unavailable(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        Some(answer) => says_later(answer),
        None => matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
        ),
    }
}

fn says_later(answer: &dyn DatabaseError) -> bool {
    answer.try_downcast_ref::<PgDatabaseError>().map_or_else(
        || {
            matches!(
                sqlite_code(answer),
                Some(SQLITE_BUSY | SQLITE_LOCKED | SQLITE_IOERR | SQLITE_FULL | SQLITE_CANTOPEN)
            )
        },
        |answer| {
            let sqlstate = answer.code();
            // Connection, resources, operator intervention, lost races, locks, a standby that takes no writes.
            ["08", "53", "57", "58", "40", "55P03", "25006"].iter().any(|class| sqlstate.starts_with(class))
        },
    )
}

fn is_damage(answer: &dyn DatabaseError) -> bool {
    answer.try_downcast_ref::<PgDatabaseError>().map_or_else(
        || matches!(sqlite_code(answer), Some(SQLITE_CORRUPT | SQLITE_NOTADB)),
        |answer| answer.code().starts_with("XX"),
    )
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_IOERR: u32 = 10;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_NOTADB: u32 = 26;
const SQLITE_PRIMARY_CODE_MASK: u32 = 0xff;

fn sqlite_code(answer: &dyn DatabaseError) -> Option<u32> {
    let extended: u32 = answer.code()?.parse().ok()?;
    Some(extended & SQLITE_PRIMARY_CODE_MASK)
}
