//! The versions of the register's tables.

use store::{Migration, Migrations};

/// All versions.
pub(crate) const MIGRATIONS: Migrations = Migrations {
    sqlite: &[Migration { version: 1, name: "facts", sql: include_str!("../migrations/sqlite/0001_facts.sql") }],
    postgres: &[Migration { version: 1, name: "facts", sql: include_str!("../migrations/postgres/0001_facts.sql") }],
};
