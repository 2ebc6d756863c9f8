//! The split: one line into its four parts, and a bill of twenty lines into a case.

#![expect(clippy::unwrap_used, reason = "a bench that cannot start fails")]

#[path = "../tests/given/mod.rs"]
#[expect(dead_code, reason = "each takes what it needs")]
mod given;

use std::hint::black_box;

use claim::{ItemClass, ItemTerms, Level, VisitKind};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rulebook::{UnpricedCase, UnpricedLine};

use given::{case, fen, rules_of};

const LINES: usize = 20;

fn split(criterion: &mut Criterion) {
    let priced = case(VisitKind::Inpatient, Level::Three, "1000.00");
    let rules = rules_of(&priced);
    let terms = ItemTerms { class: ItemClass::B, self_pay_rate: "10%".parse().unwrap(), price_cap: Some(fen("80.00")) };
    let line = UnpricedLine {
        item_code: None,
        name: "".into(),
        amount: fen("123.45"),
        quantity: 1,
        terms,
        disease: None,
        drug: None,
        violates_rules: false,
        service_date: None,
    };
    let bill = UnpricedCase {
        person: priced.person,
        categories_ending: Vec::new(),
        visit: priced.visit,
        lines: vec![line.clone(); LINES],
    };
    let mut group = criterion.benchmark_group("split");
    group.bench_function("one line", |bench| bench.iter(|| rules.price(black_box(line.amount), 1, black_box(terms))));
    group.bench_function("a bill of 20 lines", |bench| {
        bench.iter_batched(|| bill.clone(), |bill| rules.price_case(bill), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, split);
criterion_main!(benches);
