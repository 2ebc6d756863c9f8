//! The book of accounts on both stores: it never overdraws, and every fen that left it can be found again.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use claim::{EntryId, MovementKind, PersonId, RequestId, SettlementId};
use futures::future::join_all;
use individual_account::{AccountBook, AccountError, Closing, Credit, Done, Draws, Returns};
use money::Fen;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::Location;
use store::testing::TestStore;

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

fn settlement(name: impl std::fmt::Display) -> SettlementId {
    SettlementId::new(&name.to_string()).unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn credit(holder: &str, request: &str, fen: i64) -> Credit {
    Credit {
        person_id: person(holder),
        request_id: RequestId::new(request).unwrap(),
        reference: request.to_owned(),
        excludes: Vec::new(),
        amounts: vec![(MovementKind::Credit, Fen::new(fen))],
    }
}

fn draws(patient: &str, settlement_id: impl std::fmt::Display, by_holder: &[(&str, i64)]) -> Draws {
    let by_holder = by_holder.iter().map(|(holder, fen)| (person(holder), Fen::new(*fen))).collect();
    Draws { patient_id: person(patient), settlement_id: settlement(settlement_id), by_holder }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_family_members_that_draw_the_last_forty_at_once_one_gets_it() {
    for store in TestStore::each().await {
        let books =
            [AccountBook::open(&store.location).await.unwrap(), AccountBook::open(&store.location).await.unwrap()];
        books[0].credit(credit("mother", "2023-05", 4_000), at(0)).await.unwrap();
        let holds = (0..40).map(|member| {
            let book = &books[member % 2];
            let patient = format!("member-{member}");
            async move {
                let wanted = draws(&patient, member, &[("mother", 4_000)]);
                let done = book.hold(wanted.clone(), at(60), at(0)).await.unwrap();
                if done == Done::Now {
                    book.capture(wanted, at(1)).await.unwrap();
                }
                done
            }
        });
        let held = join_all(holds).await;
        assert_eq!(held.iter().filter(|done| **done == Done::Now).count(), 1, "{}", store.name);
        assert_eq!(held.iter().filter(|done| **done == Done::TooLittle).count(), 39);
        let account = books[1].account(&person("mother")).await.unwrap().unwrap();
        assert_eq!((account.balance, account.held, account.free()), (Fen::ZERO, Fen::ZERO, Fen::ZERO));
        let movements = books[1].movements(&person("mother"), i64::MAX, 100).await.unwrap();
        assert_eq!(movements.iter().map(|movement| movement.amount).sum::<Fen>(), Fen::ZERO);
    }
}

#[tokio::test]
async fn a_hold_takes_from_all_accounts_or_from_none_and_is_idempotent() {
    for store in TestStore::each().await {
        let book = AccountBook::open(&store.location).await.unwrap();
        book.credit(credit("a", "r", 100), at(0)).await.unwrap();
        book.credit(credit("b", "r", 10), at(0)).await.unwrap();
        let too_much = draws("a", "s1", &[("a", 100), ("b", 11)]);
        assert_eq!(book.hold(too_much, at(60), at(0)).await.unwrap(), Done::TooLittle);
        assert_eq!(book.account(&person("a")).await.unwrap().unwrap().free(), Fen::new(100));

        let all = draws("a", "s1", &[("a", 100), ("b", 10)]);
        assert_eq!(book.hold(all.clone(), at(60), at(0)).await.unwrap(), Done::Now);
        assert_eq!(book.hold(all.clone(), at(60), at(0)).await.unwrap(), Done::Before);
        assert_eq!(book.capture(all.clone(), at(1)).await.unwrap(), Done::Now);
        assert_eq!(book.capture(all.clone(), at(1)).await.unwrap(), Done::Before);
        assert!(matches!(book.hold(all, at(60), at(0)).await, Err(AccountError::HoldEnded { .. })));
        let drawn = book.drawn_for(&person("a")).await.unwrap();
        assert_eq!((drawn.len(), drawn.iter().map(|of| of.amount).sum::<Fen>()), (2, Fen::new(110)), "{}", store.name);
    }
}

fn returns(patient: &str, adjustment: &str, by_draw: &[(&str, &str, i64)]) -> Returns {
    let of = |(holder, of, fen): &(&str, &str, i64)| ((person(holder), settlement(of)), Fen::new(*fen));
    let adjustment_id = EntryId::new(adjustment).unwrap();
    Returns { patient_id: person(patient), adjustment_id, by_draw: by_draw.iter().map(of).collect() }
}

#[tokio::test]
async fn what_was_drawn_comes_back_once_to_where_it_came_from_and_never_more_of_it() {
    for store in TestStore::each().await {
        let book = AccountBook::open(&store.location).await.unwrap();
        book.credit(credit("a", "r", 100), at(0)).await.unwrap();
        book.credit(credit("b", "r", 50), at(0)).await.unwrap();
        for drawn in [draws("a", "s1", &[("a", 60), ("b", 50)]), draws("a", "s2", &[("a", 40)])] {
            book.hold(drawn.clone(), at(60), at(0)).await.unwrap();
            if drawn.by_holder.len() == 2 {
                let early = book.give_back(returns("a", "early", &[("a", "s1", 1)]), at(1)).await;
                assert!(matches!(early, Err(AccountError::NotDrawn { .. })), "held is not drawn");
            }
            book.capture(drawn, at(1)).await.unwrap();
        }
        let balance = async |holder: &str| book.account(&person(holder)).await.unwrap().unwrap().free().get();

        let part = returns("a", "adj-1", &[("a", "s1", 10), ("a", "s2", 40), ("b", "s1", 20)]);
        assert_eq!(book.give_back(part.clone(), at(2)).await.unwrap(), Done::Now);
        assert_eq!(book.give_back(part, at(3)).await.unwrap(), Done::Before);
        assert_eq!((balance("a").await, balance("b").await), (50, 20), "{}", store.name);
        let other = book.give_back(returns("a", "adj-1", &[("a", "s1", 11)]), at(3)).await;
        assert!(matches!(other, Err(AccountError::RequestReused { .. })));

        for too_much in [("a", "s1", 51), ("a", "s2", 1), ("b", "s2", 1), ("b", "s1", 31)] {
            let all_or_nothing = returns("a", "adj-2", &[("a", "s1", 1), too_much]);
            let refused = book.give_back(all_or_nothing, at(3)).await;
            assert!(matches!(refused, Err(AccountError::NotDrawn { .. })), "{too_much:?}");
        }
        let of_somebody_else = book.give_back(returns("b", "adj-2", &[("a", "s1", 1)]), at(3)).await;
        assert!(matches!(of_somebody_else, Err(AccountError::NotDrawn { .. })));
        let rest = returns("a", "adj-2", &[("a", "s1", 50), ("b", "s1", 30)]);
        assert_eq!(book.give_back(rest, at(4)).await.unwrap(), Done::Now);
        assert_eq!((balance("a").await, balance("b").await), (100, 50), "{}", store.name);

        let drawn = book.drawn_for(&person("a")).await.unwrap();
        assert_eq!((drawn.len(), drawn.iter().map(|of| of.amount).sum::<Fen>()), (8, Fen::ZERO));
        assert_eq!(book.patients(None, 10).await.unwrap(), [person("a")]);
    }
}

#[tokio::test]
async fn an_expired_hold_is_listed_and_still_captured_until_it_is_given_up() {
    for store in TestStore::each().await {
        let book = AccountBook::open(&store.location).await.unwrap();
        book.credit(credit("h", "r", 100), at(0)).await.unwrap();
        let late = draws("p", "late", &[("h", 60)]);
        book.hold(late.clone(), at(60), at(0)).await.unwrap();
        book.hold(draws("p", "lost", &[("h", 40)]), at(60), at(0)).await.unwrap();
        assert_eq!(book.expired_holds(at(59), 10).await.unwrap(), []);
        assert_eq!(book.expired_holds(at(60), 10).await.unwrap().len(), 2);
        assert_eq!(book.hold(draws("q", "other", &[("h", 1)]), at(200), at(100)).await.unwrap(), Done::TooLittle);

        assert_eq!(book.capture(late, at(100)).await.unwrap(), Done::Now);
        assert_eq!(book.void(&person("p"), &settlement("lost"), at(100)).await.unwrap(), Done::Now);
        assert_eq!(book.void(&person("p"), &settlement("late"), at(100)).await.unwrap(), Done::Before);
        assert_eq!(book.expired_holds(at(100), 10).await.unwrap(), []);
        let lost = draws("p", "lost", &[("h", 40)]);
        assert!(matches!(book.capture(lost, at(101)).await, Err(AccountError::NotHeld { .. })), "{}", store.name);
        assert_eq!(book.account(&person("h")).await.unwrap().unwrap().free(), Fen::new(40));
    }
}

#[tokio::test]
async fn a_period_is_credited_once_and_a_request_means_one_thing() {
    for store in TestStore::each().await {
        let book = AccountBook::open(&store.location).await.unwrap();
        let may = |request: &str, fen: i64| Credit { reference: "2023-05".to_owned(), ..credit("h", request, fen) };
        assert_eq!(book.credit(may("r1", 100), at(0)).await.unwrap(), Done::Now);
        assert_eq!(book.credit(may("r1", 100), at(9)).await.unwrap(), Done::Before);
        assert!(matches!(
            book.credit(may("r1", 101), at(9)).await,
            Err(AccountError::RequestReused { field: "amount" })
        ));
        assert!(matches!(book.credit(may("r2", 100), at(9)).await, Err(AccountError::CreditedBefore { .. })));
        let year =
            Credit { reference: "2023".to_owned(), excludes: vec!["2023-05".to_owned()], ..credit("h", "r3", 1_200) };
        assert!(matches!(book.credit(year, at(9)).await, Err(AccountError::CreditedBefore { .. })), "{}", store.name);
        assert_eq!(book.account(&person("h")).await.unwrap().unwrap().balance, Fen::new(100));
    }
}

#[tokio::test]
async fn an_account_is_emptied_once_and_an_heir_gets_every_fen() {
    for store in TestStore::each().await {
        let book = AccountBook::open(&store.location).await.unwrap();
        book.credit(credit("h", "r", 12_345), at(0)).await.unwrap();
        let bequest = |request: &str| Closing {
            person_id: person("h"),
            request_id: RequestId::new(request).unwrap(),
            heir_id: Some(person("child")),
            is_inherited: true,
        };
        book.hold(draws("h", "s", &[("h", 1)]), at(60), at(0)).await.unwrap();
        assert!(matches!(book.close_account(bequest("c1"), at(1)).await, Err(AccountError::MoneyHeld)));
        book.void(&person("h"), &settlement("s"), at(1)).await.unwrap();
        assert_eq!(book.close_account(bequest("c1"), at(2)).await.unwrap(), Done::Now);
        assert_eq!(book.close_account(bequest("c1"), at(3)).await.unwrap(), Done::Before);
        assert!(matches!(book.close_account(bequest("c2"), at(3)).await, Err(AccountError::Closed)));
        assert!(matches!(book.credit(credit("h", "r9", 1), at(4)).await, Err(AccountError::Closed)));
        assert_eq!(book.account(&person("child")).await.unwrap().unwrap().balance, Fen::new(12_345), "{}", store.name);
        assert_eq!(book.account(&person("h")).await.unwrap().unwrap().free(), Fen::ZERO);
    }
}

#[tokio::test]
async fn what_comes_back_to_a_closed_account_is_drawn_by_nobody_and_goes_where_the_rest_went() {
    for store in TestStore::each().await {
        let book = AccountBook::open(&store.location).await.unwrap();
        book.credit(credit("h", "r", 100), at(0)).await.unwrap();
        let bequest = |request: &str| Closing {
            person_id: person("h"),
            request_id: RequestId::new(request).unwrap(),
            heir_id: Some(person("child")),
            is_inherited: true,
        };
        let draws_forty = draws("p", "s", &[("h", 40)]);
        book.hold(draws_forty.clone(), at(60), at(0)).await.unwrap();
        book.capture(draws_forty, at(1)).await.unwrap();
        assert_eq!(book.close_account(bequest("c1"), at(2)).await.unwrap(), Done::Now);
        let returns = Returns {
            patient_id: person("p"),
            adjustment_id: EntryId::new("a").unwrap(),
            by_draw: [((person("h"), settlement("s")), Fen::new(40))].into(),
        };
        assert_eq!(book.give_back(returns, at(3)).await.unwrap(), Done::Now);
        let account = book.account(&person("h")).await.unwrap().unwrap();
        assert_eq!((account.balance, account.free()), (Fen::new(40), Fen::ZERO), "{}", store.name);
        assert_eq!(book.hold(draws("p", "t", &[("h", 1)]), at(60), at(4)).await.unwrap(), Done::TooLittle);

        assert_eq!(book.close_account(bequest("c1"), at(5)).await.unwrap(), Done::Before, "it was carried out before");
        assert_eq!(book.account(&person("h")).await.unwrap().unwrap().balance, Fen::new(40));
        assert_eq!(book.close_account(bequest("c2"), at(6)).await.unwrap(), Done::Now);
        assert!(matches!(book.close_account(bequest("c3"), at(7)).await, Err(AccountError::Closed)));
        assert_eq!(book.account(&person("child")).await.unwrap().unwrap().balance, Fen::new(100), "{}", store.name);
        let first =
            book.movement_of(&person("h"), MovementKind::Bequest, &RequestId::new("c1").unwrap()).await.unwrap();
        assert_eq!(first.unwrap().amount, Fen::new(-60));
        assert_eq!(book.check(None, 10).await.unwrap().faults, [], "{}", store.name);
    }
}

/// Edits the book behind its back.
async fn edit(location: &Location, sql: &'static str) {
    let edited = match location {
        Location::Directory(directory) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new();
            let options = options.filename(directory.join("individual-account.sqlite3"));
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        }
        Location::Postgres(url) => {
            let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            let options = options.options([("search_path", "individual_account")]);
            let pool = sqlx::PgPool::connect_with(options).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        }
    };
    assert_eq!(edited, 1, "{sql}");
}

#[tokio::test]
async fn every_edit_of_an_account_its_movements_or_its_holds_is_told() {
    let edits: [(&str, &[&str]); 8] = [
        ("UPDATE account SET balance_fen = 61 WHERE person_id = 'h'", &["balance, by its movements, in fen"]),
        ("UPDATE account SET held_fen = 6 WHERE person_id = 'h'", &["held, by its holds, in fen"]),
        ("UPDATE account SET sequence = 3 WHERE person_id = 'h'", &["number of the last movement"]),
        (
            "DELETE FROM movement WHERE person_id = 'h' AND sequence = 2",
            &["balance, by its movements, in fen", "number of the last movement", "captured holds without a draw"],
        ),
        ("UPDATE movement SET balance_fen = 1 WHERE person_id = 'h' AND sequence = 1", &["movements out of line"]),
        ("DELETE FROM hold WHERE settlement_id = 's'", &["draws without a captured hold"]),
        ("UPDATE hold SET state = 'void' WHERE settlement_id = 'open'", &["held, by its holds, in fen"]),
        ("DELETE FROM account WHERE person_id = 'h'", &["accounts"]),
    ];
    for (sql, places) in edits {
        for store in TestStore::each().await {
            let book = AccountBook::open(&store.location).await.unwrap();
            book.credit(credit("g", "r", 7), at(0)).await.unwrap();
            book.credit(credit("h", "r", 100), at(0)).await.unwrap();
            let captured = draws("p", "s", &[("h", 40)]);
            book.hold(captured.clone(), at(60), at(0)).await.unwrap();
            book.capture(captured, at(1)).await.unwrap();
            book.hold(draws("p", "open", &[("h", 5)]), at(60), at(0)).await.unwrap();
            let sound = book.check(None, 1).await.unwrap();
            assert_eq!((sound.faults, sound.last.as_ref()), (Vec::new(), Some(&person("g"))), "{}", store.name);
            edit(&store.location, sql).await;
            let checked = book.check(None, 10).await.unwrap();
            let told: Vec<_> = checked.faults.iter().map(|fault| fault.place).collect();
            assert_eq!((told.as_slice(), checked.last), (places, None), "{sql} on {}", store.name);
            assert!(checked.faults.iter().all(|fault| fault.person_id == person("h")));
        }
    }
}

/// One step of a random life of two accounts.
#[derive(Clone, Copy, Debug)]
enum Act {
    Credit(usize, i64),
    Hold(usize, i64, i64),
    Capture(usize),
    Void(usize),
    /// What recovery does with what is expired: gives up every settlement that is no fact.
    Sweep(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..2_usize, 1..50_i64).prop_map(|(account, fen)| Act::Credit(account, fen)),
        (0..12_usize, 0..40_i64, 0..40_i64).prop_map(|(settlement, a, b)| Act::Hold(settlement, a, b)),
        (0..12_usize).prop_map(Act::Capture),
        (0..12_usize).prop_map(Act::Void),
        (0..200_i64).prop_map(Act::Sweep),
    ]
}

/// What the book must hold, kept plainly.
#[derive(Default)]
struct Model {
    balance: [i64; 2],
    live: BTreeMap<usize, [i64; 2]>,
    ended: Vec<usize>,
}

impl Model {
    fn free(&self, account: usize) -> i64 {
        self.balance[account] - self.live.values().map(|held| held[account]).sum::<i64>()
    }
}

#[test]
fn whatever_happens_in_whatever_order_the_balance_is_what_came_in_less_what_was_captured() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for store in runtime.block_on(TestStore::each()) {
        let book = runtime.block_on(AccountBook::open(&store.location)).unwrap();
        let lived = std::cell::Cell::new(0);
        let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        let random = prop::collection::vec(act(), 1..40);
        let outcome = runner.run(&random, |acts| {
            lived.set(lived.get() + 1);
            runtime.block_on(live(&book, lived.get(), &acts));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", store.name));
    }
}

async fn live(book: &AccountBook, life: u32, acts: &[Act]) {
    let names = [format!("{life}-a"), format!("{life}-b")];
    let patient = format!("{life}-p");
    let mut model = Model::default();
    let wanted = |number: usize, held: [i64; 2]| {
        let held: Vec<(&str, i64)> = names.iter().map(String::as_str).zip(held).filter(|(_, fen)| *fen > 0).collect();
        draws(&patient, format!("{life}-s{number}"), &held)
    };
    for (step, act) in acts.iter().enumerate() {
        let now = at(i64::try_from(step).unwrap());
        match *act {
            Act::Credit(account, fen) => {
                book.credit(credit(&names[account], &format!("r{step}"), fen), now).await.unwrap();
                model.balance[account] += fen;
            }
            Act::Hold(number, a, b) if a + b > 0 && !model.ended.contains(&number) => {
                if !model.live.contains_key(&number) {
                    let fits = a <= model.free(0) && b <= model.free(1);
                    let done = book.hold(wanted(number, [a, b]), now + TimeDelta::seconds(10), now).await.unwrap();
                    assert_eq!(done, if fits { Done::Now } else { Done::TooLittle });
                    if fits {
                        model.live.insert(number, [a, b]);
                    }
                }
            }
            Act::Capture(number) => {
                if let Some(held) = model.live.remove(&number) {
                    assert_eq!(book.capture(wanted(number, held), now).await.unwrap(), Done::Now);
                    assert_eq!(book.capture(wanted(number, held), now).await.unwrap(), Done::Before);
                    model.balance = [model.balance[0] - held[0], model.balance[1] - held[1]];
                    model.ended.push(number);
                }
            }
            Act::Void(number) => {
                if model.live.remove(&number).is_some() {
                    model.ended.push(number);
                }
                book.void(&person(&patient), &settlement(format!("{life}-s{number}")), now).await.unwrap();
            }
            Act::Sweep(later) => {
                for hold in book.expired_holds(now + TimeDelta::seconds(later), 500).await.unwrap() {
                    let Some(number) = hold.settlement_id.as_str().strip_prefix(&format!("{life}-s")) else { continue };
                    let number = number.parse().unwrap();
                    assert!(model.live.remove(&number).is_some(), "only live holds expire");
                    book.void(&hold.patient_id, &hold.settlement_id, now).await.unwrap();
                    model.ended.push(number);
                }
            }
            Act::Hold(..) => {}
        }
        for (account, name) in names.iter().enumerate() {
            let Some(state) = book.account(&person(name)).await.unwrap() else { continue };
            assert_eq!(state.balance, Fen::new(model.balance[account]));
            assert_eq!(state.free(), Fen::new(model.free(account)));
            assert!(!state.free().is_negative() && !state.held.is_negative());
        }
    }
    for (account, name) in names.iter().enumerate() {
        let movements = book.movements(&person(name), i64::MAX, 500).await.unwrap();
        assert_eq!(movements.iter().map(|movement| movement.amount).sum::<Fen>(), Fen::new(model.balance[account]));
    }
}
