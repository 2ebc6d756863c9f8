//! [`Ledger`]: one payer's books in one database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use claim::{CounterKey, CounterName, PersonId};
use money::Fen;
use store::{
    BatchConnection, BatchLimits, Batcher, Database, Location, Migration, Migrations, StoreError, on_database,
};

use crate::booking::Booking;
use crate::page::{PostingRow, cursor_at, posting_from};
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
        Migration { version: 4, name: "one_table", sql: include_str!("../migrations/sqlite/0004_one_table.sql") },
    ],
    postgres: &[
        Migration { version: 1, name: "ledger", sql: include_str!("../migrations/postgres/0001_ledger.sql") },
        Migration { version: 2, name: "adjustments", sql: include_str!("../migrations/postgres/0002_adjustments.sql") },
        Migration {
            version: 3,
            name: "postings_in_order",
            sql: include_str!("../migrations/postgres/0003_postings_in_order.sql"),
        },
        Migration { version: 4, name: "one_table", sql: include_str!("../migrations/postgres/0004_one_table.sql") },
    ],
};

/// Numbers of entries rise with time.
const NEWEST: &str = "
    SELECT entry_id, number, settlement_id, fund, paid_fen, recorded_time FROM posting
    WHERE person_id = $1 AND fund IS NOT NULL
    ORDER BY entry_id DESC, number DESC LIMIT $2";

const NEWEST_BEFORE: &str = "
    SELECT entry_id, number, settlement_id, fund, paid_fen, recorded_time FROM posting
    WHERE person_id = $1 AND (entry_id, number) < ($3, $4) AND fund IS NOT NULL
    ORDER BY entry_id DESC, number DESC LIMIT $2";

/// Each table on its own, because an audit has to see what one of them holds and the others do not.
const PERSONS: &str = "
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
        let mut rows: Vec<PostingRow> = on_database!(&self.database, |pool| match before {
            None => sqlx::query_as(NEWEST).bind(person_id.as_str()).bind(rows_max).fetch_all(pool).await?,
            Some(cursor) => {
                let page = sqlx::query_as(NEWEST_BEFORE).bind(person_id.as_str()).bind(rows_max);
                page.bind(cursor.entry_id.as_str()).bind(cursor.number).fetch_all(pool).await?
            }
        });
        let page_size = usize::try_from(page_size).unwrap_or(usize::MAX);
        let has_more = rows.len() > page_size;
        rows.truncate(page_size);
        let next = rows.last().filter(|_| has_more).map(cursor_at).transpose()?;
        let postings = rows.into_iter().map(posting_from).collect::<Result<_, _>>()?;
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use claim::{Adjudication, EntryId, Fund, PayerId, SettlementId};
    use store::testing::TestStore;

    use super::*;
    use crate::Posting;

    const SERVICE: &str = "basic-insurance";
    const IN_TWO_TABLES: Migrations =
        Migrations { sqlite: MIGRATIONS.sqlite.split_at(3).0, postgres: MIGRATIONS.postgres.split_at(3).0 };

    fn booking(settlement: &str, paid: &[(Fund, i64)]) -> Booking {
        let settlement_id = SettlementId::new(settlement).unwrap();
        let adjudication = Adjudication::nothing(PayerId::new(SERVICE).unwrap());
        let post = Post {
            person_id: PersonId::new("p").unwrap(),
            settlement_id: settlement_id.clone(),
            adjudication,
            recorded_time: DateTime::UNIX_EPOCH,
        };
        let paid = paid.iter().map(|(fund, paid)| ((settlement_id.clone(), *fund), Fen::new(*paid)));
        Booking { paid: paid.collect(), ..post.into() }
    }

    async fn book_in_two_tables(database: &Database, booking: &Booking) -> Result<(), LedgerError> {
        let posted = "INSERT INTO posted (person_id, entry_id, digest, recorded_time) VALUES ($1, $2, $3, $4)";
        let posting = "INSERT INTO posting (person_id, entry_id, settlement_id, fund, paid_fen, recorded_time)
            VALUES ($1, $2, $2, $3, $4, $5)";
        on_database!(database, |pool| {
            let (person_id, entry_id) = (booking.person_id.as_str(), booking.entry_id.as_str());
            let query = sqlx::query(posted).bind(person_id).bind(entry_id).bind(booking.digest.as_slice());
            query.bind(booking.recorded_time).execute(pool).await?;
            for ((_, fund), paid) in &booking.paid {
                let query = sqlx::query(posting).bind(person_id).bind(entry_id).bind(fund.as_str()).bind(paid.get());
                query.bind(booking.recorded_time).execute(pool).await?;
            }
        });
        Ok(())
    }

    #[tokio::test]
    async fn what_was_booked_in_two_tables_is_booked_in_one() {
        for store in TestStore::each().await {
            let bookings = [booking("s", &[(Fund::LargeExpense, 2), (Fund::BasicInpatient, 1)]), booking("t", &[])];
            let database = Database::open(&store.location, SERVICE, &IN_TWO_TABLES).await.unwrap();
            for booking in &bookings {
                book_in_two_tables(&database, booking).await.unwrap();
            }
            database.close().await;

            let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
            let posting = |fund, paid| Posting {
                entry_id: EntryId::new("s").unwrap(),
                settlement_id: SettlementId::new("s").unwrap(),
                fund,
                paid: Fen::new(paid),
                recorded_time: DateTime::UNIX_EPOCH,
            };
            let page = ledger.list_postings(&PersonId::new("p").unwrap(), 9, None).await.unwrap();
            let expected = [posting(Fund::LargeExpense, 2), posting(Fund::BasicInpatient, 1)];
            assert_eq!(page.postings, expected, "{}", store.name);
            for booking in bookings {
                let outcome = ledger.posts.submit(Arc::new(booking)).await.unwrap();
                assert_eq!(outcome, PostOutcome::AlreadyPosted, "{}", store.name);
            }
            ledger.close().await;
        }
    }
}
