//! `onestop import`.

mod table_file;

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use csv::Writer;
use futures::Stream;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use wire::Failure;
use wire::register_v1::import_file_request::Part;
use wire::register_v1::{
    FactRow, FileEnd, FileHeader, FileRows, ImportFileRequest, ImportFileResponse, ImportOutcome, RejectedCell,
};

use crate::cli::ImportArgs;
use crate::client::Client;
use crate::fault::Fault;
use crate::render::Lang;
use crate::touched;

/// How many rows one message carries.
const ROWS_PER_MESSAGE: usize = 2_000;
/// How many messages may wait for the register.
const WAITING_MAX: usize = 4;
/// How many faults of one file are printed; the others are counted, and written to the report.
const FAULTS_PRINTED: usize = 200;

/// Imports all files in order and reports each. A file with a wrong row is not stored at all. Answers whether every
/// file was stored. Where facts of the past changed, it tells how the settlements that they touch are decided anew.
///
/// # Errors
/// Where a file or the platform cannot be used at all.
pub async fn import(args: ImportArgs) -> Result<bool> {
    let mut client = Client::open(&args.client).await?;
    let mut report = args.report.as_deref().map(Report::create).transpose()?;
    let mut all_sound = true;
    let mut altering = Vec::new();
    for file in &args.files {
        let shown = file.display().to_string();
        let mut faults = Faults { file: &shown, lang: args.lang, printed: Vec::new(), report: report.as_mut() };
        let header = header(&args, file);
        let outcome = match import_file(file, header, args.lang, &mut client, &mut faults).await {
            Ok(outcome) => outcome,
            Err(error) => match error.downcast::<Failure>() {
                Ok(refusal) => {
                    Fault::Platform(refusal).write(&mut std::io::stderr().lock(), &shown, args.lang)?;
                    all_sound = false;
                    continue;
                }
                Err(error) => return Err(error.context(shown)),
            },
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{shown}: {}", told(outcome, args.check, args.lang))?;
        faults.print(outcome.faults, &mut out)?;
        all_sound &= outcome.faults == 0;
        altering.extend(Some(outcome.change_sequence).filter(|_| outcome.altered_subjects > 0));
    }
    if !altering.is_empty() {
        touched::offer(&client, &args.client, &altering, false, args.lang, &mut std::io::stdout()).await?;
    }
    report.map_or(Ok(()), Report::finish)?;
    Ok(all_sound)
}

/// What all parts of a file have in common, without what its own header says.
fn header(args: &ImportArgs, file: &Path) -> FileHeader {
    FileHeader {
        validate_only: args.check,
        changed_by: args.trail.by.clone(),
        reason: args.trail.reason.clone(),
        source: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        delivered_by: args.delivered_by.clone().unwrap_or_default(),
        full_list_date: args.full_list.map(Into::into),
        dictionary: args.dictionary.clone(),
        ..FileHeader::default()
    }
}

fn told(outcome: ImportOutcome, check: bool, lang: Lang) -> String {
    let ImportOutcome { rows, stored_rows, changed_rows, faults, ended_rows, .. } = outcome;
    let ended = match (ended_rows, lang) {
        (0, Lang::ZhCn | Lang::En) => String::new(),
        (_, Lang::ZhCn) => format!("，名单外 {ended_rows} 项待遇终止"),
        (_, Lang::En) => format!(", {ended_rows} entitlements not on the list ended"),
    };
    match lang {
        Lang::ZhCn if faults > 0 => format!("未入库，{rows} 行中有 {faults} 处错误"),
        Lang::ZhCn if check => format!("{rows} 行无误，其中 {changed_rows} 行为新内容{ended}"),
        Lang::ZhCn => format!("已入库 {stored_rows} 行，其中 {changed_rows} 行为新内容{ended}"),
        Lang::En if faults > 0 => format!("nothing stored, {faults} faults in {rows} rows"),
        Lang::En if check => format!("{rows} rows are sound, {changed_rows} of them would be new{ended}"),
        Lang::En => format!("{stored_rows} rows stored, {changed_rows} of them new{ended}"),
    }
}

/// What is wrong with a cell, in the language that was asked for.
pub(crate) fn description(fault: &RejectedCell, lang: Lang) -> &str {
    match lang {
        // A register of an earlier version says it in English only.
        Lang::ZhCn if !fault.description_zh.is_empty() => &fault.description_zh,
        Lang::ZhCn | Lang::En => &fault.description,
    }
}

async fn import_file(
    file: &Path,
    header: FileHeader,
    lang: Lang,
    client: &mut Client,
    faults: &mut Faults<'_>,
) -> Result<ImportOutcome> {
    let progress = progress(file)?;
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let reading = {
        let (file, progress) = (file.to_owned(), progress.clone());
        tokio::task::spawn_blocking(move || send_file(&file, &header, &progress, &sender))
    };
    let taken = take_outcome(client, ReceiverStream::new(receiver), |answer| {
        let ImportFileResponse { read_rows, checked_rows, rejected, outcome: _ } = answer;
        progress.set_message(match lang {
            Lang::ZhCn => format!("已读 {read_rows} 行，已核 {checked_rows} 行"),
            Lang::En => format!("{read_rows} rows read, {checked_rows} taken"),
        });
        faults.note(rejected)
    })
    .await;
    progress.finish_and_clear();
    // What is wrong with the file says more than that it did not arrive whole.
    reading.await??;
    taken
}

/// Sends a file and tells `note` what is said of it; answers what became of it.
///
/// # Errors
/// What the register refuses as a whole, and what `note` answers.
pub(crate) async fn take_outcome(
    client: &mut Client,
    parts: impl Stream<Item = ImportFileRequest> + Send + 'static,
    mut note: impl FnMut(ImportFileResponse) -> Result<()>,
) -> Result<ImportOutcome> {
    let mut answers = client.upkeep.import_file(parts).await.map_err(refused)?.into_inner();
    while let Some(answer) = answers.message().await.map_err(refused)? {
        match answer.outcome {
            Some(outcome) => return Ok(outcome),
            None => note(answer)?,
        }
    }
    Err(anyhow!("the register stopped before the file was stored"))
}

/// Why the platform refused, in its own words.
pub(crate) fn refused(status: Status) -> anyhow::Error {
    Failure::from_status(&status).map_or_else(|| anyhow::Error::new(status), Into::into)
}

/// Sends a file in parts. Without its end the register drops it.
fn send_file(
    file: &Path,
    header: &FileHeader,
    progress: &ProgressBar,
    sender: &mpsc::Sender<ImportFileRequest>,
) -> Result<()> {
    let send = |part| sender.blocking_send(ImportFileRequest { part: Some(part) }).is_ok();
    let mut is_known = None;
    let (mut number, mut rows) = (0_u64, Vec::with_capacity(ROWS_PER_MESSAGE));
    table_file::read_rows(file, progress, |cells| {
        if is_known.is_none() {
            let kind = register::fact_kind_of(&cells);
            is_known = Some(kind.ok_or_else(|| cells.join(",")));
            return kind.is_some_and(|kind| {
                send(Part::Header(FileHeader { kind: kind.into(), columns: cells, ..header.clone() }))
            });
        }
        number += 1;
        rows.push(FactRow { number, cells });
        rows.len() < ROWS_PER_MESSAGE || send(Part::Rows(FileRows { rows: std::mem::take(&mut rows) }))
    })?;
    match is_known {
        None => bail!("is empty: a header is required"),
        Some(Err(header)) => bail!("its header is of no known file: {header}"),
        Some(Ok(_)) => {}
    }
    if rows.is_empty() || send(Part::Rows(FileRows { rows })) {
        send(Part::End(FileEnd { rows: number }));
    }
    Ok(())
}

/// The faults of one file: the first are printed, all are in the report.
struct Faults<'a> {
    file: &'a str,
    lang: Lang,
    printed: Vec<RejectedCell>,
    report: Option<&'a mut Report>,
}

impl Faults<'_> {
    fn note(&mut self, rejected: Vec<RejectedCell>) -> Result<()> {
        for fault in rejected {
            if let Some(report) = &mut self.report {
                report.write(&[self.file, &fault.number.to_string(), &fault.column, description(&fault, self.lang)])?;
            }
            if self.printed.len() < FAULTS_PRINTED {
                self.printed.push(fault);
            }
        }
        Ok(())
    }

    fn print(mut self, faults: u64, out: &mut impl Write) -> Result<()> {
        self.printed.sort_by_key(|fault| fault.number);
        for fault in &self.printed {
            let column = if fault.column.is_empty() { String::new() } else { format!(" {}", fault.column) };
            let (number, description) = (fault.number, description(fault, self.lang));
            match self.lang {
                Lang::ZhCn => writeln!(out, "  第 {number} 行{column}：{description}")?,
                Lang::En => writeln!(out, "  row {number}{column}: {description}")?,
            }
        }
        let more = faults.saturating_sub(u64::try_from(self.printed.len())?);
        if more > 0 {
            match self.lang {
                Lang::ZhCn => writeln!(out, "  另有 {more} 处：--report FILE 写出全部")?,
                Lang::En => writeln!(out, "  and {more} more: --report FILE writes them all")?,
            }
        }
        Ok(())
    }
}

/// A CSV file of faults.
struct Report(Writer<File>);

impl Report {
    fn create(path: &Path) -> Result<Self> {
        let writer = Writer::from_path(path).with_context(|| format!("{} cannot be written", path.display()))?;
        let mut report = Self(writer);
        report.write(&["file", "row", "column", "description"])?;
        Ok(report)
    }

    fn write(&mut self, cells: &[&str]) -> Result<()> {
        self.0.write_record(cells).context("the report cannot be written")
    }

    fn finish(mut self) -> Result<()> {
        self.0.flush().context("the report cannot be written")
    }
}

fn progress(file: &Path) -> Result<ProgressBar> {
    let bytes = file.metadata().context("cannot be opened")?.len();
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {elapsed}")?;
    Ok(ProgressBar::new(bytes).with_style(style))
}
