use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use sqlx::Connection;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::*;
use crate::testing::TestStore;
use crate::{Database, Migrations, on_database};

const NO_TABLES: Migrations = Migrations { sqlite: &[], postgres: &[] };
const PATIENCE: Duration = Duration::from_secs(30);

type Outcome = Result<(), StoreError>;

impl<DB: sqlx::Database> Line<DB> {
    fn keeps(&self) -> bool {
        self.0.locked().is_some()
    }

    /// A batch that asks the store nothing and ends well.
    async fn run_well(&self) -> Outcome {
        self.run(|_| Box::pin(async { Ok(()) })).await
    }

    /// Moves the times of the kept connection back.
    fn age(&self, acquired: Duration, idle: Duration) {
        let mut kept = self.0.locked();
        let kept = kept.as_mut().unwrap();
        kept.acquired = kept.acquired.checked_sub(acquired).unwrap();
        kept.idle_since = kept.idle_since.checked_sub(idle).unwrap();
    }
}

async fn opened(store: &TestStore) -> Database {
    Database::open(&store.location, "service", &NO_TABLES).await.unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let reached = timeout(PATIENCE, async {
        while !is_so() {
            yield_now().await;
        }
    });
    reached.await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

#[tokio::test]
async fn a_batch_that_ended_well_leaves_its_connection_to_the_next() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            let first = line.run::<(), StoreError, _>(|connection| {
                Box::pin(async {
                    sqlx::raw_sql("CREATE TEMPORARY TABLE mark (id BIGINT)").execute(connection).await?;
                    Ok(())
                })
            });
            first.await.unwrap();
            assert!(line.keeps(), "{}", store.name);
            let acquired = line.0.locked().as_ref().unwrap().acquired;
            let again = line.clone();
            let second = again.run::<(), StoreError, _>(|connection| {
                Box::pin(async {
                    sqlx::raw_sql("SELECT id FROM mark").execute(connection).await?;
                    Ok(())
                })
            });
            second.await.unwrap();
            assert_eq!(line.0.locked().as_ref().unwrap().acquired, acquired, "{}", store.name);
        });
    }
}

#[tokio::test]
async fn a_batch_that_failed_or_panicked_gives_its_connection_back() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            line.run_well().await.unwrap();
            let failing = line.run(|_| Box::pin(async { Err::<(), _>(StoreError::corrupt("a fault")) }));
            failing.await.unwrap_err();
            assert!(!line.keeps(), "{}", store.name);
            line.run_well().await.unwrap();
            let panicking = line.run::<(), StoreError, _>(|_| Box::pin(async { panic!("a fault") }));
            AssertUnwindSafe(panicking).catch_unwind().await.unwrap_err();
            assert!(!line.keeps(), "{}", store.name);
            line.run_well().await.unwrap();
        });
    }
}

#[tokio::test]
async fn batches_at_once_have_a_connection_each_and_leave_one() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            let inner = line.clone();
            let outer = line.run(|connection| {
                Box::pin(async move {
                    inner.run_well().await?;
                    assert!(inner.keeps());
                    Ok::<_, StoreError>(connection.ping().await?)
                })
            });
            outer.await.unwrap();
            assert!(line.keeps(), "{}", store.name);
            until("the other is given back", || pool.num_idle() > 0).await;
        });
    }
}

#[tokio::test]
async fn closing_the_database_closes_what_is_kept_and_the_next_batch_fails() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            line.run_well().await.unwrap();
            timeout(PATIENCE, database.close()).await.unwrap();
            assert_eq!((line.keeps(), pool.size()), (false, 0), "{}", store.name);
            assert!(line.run_well().await.unwrap_err().is_unavailable(), "{}", store.name);
        });
    }
}

#[tokio::test]
async fn a_batch_that_ends_after_its_database_began_to_close_leaves_nothing() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            let closing = pool.clone();
            let closed = line.run(|_| {
                Box::pin(async move {
                    let closed = tokio::spawn({
                        let closing = closing.clone();
                        async move { closing.close().await }
                    });
                    until("the pool is closing", || closing.is_closed()).await;
                    Ok::<_, StoreError>(closed)
                })
            });
            let closed = closed.await.unwrap();
            assert!(!line.keeps(), "{}", store.name);
            timeout(PATIENCE, closed).await.unwrap().unwrap();
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_never_waits_for_a_batch_that_has_ended_wherever_they_meet() {
    for store in TestStore::each().await {
        for steps in 0..20 {
            let database = opened(&store).await;
            on_database!(&database, |pool| {
                let line = Line::on(pool);
                line.run_well().await.unwrap();
                let running = tokio::spawn({
                    let line = line.clone();
                    async move {
                        let batch = line.run(|_| {
                            Box::pin(async move {
                                for _ in 0..steps {
                                    yield_now().await;
                                }
                                Ok::<_, StoreError>(())
                            })
                        });
                        // It is refused where the pool was closed first.
                        let _ = batch.await;
                    }
                });
                timeout(PATIENCE, database.close()).await.unwrap();
                running.await.unwrap();
                assert_eq!((line.keeps(), pool.size()), (false, 0), "{}", store.name);
            });
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_idle_too_long_is_given_back_before_the_next_batch() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            line.run_well().await.unwrap();
            line.age(Duration::ZERO, IDLE_TRUSTED);
            let aged = Instant::now();
            line.run_well().await.unwrap();
            assert!(line.0.locked().as_ref().unwrap().acquired > aged, "{}", store.name);
        });
    }
}

#[tokio::test]
async fn a_connection_that_batch_after_batch_kept_is_given_back_after_a_while() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            line.run_well().await.unwrap();
            line.age(KEPT_MAX, Duration::ZERO);
            line.run_well().await.unwrap();
            assert!(!line.keeps(), "{}", store.name);
        });
    }
}

#[tokio::test]
async fn a_line_that_nobody_uses_gives_its_connection_back_by_itself() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            line.run_well().await.unwrap();
            until("the line is empty", || !line.keeps()).await;
            until("the pool has it", || pool.num_idle() > 0).await;
        });
    }
}

#[tokio::test]
async fn a_dropped_line_frees_its_connection() {
    for store in TestStore::each().await {
        let database = opened(&store).await;
        on_database!(&database, |pool| {
            let line = Line::on(pool);
            line.run_well().await.unwrap();
            let others = pool.num_idle();
            let slot = Arc::downgrade(&line.0);
            drop(line);
            assert!(slot.upgrade().is_none(), "{}", store.name);
            until("the pool has it", || pool.num_idle() > others).await;
        });
    }
}

#[tokio::test]
async fn lines_do_not_keep_the_last_connection_of_a_pool() {
    let store = TestStore::postgres().await;
    let database = Database::open_with_connections(&store.location, "service", &NO_TABLES, 1).await.unwrap();
    on_database!(&database, |pool| {
        let (first, second) = (Line::on(pool), Line::on(pool));
        for line in [&first, &second, &first] {
            line.run_well().await.unwrap();
            assert!(!line.keeps());
        }
    });
}

#[tokio::test]
async fn a_kept_connection_that_died_fails_one_batch_at_most() {
    let store = TestStore::postgres().await;
    let Database::Postgres(pool) = opened(&store).await else { panic!("a server") };
    let line = Line::on(&pool);
    let backend = || {
        line.run(|connection| {
            Box::pin(async {
                let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(connection).await?;
                Ok::<_, StoreError>(backend)
            })
        })
    };
    let died = backend().await.unwrap();
    assert_eq!(backend().await.unwrap(), died);
    let end = sqlx::query_scalar("SELECT pg_terminate_backend($1, 10000)").bind(died);
    let ended: bool = end.fetch_one(&pool).await.unwrap();
    assert!(ended);
    if let Err(error) = backend().await {
        assert!(error.is_unavailable(), "{error:?}");
        assert!(!line.keeps());
    }
    assert_ne!(backend().await.unwrap(), died);
}
