//! A replica that cannot hear of changes stops answering from memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dictionary::Dictionaries;
use register::{Instants, RegisterOptions, RegisterService};
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPool};
use store::Location;
use store::testing::TestStore;

use crate::given::{clock, filled, gather, question};

/// How many categories P2 has on 6 May 2024.
async fn categories(register: &RegisterService) -> usize {
    gather(register, question("P2", &[], &[], "2024-05-06")).await.unwrap().person.unwrap().categories.len()
}

#[tokio::test]
async fn no_replica_honours_an_entitlement_longer_than_ten_seconds_after_it_last_heard() {
    let store = TestStore::postgres().await;
    drop(filled(&store).await);
    let passed = Arc::new(AtomicU64::new(0));
    let (begun, milliseconds) = (Instant::now(), Arc::clone(&passed));
    let instants = Instants::told_by(move || begun + Duration::from_millis(milliseconds.load(Ordering::SeqCst)));
    let dictionaries = Dictionaries::built_in().unwrap();
    let options = RegisterOptions { clock: clock(), keyring: None, dictionaries, instants };
    let replica = RegisterService::open_with(&store.location, options).await.unwrap();
    assert_eq!(categories(&replica).await, 2);

    let Location::Postgres(url) = &store.location else { panic!("a PostgreSQL store") };
    let connect: PgConnectOptions = url.parse().unwrap();
    let pool = PgPool::connect_with(connect.options([("search_path", "register")])).await.unwrap();
    // Whoever asks for changes waits from now on.
    let mut deafening = pool.begin().await.unwrap();
    deafening.execute("LOCK TABLE change IN ACCESS EXCLUSIVE MODE").await.unwrap();
    pool.execute("UPDATE category SET to_date = '2024-05-05' WHERE category = 'registered-poor'").await.unwrap();

    passed.store(10_000, Ordering::SeqCst);
    assert_eq!(categories(&replica).await, 2, "what is remembered is trusted for ten seconds");
    passed.store(10_001, Ordering::SeqCst);
    assert_eq!(categories(&replica).await, 1, "and not a moment longer");
    passed.store(3_600_000, Ordering::SeqCst);
    assert_eq!(categories(&replica).await, 1);

    deafening.rollback().await.unwrap();
    replica.catch_up().await.unwrap();
    assert_eq!(categories(&replica).await, 1);
}
