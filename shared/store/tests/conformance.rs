//! Both kinds of database open, migrate, keep and refuse alike.

use std::os::unix::fs::PermissionsExt;

use store::testing::TestStore;
use store::{
    BatchConnection, BatchLimits, Batcher, Database, Location, Migration, Migrations, StoreError, begin_write,
    is_unique_violation, on_database,
};

const NOTE: Migration =
    Migration { version: 1, name: "note", sql: "CREATE TABLE note (id BIGINT PRIMARY KEY, body TEXT NOT NULL)" };
const TITLE: Migration = Migration { version: 2, name: "title", sql: "ALTER TABLE note ADD COLUMN title TEXT" };
const FIRST: Migrations = Migrations { sqlite: &[NOTE], postgres: &[NOTE] };
const SECOND: Migrations = Migrations { sqlite: &[NOTE, TITLE], postgres: &[NOTE, TITLE] };

async fn insert(database: &Database, id: i64, body: &str) -> Result<(), sqlx::Error> {
    on_database!(database, |pool| {
        sqlx::query("INSERT INTO note (id, body) VALUES ($1, $2)").bind(id).bind(body).execute(pool).await.map(drop)
    })
}

async fn bodies(database: &Database) -> Result<Vec<String>, sqlx::Error> {
    on_database!(database, |pool| sqlx::query_scalar("SELECT body FROM note ORDER BY id").fetch_all(pool).await)
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again_with_a_newer_version() {
    for store in TestStore::each().await {
        let database = Database::open(&store.location, "first-service", &FIRST).await.unwrap();
        insert(&database, 1, "kept").await.unwrap();
        database.close().await;
        let database = Database::open(&store.location, "first-service", &SECOND).await.unwrap();
        assert_eq!(bodies(&database).await.unwrap(), ["kept"], "{}", store.name);
    }
}

#[tokio::test]
async fn services_do_not_see_each_others_tables() {
    for store in TestStore::each().await {
        let first = Database::open(&store.location, "first-service", &FIRST).await.unwrap();
        let second = Database::open(&store.location, "second-service", &FIRST).await.unwrap();
        insert(&first, 1, "first").await.unwrap();
        insert(&second, 1, "second").await.unwrap();
        assert_eq!(
            (bodies(&first).await.unwrap(), bodies(&second).await.unwrap()),
            (vec!["first".into()], vec!["second".into()]),
            "{}",
            store.name
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_may_open_a_new_database_at_once() {
    for store in TestStore::each().await {
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let location = store.location.clone();
                tokio::spawn(async move { Database::open(&location, "service", &SECOND).await.map(drop) })
            })
            .collect();
        for opened in opening {
            opened.await.unwrap().unwrap_or_else(|error| panic!("{}: {error:?}", store.name));
        }
    }
}

#[tokio::test]
async fn a_key_that_is_there_already_is_told_from_other_refusals() {
    for store in TestStore::each().await {
        let database = Database::open(&store.location, "service", &FIRST).await.unwrap();
        insert(&database, 1, "first").await.unwrap();
        let twice = insert(&database, 1, "again").await.unwrap_err();
        assert!(is_unique_violation(&twice), "{}", store.name);
        assert!(matches!(StoreError::from(twice), StoreError::Invariant(_)), "{}", store.name);
        let missing =
            on_database!(&database, |pool| sqlx::query("SELECT nothing FROM note").execute(pool).await.map(drop));
        assert!(!is_unique_violation(&missing.unwrap_err()), "{}", store.name);
    }
}

#[tokio::test]
async fn a_migration_that_was_changed_after_its_release_is_refused() {
    const CHANGED: Migration = Migration { version: 1, name: "note", sql: "CREATE TABLE note (id BIGINT PRIMARY KEY)" };
    for store in TestStore::each().await {
        Database::open(&store.location, "service", &FIRST).await.unwrap().close().await;
        let changed = Migrations { sqlite: &[CHANGED], postgres: &[CHANGED] };
        let refused = Database::open(&store.location, "service", &changed).await;
        assert!(matches!(refused, Err(StoreError::Migration(_))), "{}", store.name);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_unavailable() {
    let nobody_listens = Location::Postgres("postgres://onestop@localhost/none?host=/nonexistent".to_owned());
    let refused = Database::open(&nobody_listens, "service", &FIRST).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
    let store = TestStore::sqlite();
    let file = store.directory().unwrap().join("a-file");
    std::fs::write(&file, "").unwrap();
    let refused = Database::open(&Location::Directory(file), "service", &FIRST).await;
    assert!(matches!(refused, Err(StoreError::Directory { .. })));
}

#[tokio::test]
async fn a_write_lock_that_is_not_given_back_makes_the_next_writer_give_up_as_unavailable() {
    let store = TestStore::sqlite();
    let Database::Sqlite(pool) = Database::open(&store.location, "service", &FIRST).await.unwrap() else {
        unreachable!()
    };
    let mut holding = pool.acquire().await.unwrap();
    let held = begin_write(&mut holding).await.unwrap();
    let impatient = "PRAGMA busy_timeout = 0";
    let mut other = pool.acquire().await.unwrap();
    sqlx::query(impatient).execute(&mut *other).await.unwrap();
    let refused = sqlx::query("INSERT INTO note (id, body) VALUES (1, '')").execute(&mut *other).await.unwrap_err();
    assert!(StoreError::from(refused).is_unavailable());
    drop(held);
}

#[tokio::test]
async fn an_embedded_store_without_room_is_unavailable_and_takes_writes_again_on_every_connection() {
    let store = TestStore::sqlite();
    let database = Database::open(&store.location, "service", &FIRST).await.unwrap();
    let Database::Sqlite(pool) = &database else { panic!("a directory") };
    let mut connection = pool.acquire().await.unwrap();
    let mut full = begin_write(&mut connection).await.unwrap();
    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *full).await.unwrap();
    let large = sqlx::query("INSERT INTO note (id, body) VALUES (1, $1)").bind("x".repeat(100_000));
    assert!(StoreError::from(large.execute(&mut *full).await.unwrap_err()).is_unavailable());
    // The others are taken, so the next write cannot go round the connection that had no room.
    let _others = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    drop(full);
    drop(connection);
    insert(&database, 1, "kept").await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let mut next = begin_write(&mut connection).await.unwrap();
    sqlx::query("INSERT INTO note (id, body) VALUES (2, 'kept, too')").execute(&mut *next).await.unwrap();
    next.commit().await.unwrap();
    drop(connection);
    assert_eq!(bodies(&database).await.unwrap(), ["kept", "kept, too"]);
}

#[tokio::test]
async fn a_batch_without_room_fails_alone() {
    let store = TestStore::sqlite();
    let database = Database::open(&store.location, "service", &FIRST).await.unwrap();
    let notes = Batcher::start_on(&database, "test", BatchLimits::default(), |connection, notes: Vec<(i64, usize)>| {
        Box::pin(async move {
            let BatchConnection::Sqlite(connection) = connection else { panic!("a directory") };
            sqlx::query("PRAGMA max_page_count = 1").execute(&mut *connection).await?;
            let mut transaction = begin_write(connection).await?;
            for (id, length) in &notes {
                let note =
                    sqlx::query("INSERT INTO note (id, body) VALUES ($1, $2)").bind(id).bind("x".repeat(*length));
                note.execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            Ok::<_, StoreError>(notes.iter().map(|_| Ok(())).collect())
        })
    });
    for (id, length) in [(1, 1), (2, 100_000), (3, 1), (4, 100_000), (5, 1)] {
        let written = notes.submit((id, length)).await;
        assert_eq!(written.is_ok(), length == 1, "{id}: {written:?}");
    }
    assert_eq!(bodies(&database).await.unwrap(), ["x"; 3]);
}

#[tokio::test]
async fn the_embedded_store_is_durable_and_only_for_its_owners_eyes() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap().join("deeper").join("down");
    let location = Location::Directory(directory.clone());
    let Database::Sqlite(pool) = Database::open(&location, "service", &FIRST).await.unwrap() else { unreachable!() };
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&pool).await.unwrap();
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&pool).await.unwrap();
    assert_eq!((journal.as_str(), synchronous), ("wal", 2));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("service.sqlite3")), 0o600);
}

#[tokio::test]
async fn a_name_that_could_leave_its_place_is_refused() {
    for name in ["", "../up", "Upper", "a\"b", "1st", "a.b"] {
        let refused = Database::open(&TestStore::sqlite().location, name, &FIRST).await;
        assert!(matches!(refused, Err(StoreError::Name(_))), "{name}");
    }
}
