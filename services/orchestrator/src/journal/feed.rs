//! The queue of closed links and the numbers that they get.

use claim::PersonId;
use host::CrashPoint;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use store::{Database, StoreError, begin_write, on_database};

use super::{FeedRow, Journal};

/// How many links get their numbers in one transaction.
const NUMBERED_AT_ONCE: i64 = 1_000;

const IS_QUEUED: &str = "SELECT EXISTS (SELECT 1 FROM closed_link)";
/// Each link is a sub-select by its key, whatever the tables held when the plan was made.
const AFTER: &str = "SELECT position,
        (SELECT document FROM link WHERE link.person_id = feed.person_id AND link.sequence = feed.sequence),
        (SELECT hash FROM link WHERE link.person_id = feed.person_id AND link.sequence = feed.sequence)
    FROM feed WHERE position > $1 ORDER BY position LIMIT $2";
const OF_PERSON: &str = "SELECT sequence, position FROM feed WHERE person_id = $1
    UNION ALL SELECT sequence, 0 FROM closed_link WHERE person_id = $1 ORDER BY 1, 2";
const COUNTS: &str = "SELECT COUNT(*), COALESCE(MIN(position), 1), COALESCE(MAX(position), 0),
    (SELECT position FROM feed_head) FROM feed";

const POSTGRES_NUMBER: &str = "WITH taken AS (
        DELETE FROM closed_link
        WHERE arrival = ANY (ARRAY(SELECT arrival FROM closed_link ORDER BY arrival LIMIT $2))
        RETURNING arrival, person_id, sequence
    ), numbered AS (
        INSERT INTO feed (position, person_id, sequence)
        SELECT $1 + ROW_NUMBER() OVER (ORDER BY arrival), person_id, sequence FROM taken
        RETURNING position
    )
    UPDATE feed_head SET position = position + (SELECT COUNT(*) FROM numbered) RETURNING position";
const SQLITE_NUMBER: &str = "INSERT INTO feed (position, person_id, sequence)
    SELECT $1 + ROW_NUMBER() OVER (ORDER BY arrival), person_id, sequence
    FROM (SELECT arrival, person_id, sequence FROM closed_link ORDER BY arrival LIMIT $2)";
const SQLITE_TAKE: &str = "DELETE FROM closed_link
    WHERE arrival IN (SELECT arrival FROM closed_link ORDER BY arrival LIMIT $1)";

/// How many links the feed holds and from where to where they are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FeedCounts {
    pub(crate) links: i64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Where numbering goes on.
    pub(crate) head: i64,
}

impl Journal {
    /// Numbers every link that is queued.
    pub(crate) async fn number_closed(&self) -> Result<(), StoreError> {
        loop {
            let is_queued: bool =
                on_database!(&self.database, |pool| { sqlx::query_scalar(IS_QUEUED).fetch_one(pool).await? });
            if !is_queued {
                return Ok(());
            }
            match &self.database {
                Database::Sqlite(pool) => number_sqlite(pool).await?,
                Database::Postgres(pool) => number_postgres(pool).await?,
            }
        }
    }

    /// The numbered links behind `position`, at most `count`.
    pub(crate) async fn feed_after(&self, position: i64, count: i64) -> Result<Vec<FeedRow>, StoreError> {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = on_database!(&self.database, |pool| {
            sqlx::query_as(AFTER).bind(position).bind(count).fetch_all(pool).await?
        });
        let row = |(position, document, hash)| FeedRow { position, document, hash };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Where a person's links are in the feed, by sequence; 0 for one that is queued.
    pub(crate) async fn feed_of(&self, person_id: &PersonId) -> Result<Vec<(i64, i64)>, StoreError> {
        Ok(on_database!(&self.database, |pool| {
            sqlx::query_as(OF_PERSON).bind(person_id.as_str()).fetch_all(pool).await?
        }))
    }

    /// How the feed is numbered.
    pub(crate) async fn feed_counts(&self) -> Result<FeedCounts, StoreError> {
        let counts: (i64, i64, i64, i64) =
            on_database!(&self.database, |pool| { sqlx::query_as(COUNTS).fetch_one(pool).await? });
        let (links, first, last, head) = counts;
        Ok(FeedCounts { links, first, last, head })
    }
}

async fn number_postgres(pool: &PgPool) -> Result<(), StoreError> {
    let mut transaction = pool.begin().await?;
    // One at a time: whoever comes second waits here and then sees what the first has numbered.
    let head: i64 =
        sqlx::query_scalar("SELECT position FROM feed_head FOR UPDATE").fetch_one(&mut *transaction).await?;
    sqlx::query(POSTGRES_NUMBER).bind(head).bind(NUMBERED_AT_ONCE).execute(&mut *transaction).await?;
    CrashPoint::BeforeFeedCommit.reach();
    Ok(transaction.commit().await?)
}

async fn number_sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = begin_write(&mut connection).await?;
    let head: i64 = sqlx::query_scalar("SELECT position FROM feed_head").fetch_one(&mut *transaction).await?;
    let numbered = sqlx::query(SQLITE_NUMBER).bind(head).bind(NUMBERED_AT_ONCE).execute(&mut *transaction).await?;
    sqlx::query(SQLITE_TAKE).bind(NUMBERED_AT_ONCE).execute(&mut *transaction).await?;
    let numbered = i64::try_from(numbered.rows_affected()).unwrap_or(0);
    let advance = sqlx::query("UPDATE feed_head SET position = position + $1").bind(numbered);
    advance.execute(&mut *transaction).await?;
    CrashPoint::BeforeFeedCommit.reach();
    Ok(transaction.commit().await?)
}
