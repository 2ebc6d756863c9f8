//! `onestop generate`.

use std::io::{IsTerminal, Write};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use synthetic_city::{City, write_cases, write_register};

use crate::cli::GenerateArgs;

/// The file of bills, beside those of the register.
const CASES: &str = "cases.jsonl";
/// How many are written between two moves of the bar.
const STEP: u64 = 4_096;

/// Writes the files of a synthetic city.
///
/// # Errors
/// A file that cannot be written.
pub fn generate(args: &GenerateArgs) -> Result<()> {
    let city = City::new(args.seed, args.persons);
    let progress = progress(args.persons)?;
    write_register(&city, &args.out, |written| step(&progress, written))?;
    progress.reset();
    progress.set_length(args.visits);
    write_cases(&city, args.visits, &args.out.join(CASES), |written| step(&progress, written))?;
    progress.finish_and_clear();
    let out = args.out.display();
    writeln!(std::io::stdout(), "{out}: {} persons, {} visits, seed {}", args.persons, args.visits, args.seed)?;
    Ok(())
}

fn step(progress: &ProgressBar, written: u64) {
    if written.is_multiple_of(STEP) {
        progress.set_position(written);
    }
}

fn progress(length: u64) -> Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}")?;
    Ok(ProgressBar::new(length).with_style(style))
}
