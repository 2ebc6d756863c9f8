//! `onestop import`.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use csv::{ReaderBuilder, StringRecord};
use indicatif::{ProgressBar, ProgressStyle};
use wire::Failure;
use wire::register_v1::{FactKind, FactRow, ImportFactsRequest, ImportFactsResponse, RejectedCell};

use crate::cli::ImportArgs;
use crate::client::Client;

/// How many rows one call carries.
const ROWS_PER_CALL: usize = 2_000;
/// How many faults of one file are printed; the others are counted.
const FAULTS_PRINTED: usize = 200;

/// Imports all files in order and reports each. A file with a wrong row is not stored at all. Answers whether every
/// file was stored.
///
/// # Errors
/// Where a file or the platform cannot be used at all.
pub async fn import(args: ImportArgs) -> Result<bool> {
    let mut client = Client::open(&args.client).await?;
    let mut all_stored = true;
    for file in &args.files {
        all_stored &= import_file(file, &mut client).await.with_context(|| file.display().to_string())?;
    }
    Ok(all_stored)
}

async fn import_file(file: &Path, client: &mut Client) -> Result<bool> {
    let checked = send_file(file, client, Pass::Check).await?;
    let mut out = std::io::stdout().lock();
    if checked.rejected.is_empty() {
        let stored = send_file(file, client, Pass::Store).await?;
        writeln!(out, "{}: {} rows stored", file.display(), stored.stored_rows)?;
        return Ok(true);
    }
    writeln!(out, "{}: nothing stored, {} faults in {} rows", file.display(), checked.rejected.len(), checked.rows)?;
    for fault in checked.rejected.iter().take(FAULTS_PRINTED) {
        let column = if fault.column.is_empty() { String::new() } else { format!(" {}", fault.column) };
        writeln!(out, "  row {}{column}: {}", fault.number, fault.description)?;
    }
    if let Some(more) = checked.rejected.len().checked_sub(FAULTS_PRINTED).filter(|more| *more > 0) {
        writeln!(out, "  and {more} more")?;
    }
    Ok(false)
}

/// A file is read twice: all its rows are checked before any is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Check,
    Store,
}

#[derive(Default)]
struct Report {
    rows: u64,
    stored_rows: u64,
    rejected: Vec<RejectedCell>,
}

async fn send_file(file: &Path, client: &mut Client, pass: Pass) -> Result<Report> {
    let opened = File::open(file).context("cannot be opened")?;
    let progress = progress(opened.metadata()?.len(), pass)?;
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(progress.wrap_read(opened));
    let columns: Vec<String> = header(reader.headers().context("is not a CSV file in UTF-8")?);
    let Some(kind) = register::fact_kind_of(&columns) else {
        bail!("its header is of no known file: {}", columns.join(","));
    };
    let mut report = Report::default();
    let mut rows = Vec::with_capacity(ROWS_PER_CALL);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).context("is not a CSV file in UTF-8")? {
        report.rows = report.rows.saturating_add(1);
        let cells = record.iter().map(|cell| cell.trim().to_owned()).collect();
        rows.push(FactRow { number: report.rows, cells });
        if rows.len() == ROWS_PER_CALL {
            report.add(send(client, kind, &columns, std::mem::take(&mut rows), pass).await?);
        }
    }
    if !rows.is_empty() {
        report.add(send(client, kind, &columns, rows, pass).await?);
    }
    progress.finish_and_clear();
    Ok(report)
}

impl Report {
    fn add(&mut self, answer: ImportFactsResponse) {
        self.stored_rows = self.stored_rows.saturating_add(answer.stored_rows);
        self.rejected.extend(answer.rejected);
    }
}

fn header(record: &StringRecord) -> Vec<String> {
    record.iter().map(|column| column.trim_start_matches('\u{feff}').trim().to_owned()).collect()
}

async fn send(
    client: &mut Client,
    kind: FactKind,
    columns: &[String],
    rows: Vec<FactRow>,
    pass: Pass,
) -> Result<ImportFactsResponse> {
    let request =
        ImportFactsRequest { kind: kind.into(), columns: columns.to_vec(), rows, validate_only: pass == Pass::Check };
    let answer = client.register.import_facts(request).await;
    Ok(answer
        .map_err(|status| Failure::from_status(&status).map_or_else(|| anyhow::Error::new(status), Into::into))?
        .into_inner())
}

fn progress(bytes: u64, pass: Pass) -> Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}")?;
    let message = match pass {
        Pass::Check => "checking",
        Pass::Store => "storing",
    };
    Ok(ProgressBar::new(bytes).with_style(style).with_message(message))
}
