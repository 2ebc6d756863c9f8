//! Amounts: summing, applying a rate, sharing out in proportion, reading and printing.

#![expect(clippy::unwrap_used, reason = "a bench that cannot start fails")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use money::{Fen, Rate, Unrounded};

fn money(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("money");
    let amounts: Vec<Fen> = (1..=100_i64).map(|fen| Fen::new(fen * 12_345)).collect();
    let (amount, part, whole) = (Fen::new(9_412_000), Fen::new(33_333), Fen::new(100_001));
    let rate: Rate = "62.5%".parse().unwrap();
    group.bench_function("sum of 100", |bench| bench.iter(|| black_box(&amounts).iter().copied().sum::<Fen>()));
    group.bench_function("amount × rate, rounded", |bench| {
        bench.iter(|| (black_box(amount) * black_box(rate)).round_half_up());
    });
    group.bench_function("in proportion, rounded", |bench| {
        bench.iter(|| Unrounded::in_proportion(black_box(amount), part, whole).map(Unrounded::round_half_up));
    });
    group.bench_function("expense that pays an amount", |bench| {
        bench.iter(|| rate.expense_paying(black_box(amount)).map(Unrounded::round_half_up));
    });
    group.bench_function("read and print", |bench| {
        bench.iter(|| black_box("94120.00").parse::<Fen>().map(|amount| amount.to_string()));
    });
    group.finish();
}

criterion_group!(benches, money);
criterion_main!(benches);
