//! Databases on the server under test.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::testing::PrivatePostgres;

/// Makes a database, empty or as a copy of another one that nobody uses.
///
/// # Errors
/// What the server refuses.
pub(crate) async fn create_database(server: &PrivatePostgres, name: &str, template: Option<&str>) -> Result<()> {
    let template = template.map(|name| format!(" TEMPLATE {name} STRATEGY file_copy")).unwrap_or_default();
    execute(server, "postgres", &format!("CREATE DATABASE {name}{template}")).await
}

/// Carries statements out in one of the server's databases.
///
/// # Errors
/// What the server refuses.
pub(crate) async fn execute(server: &PrivatePostgres, database: &str, statements: &str) -> Result<()> {
    let mut connection = PgConnection::connect(&server.url(database)).await.context("the server cannot be reached")?;
    connection.execute(AssertSqlSafe(statements.to_owned())).await?;
    connection.close().await.context("the server went away")
}

/// The one number that a query answers.
///
/// # Errors
/// What the server refuses.
pub(crate) async fn count(server: &PrivatePostgres, database: &str, query: &'static str) -> Result<i64> {
    let mut connection = PgConnection::connect(&server.url(database)).await.context("the server cannot be reached")?;
    let count = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
    connection.close().await.context("the server went away")?;
    Ok(count)
}
