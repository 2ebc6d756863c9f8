//! Loading the rules, and `onestop rules`.

mod diff;
mod show;

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use host::Clock;
use rulebook::{Lookup, Rulebook};

use crate::cli::{RulesArgs, RulesCommand};

/// The rules that were asked for: the documents of a directory, or those built in.
///
/// # Errors
/// Every fault of every document, or a directory that cannot be read.
pub fn load(args: &RulesArgs) -> Result<Rulebook> {
    let Some(directory) = &args.directory else { return Ok(Rulebook::kunming()?) };
    let shown = directory.display();
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("the rules in {shown} cannot be read"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    let files: Vec<_> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    Ok(Rulebook::load(&files)?)
}

/// The rules that were asked for, ready to be looked up.
///
/// # Errors
/// As [`load`].
pub fn lookup(args: &RulesArgs) -> Result<Lookup> {
    load(args).map(Lookup::new)
}

/// Runs `onestop rules`; answers whether everything passed.
///
/// # Errors
/// Rules or worked cases that cannot be read.
pub fn run(command: RulesCommand) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match command {
        RulesCommand::Check { rules, date } => {
            check(&load(&rules)?, date.unwrap_or_else(|| Clock::system().today()), &mut out)?;
            Ok(true)
        }
        RulesCommand::Show(args) => {
            show::show(&args, &mut out)?;
            Ok(true)
        }
        RulesCommand::Test { paths, rules } => {
            let summary = worked_case::run_paths(&paths, &load(&rules)?, &mut out)?;
            Ok(summary.failed == 0)
        }
        RulesCommand::Diff(args) => diff::diff(&args, &mut out),
    }
}

fn check(rulebook: &Rulebook, date: NaiveDate, out: &mut impl Write) -> Result<()> {
    let report = rulebook.report(date);
    writeln!(out, "documents")?;
    for document in &report.documents {
        writeln!(out, "  {document}")?;
    }
    writeln!(out, "in force on {date}")?;
    for item in &report.items {
        writeln!(out, "  {item}")?;
    }
    writeln!(out, "readings of open points")?;
    for reading in &report.readings {
        writeln!(out, "  {reading}")?;
    }
    writeln!(out, "assumed, in force on {date}, to be confirmed or replaced before real claims are paid")?;
    for item in report.assumed() {
        writeln!(out, "  {item}")?;
    }
    let assumed = report.assumed().count();
    writeln!(
        out,
        "{} documents valid, {} items in force, {assumed} assumed",
        report.documents.len(),
        report.items.len()
    )?;
    Ok(())
}
