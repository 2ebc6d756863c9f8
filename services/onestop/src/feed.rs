//! `onestop feed`: closed links as they come, one line of JSON each.

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::json;
use wire::journal_v1::link::Entry;
use wire::settlement_v1::FeedRequest;

use crate::cli::FeedArgs;
use crate::client::Client;
use crate::fault::Fault;
use crate::render::{Lang, adjustment_json, hex};

/// Prints the feed from a cursor on. Answers whether it was read to its end.
///
/// # Errors
/// Where the platform cannot be used at all.
pub async fn feed(args: FeedArgs) -> Result<bool> {
    let client = Client::open(&args.client).await?;
    let request = FeedRequest { cursor: args.cursor, stop_at_end: !args.follow };
    let refused = |status| Fault::from(status).write(&mut std::io::stderr().lock(), "feed", Lang::En);
    let mut links = match client.one_stop.clone().feed(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Ok(refused(status).map(|()| false)?),
    };
    loop {
        match links.message().await {
            Ok(None) => return Ok(true),
            Err(status) => return Ok(refused(status).map(|()| false)?),
            Ok(Some(answer)) => {
                let link = answer.link.context("the platform answered without a link")?;
                let entry = match &link.entry {
                    Some(Entry::Settlement(settlement)) => {
                        let statement = settlement.statement.clone().unwrap_or_default();
                        let amounts = statement.amounts.unwrap_or_default();
                        json!({ "settlement": { "settlement_id": statement.settlement_id,
                            "total": money::Fen::new(amounts.total_fen).to_string(),
                            "cash": money::Fen::new(amounts.cash_fen).to_string() } })
                    }
                    Some(Entry::Adjustment(adjustment)) => json!({ "adjustment": adjustment_json(adjustment) }),
                    Some(Entry::ReversedRequest(reversed)) => {
                        json!({ "reversed_request": reversed.reversed_request_id })
                    }
                    None => serde_json::Value::Null,
                };
                let told = json!({ "cursor": answer.cursor, "person_id": link.person_id, "sequence": link.sequence,
                    "request_id": link.request_id, "hash": hex(&answer.hash), "entry": entry });
                // Each line leaves at once: whoever follows the feed waits for it.
                let mut out = std::io::stdout().lock();
                writeln!(out, "{told}")?;
                out.flush()?;
            }
        }
    }
}
