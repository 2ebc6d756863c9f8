//! Databases for tests: a temporary directory for SQLite, and a private PostgreSQL that ends with the test process.

mod plan;
mod postgres;

use tempfile::TempDir;

use crate::Location;
pub use plan::whole_reads;
pub use postgres::{PostgresNotStarted, PrivatePostgres};

/// An empty database for one test.
#[derive(Debug)]
pub struct TestStore {
    /// Which kind it is, for messages: `SQLite` or `PostgreSQL`.
    pub name: &'static str,
    /// Where it is.
    pub location: Location,
    directory: Option<TempDir>,
}

impl TestStore {
    /// An empty directory, removed when the store is dropped.
    ///
    /// # Panics
    /// Where no temporary directory can be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without a directory cannot go on")]
    pub fn sqlite() -> Self {
        let directory = TempDir::with_prefix("onestop-store-").expect("a temporary directory");
        let location = Location::Directory(directory.path().to_owned());
        Self { name: "SQLite", location, directory: Some(directory) }
    }

    /// A new database of the test process's own PostgreSQL.
    ///
    /// # Panics
    /// Where PostgreSQL cannot be started; the message says how to install it.
    #[expect(clippy::panic, reason = "a test without a server cannot go on, and must not pass for that")]
    pub async fn postgres() -> Self {
        match PrivatePostgres::start() {
            Ok(server) => Self::on(server).await,
            Err(error) => panic!("{error}"),
        }
    }

    /// A new database of `server`.
    ///
    /// # Panics
    /// Where the server makes none.
    #[expect(clippy::panic, reason = "a test without a database cannot go on, and must not pass for that")]
    pub async fn on(server: &PrivatePostgres) -> Self {
        let location = server.new_database().await.unwrap_or_else(|error| panic!("{error}"));
        Self { name: "PostgreSQL", location, directory: None }
    }

    /// One of each kind: what a conformance test loops over.
    ///
    /// # Panics
    /// As [`TestStore::sqlite`] and [`TestStore::postgres`].
    pub async fn each() -> [Self; 2] {
        [Self::sqlite(), Self::postgres().await]
    }

    /// The temporary directory, where the store is one.
    #[must_use]
    pub fn directory(&self) -> Option<&std::path::Path> {
        self.directory.as_ref().map(TempDir::path)
    }
}
