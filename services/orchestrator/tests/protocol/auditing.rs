//! The audit: no difference after whatever the protocol did, and every edit of anything that is stored is told.

use std::sync::atomic::Ordering;

use store::testing::TestStore;
use wire::settlement_v1::audit_response::Part;
use wire::settlement_v1::{AuditDifference, AuditRequest, AuditTotals};

use crate::world::{CANNOT_BE_REACHED, WORKS, World, edit, stay};

async fn audit(world: &World, person: &str) -> (Vec<AuditDifference>, AuditTotals) {
    let request = AuditRequest { person_id: person.to_owned() };
    let mut parts = world.client.clone().audit(request).await.unwrap().into_inner();
    let mut differences = Vec::new();
    while let Some(answer) = parts.message().await.unwrap() {
        match answer.part.unwrap() {
            Part::Difference(difference) => differences.push(difference),
            Part::Totals(totals) => {
                assert_eq!(usize::try_from(totals.differences).unwrap(), differences.len());
                return (differences, totals);
            }
        }
    }
    panic!("an audit without totals")
}

/// A world in which everything happened that can: years, ceilings, cancellations, reversals, a fact that came late.
async fn eventful(store: &TestStore) -> World {
    let world = World::new(&store.location).await;
    world.set_ceiling(45_000);
    let mut settled = Vec::new();
    for month in 1..=6 {
        settled.push(world.settle_case(stay("p", 2023, month), &format!("r-{month}")).await.unwrap());
        world.settle_case(stay("q", 2020 + month, 5), &format!("r-{month}")).await.unwrap();
    }
    world.cancel("c-1", &settled[5].settlement_id).await.unwrap();
    world.cancel_with("c-2", &settled[1].settlement_id, true).await.unwrap();
    world.reverse("v-1", "p", "late").await.unwrap();
    world.register.poor.store(true, Ordering::SeqCst);
    world.readjudicate("a-1", "p", 3, false).await.unwrap().adjustment.unwrap();
    world.reverse("v-2", "p", "c-1").await.unwrap();
    world.settle_case(stay("p", 2023, 7), "r-7").await.unwrap();
    world
}

#[tokio::test]
async fn after_everything_that_can_happen_there_is_no_difference() {
    for store in TestStore::each().await {
        let world = eventful(&store).await;
        world.payers[1].posting.store(CANNOT_BE_REACHED, Ordering::SeqCst);
        world.settle("open", "r").await.unwrap();
        world.payers[1].posting.store(WORKS, Ordering::SeqCst);
        let (differences, totals) = audit(&world, "").await;
        assert_eq!(differences, Vec::new(), "{}", store.name);
        assert_eq!((totals.persons, totals.links), (3, 19), "an open link was finished on {}", store.name);
        assert!(totals.postings > 39, "{}", totals.postings);
        let (differences, totals) = audit(&world, "q").await;
        assert_eq!((differences.len(), totals.persons, totals.links), (0, 1, 6));
    }
}

#[tokio::test]
async fn every_edit_of_the_journal_and_the_feed_is_told() {
    let edits = [
        ("UPDATE link SET hash = document WHERE person_id = 'p' AND sequence = 3", "link 3"),
        ("DELETE FROM link WHERE person_id = 'p' AND sequence = 12", "feed: links"),
        (
            "UPDATE link SET counters = (SELECT counters FROM link WHERE person_id = 'q' AND sequence = 2)
            WHERE person_id = 'q' AND sequence = 3",
            "link 3: counters behind it",
        ),
        ("UPDATE link SET counters = document WHERE person_id = 'q' AND sequence = 3", "link 3: counters behind it"),
        ("UPDATE link SET counters = document WHERE person_id = 'q' AND sequence = 6", "link 6: counters behind it"),
        ("DELETE FROM link WHERE person_id = 'q' AND sequence = 6", "posting of"),
        ("DELETE FROM closed_link WHERE person_id = 'q' AND sequence = 2", "feed: links"),
        ("INSERT INTO feed (position, person_id, sequence) VALUES (7, 'q', 77)", "feed: first number"),
        ("UPDATE feed_head SET position = 3", "feed: where numbering goes on"),
    ];
    for (sql, place) in edits {
        for store in TestStore::each().await {
            let world = eventful(&store).await;
            edit(&store.location, sql).await;
            let (differences, _) = audit(&world, "").await;
            let told: Vec<_> = differences.iter().map(|difference| difference.place.as_str()).collect();
            assert!(told.iter().any(|told| told.contains(place)), "{sql} on {}: {differences:?}", store.name);
        }
    }
}

#[tokio::test]
async fn every_edit_of_a_payers_books_is_told() {
    let store = TestStore::sqlite();
    let world = eventful(&store).await;
    world.payers[0].books.lock().unwrap().counters.insert(("p".to_owned(), 2023), 1);
    world.payers[0].books.lock().unwrap().counters.insert(("p".to_owned(), 1999), 1);
    let removed = world.payers[1].books.lock().unwrap().postings.get_mut("q").unwrap().pop().unwrap();
    world.payers[2].books.lock().unwrap().postings.get_mut("q").unwrap()[0].paid_fen += 1;
    world.payers[2].books.lock().unwrap().counters.insert(("nobody".to_owned(), 2023), 5);
    world.payers[2].books.lock().unwrap().postings.insert("nobody".to_owned(), vec![removed]);
    let (differences, totals) = audit(&world, "").await;
    let mut told: Vec<_> = differences.iter().map(|of| (of.person_id.as_str(), of.place.as_str())).collect();
    told.sort_unstable();
    assert_eq!(told.len(), 5, "{told:#?}");
    assert_eq!(told[0], ("nobody", "chain"));
    assert_eq!(told[1], ("p", "basic-insurance: counter paid of 1999"));
    assert_eq!(told[2], ("p", "basic-insurance: counter paid of 2023"));
    assert!(told[3].1.starts_with("critical-illness: posting of "), "{told:?}");
    assert!(told[4].1.starts_with("medical-assistance: posting of "), "{told:?}");
    assert_eq!(totals.persons, 3);
}

#[tokio::test]
async fn rules_that_would_decide_otherwise_are_told() {
    let store = TestStore::sqlite();
    let world = eventful(&store).await;
    world.set_ceiling(44_999);
    let (differences, _) = audit(&world, "p").await;
    assert!(!differences.is_empty());
    assert!(differences.iter().all(|difference| difference.place.starts_with("link ")), "{differences:#?}");
    let by_other_rules = |of: &AuditDifference| of.found.contains("under another version of the rules");
    assert!(!differences.iter().any(by_other_rules), "{differences:#?}");

    world.set_ceiling(45_000);
    world.payers[1].reformed.store(true, Ordering::SeqCst);
    let (differences, _) = audit(&world, "p").await;
    assert!(!differences.is_empty() && differences.iter().all(by_other_rules), "{differences:#?}");
    assert!(differences[0].found.ends_with("the rules: critical-illness: rule (document article, from 2017-01-01)"));
    let of_today = "by the rules of today: critical-illness: rule (late document article, from 2017-01-01)";
    assert!(differences[0].expected.ends_with(of_today), "{differences:#?}");
}
