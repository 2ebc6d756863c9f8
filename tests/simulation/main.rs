//! Settling as it could be for years, from a seed: thousands of persons, bills, cancellations, reversals, late facts and
//! accounts, with lost, repeated and delayed messages and dying processes, over the real services on one store.
//!
//! `ONESTOP_SIMULATION_SEED` replays the run of a seed exactly, `ONESTOP_SIMULATION_PERSONS` and
//! `ONESTOP_SIMULATION_STEPS` say how large it is, `ONESTOP_SIMULATION_RUNS` how many seeds are tried.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod asking;
mod checks;
mod city;
mod deeds;
mod dice;
mod model;
mod network;
mod platform;
mod run;
mod saga;
mod services;
mod weather;

use std::panic::AssertUnwindSafe;

use futures::future::FutureExt;
use host::{LogFormat, Telemetry, TelemetryOptions};
use store::testing::TestStore;

use run::{History, Run, Size};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// The size that the environment says, or `otherwise`.
fn size_or(otherwise: Size) -> Size {
    let told = |name, otherwise| number(name).map_or(otherwise, |told| usize::try_from(told).unwrap());
    Size {
        persons: told("ONESTOP_SIMULATION_PERSONS", otherwise.persons),
        steps: told("ONESTOP_SIMULATION_STEPS", otherwise.steps),
    }
}

/// Tells what the services log, where `ONESTOP_LOG` says how much.
fn listen() {
    if let Ok(log_filter) = std::env::var("ONESTOP_LOG") {
        let (service_name, log_format) = ("simulation".to_owned(), LogFormat::Text);
        let options = TelemetryOptions { service_name, log_filter, log_format, otlp_endpoint: None };
        Telemetry::start(&options).unwrap();
    }
}

/// Runs from a seed; a failure says how it can be had again.
async fn simulate(seed: u64, size: Size) -> History {
    let (store, files) = (TestStore::sqlite(), tempfile::tempdir().unwrap());
    let mut run = Box::pin(Run::start(seed, size, &store.location, files.path())).await;
    let outcome = AssertUnwindSafe(run.go_to_its_end(size)).catch_unwind().await;
    outcome.unwrap_or_else(|_| {
        panic!(
            "step {} of seed {seed}; again: ONESTOP_SIMULATION_SEED={seed} ONESTOP_SIMULATION_PERSONS={} \
             ONESTOP_SIMULATION_STEPS={} cargo test -p onestop --test simulation from_a_seed",
            run.step, size.persons, size.steps
        )
    })
}

#[tokio::test]
async fn what_happens_by_chance_from_a_seed_leaves_the_books_that_callers_expect() {
    listen();
    let size = size_or(Size { persons: 200, steps: 800 });
    let first = number("ONESTOP_SIMULATION_SEED").unwrap_or(1);
    for seed in first..first + number("ONESTOP_SIMULATION_RUNS").unwrap_or(1) {
        let history = simulate(seed, size).await;
        println!("seed {seed}, {size:?}: {:02x?} {:?}", history.digest, history.counts);
    }
}

#[tokio::test]
async fn a_seed_gives_the_same_history_each_time_and_another_seed_another_one() {
    let size = Size { persons: 40, steps: 120 };
    let history = simulate(7, size).await;
    assert_eq!(simulate(7, size).await, history);
    assert_ne!(simulate(8, size).await.digest, history.digest);
}
