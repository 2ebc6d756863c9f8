//! Printing a statement as a command was asked to.

use std::io::Write;

use anyhow::Result;
use claim::Statement;
use rulebook::Lookup;

use crate::cli::StatementArgs;
use crate::render::{statement_json, statement_text};

/// Prints a statement: as a table with its computation, or as one line of JSON.
///
/// # Errors
/// What `out` refuses.
pub fn print_statement(
    out: &mut impl Write,
    statement: &Statement,
    request_id: Option<&str>,
    args: &StatementArgs,
    rules: &Lookup,
) -> Result<()> {
    if args.json {
        writeln!(out, "{}", statement_json(statement, request_id)?)?;
    } else {
        let day = statement.case.visit.service_date;
        writeln!(out, "{}", statement_text(statement, &rules.in_force(day), args.lang)?)?;
    }
    Ok(())
}
