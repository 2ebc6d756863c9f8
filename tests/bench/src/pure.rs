//! The pure chain: decisions a second on one core, and what one decision allocates.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rust_decimal::Decimal;

use crate::bench::Bench;
use crate::figure::{json, median};
use crate::report::say;

/// How often one core is measured.
const ROUNDS: usize = 5;
/// Each figure, with what the program is asked for.
const QUESTIONS: [(&str, &[&str]); 3] = [
    ("adjudications_per_core_s", &["rate", "2"]),
    ("adjudications_as_settled_per_core_s", &["rate", "2", "--as-settled"]),
    ("amounts_only_per_core_s", &["rate", "2", "--amounts-only"]),
];

impl Bench {
    /// Decisions a second on one core, with their explanation and for the amounts alone.
    ///
    /// # Errors
    /// A program that is missing or fails.
    pub(crate) fn pure(&mut self) -> Result<()> {
        say("the pure chain on one core");
        let program = self.onestop.program.with_file_name("pure-chain");
        for (key, arguments) in QUESTIONS {
            let rates = (0..ROUNDS).map(|_| number(&program, arguments)).collect::<Result<Vec<_>>>()?;
            self.summary.figure(key, median(&rates));
            let rates: Vec<_> = rates.into_iter().map(json).collect();
            self.summary.raw(key, rates.into());
        }
        Ok(())
    }
}

fn number(program: &Path, arguments: &[&str]) -> Result<Decimal> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("{} does not run", program.display()))?;
    if !output.status.success() {
        bail!("{} failed: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8_lossy(&output.stdout).trim().parse().context("no number was printed")
}
