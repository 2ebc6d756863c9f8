//! Settling with every step failing.

use std::sync::atomic::Ordering;

use futures::future::join_all;
use store::testing::TestStore;
use wire::claim_v1::Statement;
use wire::settlement_v1::{PreviewRequest, SettleRequest};
use wire::{ErrorReason, Failure};

use crate::world::{
    CANNOT_BE_REACHED, HAS_TOO_MUCH_TO_DO, LOSES_ITS_REPLY, NEVER_ANSWERS, WORKS, World, edit, reason, stay,
};

/// Two settlements of a person, the second of which one payer cannot book.
async fn with_an_open_link(store: &TestStore) -> World {
    let world = World::new(&store.location).await;
    world.settle("p", "r-1").await.unwrap();
    world.payers[1].posting.store(CANNOT_BE_REACHED, Ordering::SeqCst);
    world.settle("p", "r-2").await.unwrap();
    world
}

/// Where each payer took its counter from.
fn moved_from(statement: &Statement) -> Vec<i64> {
    statement.adjudications.iter().flat_map(|decision| &decision.moves).map(|moved| moved.before_fen).collect()
}

#[tokio::test]
async fn nothing_is_written_while_a_payer_or_the_register_cannot_be_asked() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        for payer in &world.payers {
            payer.adjudicating.store(CANNOT_BE_REACHED, Ordering::SeqCst);
            let failure = world.settle("p", "r").await.unwrap_err();
            assert_eq!(failure.reason, ErrorReason::PayerUnavailable);
            assert!(failure.is_retryable());
            payer.adjudicating.store(WORKS, Ordering::SeqCst);
        }
        world.register.down.store(true, Ordering::SeqCst);
        assert_eq!(world.settle("p", "r").await.unwrap_err().reason, ErrorReason::RegisterUnavailable);
        world.register.down.store(false, Ordering::SeqCst);
        assert_eq!((world.count("p").await, world.counted("p")), (0, [0, 0, 0]), "{}", store.name);
        world.settle("p", "r").await.unwrap();
        assert_eq!((world.count("p").await, world.counted("p")), (1, [10_000; 3]));
    }
}

#[tokio::test]
async fn a_settlement_whose_posts_fail_is_a_fact_and_recovery_books_it_once() {
    for store in TestStore::each().await {
        for behaviour in [CANNOT_BE_REACHED, LOSES_ITS_REPLY] {
            for failing in 0..3 {
                let world = World::new(&store.location).await;
                let person = format!("p-{behaviour}-{failing}");
                world.payers[failing].posting.store(behaviour, Ordering::SeqCst);
                let statement = world.settle(&person, "r").await.unwrap();
                assert_eq!(world.recover().await, 1, "it stays open while {failing} fails on {}", store.name);
                assert_eq!(world.settle(&person, "r").await.unwrap(), statement);

                world.payers[failing].posting.store(WORKS, Ordering::SeqCst);
                assert_eq!(world.recover().await, 0);
                assert_eq!((world.count(&person).await, world.counted(&person)), (1, [10_000; 3]));
                assert_eq!(world.recover().await, 0);
            }
        }
    }
}

#[tokio::test]
async fn an_open_link_is_finished_before_the_next_settlement_of_the_person() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.payers[1].posting.store(CANNOT_BE_REACHED, Ordering::SeqCst);
        world.settle("p", "r-1").await.unwrap();
        assert_eq!(world.settle("p", "r-2").await.unwrap_err().reason, ErrorReason::PayerUnavailable);
        world.payers[1].posting.store(WORKS, Ordering::SeqCst);
        world.settle("p", "r-2").await.unwrap();
        assert_eq!((world.count("p").await, world.counted("p")), (2, [20_000; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn counters_are_those_of_the_chain_and_a_preview_counts_what_is_not_booked_yet() {
    for store in TestStore::each().await {
        let world = with_an_open_link(&store).await;
        assert_eq!(world.counted("p")[1], 10_000);
        let preview = PreviewRequest { case: Some(stay("p", 2023, 3)) };
        let statement = world.client.clone().preview(preview).await.unwrap().into_inner().statement.unwrap();
        assert_eq!(moved_from(&statement), [20_000; 3], "{}", store.name);
    }
}

#[tokio::test]
async fn behind_a_link_whose_counters_are_not_kept_or_unreadable_the_payers_are_asked_once() {
    for unknown in
        ["UPDATE link SET counters = NULL WHERE sequence = 2", "UPDATE link SET counters = document WHERE sequence = 2"]
    {
        for store in TestStore::each().await {
            let world = with_an_open_link(&store).await;
            world.payers[1].posting.store(WORKS, Ordering::SeqCst);
            edit(&store.location, unknown).await;
            assert_eq!(moved_from(&world.settle("p", "r-3").await.unwrap()), [20_000; 3], "{}", store.name);
            assert_eq!(moved_from(&world.settle("p", "r-4").await.unwrap()), [30_000; 3], "{}", store.name);
            assert_eq!(world.counted("p"), [40_000; 3]);
        }
    }
}

#[tokio::test]
async fn a_restart_finishes_what_was_left_open() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.payers.iter().for_each(|payer| payer.posting.store(CANNOT_BE_REACHED, Ordering::SeqCst));
        for person in 0..20 {
            world.settle(&format!("p-{person}"), "r").await.unwrap();
        }
        world.payers.iter().for_each(|payer| payer.posting.store(WORKS, Ordering::SeqCst));
        let World { register, payers, .. } = world;
        let world = World::with(&store.location, register, payers).await;
        assert_eq!(world.recover().await, 0);
        for person in 0..20 {
            assert_eq!(world.counted(&format!("p-{person}")), [10_000; 3], "{}", store.name);
        }
    }
}

#[tokio::test]
async fn two_orchestrators_on_one_journal_settle_one_person_as_one_would() {
    for store in TestStore::each().await {
        let one = World::new(&store.location).await;
        let other = World::with(&store.location, one.register.clone(), one.payers.clone()).await;
        let requests = (0..20).map(|number| {
            let world = if number % 2 == 0 { &one } else { &other };
            async move { world.settle("p", &format!("r-{}", number / 2)).await }
        });
        let statements = join_all(requests).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        for pair in statements.chunks(2) {
            assert_eq!(pair[0], pair[1], "one request, one settlement");
        }
        assert_eq!((one.count("p").await, one.counted("p")), (10, [100_000; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn the_callers_deadline_reaches_the_register_and_the_payers_and_ends_the_call() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.payers[2].adjudicating.store(NEVER_ANSWERS, Ordering::SeqCst);
        let case = Some(stay("p", 2023, 5));
        let mut request = tonic::Request::new(SettleRequest { request_id: "r".to_owned(), case });
        request.set_timeout(std::time::Duration::from_millis(300));
        // The last payer only hangs where it was told the deadline; otherwise this would settle.
        let status = world.client.clone().settle(request).await.unwrap_err();
        let failure = Failure::from_status(&status).unwrap();
        assert_eq!((failure.reason, failure.is_retryable()), (ErrorReason::DeadlineExceeded, true), "{}", store.name);
        assert!(world.register.knows_deadline.load(Ordering::SeqCst));
        assert_eq!((world.count("p").await, world.counted("p")), (0, [0; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn a_payer_that_has_too_much_to_do_says_so_to_the_caller_and_nothing_is_written() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.payers[1].adjudicating.store(HAS_TOO_MUCH_TO_DO, Ordering::SeqCst);
        let failure = world.settle("p", "r").await.unwrap_err();
        assert_eq!((failure.reason, failure.is_retryable()), (ErrorReason::Overloaded, true), "{}", store.name);
        assert_eq!(world.count("p").await, 0);
        world.payers[1].adjudicating.store(WORKS, Ordering::SeqCst);
        assert_eq!(reason(world.settle("p", "r").await), None);
    }
}

#[tokio::test]
async fn requests_that_met_at_one_person_lose_to_each_other_once_and_then_take_turns() {
    const AT_ONCE: usize = 24;
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let ids: Vec<String> = (0..AT_ONCE).map(|number| format!("r-{number}")).collect();
        for settled in join_all(ids.iter().map(|id| world.settle("p", id))).await {
            settled.unwrap();
        }
        assert_eq!(world.count("p").await, AT_ONCE);
        let asked = world.register.asked.load(Ordering::SeqCst);
        assert!(asked < 3 * AT_ONCE, "{AT_ONCE} settlements asked the register {asked} times on {}", store.name);
    }
}
