//! The books are the same on both kinds of store.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use claim::{
    Adjudication, BenefitId, CounterKey, CounterMove, CounterName, EntryId, Fund, InvalidText, PayerId, PersonId,
    Portion, Service, SettlementId,
};
use ledger::{Adjustment, Ledger, LedgerError, Post, PostOutcome};
use money::Fen;
use store::testing::TestStore;

const SERVICE: &str = "basic-insurance";
const YEAR: i32 = 2025;

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap_or_else(|_| unreachable!("{name} is an id"))
}

fn key(name: &str) -> CounterKey {
    CounterKey { name: CounterName::new(name), benefit_year: YEAR }
}

fn recorded(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + second)
}

fn moved(name: &str, before: i64, after: i64) -> CounterMove {
    CounterMove { key: key(name), before: Fen::new(before), after: Fen::new(after) }
}

fn portion(fund: Fund, paid: i64) -> Result<Portion, InvalidText> {
    let (paid, none) = (Fen::new(paid), Fen::ZERO);
    Ok(Portion {
        benefit: BenefitId::new("employee.inpatient")?,
        service: Service::Stay,
        fund,
        lines: Vec::new(),
        base: paid,
        deductible: none,
        coinsurance: none,
        above_ceiling: none,
        hospital_share: Fen::ZERO,
        paid,
        steps: Vec::new(),
        family_account: None,
    })
}

fn post(of: &str, settlement: &str, paid: &[(Fund, i64)], moves: Vec<CounterMove>) -> Post {
    let made = || -> Result<Post, InvalidText> {
        let portions = paid.iter().map(|&(fund, paid)| portion(fund, paid)).collect::<Result<_, _>>()?;
        let adjudication = Adjudication { payer: PayerId::new(SERVICE)?, portions, refusals: Vec::new(), moves };
        Ok(Post {
            person_id: person(of),
            settlement_id: SettlementId::new(settlement)?,
            adjudication,
            recorded_time: recorded(0),
        })
    };
    made().unwrap_or_else(|error| unreachable!("{error}"))
}

/// Posts settlement `number` of a person whose every settlement pays one fen.
fn one_fen(of: &str, number: i64) -> Post {
    let paid = [(Fund::BasicInpatient, 1)];
    let mut post = post(of, &format!("{of}-{number}"), &paid, vec![moved("paid", number, number + 1)]);
    post.recorded_time = recorded(number);
    post
}

async fn held(ledger: &Ledger, of: &str) -> Result<BTreeMap<String, i64>, LedgerError> {
    let counters = ledger.counters_of_year(&person(of), YEAR).await?;
    Ok(counters.into_iter().map(|(key, value)| (key.name.to_string(), value.get())).collect())
}

async fn booked(ledger: &Ledger, of: &str) -> Result<Vec<(String, Fund, i64)>, LedgerError> {
    let page = ledger.list_postings(&person(of), 500, None).await?;
    let row = |posting: ledger::Posting| (posting.settlement_id.to_string(), posting.fund, posting.paid.get());
    Ok(page.postings.into_iter().map(row).collect())
}

#[tokio::test]
async fn a_settlement_is_booked_once_however_often_it_is_posted() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        let paid = [(Fund::BasicInpatient, 300), (Fund::LargeExpense, 40), (Fund::BasicInpatient, 7)];
        let stay = post("p", "s", &paid, vec![moved("paid", 0, 347), moved("deductible", 0, 1)]);
        assert_eq!(ledger.post(stay.clone()).await.unwrap(), PostOutcome::Posted, "{}", store.name);
        assert_eq!(ledger.post(stay.clone()).await.unwrap(), PostOutcome::AlreadyPosted, "{}", store.name);
        let counters = BTreeMap::from([("paid".to_owned(), 347), ("deductible".to_owned(), 1)]);
        assert_eq!(held(&ledger, "p").await.unwrap(), counters, "{}", store.name);
        let postings = [("s".to_owned(), Fund::LargeExpense, 40), ("s".to_owned(), Fund::BasicInpatient, 307)];
        assert_eq!(booked(&ledger, "p").await.unwrap(), postings, "{}", store.name);
    }
}

#[tokio::test]
async fn the_same_settlement_with_another_content_is_refused() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        ledger.post(post("p", "s", &[(Fund::BasicInpatient, 5)], vec![moved("paid", 0, 5)])).await.unwrap();
        let others = [
            post("p", "s", &[(Fund::BasicInpatient, 6)], vec![moved("paid", 0, 5)]),
            post("p", "s", &[(Fund::BasicOutpatient, 5)], vec![moved("paid", 0, 5)]),
            post("p", "s", &[(Fund::BasicInpatient, 5)], vec![moved("paid", 5, 10)]),
            post("p", "s", &[(Fund::BasicInpatient, 5)], Vec::new()),
        ];
        for other in others {
            let refused = ledger.post(other).await;
            assert!(matches!(refused, Err(LedgerError::ContentDiffers { .. })), "{}: {refused:?}", store.name);
        }
        assert_eq!(held(&ledger, "p").await.unwrap()["paid"], 5, "{}", store.name);
        assert_eq!(booked(&ledger, "p").await.unwrap().len(), 1, "{}", store.name);
        ledger.post(post("q", "s", &[(Fund::BasicInpatient, 6)], Vec::new())).await.expect("ids are unique by person");
    }
}

#[tokio::test]
async fn a_counter_that_stands_elsewhere_is_named_and_nothing_changes() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        ledger.post(post("p", "s", &[], vec![moved("a", 0, 10)])).await.unwrap();
        let stale = post("p", "t", &[(Fund::BasicInpatient, 3)], vec![moved("b", 0, 4), moved("a", 9, 12)]);
        let refused = ledger.post(stale).await;
        let Err(LedgerError::CounterMismatch { key: named, expected, held: stands }) = refused else {
            panic!("{}: {refused:?}", store.name)
        };
        assert_eq!((named, expected, stands), (key("a"), Fen::new(9), Fen::new(10)), "{}", store.name);
        assert_eq!(held(&ledger, "p").await.unwrap(), BTreeMap::from([("a".to_owned(), 10)]), "{}", store.name);
        assert!(booked(&ledger, "p").await.unwrap().is_empty(), "{}", store.name);
        let retried = ledger.post(post("p", "t", &[(Fund::BasicInpatient, 3)], vec![moved("a", 10, 13)])).await;
        assert_eq!(retried.unwrap(), PostOutcome::Posted, "a refused settlement is not known as booked");
    }
}

#[tokio::test]
async fn a_decision_that_pays_nothing_is_known_as_booked() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        let only_moves = post("p", "s", &[(Fund::BasicInpatient, 0)], vec![moved("deductible", 0, 50)]);
        let nothing = post("p", "t", &[], Vec::new());
        for decision in [only_moves, nothing] {
            assert_eq!(ledger.post(decision.clone()).await.unwrap(), PostOutcome::Posted, "{}", store.name);
            assert_eq!(ledger.post(decision).await.unwrap(), PostOutcome::AlreadyPosted, "{}", store.name);
        }
        assert!(booked(&ledger, "p").await.unwrap().is_empty(), "{}", store.name);
        assert_eq!(held(&ledger, "p").await.unwrap()["deductible"], 50, "{}", store.name);
    }
}

#[tokio::test]
async fn exactly_the_asked_counters_are_answered_and_an_unmoved_one_is_at_zero() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        ledger.post(post("p", "s", &[], vec![moved("a", 0, 1), moved("b", 0, 2)])).await.unwrap();
        ledger.post(post("q", "s", &[], vec![moved("a", 0, 9)])).await.unwrap();
        let last_year = CounterKey { name: CounterName::new("a"), benefit_year: YEAR - 1 };
        let asked = [key("a"), key("never"), last_year.clone()];
        let counters = ledger.counters(&person("p"), asked).await.unwrap();
        let expected = BTreeMap::from([(key("a"), Fen::new(1)), (key("never"), Fen::ZERO), (last_year, Fen::ZERO)]);
        assert_eq!(counters, expected, "{}", store.name);
        assert!(ledger.counters(&person("p"), []).await.unwrap().is_empty(), "{}", store.name);
        let far_too_many = (0..20_000).map(|number| key(&number.to_string()));
        let refused = ledger.counters(&person("p"), far_too_many).await;
        assert!(matches!(refused, Err(LedgerError::TooManyCounters { .. })), "{}", store.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_persons_at_once_are_all_booked_in_their_own_order() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        let people: Vec<String> = (0..60).map(|number| format!("p{number}")).collect();
        let settling: Vec<_> = people
            .iter()
            .map(|of| {
                let (ledger, of) = (ledger.clone(), of.clone());
                tokio::spawn(async move {
                    for number in 0..10 {
                        ledger.post(one_fen(&of, number)).await.unwrap();
                        let counters = ledger.counters(&person(&of), [key("paid")]).await.unwrap();
                        assert_eq!(counters[&key("paid")], Fen::new(number + 1));
                    }
                })
            })
            .collect();
        for settled in settling {
            settled.await.unwrap();
        }
        for of in &people {
            assert_eq!(booked(&ledger, of).await.unwrap().len(), 10, "{}", store.name);
        }
    }
}

#[tokio::test]
async fn posts_of_one_person_that_share_a_batch_build_on_each_other() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        let mut posting = tokio::task::JoinSet::new();
        for number in 0..40 {
            // On one thread tasks run in the order they were spawned, so these are queued in order.
            let ledger = ledger.clone();
            posting.spawn(async move { ledger.post(one_fen("p", number)).await });
        }
        while let Some(posted) = posting.join_next().await {
            assert_eq!(posted.unwrap().unwrap(), PostOutcome::Posted, "{}", store.name);
        }
        assert_eq!(held(&ledger, "p").await.unwrap()["paid"], 40, "{}", store.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_post_the_same_settlements_at_once_book_each_once() {
    for store in TestStore::each().await {
        let mut processes = Vec::new();
        for _ in 0..3 {
            processes.push(Ledger::open(&store.location, SERVICE).await.unwrap());
        }
        for number in 0..15 {
            let mut posting = tokio::task::JoinSet::new();
            for ledger in &processes {
                for of in 0..20 {
                    let ledger = ledger.clone();
                    posting.spawn(async move { ledger.post(one_fen(&format!("p{of}"), number)).await });
                }
            }
            let mut posted = 0;
            while let Some(outcome) = posting.join_next().await {
                match outcome.unwrap().unwrap_or_else(|error| panic!("{}: {error:?}", store.name)) {
                    PostOutcome::Posted => posted += 1,
                    PostOutcome::AlreadyPosted => {}
                }
            }
            assert_eq!(posted, 20, "{}", store.name);
        }
        for of in 0..20 {
            assert_eq!(held(&processes[0], &format!("p{of}")).await.unwrap()["paid"], 15, "{}", store.name);
            assert_eq!(booked(&processes[1], &format!("p{of}")).await.unwrap().len(), 15, "{}", store.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_settlements_that_start_from_the_same_counter_one_is_booked() {
    for store in TestStore::each().await {
        let one = Ledger::open(&store.location, SERVICE).await.unwrap();
        let other = Ledger::open(&store.location, SERVICE).await.unwrap();
        for number in 0..20 {
            let start = |ledger: &Ledger, id: &str, gain| {
                let moves = vec![moved(&format!("c{number}"), 0, gain)];
                let (ledger, post) =
                    (ledger.clone(), post("p", &format!("{id}{number}"), &[(Fund::Assistance, gain)], moves));
                tokio::spawn(async move { ledger.post(post).await })
            };
            let (first, second) = (start(&one, "a", 3), start(&other, "b", 5));
            let (first, second) = (first.await.unwrap(), second.await.unwrap());
            let gain = match (&first, &second) {
                (Ok(PostOutcome::Posted), Err(LedgerError::CounterMismatch { .. })) => 3,
                (Err(LedgerError::CounterMismatch { .. }), Ok(PostOutcome::Posted)) => 5,
                (_, _) => panic!("{}: {first:?} {second:?}", store.name),
            };
            assert_eq!(held(&one, "p").await.unwrap()[&format!("c{number}")], gain, "{}", store.name);
        }
        assert_eq!(booked(&one, "p").await.unwrap().len(), 20, "{}", store.name);
    }
}

#[tokio::test]
async fn pages_hold_each_posting_once_newest_first() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        // Times that differ by a microsecond, that are equal, and that have no fraction of a second.
        let micros = [0, 1, 1_000, 500_000, 500_000, 1_000_000, 1_000_001];
        for (number, micros) in (0..).zip(micros) {
            let paid = [(Fund::BasicInpatient, 1), (Fund::LargeExpense, 2)];
            let mut post = post("p", &format!("s{number}"), &paid, vec![moved("n", number, number + 1)]);
            post.recorded_time = recorded(0) + TimeDelta::microseconds(micros);
            ledger.post(post).await.unwrap();
        }
        ledger.post(one_fen("q", 0)).await.unwrap();
        let all = ledger.list_postings(&person("p"), 500, None).await.unwrap();
        assert_eq!((all.postings.len(), all.next), (14, None), "{}", store.name);
        let order = |posting: &ledger::Posting| (posting.recorded_time, posting.settlement_id.clone());
        assert!(all.postings.is_sorted_by(|newer, older| order(newer) >= order(older)), "{}", store.name);
        for page_size in [1, 3, 7, 14] {
            let (mut pages, mut cursor) = (Vec::new(), None);
            loop {
                let page = ledger.list_postings(&person("p"), page_size, cursor.as_ref()).await.unwrap();
                pages.extend(page.postings);
                let Some(next) = page.next else { break };
                cursor = Some(next.to_string().parse().unwrap());
            }
            assert_eq!(pages, all.postings, "{} by {page_size}", store.name);
        }
    }
}

#[tokio::test]
async fn what_was_booked_is_there_after_a_restart() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        ledger.post(one_fen("p", 0)).await.unwrap();
        ledger.close().await;
        assert!(matches!(ledger.post(one_fen("p", 1)).await, Err(LedgerError::Store(error)) if error.is_unavailable()));
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        assert_eq!(ledger.post(one_fen("p", 0)).await.unwrap(), PostOutcome::AlreadyPosted, "{}", store.name);
        assert_eq!(ledger.post(one_fen("p", 1)).await.unwrap(), PostOutcome::Posted, "{}", store.name);
        assert_eq!(held(&ledger, "p").await.unwrap()["paid"], 2, "{}", store.name);
    }
}

fn adjustment(of: &str, id: &str, changes: &[(&str, Fund, i64)], moves: Vec<CounterMove>) -> Adjustment {
    let change = |&(settlement, fund, paid): &(&str, Fund, i64)| {
        ((SettlementId::new(settlement).unwrap_or_else(|_| unreachable!("an id")), fund), Fen::new(paid))
    };
    Adjustment {
        person_id: person(of),
        adjustment_id: EntryId::new(id).unwrap_or_else(|_| unreachable!("an id")),
        payer: PayerId::new(SERVICE).unwrap_or_else(|_| unreachable!("an id")),
        postings: changes.iter().map(change).collect(),
        moves,
        recorded_time: recorded(1),
    }
}

#[tokio::test]
async fn an_adjustment_moves_counters_back_and_books_what_changed_of_each_settlement_once() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        ledger.post(post("p", "s", &[(Fund::BasicInpatient, 300)], vec![moved("paid", 0, 300)])).await.unwrap();
        ledger.post(post("p", "t", &[(Fund::BasicInpatient, 20)], vec![moved("paid", 300, 320)])).await.unwrap();
        let changes = [("s", Fund::BasicInpatient, -300), ("t", Fund::BasicInpatient, 5), ("t", Fund::TopUp, 0)];
        let cancelled = adjustment("p", "z", &changes, vec![moved("paid", 320, 25)]);
        assert_eq!(ledger.adjust(cancelled.clone()).await.unwrap(), PostOutcome::Posted, "{}", store.name);
        assert_eq!(ledger.adjust(cancelled).await.unwrap(), PostOutcome::AlreadyPosted, "{}", store.name);
        assert_eq!(held(&ledger, "p").await.unwrap()["paid"], 25, "{}", store.name);
        let page = ledger.list_postings(&person("p"), 2, None).await.unwrap();
        let rows: Vec<_> = page
            .postings
            .iter()
            .map(|row| (row.entry_id.as_str(), row.settlement_id.as_str(), row.paid.get()))
            .collect();
        assert_eq!(rows, [("z", "t", 5), ("z", "s", -300)], "{}", store.name);
        let rest = ledger.list_postings(&person("p"), 9, page.next.as_ref()).await.unwrap();
        assert_eq!(rest.postings.len(), 2, "{}", store.name);

        let other = adjustment("p", "z", &[("s", Fund::BasicInpatient, -299)], vec![moved("paid", 320, 25)]);
        assert!(matches!(ledger.adjust(other).await, Err(LedgerError::ContentDiffers { .. })), "{}", store.name);
        let stale = adjustment("p", "b", &[], vec![moved("paid", 320, 0)]);
        assert!(matches!(ledger.adjust(stale).await, Err(LedgerError::CounterMismatch { .. })), "{}", store.name);
    }
}

#[tokio::test]
async fn persons_are_told_page_by_page_in_the_order_of_their_ids() {
    for store in TestStore::each().await {
        let ledger = Ledger::open(&store.location, SERVICE).await.unwrap();
        for of in ["c", "a", "Z", "b"] {
            ledger.post(post(of, "s", &[(Fund::BasicInpatient, 5)], vec![moved("paid", 0, 5)])).await.unwrap();
        }
        let first = ledger.persons(None, 3).await.unwrap();
        assert_eq!(first, ["Z", "a", "b"].map(person), "{}", store.name);
        assert_eq!(ledger.persons(first.last(), 3).await.unwrap(), [person("c")], "{}", store.name);
    }
}
