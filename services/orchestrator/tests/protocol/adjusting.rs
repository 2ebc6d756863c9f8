//! Cancelling, reversing and deciding anew, with every step failing.

use std::sync::atomic::Ordering;

use futures::future::join_all;
use host::Clock;
use store::testing::TestStore;
use wire::ErrorReason;
use wire::settlement_v1::{CancelRequest, ReversalOutcome, ReverseRequest, SettleRequest, SettlementState};

use crate::world::{CANNOT_BE_REACHED, FakePayer, FakeRegister, LOSES_ITS_REPLY, WORKS, World, reason, stay};

#[tokio::test]
async fn a_cancelled_settlement_gives_back_its_counters_and_the_next_is_as_if_it_had_not_been() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let first = world.settle("p", "r-1").await.unwrap();
        let second = world.settle("p", "r-2").await.unwrap();
        let cancelled = world.cancel("c-1", &second.settlement_id).await.unwrap();
        assert!(!cancelled.already_done);
        let adjustment = cancelled.adjustment.unwrap();
        assert_eq!((adjustment.changes.len(), adjustment.cash_difference_fen), (1, -70_000), "{}", store.name);
        assert_eq!(adjustment.institutions[0].difference_fen, -30_000);
        assert_eq!((world.counted("p"), world.paid("p")), ([10_000; 3], [10_000; 3]), "{}", store.name);

        let third = world.settle("p", "r-3").await.unwrap();
        assert_eq!(third.adjudications, second.adjudications, "{}", store.name);
        let states = [SettlementState::Settled, SettlementState::Cancelled, SettlementState::Settled];
        assert_eq!(world.states("p").await, states, "{}", store.name);
        let got = world.get(&second.settlement_id).await;
        assert_eq!(got.state(), SettlementState::Cancelled);
        assert_eq!(got.last_change.unwrap().adjustment_id, adjustment.adjustment_id);
        assert_eq!(got.statement.unwrap(), second, "what stood last is still told");
        assert_eq!(world.get(&first.settlement_id).await.state(), SettlementState::Settled);
    }
}

#[tokio::test]
async fn a_cancellation_is_one_however_often_it_is_sent_and_another_body_is_refused() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let first = world.settle("p", "r-1").await.unwrap();
        let second = world.settle("p", "r-2").await.unwrap();
        let cancelled = world.cancel("c-1", &second.settlement_id).await.unwrap();
        let again = world.cancel("c-1", &second.settlement_id).await.unwrap();
        assert!(again.already_done, "{}", store.name);
        assert_eq!(again.adjustment, cancelled.adjustment);

        let other = world.cancel("c-1", &first.settlement_id).await.unwrap_err();
        assert_eq!((other.reason, other.field.as_deref()), (ErrorReason::RequestIdReused, Some("settlement_id")));
        let other = world.cancel_with("c-1", &second.settlement_id, true).await.unwrap_err();
        assert_eq!((other.reason, other.field.as_deref()), (ErrorReason::RequestIdReused, Some("readjudicate_later")));
        let other = world.cancel("r-1", &first.settlement_id).await.unwrap_err();
        assert_eq!((other.reason, other.field.as_deref()), (ErrorReason::RequestIdReused, Some("call")));
        let settle = world.settle("p", "c-1").await.unwrap_err();
        assert_eq!((settle.reason, settle.field.as_deref()), (ErrorReason::RequestIdReused, Some("call")));
        let settled = world.settle("p", "r-2").await.unwrap();
        assert_eq!(settled, second, "the request that settled is answered as it was");
        assert_eq!(world.counted("p"), [10_000; 3], "{}", store.name);
    }
}

#[tokio::test]
async fn what_cannot_be_cancelled_has_its_reason_and_changes_nothing() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let first = world.settle("p", "r-1").await.unwrap();
        assert_eq!(reason(world.cancel("c", "nothing").await), Some(ErrorReason::SettlementNotFound));
        assert_eq!(reason(world.cancel("", "a b").await), Some(ErrorReason::FieldViolation));

        let request = CancelRequest {
            request_id: "c".to_owned(),
            settlement_id: first.settlement_id.clone(),
            ..CancelRequest::default()
        };
        let status = world.client_of("another").cancel(request).await.unwrap_err();
        let failure = wire::Failure::from_status(&status).unwrap();
        assert_eq!(failure.reason, ErrorReason::SettlementNotFound, "another caller's is not told of");

        world.cancel("c-1", &first.settlement_id).await.unwrap();
        assert_eq!(reason(world.cancel("c-2", &first.settlement_id).await), Some(ErrorReason::SettlementCancelled));
        assert_eq!((world.counted("p"), world.paid("p")), ([0; 3], [0; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn a_settlement_of_an_earlier_year_is_cancelled_only_with_the_callers_word() {
    for store in TestStore::each().await {
        let new_years_eve = chrono::DateTime::parse_from_rfc3339("2023-12-31T23:30:00+08:00").unwrap().to_utc();
        let payers = || ["basic-insurance", "critical-illness", "medical-assistance"].map(FakePayer::new);
        let then = World::at(&store.location, FakeRegister::default(), payers(), Clock::fixed(new_years_eve)).await;
        let settled = then.settle("p", "r-1").await.unwrap();
        let reversible = then.settle("q", "r-1").await.unwrap();

        let new_year = Clock::fixed(new_years_eve + chrono::TimeDelta::hours(1));
        let now = World::at(&store.location, then.register.clone(), then.payers.clone(), new_year).await;
        let refused = now.cancel("c-1", &settled.settlement_id).await;
        assert_eq!(reason(refused), Some(ErrorReason::SettlementOfEarlierYear), "{}", store.name);
        let request = CancelRequest {
            request_id: "c-1".to_owned(),
            settlement_id: settled.settlement_id,
            readjudicate_later: false,
            across_years: true,
        };
        now.client.clone().cancel(request).await.unwrap();
        let reversed = now.reverse("v-1", "q", "r-1").await.unwrap();
        assert_eq!(reversed.outcome(), ReversalOutcome::SettlementCancelled, "an unknown outcome knows no year's end");
        assert_eq!(now.get(&reversible.settlement_id).await.state(), SettlementState::Cancelled);
        assert_eq!((now.counted("p"), now.counted("q")), ([0; 3], [0; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn a_reversed_request_is_cancelled_if_it_settled_and_kept_out_if_it_never_arrived() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.settle("p", "r-1").await.unwrap();
        let reversed = world.reverse("v-1", "p", "r-1").await.unwrap();
        assert_eq!(reversed.outcome(), ReversalOutcome::SettlementCancelled, "{}", store.name);
        let again = world.reverse("v-1", "p", "r-1").await.unwrap();
        assert!(again.already_done);
        assert_eq!((again.outcome(), &again.adjustment), (reversed.outcome(), &reversed.adjustment));
        let later = world.reverse("v-2", "p", "r-1").await.unwrap();
        assert_eq!(later.outcome(), ReversalOutcome::CancelledBefore);

        let never = world.reverse("v-3", "p", "r-2").await.unwrap();
        assert_eq!((never.outcome(), never.already_done), (ReversalOutcome::NeverArrived, false));
        assert_eq!(reason(world.settle("p", "r-2").await), Some(ErrorReason::RequestReversed), "{}", store.name);
        let again = world.reverse("v-3", "p", "r-2").await.unwrap();
        assert_eq!((again.outcome(), again.already_done), (ReversalOutcome::NeverArrived, true));
        assert_eq!(world.reverse("v-4", "p", "r-2").await.unwrap().outcome(), ReversalOutcome::NeverArrived);
        assert_eq!(reason(world.reverse("v-3", "p", "r-9").await), Some(ErrorReason::RequestIdReused));
        assert_eq!(reason(world.reverse("v-5", "p", "v-5").await), Some(ErrorReason::FieldViolation));
        assert_eq!(world.recover().await, 0);

        world.settle("p", "r-3").await.unwrap();
        assert_eq!((world.count("p").await, world.counted("p")), (2, [10_000; 3]), "{}", store.name);
        let request = SettleRequest { request_id: "r-2".to_owned(), case: Some(stay("p", 2023, 6)) };
        world.client_of("another").settle(request).await.expect("a request id is the caller's own");
    }
}

#[tokio::test]
async fn a_reversed_cancellation_restores_the_settlement() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let settled = world.settle("p", "r-1").await.unwrap();
        world.cancel("c-1", &settled.settlement_id).await.unwrap();
        let reversed = world.reverse("v-1", "p", "c-1").await.unwrap();
        assert_eq!(reversed.outcome(), ReversalOutcome::SettlementRestored, "{}", store.name);
        let got = world.get(&settled.settlement_id).await;
        assert_ne!(got.state(), SettlementState::Cancelled);
        assert_eq!(got.statement.unwrap().adjudications, settled.adjudications);
        assert_eq!((world.counted("p"), world.paid("p")), ([10_000; 3], [10_000; 3]), "{}", store.name);
        let again = world.reverse("v-2", "p", "c-1").await.unwrap();
        assert_eq!(again.outcome(), ReversalOutcome::SettlementRestored);
        assert_eq!(reason(world.reverse("v-3", "p", "v-1").await), Some(ErrorReason::RequestNotReversible));

        world.cancel("c-2", &settled.settlement_id).await.unwrap();
        let stale = world.reverse("v-4", "p", "c-1").await;
        assert_eq!(reason(stale), Some(ErrorReason::RequestNotReversible), "another step cancelled it since");
        assert_eq!(world.counted("p"), [0; 3], "{}", store.name);
    }
}

#[tokio::test]
async fn an_adjustment_whose_bookings_fail_is_a_fact_and_recovery_books_it_once() {
    for store in TestStore::each().await {
        for behaviour in [CANNOT_BE_REACHED, LOSES_ITS_REPLY] {
            for failing in 0..3 {
                let world = World::new(&store.location).await;
                let person = format!("p-{behaviour}-{failing}");
                let settled = world.settle(&person, "r").await.unwrap();
                world.payers[failing].posting.store(behaviour, Ordering::SeqCst);
                let cancelled = world.cancel("c", &settled.settlement_id).await.unwrap();
                assert_eq!(world.recover().await, 1, "it stays open while {failing} fails on {}", store.name);
                let again = world.cancel("c", &settled.settlement_id).await.unwrap();
                assert_eq!(again.adjustment, cancelled.adjustment);
                assert_eq!(reason(world.settle(&person, "r-2").await), Some(ErrorReason::PayerUnavailable));

                world.payers[failing].posting.store(WORKS, Ordering::SeqCst);
                assert_eq!(world.recover().await, 0);
                assert_eq!((world.counted(&person), world.paid(&person)), ([0; 3], [0; 3]), "{}", store.name);
                assert_eq!(world.recover().await, 0);
            }
        }
    }
}

#[tokio::test]
async fn a_cancellation_that_cannot_ask_writes_nothing() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let first = world.settle("p", "r-1").await.unwrap();
        world.settle("p", "r-2").await.unwrap();
        for payer in &world.payers {
            payer.adjudicating.store(CANNOT_BE_REACHED, Ordering::SeqCst);
            let refused = world.cancel_with("c", &first.settlement_id, true).await;
            assert_eq!(reason(refused), Some(ErrorReason::PayerUnavailable), "{}", store.name);
            payer.adjudicating.store(WORKS, Ordering::SeqCst);
        }
        assert_eq!((world.counted("p"), world.paid("p")), ([20_000; 3], [20_000; 3]), "{}", store.name);
        world.cancel_with("c", &first.settlement_id, true).await.unwrap();
        assert_eq!((world.counted("p"), world.paid("p")), ([10_000; 3], [10_000; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn cancelling_and_settling_one_person_at_once_from_two_orchestrators_ends_right() {
    for store in TestStore::each().await {
        let one = World::new(&store.location).await;
        let other = one.another(&store.location).await;
        let mut settled = Vec::new();
        for number in 0..6 {
            settled.push(one.settle("p", &format!("r-{number}")).await.unwrap().settlement_id);
        }
        let cancels = settled.iter().enumerate().map(|(number, id)| {
            let world = if number % 2 == 0 { &one } else { &other };
            async move { world.cancel_with(&format!("c-{number}"), id, true).await.map(drop) }
        });
        let settles = (6..12).map(|number| {
            let world = if number % 2 == 0 { &other } else { &one };
            async move { world.settle("p", &format!("r-{number}")).await.map(drop) }
        });
        let (cancels, settles) = futures::join!(join_all(cancels), join_all(settles));
        for outcome in cancels.into_iter().chain(settles) {
            outcome.unwrap();
        }
        assert_eq!((one.counted("p"), one.paid("p")), ([60_000; 3], [60_000; 3]), "{}", store.name);
        let states = one.states("p").await;
        assert_eq!(states.iter().filter(|state| **state == SettlementState::Cancelled).count(), 6, "{}", store.name);
    }
}

#[tokio::test]
async fn the_same_cancellation_sent_many_times_at_once_is_one_and_each_is_answered_the_same() {
    for store in TestStore::each().await {
        let one = World::new(&store.location).await;
        let other = one.another(&store.location).await;
        for round in 0..5 {
            let settled = one.settle("p", &format!("r-{round}")).await.unwrap();
            let cancels = (0..6).map(|number| {
                let (world, request_id) = (if number % 2 == 0 { &one } else { &other }, format!("c-{round}"));
                let id = settled.settlement_id.clone();
                async move { world.cancel(&request_id, &id).await.unwrap() }
            });
            let answers = join_all(cancels).await;
            assert_eq!(answers.iter().filter(|answer| !answer.already_done).count(), 1, "{}", store.name);
            assert!(answers.iter().all(|answer| answer.adjustment == answers[0].adjustment), "{}", store.name);
        }
        assert_eq!((one.counted("p"), one.paid("p")), ([0; 3], [0; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn an_older_settlement_is_cancelled_with_those_that_depend_on_it_as_one_step() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.set_ceiling(25_000);
        let mut settled = Vec::new();
        for number in 0..4 {
            settled.push(world.settle("p", &format!("r-{number}")).await.unwrap());
        }
        let other_year = world.settle_case(stay("p", 2022, 6), "r-2022").await.unwrap();
        assert_eq!(world.counted("p"), [25_000; 3]);
        let refused = world.cancel("c", &settled[1].settlement_id).await.unwrap_err();
        assert_eq!(refused.reason, ErrorReason::LaterSettlementsDepend, "{}", store.name);
        let later: Vec<_> = settled[2..].iter().map(|statement| statement.settlement_id.clone()).collect();
        assert_eq!(refused.settlements, later, "a settlement of another year shares no counter");
        assert_eq!((world.counted("p"), world.states("p").await.len()), ([25_000; 3], 5));

        let done = world.cancel_with("c", &settled[1].settlement_id, true).await.unwrap().adjustment.unwrap();
        let changes: Vec<_> = done
            .changes
            .iter()
            .map(|change| change.statement.as_ref().map(|statement| statement.amounts.unwrap().assistance_fen))
            .collect();
        assert_eq!(changes, [None, Some(30_000), Some(15_000)], "{}", store.name);
        assert_eq!(done.funds.len(), 0, "the ceiling is full with and without it");
        assert_eq!((world.counted("p"), world.paid("p")), ([25_000; 3], [35_000; 3]), "{}", store.name);
        assert_eq!(world.get(&settled[0].settlement_id).await.state(), SettlementState::Settled);
        assert_eq!(world.get(&settled[2].settlement_id).await.state(), SettlementState::Readjudicated);
        assert_eq!(world.get(&other_year.settlement_id).await.state(), SettlementState::Settled);

        let request = ReverseRequest {
            request_id: "v".to_owned(),
            person_id: "p".to_owned(),
            reversed_request_id: "c".to_owned(),
            readjudicate_later: true,
        };
        let restored = world.client.clone().reverse(request).await.unwrap().into_inner();
        assert_eq!(restored.outcome(), ReversalOutcome::SettlementRestored);
        for statement in &settled {
            let now = world.get(&statement.settlement_id).await.statement.unwrap();
            assert_eq!(now.adjudications, statement.adjudications, "all is as it was on {}", store.name);
        }
        assert_eq!((world.counted("p"), world.paid("p")), ([25_000; 3], [35_000; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn a_fact_that_was_corrected_late_is_told_with_its_differences_and_appended_as_one_step() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.set_ceiling(45_000);
        let mut settled = Vec::new();
        for month in [1, 4, 2, 6] {
            settled.push(world.settle_case(stay("p", 2023, month), &format!("r-{month}")).await.unwrap());
        }
        let unchanged = world.readjudicate("a-0", "p", 1, false).await.unwrap();
        assert!(unchanged.adjustment.as_ref().unwrap().changes.is_empty() && !unchanged.already_done);
        let again = world.readjudicate("a-0", "p", 1, false).await.unwrap();
        assert!(again.already_done, "that nothing changed is a link too: older facts are not appended behind it");
        world.register.poor.store(true, Ordering::SeqCst);

        let preview = world.readjudicate("a-1", "p", 4, true).await.unwrap().adjustment.unwrap();
        assert_eq!((world.counted("p"), preview.adjustment_id.as_str()), ([40_000; 3], ""), "{}", store.name);
        let done = world.readjudicate("a-1", "p", 4, false).await.unwrap();
        let adjustment = done.adjustment.unwrap();
        assert_eq!(adjustment.funds, preview.funds);
        // 10,000 by the old facts, 20,000 by the new ones, 10,000 behind it, and 5,000 is what the ceiling leaves.
        let told: Vec<_> = adjustment
            .changes
            .iter()
            .map(|change| (change.service_date.unwrap().month, change.cash_difference_fen, change.facts.len()))
            .collect();
        assert_eq!(told, [(4, -30_000, 1), (2, 0, 0), (6, 15_000, 1)], "{}", store.name);
        let fact = &adjustment.changes[0].facts[0];
        assert_eq!((fact.field.as_str(), fact.before.as_str()), ("person.categories", ""));
        assert_eq!(fact.after, "ASSISTANCE_CATEGORY_SUBSISTENCE_ALLOWANCE");
        assert_eq!((world.counted("p"), world.paid("p")), ([45_000; 3], [45_000; 3]), "{}", store.name);

        let again = world.readjudicate("a-1", "p", 4, false).await.unwrap();
        assert!(again.already_done);
        assert_eq!(again.adjustment.unwrap(), adjustment);
        assert_eq!(reason(world.readjudicate("a-1", "p", 5, false).await), Some(ErrorReason::RequestIdReused));
        let unchanged = world.readjudicate("a-2", "p", 4, false).await.unwrap().adjustment.unwrap();
        assert_eq!((unchanged.changes.len(), unchanged.bookings.len()), (0, 0));
        assert_eq!(world.get(&settled[0].settlement_id).await.state(), SettlementState::Settled);
        assert_eq!(world.get(&settled[1].settlement_id).await.state(), SettlementState::Readjudicated);

        // What was decided anew can be cancelled as any other.
        let stood = world.get(&settled[3].settlement_id).await.statement;
        world.cancel("c", &settled[3].settlement_id).await.unwrap();
        assert_eq!(world.get(&settled[3].settlement_id).await.statement, stood, "what stood last is still told");
        assert_eq!((world.counted("p"), world.paid("p")), ([40_000; 3], [40_000; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn a_settlement_that_gathered_facts_before_a_readjudication_is_decided_on_those_after_it() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let gate = world.register.hold_next_answer();
        let settle = async { world.settle("p", "r").await.unwrap() };
        let correct = async {
            gate.held().await;
            world.register.poor.store(true, Ordering::SeqCst);
            world.readjudicate("a", "p", 1, false).await.unwrap();
            gate.let_go();
        };
        let (settled, ()) = futures::join!(settle, correct);
        assert_eq!(settled.amounts.unwrap().assistance_fen, 60_000, "on the facts of today on {}", store.name);
    }
}
