//! The batcher alone: what a request costs in front of a store that answers at once.

#![expect(clippy::unwrap_used, reason = "a bench that cannot start fails")]

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use store::{BatchLimits, Batcher, StoreError};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

/// Time for `rounds` rounds of `callers` requests at once.
async fn rounds(batcher: &Batcher<u64, u64, StoreError>, callers: u64, rounds: u64) -> Duration {
    let started = Instant::now();
    for _ in 0..rounds {
        let mut waiting = JoinSet::new();
        for caller in 0..callers {
            let batcher = batcher.clone();
            waiting.spawn(async move { batcher.submit(caller).await });
        }
        while let Some(answer) = waiting.join_next().await {
            answer.unwrap().unwrap();
        }
    }
    started.elapsed()
}

fn batcher(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let entered = runtime.enter();
    let batcher = Batcher::start("bench", BatchLimits::default(), |items: Vec<u64>| async {
        Ok(items.into_iter().map(Ok).collect())
    });
    drop(entered);
    let mut group = criterion.benchmark_group("batcher");
    for callers in [1_u64, 32, 256] {
        group.bench_with_input(BenchmarkId::from_parameter(callers), &callers, |bench, &callers| {
            bench.iter_custom(|times| runtime.block_on(rounds(&batcher, callers, times)));
        });
    }
    group.finish();
}

criterion_group!(benches, batcher);
criterion_main!(benches);
