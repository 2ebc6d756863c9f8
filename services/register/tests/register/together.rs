//! Files that arrive at the same time, and the same file more than once, on both kinds of store.

use futures::future::join_all;
use register::RegisterService;
use store::testing::TestStore;

use crate::files::{header, import, parts_with};
use crate::given::{PERSONS, empty, gather, question, rows_like};

const PERSONS_EACH: usize = 3_000;

/// A file of the same persons, of a household here or elsewhere.
fn file(kunming_household: bool) -> String {
    let rows: Vec<String> = (0..PERSONS_EACH)
        .map(|number| format!("Q{number},1990-01-01,,{kunming_household},0,resident,,2020-01-01,"))
        .collect();
    rows_like(PERSONS, &rows.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Two ways to one store: two processes on PostgreSQL, two callers of one process on an embedded store.
async fn two_ways(store: &TestStore) -> [RegisterService; 2] {
    let first = empty(store).await;
    let second = if store.name == "SQLite" { first.clone() } else { empty(store).await };
    [first, second]
}

async fn households(register: &RegisterService) -> Vec<bool> {
    let persons = (0..PERSONS_EACH).step_by(250).map(|number| format!("Q{number}"));
    let asked = persons.map(|person| async move {
        let facts = gather(register, question(&person, &[], &[], "2024-05-06")).await.unwrap();
        facts.person.unwrap().kunming_household
    });
    join_all(asked).await
}

#[tokio::test]
async fn two_files_at_once_leave_one_of_them_whole_and_no_mixture() {
    for store in TestStore::each().await {
        let ways = two_ways(&store).await;
        for _ in 0..3 {
            let (here, elsewhere) = (file(true), file(false));
            let (one, other) = tokio::join!(
                import(&ways[0], parts_with(header(&here), &here, 500)),
                import(&ways[1], parts_with(header(&elsewhere), &elsewhere, 700)),
            );
            assert_eq!((one.0.faults, other.0.faults), (0, 0), "{}", store.name);
            let fresh = if store.name == "SQLite" { ways[0].clone() } else { empty(&store).await };
            let told = households(&fresh).await;
            assert!(told.iter().all(|household| *household == told[0]), "{}: {told:?}", store.name);
        }
    }
}

#[tokio::test]
async fn the_same_file_twice_at_once_is_taken_once() {
    for store in TestStore::each().await {
        let ways = two_ways(&store).await;
        let file = file(true);
        let (one, other) = tokio::join!(
            import(&ways[0], parts_with(header(&file), &file, 500)),
            import(&ways[1], parts_with(header(&file), &file, 500)),
        );
        let mut changed = [one.0.changed_rows, other.0.changed_rows];
        changed.sort_unstable();
        assert_eq!(changed, [0, u64::try_from(PERSONS_EACH).unwrap()], "{}", store.name);
    }
}
