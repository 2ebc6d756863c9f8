//! The few statements of the register on either kind of database: select by keys, and write many rows at once.

use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, SqliteConnection};
use store::{BatchConnection, StoreError};

use crate::tables::{Table, postgres_type};

/// A connection, within a transaction or not.
#[derive(Debug)]
pub(crate) enum Session<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// Runs `$body` with a [`Session`] on a connection of `$database`.
macro_rules! with_session {
    ($database:expr, |$session:ident| $body:expr) => {
        store::on_database!($database, |pool| {
            let mut connection = pool.acquire().await?;
            let $session = &mut $crate::session::Session::from(&mut *connection);
            $body
        })
    };
}

pub(crate) use with_session;

/// As [`with_session!`], on a connection that is closed afterwards: what was put aside there, and a transaction that
/// was not committed, end with it.
macro_rules! with_own_session {
    ($database:expr, |$session:ident| $body:expr) => {
        store::on_database!($database, |pool| {
            let mut connection = pool.acquire().await?;
            connection.close_on_drop();
            let $session = &mut $crate::session::Session::from(&mut *connection);
            $body
        })
    };
}

pub(crate) use with_own_session;

impl<'a> From<&'a mut SqliteConnection> for Session<'a> {
    fn from(connection: &'a mut SqliteConnection) -> Self {
        Self::Sqlite(connection)
    }
}

impl<'a> From<&'a mut PgConnection> for Session<'a> {
    fn from(connection: &'a mut PgConnection) -> Self {
        Self::Postgres(connection)
    }
}

impl<'a> From<BatchConnection<'a>> for Session<'a> {
    fn from(connection: BatchConnection<'a>) -> Self {
        match connection {
            BatchConnection::Sqlite(connection) => Self::Sqlite(connection),
            BatchConnection::Postgres(connection) => Self::Postgres(connection),
        }
    }
}

/// A select whose rows are found by any of a list of keys: its text in both dialects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SelectByKeys {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// Puts a select together from parts, each of which ends where its keys are asked for.
macro_rules! select_by_keys {
    ($($part:literal),+ $(,)?) => {
        $crate::session::SelectByKeys {
            sqlite: concat!($($part, " IN (SELECT value FROM json_each($1)) "),+),
            postgres: concat!($($part, " = ANY($1) "),+),
        }
    };
}

pub(crate) use select_by_keys;

impl Session<'_> {
    /// The rows of any of `keys`.
    pub(crate) async fn select<R>(&mut self, select: SelectByKeys, keys: &[&str]) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let rows = match self {
            Self::Sqlite(connection) => {
                let keys = Value::from(keys).to_string();
                sqlx::query_as(select.sqlite).bind(keys).fetch_all(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                sqlx::query_as(select.postgres).bind(keys).fetch_all(&mut **connection).await?
            }
        };
        Ok(rows)
    }

    /// Writes rows, each an object of all columns of `table`, in the place of rows with the same key. No key may be
    /// among them twice.
    pub(crate) async fn upsert(&mut self, table: &Table, mut rows: Vec<Value>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let source = |column: &&str| format!("value->>'{column}'");
                // With binary objects each is read once and not once for every column.
                let sql = upsert_text(table, source, "jsonb_each($1)");
                sqlx::query(AssertSqlSafe(sql)).bind(Value::from(rows).to_string()).execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                let columns: Vec<&str> = table.key.iter().chain(table.columns).copied().collect();
                let arrays: Vec<String> = (1..=columns.len()).map(|place| format!("${place}::text[]")).collect();
                let given = format!("UNNEST({}) AS given ({})", arrays.join(", "), columns.join(", "));
                let source = |column: &&str| format!("{column}::{}", postgres_type(column));
                let mut query = sqlx::query(AssertSqlSafe(upsert_text(table, source, &given)));
                for column in columns {
                    query = query.bind(rows.iter_mut().map(|row| taken_text(row, column)).collect::<Vec<_>>());
                }
                query.execute(&mut **connection).await?;
            }
        }
        Ok(())
    }

    /// Deletes the rows of `table` with the keys of `rows`, each an object of all its columns.
    pub(crate) async fn delete(&mut self, table: &Table, rows: Vec<Value>) -> Result<(), StoreError> {
        let rows = Value::from(rows).to_string();
        let name = table.name;
        match self {
            Self::Sqlite(connection) => {
                let given: Vec<String> = table.key.iter().map(|column| format!("value->>'{column}'")).collect();
                let (key, given) = (table.key.join(", "), given.join(", "));
                let sql = format!("DELETE FROM {name} WHERE ({key}) IN (SELECT {given} FROM json_each($1))");
                sqlx::query(AssertSqlSafe(sql)).bind(rows).execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                let same: Vec<String> = table.key.iter().map(|column| format!("t.{column} = r.{column}")).collect();
                let sql = format!(
                    "DELETE FROM {name} t USING jsonb_populate_recordset(NULL::{name}, $1::jsonb) r WHERE {}",
                    same.join(" AND ")
                );
                sqlx::query(AssertSqlSafe(sql)).bind(rows).execute(&mut **connection).await?;
            }
        }
        Ok(())
    }

    /// Begins a transaction that nobody else can write beside. It ends with [`Self::commit`] or with the connection.
    pub(crate) async fn begin_write(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                sqlx::raw_sql("BEGIN").execute(&mut **connection).await?;
            }
        }
        self.lock_imports().await
    }

    /// Commits the transaction.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                sqlx::raw_sql("COMMIT").execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                sqlx::raw_sql("COMMIT").execute(&mut **connection).await?;
            }
        }
        Ok(())
    }

    /// Lets no other import in until the transaction ends: what one checks must not change before it writes.
    async fn lock_imports(&mut self) -> Result<(), StoreError> {
        match self {
            // The write transaction holds the one write lock already.
            Self::Sqlite(_) => {}
            Self::Postgres(connection) => {
                sqlx::query("SELECT pg_advisory_xact_lock(hashtext('onestop.register.import'))")
                    .execute(&mut **connection)
                    .await?;
            }
        }
        Ok(())
    }
}

/// The text of a column, which is not needed any more in the row.
fn taken_text(row: &mut Value, column: &str) -> Option<String> {
    match row.get_mut(column).map(Value::take)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => Some(value.to_string()),
    }
}

fn upsert_text(table: &Table, source: impl Fn(&&'static str) -> String, rows: &str) -> String {
    let columns: Vec<&'static str> = table.key.iter().chain(table.columns).copied().collect();
    let values: Vec<String> = columns.iter().map(source).collect();
    let updates: Vec<String> = table.columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    // Without WHERE, SQLite takes ON for a join's condition.
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {rows} WHERE true ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        columns.join(", "),
        values.join(", "),
        table.key.join(", "),
        updates.join(", "),
    )
}
