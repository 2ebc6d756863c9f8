//! The settlements that changes of the past touch, and the job that decides them anew, on both stores.

use std::sync::atomic::Ordering;

use store::testing::TestStore;
use wire::claim_v1::Case;
use wire::journal_v1::FundDifference;
use wire::register_v1::SubjectKind;
use wire::settlement_v1::readjudicate_touched_response::Part;
use wire::settlement_v1::{
    ListTouchedRequest, ReadjudicateTouchedRequest, SettlementState, TouchedFailure, TouchedSettlement, TouchedTotals,
};
use wire::{ErrorReason, Failure};

use crate::world::{World, stay};

/// What a job told.
#[derive(Debug, Default)]
struct Told {
    settlements: Vec<TouchedSettlement>,
    failures: Vec<TouchedFailure>,
    totals: TouchedTotals,
}

impl Told {
    /// Settlement, cash before and cash after.
    fn cash(&self) -> Vec<(&str, i64, i64)> {
        let cash = |of: &TouchedSettlement| [of.amounts_before, of.amounts_after].map(|of| of.unwrap().cash_fen);
        self.settlements.iter().map(|of| (of.settlement_id.as_str(), cash(of)[0], cash(of)[1])).collect()
    }

    /// The settlements without what only a run has.
    fn planned(&self) -> Vec<TouchedSettlement> {
        let planned = |of: &TouchedSettlement| TouchedSettlement {
            adjustment_id: String::new(),
            already_done: false,
            ..of.clone()
        };
        self.settlements.iter().map(planned).collect()
    }
}

fn request(job: &str, preview: bool) -> ReadjudicateTouchedRequest {
    ReadjudicateTouchedRequest { request_id: job.to_owned(), change_sequences: vec![7], preview }
}

async fn work(world: &World, job: &str, preview: bool) -> Told {
    let mut parts = world.client.clone().readjudicate_touched(request(job, preview)).await.unwrap().into_inner();
    let mut told = Told::default();
    while let Some(answer) = parts.message().await.unwrap() {
        match answer.part.unwrap() {
            Part::Settlement(settlement) => told.settlements.push(settlement),
            Part::Failure(failure) => told.failures.push(failure),
            Part::Totals(totals) => told.totals = totals,
        }
    }
    told
}

async fn touched(world: &World) -> Vec<String> {
    let request = ListTouchedRequest { change_sequences: vec![7] };
    let mut listed = world.client.clone().list_touched(request).await.unwrap().into_inner();
    let mut settlements = Vec::new();
    while let Some(settlement) = listed.message().await.unwrap() {
        settlements.push(settlement.settlement_id);
    }
    settlements
}

async fn settle(world: &World, request_id: &str, case: Case) -> String {
    world.settle_case(case, request_id).await.unwrap().settlement_id
}

fn at(institution: &str, case: Case) -> Case {
    Case { institution_id: institution.to_owned(), ..case }
}

fn with_item(item: &str, mut case: Case) -> Case {
    item.clone_into(&mut case.lines[0].item_code);
    case
}

#[tokio::test]
async fn a_persons_fact_touches_their_settlements_of_its_days_and_moves_those_that_depend_on_them() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.set_ceiling(35_000);
        let mut settled = Vec::new();
        for (month, year) in [(2, 2023), (5, 2023), (8, 2023), (3, 2024)] {
            settled.push(settle(&world, &format!("r-{year}-{month}"), stay("p", year, month)).await);
        }
        let cancelled = settle(&world, "r-c", stay("p", 2023, 6)).await;
        world.cancel("c", &cancelled).await.unwrap();
        settle(&world, "r", stay("q", 2023, 5)).await;
        world.register.alter(SubjectKind::Person, "p", 5, 7);
        world.register.poor.store(true, Ordering::SeqCst);
        assert_eq!(touched(&world).await, settled[1..2], "{}", store.name);

        let preview = work(&world, "job", true).await;
        // 10,000 of each payer before, 20,000 after; that of August keeps its facts, and the ceiling leaves it 5,000.
        let expected = [(settled[1].as_str(), 70_000, 40_000), (settled[2].as_str(), 70_000, 85_000)];
        assert_eq!(preview.cash(), expected, "{}", store.name);
        let funds: Vec<_> = preview.settlements[0].funds.iter().map(|of| (of.before_fen, of.after_fen)).collect();
        assert_eq!(funds, [(10_000, 20_000); 3]);
        let TouchedTotals { persons, settlements, changed_settlements, failures, .. } = preview.totals;
        assert_eq!((persons, settlements, changed_settlements, failures), (1, 2, 2, 0));
        let moved: Vec<_> =
            preview.totals.funds.iter().map(|FundDifference { difference_fen, .. }| *difference_fen).collect();
        assert_eq!((moved, preview.totals.cash_difference_fen), (vec![5_000; 3], -15_000), "{}", store.name);
        assert_eq!((world.counted("p"), world.counted("q")), ([30_000; 3], [10_000; 3]), "a preview writes nothing");

        let run = work(&world, "job", false).await;
        assert_eq!((run.planned(), &run.totals), (preview.planned(), &preview.totals), "{}", store.name);
        assert!(run.settlements.iter().all(|of| !of.adjustment_id.is_empty() && !of.already_done));
        assert_eq!((world.counted("p"), world.paid("p")), ([35_000; 3], [45_000; 3]), "2024 is another year");
        let again = work(&world, "job", false).await;
        assert_eq!((again.planned(), &again.totals), (run.planned(), &run.totals), "{}", store.name);
        assert!(again.settlements.iter().all(|of| of.already_done));
        assert_eq!((world.counted("p"), world.paid("p")), ([35_000; 3], [45_000; 3]), "{}", store.name);
        let nothing = work(&world, "job", true).await.totals;
        assert_eq!((nothing.changed_settlements, nothing.cash_difference_fen, nothing.funds), (0, 0, vec![]));
        let states = world.states("p").await;
        assert_eq!(states[0], SettlementState::Settled, "what is not touched stays as it was settled");
    }
}

#[tokio::test]
async fn an_institutions_and_an_items_fact_touch_the_settlements_that_rest_on_them_and_no_other() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let mut expected = Vec::new();
        for person in ["p", "q", "r"] {
            settle(&world, "1", at("other", stay(person, 2023, 5))).await;
            settle(&world, "2", at("altered", stay(person, 2023, 2))).await;
            settle(&world, "3", with_item("other", stay(person, 2023, 5))).await;
        }
        expected.push(settle(&world, "4", at("altered", stay("p", 2023, 5))).await);
        expected.push(settle(&world, "5", with_item("altered", stay("p", 2023, 6))).await);
        let prescribed = Case { prescriber_id: "altered".to_owned(), ..stay("r", 2023, 6) };
        expected.push(settle(&world, "4", prescribed).await);
        expected.push(settle(&world, "4", stay("s", 2023, 6)).await);
        // One stay goes on into the first altered day, and one begins on the last.
        let into = Case { service_date: stay("t", 2023, 4).service_date, ..at("altered", stay("t", 2023, 3)) };
        expected.push(settle(&world, "1", into).await);
        expected.push(settle(&world, "2", at("altered", stay("t", 2023, 7))).await);
        settle(&world, "3", at("altered", stay("t", 2023, 8))).await;
        world.register.alter(SubjectKind::Institution, "altered", 4, 7);
        world.register.alter(SubjectKind::Item, "altered", 6, 7);
        world.register.alter(SubjectKind::Person, "s", 6, 7);
        assert_eq!(touched(&world).await, expected, "{}", store.name);

        world.register.poor.store(true, Ordering::SeqCst);
        let preview = work(&world, "job", true).await;
        let run = work(&world, "job", false).await;
        assert_eq!((run.planned(), &run.totals), (preview.planned(), &preview.totals), "{}", store.name);
        let decided: Vec<_> = run.settlements.iter().map(|of| of.settlement_id.clone()).collect();
        assert_eq!(decided, expected, "{}", store.name);
        assert_eq!((run.totals.persons, run.totals.cash_difference_fen), (4, -30_000 * 6));
        assert_eq!(world.counted("q"), [30_000; 3], "{}", store.name);
        assert_eq!(world.counted("p"), [70_000; 3], "only two of five are decided on the facts of today");
    }
}

#[tokio::test]
async fn one_persons_failure_is_told_with_its_reason_and_stops_nobody() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        for person in ["p", "q", "r"] {
            // Somebody used the name of a step of the job for something else.
            let request_id = if person == "q" { "job.2023" } else { "1" };
            settle(&world, request_id, stay(person, 2023, 5)).await;
            world.register.alter(SubjectKind::Person, person, 5, 7);
        }
        world.register.poor.store(true, Ordering::SeqCst);
        let told = work(&world, "job", false).await;
        let failed: Vec<_> =
            told.failures.iter().map(|of| (of.person_id.as_str(), of.benefit_year, of.reason())).collect();
        assert_eq!(failed, [("q", 2023, ErrorReason::RequestIdReused)], "{}", store.name);
        assert_eq!((told.totals.failures, told.totals.changed_settlements, told.totals.persons), (1, 2, 3));
        let counted = ["p", "q", "r"].map(|person| world.counted(person)[0]);
        assert_eq!(counted, [20_000, 10_000, 20_000], "{}", store.name);
        let told = work(&world, "another-job", false).await;
        assert_eq!((told.totals.failures, told.totals.changed_settlements), (0, 1), "{}", store.name);
    }
}

/// More than are decided and told ahead of a reader.
const PERSONS: i64 = 120;

#[tokio::test]
async fn a_job_that_was_cut_off_is_finished_by_the_same_request_and_changes_nothing_twice() {
    for store in TestStore::each().await {
        for kind in [SubjectKind::Person, SubjectKind::Institution] {
            let world = World::new(&store.location).await;
            let job = format!("job-{}", i32::from(kind));
            let person = |number: i64| format!("{job}-{number:03}");
            for number in 0..PERSONS {
                settle(&world, "1", at(&job, stay(&person(number), 2023, 5))).await;
                if kind == SubjectKind::Person {
                    world.register.alter(kind, &person(number), 5, 7);
                }
            }
            if kind == SubjectKind::Institution {
                world.register.alter(kind, &job, 5, 7);
            }
            world.register.poor.store(true, Ordering::SeqCst);
            let preview = work(&world, &job, true).await;
            let moved = |number| world.counted(&person(number)) == [20_000; 3];

            let mut cut_off =
                world.client.clone().readjudicate_touched(request(&job, false)).await.unwrap().into_inner();
            cut_off.message().await.unwrap().unwrap();
            drop(cut_off);
            let done = (0..PERSONS).filter(|number| moved(*number)).count();
            assert!(done > 0 && done < usize::try_from(PERSONS).unwrap(), "{} {done}", store.name);

            let told = work(&world, &job, false).await;
            assert!(
                told.settlements.iter().any(|of| of.already_done) && told.settlements.iter().any(|of| !of.already_done)
            );
            assert_eq!((told.planned(), &told.totals), (preview.planned(), &preview.totals), "{}", store.name);
            assert_eq!(told.totals.persons, PERSONS);
            let again = work(&world, &job, false).await;
            assert_eq!(again.totals, told.totals, "{}", store.name);
            // What was cut off between the append and the booking is finished as after any crash.
            assert_eq!(world.recover().await, 0, "{}", store.name);
            assert!((0..PERSONS).all(moved) && (0..PERSONS).all(|number| world.paid(&person(number)) == [20_000; 3]));
        }
    }
}

#[tokio::test]
async fn a_job_under_the_same_name_for_other_changes_is_refused_and_so_is_a_name_without_room() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        settle(&world, "1", stay("p", 2023, 5)).await;
        world.register.alter(SubjectKind::Person, "p", 5, 7);
        work(&world, "job", false).await;
        let other = ReadjudicateTouchedRequest { change_sequences: vec![7, 8], ..request("job", false) };
        let mut parts = world.client.clone().readjudicate_touched(other).await.unwrap().into_inner();
        let Some(Part::Failure(failure)) = parts.message().await.unwrap().unwrap().part else { panic!("a failure") };
        assert_eq!(failure.reason(), ErrorReason::RequestIdReused, "{}", store.name);
        for faulty in [
            request(&"j".repeat(60), true),
            request("", true),
            ReadjudicateTouchedRequest { change_sequences: Vec::new(), ..request("job", true) },
        ] {
            let refused = world.client.clone().readjudicate_touched(faulty).await.unwrap_err();
            assert_eq!(Failure::from_status(&refused).unwrap().reason, ErrorReason::FieldViolation);
        }
    }
}
