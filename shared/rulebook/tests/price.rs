//! The split of a line into its four parts.

#![expect(clippy::unwrap_used, reason = "a test fails where its premises do not hold")]

use std::sync::LazyLock;

use claim::{DrugCode, ItemClass, ItemTerms, LineSplit};
use money::{Fen, Rate};
use proptest::prelude::*;
use rulebook::{InForce, Rulebook};

static KUNMING: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::kunming().unwrap());

fn rules(date: &str) -> InForce {
    KUNMING.in_force(date.parse().unwrap())
}

fn fen(text: &str) -> Fen {
    text.parse().unwrap()
}

fn terms(class: ItemClass, self_pay: &str, cap: Option<&str>) -> ItemTerms {
    ItemTerms { class, self_pay_rate: self_pay.parse().unwrap(), price_cap: cap.map(fen) }
}

fn split(excluded: &str, above: &str, self_pay: &str, eligible: &str) -> LineSplit {
    let [excluded, above_price_cap, initial_self_pay, eligible] = [excluded, above, self_pay, eligible].map(fen);
    LineSplit { excluded, above_price_cap, initial_self_pay, eligible }
}

#[test]
fn the_cap_comes_off_before_the_initial_self_pay() {
    let rules = rules("2022-05-01");
    let price = |amount, quantity, terms| rules.price(fen(amount), quantity, terms);
    assert_eq!(price("100", 1, terms(ItemClass::A, "10%", None)), split("0", "0", "0", "100"));
    assert_eq!(price("100", 1, terms(ItemClass::B, "10%", None)), split("0", "0", "10", "90"));
    assert_eq!(price("100", 1, terms(ItemClass::B, "10%", Some("80"))), split("0", "20", "8", "72"));
    assert_eq!(price("100", 2, terms(ItemClass::B, "10%", Some("80"))), split("0", "0", "10", "90"));
    assert_eq!(price("100", 1, terms(ItemClass::Excluded, "10%", Some("80"))), split("100", "0", "0", "0"));
    assert_eq!(price("0.05", 1, terms(ItemClass::B, "10%", None)), split("0", "0", "0.01", "0.04"));
    assert_eq!(price("0.04", 1, terms(ItemClass::B, "10%", None)), split("0", "0", "0", "0.04"));
    assert_eq!(price("100", i64::MAX, terms(ItemClass::A, "0%", Some("80"))), split("0", "0", "0", "100"));
}

#[test]
fn a_drug_temporarily_in_scope_is_class_a_from_its_day() {
    let drug = DrugCode::new("sangju-yinqiao-san").unwrap();
    let class = |date, drug| rules(date).terms_of(terms(ItemClass::B, "20%", None), drug).class;
    assert_eq!(class("2023-01-05", Some(&drug)), ItemClass::B);
    assert_eq!(class("2023-01-06", Some(&drug)), ItemClass::A);
    assert_eq!(class("2023-01-06", None), ItemClass::B);
}

static TODAY: LazyLock<InForce> = LazyLock::new(|| rules("2022-05-01"));

proptest! {
    #[test]
    fn the_parts_sum_to_the_amount_and_none_is_below_zero(
        amount in 0_i64..=10_000_000_000_000,
        quantity in 1_i64..=1_000_000,
        bp in 0_u16..=10_000,
        cap in proptest::option::of(0_i64..1_000_000_000),
        class in proptest::sample::select(vec![ItemClass::A, ItemClass::B, ItemClass::Excluded]),
    ) {
        let terms = ItemTerms { class, self_pay_rate: Rate::new(bp).unwrap(), price_cap: cap.map(Fen::new) };
        let split = TODAY.price(Fen::new(amount), quantity, terms);
        prop_assert!(split.is_sound());
        prop_assert_eq!(split.total(), Fen::new(amount));
    }
}
