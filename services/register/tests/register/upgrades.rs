//! A store that an earlier version filled is answered from by this one.

use sqlx::Executor;
use store::testing::TestStore;
use store::{Database, Migration, Migrations, StoreError};

use crate::given::{empty, gather, import, question, rows_like};

/// The tables as the first version made them.
const FIRST_VERSION: Migrations = Migrations {
    sqlite: &[Migration { version: 1, name: "facts", sql: include_str!("../../migrations/sqlite/0001_facts.sql") }],
    postgres: &[Migration { version: 1, name: "facts", sql: include_str!("../../migrations/postgres/0001_facts.sql") }],
};

const PERSON: &str = "INSERT INTO person VALUES ('P1', '1960-02-29', NULL, TRUE, 0, '2024-01-01T00:00:00Z')";
const INSTITUTION: &str = "INSERT INTO institution VALUES ('H1', '2020-01-01', NULL, '某院', '1', 'hospital', 'local', '2024-01-01T00:00:00Z')";
const COVER: &str = "INSERT INTO cover VALUES ('P1', '2019-12-01', NULL, 'resident', '2024-01-01T00:00:00Z')";

async fn fill_as_the_first_version(store: &TestStore) -> Result<(), StoreError> {
    let database = Database::open(&store.location, "register", &FIRST_VERSION).await?;
    store::on_database!(&database, |pool| {
        pool.execute(PERSON).await?;
        pool.execute(COVER).await?;
        pool.execute(INSTITUTION).await?;
        Ok(())
    })
}

#[tokio::test]
async fn facts_of_the_first_version_are_kept_and_filings_can_be_added() {
    for store in TestStore::each().await {
        fill_as_the_first_version(&store).await.unwrap();
        let register = empty(&store).await;
        let facts = gather(&register, question("P1", &["H1"], &[], "2024-05-06")).await.unwrap();
        assert!(facts.person.is_some(), "{}", store.name);
        assert_eq!(facts.filing(), wire::claim_v1::Filing::None);
        assert!(!facts.institutions[0].facts.as_ref().unwrap().special_exempt_allowed, "{}", store.name);
        let file = rows_like(crate::given::FILINGS, &["P1,emergency,2024-05-06,"]);
        assert_eq!(import(&register, &file).await.unwrap().rejected, [], "{}", store.name);
        let facts = gather(&register, question("P1", &["H1"], &[], "2024-05-06")).await.unwrap();
        assert_eq!(facts.filing(), wire::claim_v1::Filing::Emergency, "{}", store.name);
    }
}
