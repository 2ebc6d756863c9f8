//! `onestop rules diff`: the same cases under two rulebooks.

mod cases;
mod chart;
mod comparison;
mod drawing;
mod json;
mod largest;
mod names;
mod refusals;
mod shares;
mod table;

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use rulebook::Lookup;

use self::cases::each_case;
use self::comparison::Comparison;
use self::drawing::chart;
use self::json::json;
use self::table::write_tables;
use crate::cli::{DiffArgs, RulesArgs, RulesSource};
use worked_case::{Chain, run_case};

/// A comparison with what it is a comparison of.
struct Diff {
    /// The old rules' name.
    old: String,
    /// The new rules' name.
    new: String,
    comparison: Comparison,
    /// Cases that could not be read.
    unread: u64,
}

/// Settles the cases under both rulebooks and prints who gains and who loses; cases that cannot be read are told on
/// standard error. Answers whether all could be read.
///
/// # Errors
/// Rules, files or a chart that cannot be read or written, and figures that do not close.
pub(super) fn diff(args: &DiffArgs, out: &mut impl Write) -> Result<bool> {
    let diff = compare(args)?;
    diff.comparison.check()?;
    if let Some(path) = &args.svg {
        let text = chart(&diff, args.lang).to_svg()?;
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if args.json {
        writeln!(out, "{}", json(&diff)?)?;
    } else {
        write_tables(out, &diff, args.lang)?;
    }
    Ok(diff.unread == 0)
}

fn compare(args: &DiffArgs) -> Result<Diff> {
    let (old, new) = (rules_of(&args.old)?, rules_of(&args.new)?);
    let chain = Chain::new();
    let mut diff = Diff { old: name(&args.old), new: name(&args.new), comparison: Comparison::new(), unread: 0 };
    each_case(&args.cases, &mut |place, case| {
        match case {
            Ok(case) => {
                let (old, new) = (run_case(&chain, &old, &case), run_case(&chain, &new, &case));
                diff.comparison.add(place, &case, &old, &new).with_context(|| format!("{place}: {}", case.name))?;
            }
            Err(violations) => {
                diff.unread = diff.unread.saturating_add(1);
                writeln!(std::io::stderr().lock(), "{place}: {violations}")?;
            }
        }
        Ok(())
    })?;
    Ok(diff)
}

fn rules_of(source: &RulesSource) -> Result<Lookup> {
    let directory = match source {
        RulesSource::BuiltIn => None,
        RulesSource::Directory(directory) => Some(directory.clone()),
    };
    super::lookup(&RulesArgs { directory })
}

fn name(source: &RulesSource) -> String {
    match source {
        RulesSource::BuiltIn => "built-in".to_owned(),
        RulesSource::Directory(directory) => directory.display().to_string(),
    }
}
