//! A person's history, and what it says of an edited database.

use store::testing::TestStore;
use wire::journal_v1::link::Entry;
use wire::settlement_v1::get_history_response::Part;
use wire::settlement_v1::{ChainCheck, GetHistoryRequest, HistoryLink, PayerCounters};

use crate::world::{World, edit, stay};

async fn history(world: &World, person: &str, year: i32) -> (Vec<HistoryLink>, Vec<PayerCounters>, ChainCheck) {
    let request = GetHistoryRequest { person_id: person.to_owned(), benefit_year: year };
    let mut parts = world.client.clone().get_history(request).await.unwrap().into_inner();
    let (mut links, mut counters, mut check) = (Vec::new(), Vec::new(), None);
    while let Some(answer) = parts.message().await.unwrap() {
        match answer.part.unwrap() {
            Part::Link(link) => links.push(link),
            Part::Counters(of_payer) => counters.push(of_payer),
            Part::Check(found) => check = Some(found),
        }
    }
    (links, counters, check.unwrap())
}

#[tokio::test]
async fn a_history_tells_the_links_of_a_year_the_counters_and_that_the_whole_chain_holds() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.settle("p", "r-1").await.unwrap();
        world.settle_case(stay("p", 2022, 3), "r-2").await.unwrap();
        let third = world.settle("p", "r-3").await.unwrap();
        world.cancel("c-1", &third.settlement_id).await.unwrap();
        world.reverse("v-1", "p", "late").await.unwrap();

        let (links, counters, check) = history(&world, "p", 2023).await;
        let places: Vec<_> = links.iter().map(|link| link.link.as_ref().unwrap().sequence).collect();
        assert_eq!(places, [1, 3, 4, 5], "{}", store.name);
        assert!(matches!(links[2].link.as_ref().unwrap().entry, Some(Entry::Adjustment(_))));
        let values: Vec<_> = counters.iter().map(|of_payer| of_payer.counters[0].value_fen).collect();
        assert_eq!(values, [10_000; 3], "{}", store.name);
        assert_eq!((check.links, check.first_broken_sequence), (5, 0), "{}", store.name);
        assert_eq!(check.head_hash, links[3].hash);
        let (links, _, check) = history(&world, "nobody", 2023).await;
        assert_eq!((links.len(), check.links, check.first_broken_sequence), (0, 0, 0));
    }
}

#[tokio::test]
async fn a_history_names_the_first_link_that_somebody_edited() {
    let edits = [
        ("UPDATE link SET hash = document WHERE sequence = 3", 3, "has bytes that do not give its hash"),
        ("UPDATE link SET document = (SELECT document FROM link WHERE sequence = 4) WHERE sequence = 2", 2, "bytes"),
        ("UPDATE link SET request_id = 'other' WHERE sequence = 4", 4, "names that are not its own"),
        ("DELETE FROM link WHERE sequence = 2", 2, "is missing"),
        ("DELETE FROM link WHERE sequence = 1", 1, "is missing"),
    ];
    for (sql, sequence, fault) in edits {
        for store in TestStore::each().await {
            let world = World::new(&store.location).await;
            for number in 1..=5 {
                world.settle("p", &format!("r-{number}")).await.unwrap();
            }
            assert_eq!(history(&world, "p", 2023).await.2.first_broken_sequence, 0);
            edit(&store.location, sql).await;
            let (_, _, check) = history(&world, "p", 2023).await;
            assert_eq!(check.first_broken_sequence, sequence, "{sql} on {}", store.name);
            assert!(check.fault.contains(fault), "{sql}: {}", check.fault);
        }
    }
}

#[tokio::test]
async fn everything_wrong_with_a_question_about_history_is_told_at_once() {
    let store = TestStore::sqlite();
    let world = World::new(&store.location).await;
    let request = GetHistoryRequest { person_id: "a b".to_owned(), benefit_year: 0 };
    let status = world.client.clone().get_history(request).await.unwrap_err();
    assert_eq!(wire::Failure::from_status(&status).unwrap().violations.len(), 2);
}
