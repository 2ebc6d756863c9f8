//! The pure chain of payers over fixed cases: how many decisions a second; or so many decisions and no more, for whoever
//! counts instructions and allocations from outside.

mod cases;

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use rulebook::Detail;
use worked_case::{Chain, Seen};

use crate::cases::Question;

/// The pure chain of payers over fixed cases.
#[derive(Debug, Parser)]
struct Options {
    /// Ask for the amounts alone, without steps and refusals
    #[arg(long, global = true)]
    amounts_only: bool,
    /// Have each payer say first which counters it needs, as behind its service
    #[arg(long, global = true)]
    as_settled: bool,
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
    let detail = if options.amounts_only { Detail::AmountsOnly } else { Detail::Explained };
    let seen = if options.as_settled { Seen::Asked } else { Seen::All };
    let asking = Asking { chain: Chain::new(), questions, seen, detail };
    let out = &mut std::io::stdout();
    match options.command {
        Command::Count => writeln!(out, "{}", asking.questions.len())?,
        Command::Repeat { times } => {
            for _ in 0..times {
                asking.decide_all()?;
            }
        }
        Command::Rate { seconds } => writeln!(out, "{}", asking.rate(Duration::from_secs(seconds))?)?,
    }
    Ok(())
}

struct Asking {
    chain: Chain,
    questions: Vec<Question>,
    seen: Seen,
    detail: Detail,
}

impl Asking {
    fn decide_all(&self) -> Result<()> {
        for Question { rules, case, counters } in &self.questions {
            black_box(self.chain.decide(rules, black_box(case), counters, self.seen, self.detail)?);
        }
        Ok(())
    }

    fn rate(&self, duration: Duration) -> Result<u128> {
        let mut decided = 0_u128;
        let started = Instant::now();
        while started.elapsed() < duration {
            self.decide_all()?;
            decided = decided.saturating_add(u128::try_from(self.questions.len())?);
        }
        decided.saturating_mul(1_000_000).checked_div(started.elapsed().as_micros()).context("no time passed")
    }
}
