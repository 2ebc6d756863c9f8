//! One service's database: a SQLite file or a PostgreSQL schema.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::future::ready;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, Transaction};

use crate::migrations::migrator;
use crate::{Migrations, StoreError};

const POSTGRES_CONNECTIONS: u32 = 16;
/// Every statement finds its rows by their keys. A plan that was made while a table was small is kept when it has grown,
/// and must not read all of it then; nor is a statement of this kind ever worth compiling, or planning for its values
/// at each execution.
const POSTGRES_BY_KEYS: [(&str, &str); 5] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];
const SQLITE_CONNECTIONS: u32 = 4;
/// How long an idle connection is taken to be alive.
pub(crate) const IDLE_TRUSTED: Duration = Duration::from_secs(1);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the services keep their databases. Its debug form leaves out the URL, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A directory with one SQLite file a service.
    Directory(PathBuf),
    /// The URL of a PostgreSQL database with one schema a service, such as `postgres://user:password@host/onestop`.
    Postgres(String),
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => f.debug_tuple("Directory").field(directory).finish(),
            Self::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

/// One service's database. Cheap to clone; all clones share the connections.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file: write-ahead log, full sync at each commit, foreign keys checked.
    Sqlite(SqlitePool),
    /// A schema on a server, first in the search path of each connection.
    Postgres(PgPool),
}

/// Compiles one expression once for each kind of database, so that one query text serves both.
///
/// `on_database!(&database, |pool| sqlx::query("…").bind(id).execute(pool).await)`; placeholders are `$1`, `$2`, … in
/// both.
#[macro_export]
macro_rules! on_database {
    ($database:expr, |$pool:ident| $body:expr) => {
        match $database {
            $crate::Database::Sqlite($pool) => $body,
            $crate::Database::Postgres($pool) => $body,
        }
    };
}

impl Database {
    /// Opens the database of `service`, a name such as `basic-insurance`; makes it where there is none yet and brings
    /// it to the newest version. Several processes may do so at once.
    ///
    /// # Errors
    /// A location that cannot be used or reached, or a migration that fails.
    pub async fn open(location: &Location, service: &'static str, migrations: &Migrations) -> Result<Self, StoreError> {
        Self::open_with_connections(location, service, migrations, POSTGRES_CONNECTIONS).await
    }

    /// As [`Database::open`], with at most `connections_max` connections to PostgreSQL in place of 16.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn open_with_connections(
        location: &Location,
        service: &'static str,
        migrations: &Migrations,
        connections_max: u32,
    ) -> Result<Self, StoreError> {
        check_name(service)?;
        match location {
            Location::Directory(directory) => open_sqlite(directory, service, migrations).await.map(Self::Sqlite),
            Location::Postgres(url) => {
                open_postgres(url, service, migrations, connections_max).await.map(Self::Postgres)
            }
        }
    }

    /// Closes all connections, after those in use were given back.
    pub async fn close(&self) {
        on_database!(self, |pool| pool.close().await);
    }
}

/// Begins a transaction that holds SQLite's one write lock from the start, so that what it reads cannot change before
/// it writes.
///
/// # Errors
/// Another writer that takes longer than the busy timeout.
pub async fn begin_write(connection: &mut SqliteConnection) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
    connection.begin_with("BEGIN IMMEDIATE").await
}

fn check_name(service: &'static str) -> Result<(), StoreError> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if service.starts_with(|c: char| c.is_ascii_lowercase()) && service.chars().all(sound) {
        Ok(())
    } else {
        Err(StoreError::Name(service))
    }
}

async fn open_sqlite(directory: &Path, service: &str, migrations: &Migrations) -> Result<SqlitePool, StoreError> {
    let file = directory.join(format!("{service}.sqlite3"));
    // SQLite has no lock that covers switching a new file to its write-ahead log and migrating it.
    let opening = {
        let (directory, file) = (directory.to_owned(), file.clone());
        let made = tokio::task::spawn_blocking(move || make_file(&directory, &file)).await;
        made.map_err(|_| StoreError::Unavailable(Arc::new(sqlx::Error::WorkerCrashed)))??
    };
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What a statement puts aside while it runs is small: a file for it would be made and removed each time.
        .pragma("temp_store", "memory")
        .busy_timeout(SQLITE_BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new()
        .max_connections(SQLITE_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A file does not go away, so there is nothing to ask it. Where a write finds no room SQLite itself rolls back;
        // sqlx is not told and would refuse the connection's next transaction, and every later one.
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(ready(Ok(!connection.is_in_transaction()))))
        .connect_with(options)
        .await?;
    migrate(migrator(migrations.sqlite), &mut *pool.acquire().await?).await?;
    drop(opening);
    Ok(pool)
}

/// Makes the directory and an empty file, only for the owner's eyes; answers the lock under which they are opened.
fn make_file(directory: &Path, file: &Path) -> Result<File, StoreError> {
    let unusable = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| StoreError::Directory { path, source: Arc::new(source) }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unusable(directory))?;
    let lock_path = file.with_extension("lock");
    let mut options = OpenOptions::new();
    let lock = options.write(true).create(true).truncate(false).mode(0o600);
    let lock = lock.open(&lock_path).map_err(unusable(&lock_path))?;
    lock.lock().map_err(unusable(&lock_path))?;
    // Opening and closing an existing file here would free the locks that SQLite holds on it in this process.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(file)(error)),
        Ok(_) | Err(_) => Ok(lock),
    }
}

async fn open_postgres(
    url: &str,
    service: &str,
    migrations: &Migrations,
    connections_max: u32,
) -> Result<PgPool, StoreError> {
    let schema = service.replace('-', "_");
    let options: PgConnectOptions = url.parse()?;
    let options = options.options([("search_path", schema.as_str())]).options(POSTGRES_BY_KEYS);
    let options = options.application_name(service);
    let mut connection = options.connect().await?;
    let mut migrator = migrator(migrations.postgres);
    migrator.create_schema(format!("\"{schema}\""));
    migrate(migrator, &mut connection).await?;
    connection.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // Asking before each use whether the server is still there would double the round trips of a busy store.
        .test_before_acquire(false)
        .before_acquire(|connection, metadata| {
            Box::pin(async move { Ok(metadata.idle_for < IDLE_TRUSTED || connection.ping().await.is_ok()) })
        });
    Ok(pool.connect_with(options).await?)
}

/// `Migrator::run` would do, but a future that awaits it cannot be spawned: its bounds are not general enough.
async fn migrate<C: Migrate>(migrator: Migrator, connection: &mut C) -> Result<(), StoreError> {
    Ok(migrator.run_direct(None, connection, false).await?)
}
