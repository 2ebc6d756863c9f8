//! How PostgreSQL means to find the rows of a statement.

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row};

/// The steps in the plan of `statement`, whose parameters have `types`, that read a table or an index whole, made as this
/// pool's connections make plans: once, whatever is bound.
///
/// # Errors
/// What the server refuses.
pub async fn whole_reads(pool: &PgPool, types: &[&str], statement: &str) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let prepare = format!("PREPARE planned ({}) AS {statement}", types.join(", "));
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await?;
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE planned ({})", vec!["NULL"; types.len()].join(", "));
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await?;
    sqlx::raw_sql("DEALLOCATE planned").execute(&mut *connection).await?;
    let steps: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let is_whole = |(index, step): &(usize, &String)| {
        // An index that is read without a condition is read whole.
        let condition = steps.get(index + 1).is_some_and(|next| next.contains("Index Cond: "));
        step.contains("Seq Scan") || (step.contains("Index") && step.contains(" Scan ") && !condition)
    };
    Ok(steps.iter().enumerate().filter(is_whole).map(|(_, step)| step.clone()).collect())
}
