//! `onestop audit`: every chain computed again from scratch and compared with all that is stored.

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::json;
use wire::settlement_v1::audit_response::Part;
use wire::settlement_v1::{AuditDifference, AuditRequest, AuditTotals};

use crate::cli::AuditArgs;
use crate::client::Client;
use crate::fault::Fault;

/// Prints each difference, then how many there are. Answers whether there is none.
///
/// # Errors
/// Where the platform cannot be used at all.
pub async fn audit(args: AuditArgs) -> Result<bool> {
    let client = Client::open(&args.client).await?;
    let request = AuditRequest { person_id: args.person.clone().unwrap_or_default() };
    let refused = |status| Fault::from(status).write(&mut std::io::stderr().lock(), "audit", args.output.lang);
    let mut parts = match client.one_stop.clone().audit(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Ok(refused(status).map(|()| false)?),
    };
    loop {
        match parts.message().await {
            Ok(None) => anyhow::bail!("the platform ended before the audit did"),
            Err(status) => return Ok(refused(status).map(|()| false)?),
            Ok(Some(answer)) => match answer.part.context("the platform answered without a part")? {
                Part::Difference(difference) => print_difference(&difference, args.output.json)?,
                Part::Totals(totals) => {
                    return print_totals(&totals, args.output.json).map(|()| totals.differences == 0);
                }
            },
        }
    }
}

fn print_difference(difference: &AuditDifference, as_json: bool) -> Result<()> {
    let AuditDifference { person_id, place, expected, found } = difference;
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{}", json!({ "person_id": person_id, "place": place, "expected": expected, "found": found }))?;
    } else {
        writeln!(out, "{person_id} {place}: has to be {expected}, is {found}")?;
    }
    Ok(())
}

fn print_totals(totals: &AuditTotals, as_json: bool) -> Result<()> {
    let AuditTotals { persons, links, postings, differences } = totals;
    let mut out = std::io::stdout().lock();
    if as_json {
        let line = json!({ "persons": persons, "links": links, "postings": postings, "differences": differences });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "{persons} persons, {links} links, {postings} postings")?;
        writeln!(out, "{differences} differences")?;
    }
    Ok(())
}
