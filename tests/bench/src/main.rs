//! Measures the released platform: durable settlements beside the database's own benchmark, on a server of its own.
//!
//! `docs/benchmark.md` says what each figure is.

mod bare_loop;
mod bench;
mod chart;
mod city;
mod contest;
mod crowding;
mod embedded;
mod figure;
mod growth;
mod load;
mod looking_up;
mod pgbench;
mod platform;
mod postgres;
mod pure;
mod report;
mod restarting;
mod settling;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};

use crate::bench::Bench;
use crate::looking_up::CITY_MIN;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Item {
    /// Decisions of the pure chain on one core
    Pure,
    /// Settlements on PostgreSQL, all in one and split, beside pgbench; previews
    Postgres,
    /// Settlements on SQLite beside a bare loop of commits
    Sqlite,
    /// Settlements that meet at one person, institution or fund
    Hot,
    /// Starting, and recovering from a kill
    Restarting,
    /// Settlements on growing journals
    Growth,
    /// Look-ups of persons' facts in a growing register
    Register,
}

impl Item {
    /// What is measured where nothing is named: the settling platform. Look-ups in a whole city are a matter of their own.
    const SETTLING: [Self; 6] = [Self::Pure, Self::Postgres, Self::Sqlite, Self::Hot, Self::Restarting, Self::Growth];
}

/// Measures the released platform.
#[derive(Debug, Parser)]
#[command(name = "settlement-bench")]
struct Options {
    /// What to measure; all but the register where it is not given
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ITEM")]
    only: Vec<Item>,
    /// Seconds of one contender's turn
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How often each contender has its turn where it counts, at 32 callers
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Concurrent callers
    #[arg(long, value_delimiter = ',', default_value = "1,8,32,128")]
    callers: Vec<usize>,
    /// Persons of the city
    #[arg(long, default_value_t = 200_000)]
    persons: u64,
    /// Links of the largest journal
    #[arg(long, default_value_t = 10_000_000)]
    growth_links: u64,
    /// Persons of the register that look-ups are measured in
    #[arg(long, default_value_t = CITY_MIN, value_parser = clap::value_parser!(u64).range(CITY_MIN..))]
    register_persons: u64,
    /// Where summary.json and the charts are written
    #[arg(long, default_value = "target/bench", value_name = "DIR")]
    out: PathBuf,
    /// The platform's binary; the one beside this program where it is not given
    #[arg(long, value_name = "FILE")]
    onestop: Option<PathBuf>,
}

impl Options {
    fn program(&self) -> Result<PathBuf> {
        let beside = || Ok(std::env::current_exe()?.with_file_name("onestop"));
        let program = self.onestop.clone().map_or_else(beside, anyhow::Ok)?;
        if !program.is_file() {
            bail!("{} is missing: build it with `cargo build --release --package onestop`", program.display());
        }
        Ok(program)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let program = options.program()?;
    let items = if options.only.is_empty() { Item::SETTLING.to_vec() } else { options.only.clone() };
    let measuring = async {
        let mut bench = Bench::prepare(&options, program)?;
        for item in items {
            match item {
                Item::Pure => bench.pure()?,
                Item::Postgres => bench.postgres().await?,
                Item::Sqlite => bench.sqlite().await?,
                Item::Hot => bench.hot().await?,
                Item::Restarting => bench.restarting().await?,
                Item::Growth => bench.growth(options.growth_links).await?,
                Item::Register => bench.looking_up(options.register_persons).await?,
            }
            bench.summary.write(&options.out)?;
        }
        anyhow::Ok(())
    };
    // What is dropped on the way out takes its processes and directories along.
    tokio::select! {
        // Listens before anything is made that would have to be removed.
        biased;
        () = host::shutdown_signal() => bail!("interrupted"),
        outcome = measuring => outcome.context("measuring failed"),
    }
}
