//! `onestop settle` and `onestop preview`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use claim::{Statement, Violations};
use dictionary::Dictionary;
use futures::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use rulebook::Lookup;
use tokio::sync::oneshot;
use wire::Failure;
use wire::settlement_v1::{PreviewRequest, SettleRequest};

use crate::case_file::{self, CaseFile, FaultyCase};
use crate::cli::SettleArgs;
use crate::client::Client;
use crate::fault::Fault;
use crate::print::print_statement;
use crate::rules;

/// The longest case that a file may hold, in bytes.
const CASE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// What is asked of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Settle.
    Settle,
    /// Only compute.
    Preview,
}

/// Settles or previews the cases of all files and prints their statements in the order of the files; faults go to
/// standard error. Answers whether every case succeeded.
///
/// # Errors
/// Where a file or the platform cannot be used at all.
pub async fn settle(args: SettleArgs, mode: Mode) -> Result<bool> {
    let client = Client::open(&args.client).await?;
    let rules = rules::lookup(&args.client.rules)?;
    let dictionary = crate::dictionary::named(&args.dictionary)?;
    let mut all_succeeded = true;
    for file in &args.files {
        all_succeeded &= settle_file(file, &args, mode, &client, &rules, &dictionary).await?;
    }
    Ok(all_succeeded)
}

async fn settle_file(
    file: &Path,
    args: &SettleArgs,
    mode: Mode,
    client: &Client,
    rules: &Lookup,
    dictionary: &Dictionary,
) -> Result<bool> {
    let progress = progress_of(file)?;
    let mut turns = Turns::default();
    let texts = texts_of(file, &progress)?;
    let answers = stream::iter(texts).map(|text| {
        let prepared = text.map(|text| prepare(&text, mode, dictionary, &mut turns));
        async move { answer(prepared?, mode, client).await }
    });
    let mut answers = std::pin::pin!(answers.buffered(usize::from(args.concurrency)));
    let mut number = 0_u64;
    let mut all_succeeded = true;
    let mut out = std::io::stdout().lock();
    while let Some(answer) = answers.next().await {
        number = number.saturating_add(1);
        match answer? {
            Ok(Answered { statement, request_id }) => {
                print_statement(&mut out, &statement, request_id.as_deref(), &args.statement, rules)?;
            }
            Err(fault) => {
                all_succeeded = false;
                let place = format!("{}:{number}", file.display());
                progress.suspend(|| fault.write(&mut std::io::stderr().lock(), place, args.statement.lang))?;
            }
        }
    }
    progress.finish_and_clear();
    out.flush()?;
    Ok(all_succeeded)
}

/// A case that was answered.
struct Answered {
    statement: Statement,
    request_id: Option<String>,
}

/// A case that waits for the case before it of the same person.
struct Prepared {
    file: CaseFile,
    before: Option<oneshot::Receiver<()>>,
    done: oneshot::Sender<()>,
}

/// Keeps the cases of one person in the order of the file while those of others overtake.
#[derive(Default)]
struct Turns {
    last_of_person: HashMap<String, oneshot::Receiver<()>>,
}

impl Turns {
    fn take(&mut self, file: CaseFile) -> Prepared {
        let (done, receiver) = oneshot::channel();
        let before = self.last_of_person.insert(file.case.person_id.clone(), receiver);
        Prepared { file, before, done }
    }
}

fn prepare(text: &str, mode: Mode, dictionary: &Dictionary, turns: &mut Turns) -> Result<Prepared, FaultyCase> {
    let file = case_file::read(text, dictionary)?;
    if mode == Mode::Settle && file.request_id.is_none() {
        let mut faulty = FaultyCase { faults: Violations::new(), readable: Some(Box::new(file.case)) };
        faulty.faults.add("request_id", "is required to settle");
        return Err(faulty);
    }
    Ok(turns.take(file))
}

/// All that is wrong with a case: what its file shows, and what only the platform knows.
async fn all_faults_of(mut faulty: FaultyCase, client: &Client) -> Fault {
    if let Some(case) = faulty.readable.take() {
        let answer = client.one_stop.clone().preview(PreviewRequest { case: Some(*case) }).await;
        if let Some(failure) = answer.err().as_ref().and_then(Failure::from_status) {
            faulty.add_faults(failure.violations);
        }
    }
    faulty.faults.into()
}

async fn answer(
    prepared: Result<Prepared, FaultyCase>,
    mode: Mode,
    client: &Client,
) -> Result<Result<Answered, Fault>> {
    let Prepared { file, before, done } = match prepared {
        Ok(prepared) => prepared,
        Err(faulty) => return Ok(Err(all_faults_of(faulty, client).await)),
    };
    if let Some(before) = before {
        // The sender is dropped when the case before is done, however it ended.
        let _ = before.await;
    }
    let request_id = file.request_id.as_ref().map(ToString::to_string);
    let mut one_stop = client.one_stop.clone();
    let answer = match mode {
        Mode::Settle => {
            let request = SettleRequest { request_id: request_id.clone().unwrap_or_default(), case: Some(file.case) };
            one_stop.settle(request).await.map(|answer| answer.into_inner().statement)
        }
        Mode::Preview => {
            let request = PreviewRequest { case: Some(file.case) };
            one_stop.preview(request).await.map(|answer| answer.into_inner().statement)
        }
    };
    drop(done);
    match answer {
        Ok(statement) => {
            let statement = statement.context("the platform answered without a statement")?;
            let statement = Statement::try_from(statement).context("the platform's statement is faulty")?;
            Ok(Ok(Answered { statement, request_id }))
        }
        Err(status) => Ok(Err(status.into())),
    }
}

/// The texts of a file's cases: of `.jsonl` one a line, blank lines left out; of any other the whole file.
fn texts_of(file: &Path, progress: &ProgressBar) -> Result<Box<dyn Iterator<Item = Result<String>> + Send>> {
    let shown = file.display().to_string();
    let opened = File::open(file).with_context(|| format!("{shown} cannot be opened"))?;
    let mut reader = BufReader::new(progress.wrap_read(opened));
    if file.extension().is_some_and(|extension| extension == "jsonl") {
        let lines = std::iter::from_fn(move || next_line(&mut reader, &shown).transpose());
        return Ok(Box::new(lines.filter(|line| !line.as_ref().is_ok_and(|line| line.trim().is_empty()))));
    }
    let mut text = String::new();
    let read = reader.take(CASE_BYTES_MAX).read_to_string(&mut text);
    read.with_context(|| format!("{shown} is not UTF-8 text"))?;
    Ok(Box::new(std::iter::once(Ok(text))))
}

/// The next line with its end, or `None` after the last.
///
/// # Errors
/// What is not text, and a line that is too long.
pub(crate) fn next_line(reader: &mut impl BufRead, shown: &str) -> Result<Option<String>> {
    let mut line = String::new();
    let read = reader.take(CASE_BYTES_MAX).read_line(&mut line);
    let read = read.with_context(|| format!("{shown} is not UTF-8 text"))?;
    if u64::try_from(read)? == CASE_BYTES_MAX {
        bail!("{shown} has a line longer than {CASE_BYTES_MAX} bytes");
    }
    Ok((read > 0).then_some(line))
}

/// A bar over the bytes of a `.jsonl` file, where somebody watches.
fn progress_of(file: &Path) -> Result<ProgressBar> {
    let is_list = file.extension().is_some_and(|extension| extension == "jsonl");
    if !is_list || !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let length = file.metadata().with_context(|| format!("{} cannot be opened", file.display()))?.len();
    let style = ProgressStyle::with_template("{wide_bar} {percent}% {eta}")?;
    Ok(ProgressBar::new(length).with_style(style).with_message(file.display().to_string()))
}
