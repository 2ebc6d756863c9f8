//! The benefit formula: deductible, rate and ceiling of one benefit on one expense, with every step written down.

#![expect(clippy::unwrap_used, reason = "a bench that cannot start fails")]

#[path = "../tests/given/mod.rs"]
#[expect(dead_code, reason = "each takes what it needs")]
mod given;

use std::hint::black_box;

use claim::{Level, PayerId, Service, VisitKind};
use criterion::{Criterion, criterion_group, criterion_main};
use rulebook::{Counters, Detail, Draft, Part};

use given::{case, fen, rules_of};

fn formula(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("formula");
    let payer = PayerId::new("basic-insurance").unwrap();
    let questions = [
        ("employee.outpatient", VisitKind::Outpatient, Service::OrdinaryOutpatient, "1000.00"),
        ("employee.inpatient", VisitKind::Inpatient, Service::Stay, "95000.00"),
    ];
    for (id, kind, service, eligible) in questions {
        let case = case(kind, Level::Three, eligible);
        let rules = rules_of(&case);
        let benefit = rules.benefit(&id.parse().unwrap()).unwrap();
        let counters = Counters::default();
        let draft = Draft::new(payer.clone(), &rules, &case, &[], &counters, Detail::Explained);
        let eligible = fen(eligible);
        let parts = [Part { service, lines: vec![0], drug: None, disease: None, eligible, base: eligible }];
        group.bench_function(id, |bench| bench.iter(|| draft.evaluate(benefit, black_box(&parts))));
    }
    group.finish();
}

criterion_group!(benches, formula);
criterion_main!(benches);
