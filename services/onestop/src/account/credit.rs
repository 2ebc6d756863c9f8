//! `onestop account credit`: payment bases and opening balances from CSV files.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use csv::{Reader, StringRecord};
use money::Fen;
use wire::account_v1::credit_request::Source;
use wire::account_v1::{Contribution, CreditRequest};
use wire::claim_v1::Scheme;

use super::Counter;
use crate::cli::AccountOptions;
use crate::fault::Fault;

const CONTRIBUTIONS: [&str; 4] = ["person_id", "period", "employment", "base"];
const OPENINGS: [&str; 2] = ["person_id", "opening_balance"];

/// Credits all rows of all files and reports each file. A row that is refused stops no other one; the same file again
/// changes nothing. Answers whether no row was refused.
///
/// # Errors
/// Where a file or the platform cannot be used at all.
pub(super) async fn credit(files: &[PathBuf], options: &AccountOptions) -> Result<bool> {
    let mut counter = Counter::open(options).await?;
    let mut all_done = true;
    for file in files {
        all_done &= credit_file(file, &mut counter).await.with_context(|| file.display().to_string())?;
    }
    Ok(all_done)
}

#[derive(Default)]
struct Tally {
    credited: u64,
    before: u64,
    without_account: u64,
    refused: u64,
    sum: Fen,
}

async fn credit_file(file: &Path, counter: &mut Counter) -> Result<bool> {
    let mut reader = Reader::from_path(file).context("cannot be read")?;
    let header: Vec<String> =
        reader.headers()?.iter().map(|column| column.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    let read = match header.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        columns if columns == CONTRIBUTIONS => contribution,
        columns if columns == OPENINGS => opening,
        _ => bail!("its header is neither {} nor {}", CONTRIBUTIONS.join(","), OPENINGS.join(",")),
    };
    let mut tally = Tally::default();
    for (row, record) in (1_u64..).zip(reader.into_records()) {
        let place = format!("{}:{row}", file.display());
        match read(&record.context("is not a CSV file in UTF-8")?) {
            Ok(Some(request)) => send(request, &place, counter, &mut tally).await?,
            Ok(None) => tally.without_account += 1,
            Err(fault) => {
                writeln!(std::io::stderr().lock(), "{place}: {fault}")?;
                tally.refused += 1;
            }
        }
    }
    let words = counter.say((
        "笔已划入，{} 笔此前已划入，{} 笔无个人账户（单建统筹），{} 笔被拒绝，合计",
        "credited, {} credited before, {} without an account (single pooling), {} refused, in total",
    ));
    let counts = [tally.before, tally.without_account, tally.refused];
    let told = counts.iter().fold(words.to_owned(), |told, count| told.replacen("{}", &count.to_string(), 1));
    writeln!(std::io::stdout().lock(), "{}: {} {told} {}", file.display(), tally.credited, tally.sum)?;
    Ok(tally.refused == 0)
}

async fn send(request: CreditRequest, place: &str, counter: &mut Counter, tally: &mut Tally) -> Result<()> {
    match counter.client.accounts.credit(request).await {
        Ok(answer) if answer.get_ref().already_done => tally.before += 1,
        Ok(answer) => {
            tally.credited += 1;
            tally.sum += Fen::new(answer.get_ref().credited_fen);
        }
        Err(status) => {
            Fault::from(status).write(&mut std::io::stderr().lock(), place, counter.lang)?;
            tally.refused += 1;
        }
    }
    Ok(())
}

type Row = Result<Option<CreditRequest>, String>;

fn cell(record: &StringRecord, index: usize) -> Result<&str, String> {
    record
        .get(index)
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .ok_or_else(|| format!("cell {} is empty", index + 1))
}

fn amount(record: &StringRecord, index: usize) -> Result<i64, String> {
    let text = cell(record, index)?;
    text.parse::<Fen>().map(Fen::get).map_err(|error| format!("{text:?}: {error}"))
}

/// `None` for an insurance without individual accounts.
fn contribution(record: &StringRecord) -> Row {
    let (person_id, period) = (cell(record, 0)?.to_owned(), cell(record, 1)?.to_owned());
    let scheme = match cell(record, 2)? {
        "active" => Scheme::EmployeeActive,
        "retired" => Scheme::EmployeeRetired,
        "single-pooling" => return Ok(None),
        other => return Err(format!("employment {other:?} is none of active, retired, single-pooling")),
    };
    let base_fen = amount(record, 3)?;
    let request_id = format!("credit-{period}");
    let contribution = Contribution { period, scheme: scheme.into(), base_fen };
    Ok(Some(CreditRequest { request_id, person_id, source: Some(Source::Contribution(contribution)) }))
}

fn opening(record: &StringRecord) -> Row {
    let person_id = cell(record, 0)?.to_owned();
    let source = Some(Source::OpeningBalanceFen(amount(record, 1)?));
    Ok(Some(CreditRequest { request_id: "opening".to_owned(), person_id, source }))
}
