//! SQLite with nothing around it: one small row a transaction, with the durability of the embedded store.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rust_decimal::Decimal;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::figure::rate;

/// Statements in one call, each a transaction of its own: the call's own cost is not what is measured.
const STATEMENTS: usize = 200;
const INSERT: &str = "INSERT INTO small (text) VALUES ('one small row');\n";

/// The loop on a file of its own.
#[derive(Debug)]
pub(crate) struct BareLoop {
    pool: SqlitePool,
    statements: String,
}

impl BareLoop {
    /// Makes the file.
    ///
    /// # Errors
    /// A directory that cannot be used.
    pub(crate) async fn prepare(directory: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(directory.join("bare.sqlite3"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        sqlx::query("CREATE TABLE small (id INTEGER PRIMARY KEY, text TEXT NOT NULL)").execute(&pool).await?;
        Ok(Self { pool, statements: INSERT.repeat(STATEMENTS) })
    }

    /// Commits for as long as `duration`; answers commits a second.
    ///
    /// # Errors
    /// A write that fails.
    pub(crate) async fn measure(&self, duration: Duration) -> Result<Decimal> {
        let started = Instant::now();
        let mut commits = 0_u64;
        while started.elapsed() < duration {
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(self.statements.as_str())).execute(&self.pool).await?;
            commits = commits.saturating_add(done.rows_affected());
        }
        Ok(rate(commits, started.elapsed()))
    }
}
