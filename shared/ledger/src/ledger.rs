//! [`Ledger`]: one payer's books in one database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use claim::{CounterKey, CounterName, PersonId};
use money::Fen;
use store::{
    BatchConnection, BatchLimits, Batcher, Database, Location, Migration, Migrations, StoreError, on_database,
};

use crate::booking::Booking;
use crate::page::{PostingRow, posting_from};
use crate::plan::PersonCounter;
use crate::{Adjustment, LedgerError, PAGE_SIZE_MAX, Post, PostingCursor, PostingPage, postgres, sqlite};

/// More than a case of 5,000 lines can ask for.
const COUNTERS_MAX: usize = 16_384;

const MIGRATIONS: Migrations = Migrations {
    sqlite: &[
        Migration { version: 1, name: "ledger", sql: include_str!("../migrations/sqlite/0001_ledger.sql") },
        Migration { version: 2, name: "adjustments", sql: include_str!("../migrations/sqlite/0002_adjustments.sql") },
        Migration {
            version: 3,
            name: "postings_in_order",
            sql: include_str!("../migrations/sqlite/0003_postings_in_order.sql"),
        },
    ],
    postgres: &[
        Migration { version: 1, name: "ledger", sql: include_str!("../migrations/postgres/0001_ledger.sql") },
        Migration { version: 2, name: "adjustments", sql: include_str!("../migrations/postgres/0002_adjustments.sql") },
        Migration {
            version: 3,
            name: "postings_in_order",
            sql: include_str!("../migrations/postgres/0003_postings_in_order.sql"),
        },
    ],
};

const NEWEST: &str = "
    SELECT entry_id, settlement_id, fund, paid_fen, recorded_time FROM posting
    WHERE person_id = $1
    ORDER BY recorded_time DESC, entry_id DESC, settlement_id DESC, fund DESC LIMIT $2";

const NEWEST_BEFORE: &str = "
    SELECT entry_id, settlement_id, fund, paid_fen, recorded_time FROM posting
    WHERE person_id = $1 AND (recorded_time, entry_id, settlement_id, fund) < ($3, $4, $5, $6)
    ORDER BY recorded_time DESC, entry_id DESC, settlement_id DESC, fund DESC LIMIT $2";

/// Each table on its own, because an audit has to see what one of them holds and the others do not.
const PERSONS: &str = "
    SELECT person_id FROM (SELECT DISTINCT person_id FROM posted WHERE person_id > $1 ORDER BY 1 LIMIT $2) AS entries
    UNION
    SELECT person_id FROM (SELECT DISTINCT person_id FROM posting WHERE person_id > $1 ORDER BY 1 LIMIT $2) AS postings
    UNION
    SELECT person_id FROM (SELECT DISTINCT person_id FROM counter WHERE person_id > $1 ORDER BY 1 LIMIT $2) AS counters
    ORDER BY 1 LIMIT $2";

/// What posting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostOutcome {
    /// It is booked now.
    Posted,
    /// It was booked before, with the same content.
    AlreadyPosted,
}

#[derive(Clone, Debug)]
struct Question {
    person_id: PersonId,
    keys: Arc<BTreeSet<CounterKey>>,
}

/// One payer's books. Cheap to clone; all clones share the connections and the batches.
#[derive(Clone, Debug)]
pub struct Ledger {
    database: Database,
    reads: Batcher<Question, BTreeMap<CounterKey, Fen>, LedgerError>,
    posts: Batcher<Arc<Booking>, PostOutcome, LedgerError>,
}

impl Ledger {
    /// Opens the books of `service`; makes them where there are none yet.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn open(location: &Location, service: &'static str) -> Result<Self, StoreError> {
        let database = Database::open(location, service, &MIGRATIONS).await?;
        let limits = BatchLimits::default();
        let reads = Batcher::start_on(&database, format!("{service}.reads"), limits, |connection, questions| {
            Box::pin(read(connection, questions))
        });
        let posts = Batcher::start_on(&database, format!("{service}.posts"), limits, |connection, batch| {
            Box::pin(post(connection, batch))
        });
        Ok(Self { database, reads, posts })
    }

    /// Where a person's counters `keys` stand, each of them, all at one moment. One that was never moved is at zero.
    ///
    /// # Errors
    /// Too many keys, overload, or the store.
    pub async fn counters(
        &self,
        person_id: &PersonId,
        keys: impl IntoIterator<Item = CounterKey>,
    ) -> Result<BTreeMap<CounterKey, Fen>, LedgerError> {
        let keys: BTreeSet<_> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        if keys.len() > COUNTERS_MAX {
            return Err(LedgerError::TooManyCounters { asked: keys.len(), max: COUNTERS_MAX });
        }
        let question = Question { person_id: person_id.clone(), keys: Arc::new(keys) };
        Ok(self.reads.submit(question).await?)
    }

    /// The counters of one year that a person's settlements ever moved.
    ///
    /// # Errors
    /// The store.
    pub async fn counters_of_year(
        &self,
        person_id: &PersonId,
        benefit_year: i32,
    ) -> Result<BTreeMap<CounterKey, Fen>, LedgerError> {
        let year = "SELECT counter, value_fen FROM counter WHERE person_id = $1 AND benefit_year = $2";
        let rows: Vec<(String, i64)> = on_database!(&self.database, |pool| {
            sqlx::query_as(year).bind(person_id.as_str()).bind(benefit_year).fetch_all(pool).await?
        });
        let counter = |(name, value_fen): (String, i64)| {
            (CounterKey { name: CounterName::new(&name), benefit_year }, Fen::new(value_fen))
        };
        Ok(rows.into_iter().map(counter).collect())
    }

    /// The counters of all years that a person's settlements ever moved.
    ///
    /// # Errors
    /// The store.
    pub async fn counters_of_every_year(&self, person_id: &PersonId) -> Result<BTreeMap<CounterKey, Fen>, LedgerError> {
        let years = "SELECT benefit_year, counter, value_fen FROM counter WHERE person_id = $1";
        let rows: Vec<(i32, String, i64)> = on_database!(&self.database, |pool| {
            sqlx::query_as(years).bind(person_id.as_str()).fetch_all(pool).await?
        });
        let counter = |(benefit_year, name, value_fen): (i32, String, i64)| {
            (CounterKey { name: CounterName::new(&name), benefit_year }, Fen::new(value_fen))
        };
        Ok(rows.into_iter().map(counter).collect())
    }

    /// Books a decision: its amounts and its counter moves, all or nothing. Once it is booked, posting the same again
    /// changes nothing.
    ///
    /// # Errors
    /// A counter that does not stand where the decision says, a settlement that was booked with another content,
    /// overload, or the store.
    pub async fn post(&self, post: Post) -> Result<PostOutcome, LedgerError> {
        Ok(self.posts.submit(Arc::new(post.into())).await?)
    }

    /// Books what an adjustment changes: its amounts and its counter moves, all or nothing. Once it is booked, booking
    /// the same again changes nothing.
    ///
    /// # Errors
    /// As [`Ledger::post`].
    pub async fn adjust(&self, adjustment: Adjustment) -> Result<PostOutcome, LedgerError> {
        Ok(self.posts.submit(Arc::new(adjustment.into())).await?)
    }

    /// The persons of whom anything was booked, in the order of their ids, after `after` and at most `count`.
    ///
    /// # Errors
    /// The store.
    pub async fn persons(&self, after: Option<&PersonId>, count: u32) -> Result<Vec<PersonId>, LedgerError> {
        let rows: Vec<String> = on_database!(&self.database, |pool| {
            let page = sqlx::query_scalar(PERSONS).bind(after.map_or("", PersonId::as_str)).bind(i64::from(count));
            page.fetch_all(pool).await?
        });
        let persons = rows.iter().map(|person_id| PersonId::new(person_id).map_err(StoreError::corrupt));
        Ok(persons.collect::<Result<_, _>>()?)
    }

    /// A page of a person's postings, newest first. `page_size` is held to 1..=[`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    /// The store.
    pub async fn list_postings(
        &self,
        person_id: &PersonId,
        page_size: u32,
        before: Option<&PostingCursor>,
    ) -> Result<PostingPage, LedgerError> {
        let page_size = page_size.clamp(1, PAGE_SIZE_MAX);
        // One more than the page tells whether there is a next page.
        let rows_max = i64::from(page_size) + 1;
        let rows: Vec<PostingRow> = on_database!(&self.database, |pool| match before {
            None => sqlx::query_as(NEWEST).bind(person_id.as_str()).bind(rows_max).fetch_all(pool).await?,
            Some(cursor) => {
                let page = sqlx::query_as(NEWEST_BEFORE).bind(person_id.as_str()).bind(rows_max);
                let page = page.bind(cursor.recorded_time).bind(cursor.entry_id.as_str());
                page.bind(cursor.settlement_id.as_str()).bind(cursor.fund.as_str()).fetch_all(pool).await?
            }
        });
        let mut postings = rows.into_iter().map(posting_from).collect::<Result<Vec<_>, _>>()?;
        let page_size = usize::try_from(page_size).unwrap_or(usize::MAX);
        let has_more = postings.len() > page_size;
        postings.truncate(page_size);
        let next = postings.last().filter(|_| has_more).map(PostingCursor::from);
        Ok(PostingPage { postings, next })
    }

    #[cfg(test)]
    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// Closes the connections. What was posted before is kept; what comes after fails.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

type Answers<T> = Result<Vec<Result<T, LedgerError>>, LedgerError>;

async fn read(connection: BatchConnection<'_>, questions: Vec<Question>) -> Answers<BTreeMap<CounterKey, Fen>> {
    let with_person = |question: &Question| {
        let person_id = question.person_id.clone();
        question.keys.iter().map(move |key| (person_id.clone(), key.clone())).collect::<Vec<_>>()
    };
    let asked: BTreeSet<PersonCounter> = questions.iter().flat_map(with_person).collect();
    let held = match connection {
        BatchConnection::Sqlite(connection) => sqlite::read(connection, &asked).await?,
        BatchConnection::Postgres(connection) => postgres::read(connection, &asked).await?,
    };
    let answer = |question: &Question| {
        let stands = |counter: PersonCounter| (held.get(&counter).copied().unwrap_or_default(), counter.1);
        Ok(with_person(question).into_iter().map(stands).map(|(value, key)| (key, value)).collect())
    };
    Ok(questions.iter().map(answer).collect())
}

async fn post(connection: BatchConnection<'_>, batch: Vec<Arc<Booking>>) -> Answers<PostOutcome> {
    match connection {
        BatchConnection::Sqlite(connection) => sqlite::post(connection, &batch).await,
        BatchConnection::Postgres(connection) => postgres::post(connection, &batch).await,
    }
}
