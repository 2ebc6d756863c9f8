//! How PostgreSQL means to find the rows of a statement.

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row};

/// The steps in the plan of `statement`, whose parameters have `types`, that read more than their key asks for: a table or
/// an index whole, or rows that are looked at and left out. The plan is made as this pool's connections make plans: once,
/// whatever is bound.
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
        let leaves_out = steps.get(index + 2).is_some_and(|next| next.trim_start().starts_with("Filter: "));
        let is_by_index = step.contains("Index") && step.contains(" Scan ");
        step.contains("Seq Scan") || (is_by_index && (!condition || leaves_out))
    };
    Ok(steps.iter().enumerate().filter(is_whole).map(|(_, step)| step.clone()).collect())
}
