//! How the databases find what is looked up: by index, whatever the tables hold.

use sqlx::{AssertSqlSafe, Row};
use store::testing::TestStore;
use store::{Database, StoreError};

use crate::change::AFTER;
use crate::fact_list::{CATALOGUE_TABLES, INSTITUTION_TABLES, PERSON_TABLES, SUPERSEDED, postgres_text, sqlite_text};
use crate::migrations::MIGRATIONS;
use crate::reading::{CATALOGUE, INSTITUTIONS, PERSONS};
use crate::rotation::FIND;

/// What is bound to a statement, in the order of its placeholders.
#[derive(Clone, Copy)]
enum Bound {
    /// Ids, any of which is looked up.
    Ids,
    Id,
    TwoTexts,
    Number,
}

/// Every statement that a look-up runs, on SQLite and on PostgreSQL.
fn look_ups() -> Vec<(String, String, Bound)> {
    let by_keys = [PERSONS, INSTITUTIONS, CATALOGUE];
    let by_keys = by_keys.map(|select| (select.sqlite.to_owned(), select.postgres.to_owned(), Bound::Ids));
    let same = [(SUPERSEDED, Bound::Id), (FIND, Bound::TwoTexts), (AFTER, Bound::Number)];
    let same = same.map(|(sql, bound)| (sql.to_owned(), sql.to_owned(), bound));
    let tables = [PERSON_TABLES, INSTITUTION_TABLES, CATALOGUE_TABLES].into_iter().flatten();
    let of_tables = tables.map(|table| (sqlite_text(table), postgres_text(table), Bound::Id));
    by_keys.into_iter().chain(same).chain(of_tables).collect()
}

async fn sqlite_plan(database: &Database, sql: &str, bound: Bound) -> Result<Vec<String>, StoreError> {
    let Database::Sqlite(pool) = database else { return Ok(Vec::new()) };
    let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    let query = match bound {
        Bound::Ids => query.bind("[\"P1\", \"P2\"]"),
        Bound::Id => query.bind("P1"),
        Bound::TwoTexts => query.bind("P1").bind("P2"),
        Bound::Number => query.bind(1_i64),
    };
    Ok(query.fetch_all(pool).await?.iter().map(|row| row.get("detail")).collect())
}

async fn postgres_plan(database: &Database, sql: &str, bound: Bound) -> Result<Vec<String>, StoreError> {
    let Database::Postgres(pool) = database else { return Ok(Vec::new()) };
    let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {sql}")));
    let query = match bound {
        Bound::Ids => query.bind(vec!["P1", "P2"]),
        Bound::Id => query.bind("P1"),
        Bound::TwoTexts => query.bind("P1").bind("P2"),
        Bound::Number => query.bind(1_i64),
    };
    Ok(query.fetch_all(pool).await?.iter().map(|row| row.get(0)).collect())
}

#[tokio::test]
async fn every_look_up_finds_its_rows_by_an_index_and_reads_no_table_whole() {
    for store in TestStore::each().await {
        let database = Database::open(&store.location, "register", &MIGRATIONS).await.unwrap();
        for (sqlite, postgres, bound) in look_ups() {
            let (plan, searches, scans): (_, usize, Vec<String>) = match &database {
                Database::Sqlite(_) => {
                    let plan = sqlite_plan(&database, &sqlite, bound).await.unwrap();
                    let scans = plan.iter().filter(|step| step.starts_with("SCAN ") && !step.contains("json_each"));
                    let scans = scans.cloned().collect();
                    let searches = plan.iter().filter(|step| step.starts_with("SEARCH ")).count();
                    (plan, searches, scans)
                }
                Database::Postgres(_) => {
                    let plan = postgres_plan(&database, &postgres, bound).await.unwrap();
                    let scans = plan.iter().filter(|step| step.contains("Seq Scan")).cloned().collect();
                    // An index that is read without a condition is read whole.
                    let searches = plan.iter().filter(|step| step.contains("Index Cond: ")).count();
                    (plan, searches, scans)
                }
            };
            let tables = sqlite.matches(" FROM ").count() - sqlite.matches(" FROM json_each").count();
            assert_eq!((scans.as_slice(), searches), (&[][..], tables), "{}: {sqlite}\n{plan:#?}", store.name);
        }
        database.close().await;
    }
}
