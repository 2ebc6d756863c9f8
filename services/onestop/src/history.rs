//! `onestop history`: what happened to a person in a year, and whether the chain that says so holds.

use std::io::Write;

use anyhow::{Context, Result};
use money::Fen;
use serde_json::json;
use wire::claim_v1::Amounts;
use wire::journal_v1::link::Entry;
use wire::settlement_v1::get_history_response::Part;
use wire::settlement_v1::{ChainCheck, GetHistoryRequest, HistoryLink, PayerCounters};

use crate::cli::{HistoryArgs, OutputArgs};
use crate::client::Client;
use crate::fault::Fault;
use crate::render::{adjustment_json, adjustment_text, hex, yuan};

/// Prints the links of a year, the counters and what the check of the chain found. Answers whether the chain holds.
///
/// # Errors
/// Where the platform cannot be used at all.
pub async fn history(args: HistoryArgs) -> Result<bool> {
    let client = Client::open(&args.client).await?;
    let request = GetHistoryRequest { person_id: args.person_id.clone(), benefit_year: args.year };
    let mut parts = match client.one_stop.clone().get_history(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => {
            Fault::from(status).write(&mut std::io::stderr().lock(), &args.person_id, args.output.lang)?;
            return Ok(false);
        }
    };
    let mut holds = None;
    loop {
        match parts.message().await {
            Ok(Some(answer)) => match answer.part.context("the platform answered without a part")? {
                Part::Link(link) => print_link(link, args.output)?,
                Part::Counters(counters) => print_counters(&counters, args.output)?,
                Part::Check(check) => {
                    print_check(&check, args.output)?;
                    holds = Some(check.first_broken_sequence == 0);
                }
            },
            Ok(None) => return holds.context("the platform ended before the chain was checked"),
            Err(status) => {
                Fault::from(status).write(&mut std::io::stderr().lock(), &args.person_id, args.output.lang)?;
                return Ok(false);
            }
        }
    }
}

fn print_link(history: HistoryLink, output: OutputArgs) -> Result<()> {
    let link = history.link.context("the platform answered without a link")?;
    let time = link.recorded_time.and_then(|time| chrono::DateTime::from_timestamp(time.seconds, 0));
    let time = time.map(|time| time.to_rfc3339()).unwrap_or_default();
    let (kind, words, entry) = match &link.entry {
        Some(Entry::Settlement(settlement)) => {
            let statement = settlement.statement.clone().unwrap_or_default();
            let amounts = statement.amounts.unwrap_or_default();
            let Amounts { total_fen, cash_fen, .. } = amounts;
            let (total, cash) = (Fen::new(total_fen), Fen::new(cash_fen));
            let id = statement.settlement_id;
            let words = format!(
                "{} {id} · {} {} · {} {}\n",
                output.lang.pick(("结算", "settlement")),
                output.lang.pick(("总额", "total")),
                yuan(total),
                output.lang.pick(("现金", "cash")),
                yuan(cash)
            );
            ("settlement", words, json!({ "settlement_id": id, "total": total.to_string(), "cash": cash.to_string() }))
        }
        Some(Entry::Adjustment(adjustment)) => {
            ("adjustment", adjustment_text(adjustment, output.lang)?, adjustment_json(adjustment))
        }
        Some(Entry::ReversedRequest(reversed)) => {
            let id = &reversed.reversed_request_id;
            let words = format!("{} {id}\n", output.lang.pick(("已冲正（未到达）的请求", "request kept out")));
            ("reversed-request", words, json!({ "reversed_request_id": id }))
        }
        None => ("", String::new(), serde_json::Value::Null),
    };
    let mut out = std::io::stdout().lock();
    let (sequence, request_id, hash) = (link.sequence, link.request_id, hex(&history.hash));
    if output.json {
        let told = json!({ "sequence": sequence, "kind": kind, "recorded_time": time, "request_id": request_id,
            "hash": hash, "entry": entry });
        writeln!(out, "{told}")?;
    } else {
        write!(out, "#{sequence} {time} {request_id} {hash}\n   {words}")?;
    }
    Ok(())
}

fn print_counters(of: &PayerCounters, output: OutputArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for counter in &of.counters {
        let value = Fen::new(counter.value_fen);
        if output.json {
            let line = json!({ "payer": of.payer, "counter": counter.counter, "year": counter.benefit_year,
                "value": value.to_string() });
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{} {} {}: {}", of.payer, counter.benefit_year, counter.counter, yuan(value))?;
        }
    }
    Ok(())
}

fn print_check(check: &ChainCheck, output: OutputArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let ChainCheck { links, first_broken_sequence, fault, head_hash } = check;
    if output.json {
        let line = json!({ "links": links, "first_broken_link": (*first_broken_sequence > 0).then_some(first_broken_sequence),
            "fault": fault, "head_hash": hex(head_hash) });
        writeln!(out, "{line}")?;
    } else if *first_broken_sequence == 0 {
        let words = output.lang.pick(("条记录，校验完好", "links, the chain holds"));
        writeln!(out, "{links} {words} {}", hex(head_hash))?;
    } else {
        let words = output.lang.pick(("校验失败，首个异常记录", "the chain is broken, first at link"));
        writeln!(out, "{words} #{first_broken_sequence}: {fault}")?;
    }
    Ok(())
}
