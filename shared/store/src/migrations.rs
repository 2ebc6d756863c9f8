//! The versions of a service's tables, as values of the program.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrationType, Migrator};

/// One step from a version of the tables to the next. Never changed once it was released.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub version: i64,
    /// What it does, in a word or two.
    pub name: &'static str,
    /// The statements, run in one transaction.
    pub sql: &'static str,
}

/// A service's tables in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: &'static [Migration],
    /// For PostgreSQL.
    pub postgres: &'static [Migration],
}

/// The steps as sqlx applies them.
pub(crate) fn migrator(migrations: &[Migration]) -> Migrator {
    let steps = migrations.iter().map(|migration| {
        let (name, sql) = (Cow::Borrowed(migration.name), migration.sql.into_sql_str());
        sqlx::migrate::Migration::new(migration.version, name, MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(steps.collect())
}
