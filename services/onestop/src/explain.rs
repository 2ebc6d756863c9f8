//! `onestop explain`: a stored settlement as it was decided.

use std::io::Write;

use anyhow::{Context, Result};
use claim::Statement;
use wire::settlement_v1::{GetRequest, SettlementState};

use crate::cli::ExplainArgs;
use crate::client::Client;
use crate::fault::Fault;
use crate::print::print_statement;
use crate::rules;

/// Prints the statement of a settlement; a fault goes to standard error. Answers whether there is such a settlement.
///
/// # Errors
/// Where the platform cannot be used at all.
pub async fn explain(args: ExplainArgs) -> Result<bool> {
    let client = Client::open(&args.client).await?;
    let rules = rules::lookup(&args.client.rules)?;
    let request = GetRequest { settlement_id: args.settlement_id.clone() };
    match client.one_stop.clone().get(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            let state = answer.state();
            let statement = answer.statement.context("the platform answered without a statement")?;
            let statement = Statement::try_from(statement).context("the platform's statement is faulty")?;
            let mut out = std::io::stdout().lock();
            if let Some(change) = answer.last_change.filter(|_| !args.statement.json) {
                let words = match state {
                    SettlementState::Cancelled => ("已撤销", "Cancelled"),
                    SettlementState::Readjudicated | SettlementState::Settled | SettlementState::Unspecified => {
                        ("已重新计算", "Decided anew")
                    }
                };
                writeln!(out, "{}: {}", args.statement.lang.pick(words), change.adjustment_id)?;
            }
            print_statement(&mut out, &statement, None, &args.statement, &rules)?;
            out.flush()?;
            Ok(true)
        }
        Err(status) => {
            Fault::from(status).write(&mut std::io::stderr().lock(), &args.settlement_id, args.statement.lang)?;
            Ok(false)
        }
    }
}
