//! The journal: every person's chain of links, and which of them are open.
//!
//! Links are written once and never changed. An append that finds its place taken changes nothing and says so; that
//! decides every race for a person's chain.

mod feed;
mod postgres;
mod sqlite;
mod walk;

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::Hash;

use claim::{PersonId, RequestId, SettlementId};
use host::CrashPoint;
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, Row, Type};
use store::{
    BatchConnection, BatchError, BatchLimits, Batcher, Database, Location, Migration, Migrations, StoreError,
    on_database,
};

use crate::chain::{Head, LinkHash, NewLink, Place};
use crate::counters::Counters;

const MIGRATIONS: Migrations = Migrations {
    sqlite: &[
        Migration { version: 1, name: "journal", sql: include_str!("../migrations/sqlite/0001_journal.sql") },
        Migration { version: 2, name: "adjustments", sql: include_str!("../migrations/sqlite/0002_adjustments.sql") },
        Migration { version: 3, name: "feed", sql: include_str!("../migrations/sqlite/0003_feed.sql") },
        Migration {
            version: 4,
            name: "spent_numbers",
            sql: include_str!("../migrations/sqlite/0004_spent_numbers.sql"),
        },
        Migration { version: 5, name: "counters", sql: include_str!("../migrations/sqlite/0005_counters.sql") },
        Migration { version: 6, name: "requests", sql: include_str!("../migrations/sqlite/0006_requests.sql") },
    ],
    postgres: &[
        Migration { version: 1, name: "journal", sql: include_str!("../migrations/postgres/0001_journal.sql") },
        Migration { version: 2, name: "adjustments", sql: include_str!("../migrations/postgres/0002_adjustments.sql") },
        Migration { version: 3, name: "feed", sql: include_str!("../migrations/postgres/0003_feed.sql") },
        Migration {
            version: 4,
            name: "spent_numbers",
            sql: include_str!("../migrations/postgres/0004_spent_numbers.sql"),
        },
        Migration { version: 5, name: "documents", sql: include_str!("../migrations/postgres/0005_documents.sql") },
        Migration { version: 6, name: "counters", sql: include_str!("../migrations/postgres/0006_counters.sql") },
        Migration { version: 7, name: "requests", sql: include_str!("../migrations/postgres/0007_requests.sql") },
    ],
};

/// The bytes of the links that last changed the settlement in `link`: two, because the last one may be a cancellation,
/// which does not tell what stood before it.
const LAST_CHANGES: &str = "(SELECT changing.document FROM changed_settlement AS changed JOIN link AS changing
        ON changing.person_id = changed.person_id AND changing.sequence = changed.sequence
    WHERE changed.person_id = link.person_id AND changed.settlement_id = link.entry_id
    ORDER BY changed.sequence DESC LIMIT 1 OFFSET 1) AS change_before,
    (SELECT changing.document FROM changed_settlement AS changed JOIN link AS changing
        ON changing.person_id = changed.person_id AND changing.sequence = changed.sequence
    WHERE changed.person_id = link.person_id AND changed.settlement_id = link.entry_id
    ORDER BY changed.sequence DESC LIMIT 1) AS last_change";

/// Why the journal has no answer.
pub type JournalError = BatchError<StoreError>;

/// The chain of a person before a request: its head, and the link that the request made before, if it did.
#[derive(Clone, Debug)]
pub(crate) struct ChainRead {
    pub(crate) head: Head,
    /// The bytes of the link that this request made.
    pub(crate) same_request: Option<Vec<u8>>,
    /// Whether the request was reversed before it arrived.
    pub(crate) is_reversed: bool,
}

/// What a read of a chain asks for.
#[derive(Clone, Debug)]
pub(crate) struct ChainQuery {
    pub(crate) person_id: PersonId,
    pub(crate) caller: String,
    pub(crate) request_id: RequestId,
}

/// The bytes of a settlement's link, and of the links that last changed it.
#[derive(Clone, Debug)]
pub(crate) struct SettlementRead {
    pub(crate) document: Vec<u8>,
    /// At most two, in the order of the chain.
    pub(crate) last_changes: Vec<Vec<u8>>,
}

/// A link as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct LinkRow {
    pub(crate) sequence: i64,
    pub(crate) entry_id: String,
    pub(crate) caller: String,
    pub(crate) request_id: String,
    pub(crate) document: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    /// Where the counters stand behind it, as far as it is kept.
    pub(crate) counters: Option<Vec<u8>>,
}

/// A link in the feed.
#[derive(Clone, Debug)]
pub(crate) struct FeedRow {
    pub(crate) position: i64,
    pub(crate) document: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

/// One change of the journal.
#[derive(Clone, Debug)]
enum Write {
    /// Adds a link and opens it, unless its place or its request id is taken.
    Append(Box<NewLink>),
    /// Closes a link; closing it again has no effect.
    Close(Place),
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
        let reads = Batcher::start_on(&database, "orchestrator.reads", limits, |connection, queries| {
            Box::pin(async move {
                match connection {
                    BatchConnection::Sqlite(connection) => sqlite::read(connection, queries).await,
                    BatchConnection::Postgres(connection) => postgres::read(connection, queries).await,
                }
            })
        });
        let writes = Batcher::start_on(&database, "orchestrator.writes", limits, |connection, writes| {
            Box::pin(async move {
                let written = match connection {
                    BatchConnection::Sqlite(connection) => sqlite::write(connection, writes).await,
                    BatchConnection::Postgres(connection) => postgres::write(connection, writes).await,
                }?;
                CrashPoint::JournalCommitted.reach();
                Ok(written)
            })
        });
        Ok(Self { database, reads, writes })
    }

    /// The head of a person's chain and the link of the same request.
    pub(crate) async fn read(&self, query: ChainQuery) -> Result<ChainRead, JournalError> {
        self.reads.submit(query).await
    }

    /// Adds a link, open; `false` where its place or its request id is taken.
    pub(crate) async fn append(&self, link: NewLink) -> Result<bool, JournalError> {
        self.writes.submit(Write::Append(Box::new(link))).await
    }

    /// Closes a link whose payers have all booked it, and queues it for the feed.
    pub(crate) async fn close(&self, link: Place) -> Result<(), JournalError> {
        self.writes.submit(Write::Close(link)).await.map(drop)
    }

    /// Makes sure that a settlement which held money is either a link already or will never be one: afterwards
    /// [`Journal::settlement`] has the last word.
    pub(crate) async fn spend(&self, person_id: &PersonId, settlement_id: &SettlementId) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO spent_number (person_id, settlement_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        on_database!(&self.database, |pool| {
            sqlx::query(SQL).bind(person_id.as_str()).bind(settlement_id.as_str()).execute(pool).await?;
        });
        Ok(())
    }

    /// Some open links, at most `count`.
    pub(crate) async fn open_links(&self, count: i64) -> Result<Vec<Place>, StoreError> {
        const SQL: &str = "SELECT person_id, sequence FROM open_link LIMIT $1";
        on_database!(&self.database, |pool| {
            let rows = sqlx::query(SQL).bind(count).fetch_all(pool).await?;
            rows.iter().map(|row| open_link(row.try_get("person_id")?, row.try_get("sequence")?)).collect()
        })
    }

    /// A settlement.
    pub(crate) async fn settlement(&self, settlement_id: &SettlementId) -> Result<Option<SettlementRead>, StoreError> {
        let sql = format!("SELECT document, {LAST_CHANGES} FROM link WHERE entry_id = $1 AND kind = 'settlement'");
        on_database!(&self.database, |pool| {
            let row = sqlx::query(AssertSqlSafe(sql)).bind(settlement_id.as_str()).fetch_optional(pool).await?;
            row.map(|row| settlement_of(&row)).transpose()
        })
    }

    /// A person's settlements before `sequence`, newest first, at most `count`.
    pub(crate) async fn settlements_before(
        &self,
        person_id: &PersonId,
        sequence: i64,
        count: i64,
    ) -> Result<Vec<SettlementRead>, StoreError> {
        let sql = format!(
            "SELECT document, {LAST_CHANGES} FROM link
            WHERE person_id = $1 AND sequence < $2 AND kind = 'settlement' ORDER BY sequence DESC LIMIT $3"
        );
        on_database!(&self.database, |pool| {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(person_id.as_str()).bind(sequence).bind(count);
            query.fetch_all(pool).await?.iter().map(settlement_of).collect()
        })
    }

    /// A person's links from `sequence` on in their order, at most `count`.
    pub(crate) async fn links_from(
        &self,
        person_id: &PersonId,
        sequence: i64,
        count: i64,
    ) -> Result<Vec<LinkRow>, StoreError> {
        const SQL: &str = "SELECT sequence, entry_id, caller, request_id, document, hash, counters FROM link
            WHERE person_id = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3";
        on_database!(&self.database, |pool| {
            let query = sqlx::query(SQL).bind(person_id.as_str()).bind(sequence).bind(count);
            let row = |row: &_| Ok(link_row(row)?);
            query.fetch_all(pool).await?.iter().map(row).collect()
        })
    }

    /// Persons with a chain after `after`, in the order of their ids, at most `count`.
    pub(crate) async fn persons(&self, after: Option<&PersonId>, count: i64) -> Result<Vec<PersonId>, StoreError> {
        const SQL: &str = "SELECT DISTINCT person_id FROM link WHERE person_id > $1 ORDER BY person_id LIMIT $2";
        let after = after.map_or("", PersonId::as_str);
        let persons: Vec<String> = on_database!(&self.database, |pool| {
            sqlx::query_scalar(SQL).bind(after).bind(count).fetch_all(pool).await?
        });
        persons.iter().map(|person_id| PersonId::new(person_id).map_err(StoreError::corrupt)).collect()
    }

    /// Which of `persons` have a chain.
    pub(crate) async fn with_chain(&self, persons: &[PersonId]) -> Result<HashSet<PersonId>, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM link WHERE person_id = $1)";
        let mut known = HashSet::new();
        for person_id in persons {
            let has_chain: bool = on_database!(&self.database, |pool| {
                sqlx::query_scalar(SQL).bind(person_id.as_str()).fetch_one(pool).await?
            });
            if has_chain {
                known.insert(person_id.clone());
            }
        }
        Ok(known)
    }
}

/// The links and the closings among the changes of a batch.
fn parted(writes: &[Write]) -> (Vec<&NewLink>, Vec<&Place>) {
    let (mut links, mut done) = (Vec::new(), Vec::new());
    for write in writes {
        match write {
            Write::Append(link) => links.push(link.as_ref()),
            Write::Close(place) => done.push(place),
        }
    }
    (links, done)
}

/// The answers to a batch of which the links numbered `appended` were added.
fn answers<S: Borrow<str> + Eq + Hash>(writes: &[Write], appended: &HashSet<S>) -> Vec<Result<bool, StoreError>> {
    let answer = |write: &Write| match write {
        Write::Append(link) => appended.contains(link.entry_id.as_str()),
        Write::Close(_) => true,
    };
    writes.iter().map(|write| Ok(answer(write))).collect()
}

fn chain_read_of<'r, R>(row: &'r R) -> Result<ChainRead, StoreError>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let Some(sequence) = row.try_get("sequence")? else {
        return Ok(ChainRead { head: Head::EMPTY, same_request: None, is_reversed: false });
    };
    let hash = Some(LinkHash::from_stored(row.try_get("hash")?));
    // They follow from the links: what cannot be read is as good as not kept, and an audit tells of it.
    let counters: Option<Vec<u8>> = row.try_get("counters")?;
    let counters = counters.and_then(|bytes| Counters::from_bytes(&bytes).ok());
    let head = Head { sequence, hash, open: row.try_get("open")?, counters };
    Ok(ChainRead { head, same_request: row.try_get("document")?, is_reversed: row.try_get("is_reversed")? })
}

fn settlement_of<'r, R>(row: &'r R) -> Result<SettlementRead, StoreError>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    let changes: [Option<Vec<u8>>; 2] = [row.try_get("change_before")?, row.try_get("last_change")?];
    Ok(SettlementRead { document: row.try_get("document")?, last_changes: changes.into_iter().flatten().collect() })
}

fn link_row<'r, R>(row: &'r R) -> Result<LinkRow, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(LinkRow {
        entry_id: row.try_get("entry_id")?,
        caller: row.try_get("caller")?,
        request_id: row.try_get("request_id")?,
        sequence: row.try_get("sequence")?,
        document: row.try_get("document")?,
        hash: row.try_get("hash")?,
        counters: row.try_get("counters")?,
    })
}

fn open_link(person_id: &str, sequence: i64) -> Result<Place, StoreError> {
    let person_id = PersonId::new(person_id).map_err(|error| StoreError::corrupt(format!("person_id {error}")))?;
    Ok(Place { person_id, sequence })
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::DateTime;
    use claim::EntryId;
    use store::testing::TestStore;

    use super::*;

    pub(crate) fn link(settlement: &str, request: &str, holds_money: bool) -> NewLink {
        NewLink {
            place: Place { person_id: PersonId::new("p").unwrap(), sequence: 1 },
            entry_id: EntryId::new(settlement).unwrap(),
            kind: "settlement",
            caller: "local".to_owned(),
            request_id: RequestId::new(request).unwrap(),
            recorded_time: DateTime::UNIX_EPOCH,
            document: vec![1],
            hash: LinkHash::from_stored(vec![1]),
            counters: Counters::AT_ZERO.to_bytes(),
            changed: Vec::new(),
            reversed_request_id: None,
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
            assert!(journal.settlement(&settlement).await.unwrap().is_none());

            assert!(journal.append(link("in-time", "r", true)).await.unwrap());
            let settlement = SettlementId::new("in-time").unwrap();
            journal.spend(&person, &settlement).await.unwrap();
            assert!(journal.settlement(&settlement).await.unwrap().is_some());
            assert!(!journal.append(link("too-late-for-its-place", "r-2", true)).await.unwrap());
        }
    }
}
