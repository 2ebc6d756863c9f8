//! The pure chain of payers over fixed cases: how many decisions a second; or so many decisions and no more, for whoever
//! counts instructions and allocations from outside.

mod cases;

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use worked_case::Chain;

use crate::cases::Question;

/// The pure chain of payers over fixed cases.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print how many questions there are
    Count,
    /// Decide every question so many times
    Repeat {
        /// How many times
        times: u64,
    },
    /// Print how many questions one thread decides a second
    Rate {
        /// For how many seconds
        #[arg(default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
}

fn main() -> Result<()> {
    let options = Options::parse();
    let questions = cases::questions()?;
    let chain = Chain::new();
    let out = &mut std::io::stdout();
    match options.command {
        Command::Count => writeln!(out, "{}", questions.len())?,
        Command::Repeat { times } => {
            for _ in 0..times {
                decide(&chain, &questions)?;
            }
        }
        Command::Rate { seconds } => writeln!(out, "{}", rate(&chain, &questions, Duration::from_secs(seconds))?)?,
    }
    Ok(())
}

fn decide(chain: &Chain, questions: &[Question]) -> Result<()> {
    for Question { rules, case, counters } in questions {
        black_box(chain.decide(rules, black_box(case), counters)?);
    }
    Ok(())
}

fn rate(chain: &Chain, questions: &[Question], duration: Duration) -> Result<u128> {
    let mut decided = 0_u128;
    let started = Instant::now();
    while started.elapsed() < duration {
        decide(chain, questions)?;
        decided = decided.saturating_add(u128::try_from(questions.len())?);
    }
    decided.saturating_mul(1_000_000).checked_div(started.elapsed().as_micros()).context("no time passed")
}
