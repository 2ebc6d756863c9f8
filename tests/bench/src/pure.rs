//! The pure chain: decisions a second on one core, and what one decision allocates.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rust_decimal::Decimal;
use serde_json::json;

use crate::bench::Bench;
use crate::figure::{json, median};
use crate::report::say;

/// How often one core is measured.
const ROUNDS: usize = 5;
const SECONDS: &str = "2";

impl Bench {
    /// Decisions a second on one core, with their explanation.
    ///
    /// # Errors
    /// A program that is missing or fails.
    pub(crate) fn pure(&mut self) -> Result<()> {
        say("the pure chain on one core");
        let program = self.onestop.program.with_file_name("pure-chain");
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            rates.push(number(&program, &["rate", SECONDS])?);
        }
        self.summary.figure("adjudications_per_core_s", median(&rates));
        let rates: Vec<_> = rates.into_iter().map(json).collect();
        self.summary.raw("pure", json!({ "explained_per_core_s": rates }));
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
