//! The journal: every person's chain of links, and which of them are open.
//!
//! Links are written once and never changed. An append that finds its place taken changes nothing and says so; that
//! decides every race for a person's chain.

mod postgres;
mod sqlite;

use claim::{PersonId, RequestId, SettlementId};
use sqlx::Row;
use store::{BatchError, BatchLimits, Batcher, Database, Location, Migration, Migrations, StoreError, on_database};

use crate::chain::{Head, NewLink};

const MIGRATIONS: Migrations = Migrations {
    sqlite: &[
        Migration { version: 1, name: "journal", sql: include_str!("../migrations/sqlite/0001_journal.sql") },
        Migration {
            version: 10,
            name: "spent_numbers",
            sql: include_str!("../migrations/sqlite/0010_spent_numbers.sql"),
        },
    ],
    postgres: &[
        Migration { version: 1, name: "journal", sql: include_str!("../migrations/postgres/0001_journal.sql") },
        Migration {
            version: 10,
            name: "spent_numbers",
            sql: include_str!("../migrations/postgres/0010_spent_numbers.sql"),
        },
    ],
};

/// Why the journal has no answer.
pub type JournalError = BatchError<StoreError>;

/// The chain of a person before a request: its head, and the link that the request made before, if it did.
#[derive(Clone, Debug)]
pub(crate) struct ChainRead {
    pub(crate) head: Head,
    /// The bytes of the link that this request made.
    pub(crate) same_request: Option<Vec<u8>>,
}

/// What a read of a chain asks for.
#[derive(Clone, Debug)]
pub(crate) struct ChainQuery {
    pub(crate) person_id: PersonId,
    pub(crate) caller: String,
    pub(crate) request_id: RequestId,
}

/// The place of an open link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OpenLink {
    pub(crate) person_id: PersonId,
    pub(crate) sequence: i64,
}

/// One change of the journal.
#[derive(Clone, Debug)]
enum Write {
    /// Adds a link and opens it, unless its place or its request id is taken.
    Append(NewLink),
    /// Closes a link; closing it again has no effect.
    Close(OpenLink),
}

/// Every person's chain. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Journal {
    database: Database,
    reads: Batcher<ChainQuery, ChainRead, StoreError>,
    writes: Batcher<Write, bool, StoreError>,
}

impl Journal {
    /// Opens the journal at `location`.
    ///
    /// # Errors
    /// Where the store cannot be opened or migrated.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let database = Database::open(location, "orchestrator", &MIGRATIONS).await?;
        let limits = BatchLimits::default();
        let reads = Batcher::start(limits, {
            let database = database.clone();
            move |queries| {
                let database = database.clone();
                async move {
                    match database {
                        Database::Sqlite(pool) => sqlite::read(&pool, queries).await,
                        Database::Postgres(pool) => postgres::read(&pool, queries).await,
                    }
                }
            }
        });
        let writes = Batcher::start(limits, {
            let database = database.clone();
            move |writes| {
                let database = database.clone();
                async move {
                    match database {
                        Database::Sqlite(pool) => sqlite::write(&pool, writes).await,
                        Database::Postgres(pool) => postgres::write(&pool, writes).await,
                    }
                }
            }
        });
        Ok(Self { database, reads, writes })
    }

    /// The head of a person's chain and the link of the same request.
    pub(crate) async fn read(&self, query: ChainQuery) -> Result<ChainRead, JournalError> {
        self.reads.submit(query).await
    }

    /// Adds a link, open; `false` where its place or its request id is taken.
    pub(crate) async fn append(&self, link: NewLink) -> Result<bool, JournalError> {
        self.writes.submit(Write::Append(link)).await
    }

    /// Closes a link whose payers have all booked it.
    pub(crate) async fn close(&self, link: OpenLink) -> Result<(), JournalError> {
        self.writes.submit(Write::Close(link)).await.map(drop)
    }

    /// Makes sure that a settlement which held money is either a link already or will never be one: afterwards
    /// [`Journal::link_of`] has the last word.
    pub(crate) async fn spend(&self, person_id: &PersonId, settlement_id: &SettlementId) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO spent_number (person_id, settlement_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        on_database!(&self.database, |pool| {
            sqlx::query(SQL).bind(person_id.as_str()).bind(settlement_id.as_str()).execute(pool).await?;
        });
        Ok(())
    }

    /// Some open links, at most `count`.
    pub(crate) async fn open_links(&self, count: i64) -> Result<Vec<OpenLink>, StoreError> {
        const SQL: &str = "SELECT person_id, sequence FROM open_link LIMIT $1";
        on_database!(&self.database, |pool| {
            let rows = sqlx::query(SQL).bind(count).fetch_all(pool).await?;
            rows.iter().map(|row| open_link(row.try_get("person_id")?, row.try_get("sequence")?)).collect()
        })
    }

    /// The bytes of one link.
    pub(crate) async fn link(&self, link: &OpenLink) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT document FROM link WHERE person_id = $1 AND sequence = $2";
        on_database!(&self.database, |pool| {
            let row = sqlx::query(SQL).bind(link.person_id.as_str()).bind(link.sequence).fetch_optional(pool).await?;
            Ok(row.map(|row| row.try_get("document")).transpose()?)
        })
    }

    /// The bytes of the link that made a settlement.
    pub(crate) async fn link_of(&self, settlement_id: &SettlementId) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT document FROM link WHERE settlement_id = $1";
        on_database!(&self.database, |pool| {
            let row = sqlx::query(SQL).bind(settlement_id.as_str()).fetch_optional(pool).await?;
            Ok(row.map(|row| row.try_get("document")).transpose()?)
        })
    }

    /// The bytes of a person's links before `sequence`, newest first, at most `count`.
    pub(crate) async fn links_before(
        &self,
        person_id: &PersonId,
        sequence: i64,
        count: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        const SQL: &str =
            "SELECT document FROM link WHERE person_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3";
        on_database!(&self.database, |pool| {
            let query = sqlx::query(SQL).bind(person_id.as_str()).bind(sequence).bind(count);
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(|row| Ok(row.try_get("document")?)).collect()
        })
    }
}

fn open_link(person_id: &str, sequence: i64) -> Result<OpenLink, StoreError> {
    let person_id = PersonId::new(person_id).map_err(|error| StoreError::corrupt(format!("person_id {error}")))?;
    Ok(OpenLink { person_id, sequence })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use store::testing::TestStore;

    use super::*;
    use crate::chain::LinkHash;

    fn link(settlement: &str, request: &str, holds_money: bool) -> NewLink {
        NewLink {
            person_id: PersonId::new("p").unwrap(),
            sequence: 1,
            settlement_id: SettlementId::new(settlement).unwrap(),
            caller: "local".to_owned(),
            request_id: RequestId::new(request).unwrap(),
            recorded_time: DateTime::UNIX_EPOCH,
            document: vec![1],
            hash: LinkHash::from_stored(vec![1]),
            holds_money,
        }
    }

    #[tokio::test]
    async fn a_settlement_whose_hold_was_given_up_can_never_be_appended() {
        for store in TestStore::each().await {
            let journal = Journal::open(&store.location).await.unwrap();
            let (person, settlement) = (PersonId::new("p").unwrap(), SettlementId::new("late").unwrap());
            journal.spend(&person, &settlement).await.unwrap();
            journal.spend(&person, &settlement).await.unwrap();
            assert!(!journal.append(link("late", "r", true)).await.unwrap(), "{}", store.name);
            assert_eq!(journal.link_of(&settlement).await.unwrap(), None);

            assert!(journal.append(link("in-time", "r", true)).await.unwrap());
            let settlement = SettlementId::new("in-time").unwrap();
            journal.spend(&person, &settlement).await.unwrap();
            assert!(journal.link_of(&settlement).await.unwrap().is_some());
            assert!(!journal.append(link("too-late-for-its-place", "r-2", true)).await.unwrap());
        }
    }
}
