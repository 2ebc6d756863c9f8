//! `onestop cancel`, `onestop reverse` and `onestop readjudicate`.

use std::io::Write;

use anyhow::{Context, Result};
use tonic::Status;
use wire::journal_v1::Adjustment;
use wire::settlement_v1::{CancelRequest, ReadjudicateRequest, ReversalOutcome, ReverseRequest};

use crate::cli::{CancelArgs, OutputArgs, ReadjudicateArgs, ReverseArgs};
use crate::client::Client;
use crate::fault::Fault;
use crate::render::{Lang, adjustment_json, adjustment_text};
use crate::touched::{self, Job};

/// Cancels a settlement and prints what changed. Answers whether it was cancelled.
///
/// # Errors
/// Where the platform cannot be used at all.
pub async fn cancel(args: CancelArgs) -> Result<bool> {
    let client = Client::open(&args.client).await?;
    let request = CancelRequest {
        request_id: args.request_id,
        settlement_id: args.settlement_id.clone(),
        readjudicate_later: args.readjudicate_later,
        across_years: args.across_years,
    };
    match client.one_stop.clone().cancel(request).await {
        Ok(answer) => {
            let adjustment = answer.into_inner().adjustment.context("the platform answered without an adjustment")?;
            print(&adjustment, args.output).map(|()| true)
        }
        Err(status) => refused(status, &args.settlement_id, args.output.lang),
    }
}

/// Reverses a request and prints what that meant. Answers whether it is undone.
///
/// # Errors
/// Where the platform cannot be used at all.
pub async fn reverse(args: ReverseArgs) -> Result<bool> {
    let client = Client::open(&args.client).await?;
    let request = ReverseRequest {
        request_id: args.request_id,
        person_id: args.person_id,
        reversed_request_id: args.reversed_request_id.clone(),
        readjudicate_later: args.readjudicate_later,
    };
    match client.one_stop.clone().reverse(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            match &answer.adjustment {
                Some(adjustment) => print(adjustment, args.output)?,
                None => print_outcome(answer.outcome(), args.output)?,
            }
            Ok(true)
        }
        Err(status) => refused(status, &args.reversed_request_id, args.output.lang),
    }
}

/// Decides a person's settlements anew, or those that changes touch, and prints what changed. Answers whether that was done.
///
/// # Errors
/// Where the platform cannot be used at all.
pub async fn readjudicate(args: ReadjudicateArgs) -> Result<bool> {
    let ReadjudicateArgs { person_id, from, changes, request_id, preview, client, output } = args;
    let client = Client::open(&client).await?;
    let Some(person_id) = person_id else {
        return touched::readjudicate(&client, Job { changes, request_id, preview }, output).await;
    };
    let request = ReadjudicateRequest {
        request_id: request_id.unwrap_or_default(),
        person_id: person_id.clone(),
        from_date: from.map(Into::into),
        preview,
    };
    match client.one_stop.clone().readjudicate(request).await {
        Ok(answer) => {
            let adjustment = answer.into_inner().adjustment.context("the platform answered without an adjustment")?;
            print(&adjustment, output).map(|()| true)
        }
        Err(status) => refused(status, &person_id, output.lang),
    }
}

fn print(adjustment: &Adjustment, output: OutputArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if output.json {
        writeln!(out, "{}", adjustment_json(adjustment))?;
    } else {
        write!(out, "{}", adjustment_text(adjustment, output.lang)?)?;
    }
    out.flush().map_err(Into::into)
}

fn print_outcome(outcome: ReversalOutcome, output: OutputArgs) -> Result<()> {
    let words = match outcome {
        ReversalOutcome::NeverArrived => {
            ("该请求未曾到达，今后到达时将不予受理。", "The request never arrived, and is refused when it comes.")
        }
        ReversalOutcome::CancelledBefore => {
            ("该请求的结算此前已撤销。", "What the request settled had been cancelled before.")
        }
        ReversalOutcome::SettlementRestored => ("该笔结算有效。", "The settlement stands."),
        ReversalOutcome::SettlementCancelled | ReversalOutcome::Unspecified => ("已冲正。", "Reversed."),
    };
    let mut out = std::io::stdout().lock();
    if output.json {
        writeln!(out, "{}", serde_json::json!({ "outcome": outcome.as_str_name() }))?;
    } else {
        writeln!(out, "{}", output.lang.pick(words))?;
    }
    Ok(())
}

fn refused(status: Status, place: &str, lang: Lang) -> Result<bool> {
    Fault::from(status).write(&mut std::io::stderr().lock(), place, lang)?;
    Ok(false)
}
