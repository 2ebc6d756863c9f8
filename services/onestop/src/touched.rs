//! `onestop readjudicate --change`: the settlements that changes of the past touch, decided anew as one job.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, timeout_at};
use tonic::Status;
use wire::settlement_v1::readjudicate_touched_response::Part;
use wire::settlement_v1::{
    ListTouchedRequest, ListTouchedResponse, ReadjudicateTouchedRequest, TouchedFailure, TouchedTotals,
};
use wire::{ErrorReason, Failure};

use crate::cli::{ClientArgs, OutputArgs};
use crate::client::Client;
use crate::fault::Fault;
use crate::render::{Lang, totals_json, totals_text, touched_json, touched_text};

/// How long touched settlements are counted before it is left at what was found.
const COUNTING_MAX: Duration = Duration::from_secs(10);
/// How many touched settlements are named one by one.
const NAMED_MAX: u64 = 20;
/// How many failures are printed at the end; with `--json` each is a line of its own.
const FAILURES_PRINTED: usize = 200;

/// What of the job is asked for.
pub(crate) struct Job {
    pub(crate) changes: Vec<i64>,
    /// The job's id; absent: it is made of the changes.
    pub(crate) request_id: Option<String>,
    pub(crate) preview: bool,
}

impl Job {
    fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(|| {
            let mut changes = self.changes.clone();
            changes.sort_unstable();
            changes.dedup();
            format!("change-{}", joined(&changes, "-"))
        })
    }
}

/// Does the job and prints each settlement, then the failures and the totals. Answers whether nothing failed.
///
/// # Errors
/// Where the platform cannot be used at all.
pub(crate) async fn readjudicate(client: &Client, job: Job, output: OutputArgs) -> Result<bool> {
    let refused =
        |status: Status| Fault::from(status).write(&mut std::io::stderr().lock(), "readjudicate", output.lang);
    let request_id = job.request_id();
    let request = ReadjudicateTouchedRequest { request_id, change_sequences: job.changes, preview: job.preview };
    let mut parts = match client.one_stop.clone().readjudicate_touched(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Ok(refused(status).map(|()| false)?),
    };
    let mut failures = Vec::new();
    loop {
        let part = match parts.message().await {
            Ok(Some(answer)) => answer.part.context("the platform answered without a part")?,
            Ok(None) => bail!("the platform ended before the job did: the same command finishes it"),
            Err(status) => return Ok(refused(status).map(|()| false)?),
        };
        let mut out = std::io::stdout().lock();
        match part {
            Part::Settlement(settlement) if output.json => writeln!(out, "{}", touched_json(&settlement))?,
            Part::Settlement(settlement) => write!(out, "{}", touched_text(&settlement, output.lang)?)?,
            Part::Failure(failure) if output.json => writeln!(out, "{}", failure_json(&failure))?,
            Part::Failure(failure) if failures.len() < FAILURES_PRINTED => failures.push(failure),
            Part::Failure(_) => {}
            Part::Totals(totals) => {
                if output.json {
                    writeln!(out, "{}", totals_json(&totals, job.preview))?;
                } else {
                    write!(out, "{}", totals_text(&totals, job.preview, output.lang)?)?;
                    print_failures(&failures, &totals, output.lang, &mut out)?;
                }
                out.flush()?;
                return Ok(totals.failures == 0);
            }
        }
    }
}

fn print_failures(failures: &[TouchedFailure], totals: &TouchedTotals, lang: Lang, out: &mut impl Write) -> Result<()> {
    for failure in failures {
        let TouchedFailure { person_id, benefit_year, message, .. } = failure;
        let failure = Failure::new(failure.reason(), message.clone());
        Fault::Platform(failure).write(out, format_args!("{person_id} {benefit_year}"), lang)?;
    }
    let count = totals.failures;
    match lang {
        _ if count == 0 => {}
        Lang::ZhCn => writeln!(out, "有 {count} 个人年未能办理，其余已办理；处理原因后再次执行同一命令即可补办。")?,
        Lang::En => writeln!(
            out,
            "{count} years of persons could not be decided, all others were: remove the cause and run the same command"
        )?,
    }
    Ok(())
}

fn failure_json(failure: &TouchedFailure) -> serde_json::Value {
    let TouchedFailure { person_id, benefit_year, reason, message } = failure;
    let reason = ErrorReason::try_from(*reason).unwrap_or_default();
    let reason = Failure::new(reason, message.clone()).reason_name().to_owned();
    serde_json::json!({ "failure": { "person_id": person_id, "benefit_year": benefit_year, "reason": reason,
        "message": message } })
}

/// Tells how many settlements `changes` of the past may touch and how their re-adjudication is previewed; nothing where
/// there are none. `named`: the first of them are named too.
///
/// # Errors
/// What `out` refuses.
pub(crate) async fn offer(
    client: &Client,
    args: &ClientArgs,
    changes: &[i64],
    named: bool,
    lang: Lang,
    out: &mut impl Write,
) -> Result<()> {
    let mut count = 0_u64;
    let is_whole = count_touched(client, changes, |settlement| {
        count += 1;
        if named && count <= NAMED_MAX { name(&settlement, lang, out) } else { Ok(()) }
    })
    .await?;
    if count == 0 && is_whole {
        return Ok(());
    }
    let command = format!("onestop readjudicate --change {}{} --preview", joined(changes, ","), args.words());
    match (lang, is_whole) {
        (Lang::ZhCn, true) => writeln!(out, "可能涉及过去的结算 {count} 笔，试算：{command}")?,
        (Lang::ZhCn, false) => writeln!(out, "可能涉及过去的结算（至少 {count} 笔，未数完），试算：{command}")?,
        (Lang::En, true) => writeln!(out, "{count} settlements of the past may be touched; preview: {command}")?,
        (Lang::En, false) => {
            writeln!(out, "settlements of the past may be touched, {count} or more; preview: {command}")?;
        }
    }
    Ok(())
}

/// Hands the touched settlements over; answers whether those were all. A platform that cannot tell them is no fault:
/// the change is made.
async fn count_touched(
    client: &Client,
    changes: &[i64],
    mut take: impl FnMut(ListTouchedResponse) -> Result<()>,
) -> Result<bool> {
    let until = Instant::now() + COUNTING_MAX;
    let request = ListTouchedRequest { change_sequences: changes.to_vec() };
    let mut one_stop = client.one_stop.clone();
    let Ok(Ok(answer)) = timeout_at(until, one_stop.list_touched(request)).await else { return Ok(false) };
    let mut touched = answer.into_inner();
    loop {
        match timeout_at(until, touched.message()).await {
            Ok(Ok(Some(settlement))) => take(settlement)?,
            Ok(Ok(None)) => return Ok(true),
            Ok(Err(_)) | Err(_) => return Ok(false),
        }
    }
}

fn name(settlement: &ListTouchedResponse, lang: Lang, out: &mut impl Write) -> Result<()> {
    let ListTouchedResponse { settlement_id, service_date, .. } = settlement;
    let date = service_date.unwrap_or_default();
    let date = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
    match lang {
        Lang::ZhCn => writeln!(out, "涉及 {date} 的结算 {settlement_id}")?,
        Lang::En => writeln!(out, "touches settlement {settlement_id} of {date}")?,
    }
    Ok(())
}

fn joined(changes: &[i64], separator: &str) -> String {
    changes.iter().map(i64::to_string).collect::<Vec<_>>().join(separator)
}
