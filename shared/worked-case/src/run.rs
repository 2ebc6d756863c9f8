//! Running worked cases from files, one after the other, and telling which fail.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use claim::{Amounts, PricedCase, Violations};
use rulebook::{InForce, Lookup, RuleNotInForce, Rulebook};

use crate::case::WorkedCase;
use crate::chain::{Chain, NotSettled, PersonCounters, Settled};
use crate::expect::Difference;

/// How many cases passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cases that came to every expected amount.
    pub passed: u64,
    /// Cases that did not, or could not be read.
    pub failed: u64,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReport {
    /// What each visit came to.
    pub visits: Vec<Result<Settled, NotSettled>>,
    /// Where that differs from what was expected.
    pub differences: Vec<Difference>,
}

/// Settles the visits of `case` in order. A refused visit counts nothing.
#[must_use]
pub fn run_case(chain: &Chain, rules: &Lookup, case: &WorkedCase) -> CaseReport {
    let settle = |rules: &InForce, case: &PricedCase, counters: &mut _| chain.settle(rules, case, counters);
    let (visits, differences) = run(rules, case, settle, |settled| &settled.amounts);
    CaseReport { visits, differences }
}

/// Where `case` differs from what was expected, without the explanation of what it came to.
fn differences(chain: &Chain, rules: &Lookup, case: &WorkedCase) -> Vec<Difference> {
    let amounts = |rules: &InForce, case: &PricedCase, counters: &mut _| chain.amounts(rules, case, counters);
    run(rules, case, amounts, |amounts| amounts).1
}

fn run<T>(
    rules: &Lookup,
    case: &WorkedCase,
    settle: impl Fn(&InForce, &PricedCase, &mut PersonCounters) -> Result<T, NotSettled>,
    amounts: impl Fn(&T) -> &Amounts,
) -> (Vec<Result<T, NotSettled>>, Vec<Difference>) {
    let mut counters = PersonCounters::with_accounts(case.accounts.clone());
    let (mut visits, mut differences) = (Vec::with_capacity(case.visits.len()), Vec::new());
    for (index, worked) in case.visits.iter().enumerate() {
        let (kind, date) = (worked.visit.kind, worked.visit.service_date);
        let rules = rules.in_force(date);
        let priced = worked.price(&rules).ok_or_else(|| RuleNotInForce { kind, date }.into());
        let result = priced.and_then(|priced| settle(&rules, &priced, &mut counters));
        let told = result.as_ref().map(&amounts).map_err(NotSettled::reason_name);
        differences.extend(worked.expected.differences(index, told));
        visits.push(result);
    }
    (visits, differences)
}

/// Runs the cases of files and of directories, which are walked: `.toml` holds one case, `.jsonl` one a line.
/// Writes one line for each failing case and at last `N passed, N failed`.
///
/// # Errors
/// A path that cannot be read or is no worked-case file, and what `out` refuses.
pub fn run_paths(paths: &[PathBuf], rules: &Rulebook, out: &mut dyn Write) -> io::Result<Summary> {
    let judge = Judge { chain: Chain::new(), rules: Lookup::new(rules.clone()) };
    let mut runner = Runner { judge, out, summary: Summary::default() };
    for path in paths {
        runner.run_path(path).map_err(|error| naming(path, &error))?;
    }
    let Summary { passed, failed } = runner.summary;
    writeln!(runner.out, "{passed} passed, {failed} failed")?;
    Ok(runner.summary)
}

fn naming(path: &Path, error: &io::Error) -> io::Error {
    let shown = path.display().to_string();
    let message = error.to_string();
    let message = if message.starts_with(&shown) { message } else { format!("{shown}: {message}") };
    io::Error::new(error.kind(), message)
}

/// How many lines are judged side by side before their failures are told.
const CHUNK_LINES: usize = 8_192;

/// A line of a file with its number, counted from 1.
type NumberedLine = (usize, String);

struct Judge {
    chain: Chain,
    rules: Lookup,
}

impl Judge {
    /// What is wrong with a case; `None` where it passes.
    fn failure(&self, case: Result<WorkedCase, Violations>) -> Option<String> {
        let case = match case {
            Ok(case) => case,
            Err(violations) => return Some(violations.to_string()),
        };
        let differences = differences(&self.chain, &self.rules, &case);
        let told: Vec<_> = differences.iter().map(ToString::to_string).collect();
        (!told.is_empty()).then(|| format!("{}: {}", case.name, told.join("; ")))
    }

    /// The failure of each line, in order, judged on all processors.
    fn failures(&self, lines: &[NumberedLine]) -> Vec<Option<String>> {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = lines.len().div_ceil(workers).max(1);
        std::thread::scope(|scope| {
            let judge_part = |part: &[NumberedLine]| -> Vec<_> {
                part.iter().map(|(_, line)| self.failure(WorkedCase::from_json(line))).collect()
            };
            let parts: Vec<_> = lines.chunks(share).map(|part| scope.spawn(move || judge_part(part))).collect();
            let finished = parts.into_iter().map(|part| part.join().unwrap_or_else(|cause| resume_unwind(cause)));
            finished.flatten().collect()
        })
    }
}

struct Runner<'a> {
    judge: Judge,
    out: &'a mut dyn Write,
    summary: Summary,
}

impl Runner<'_> {
    fn run_path(&mut self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return self.run_directory(path);
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => {
                let text = std::fs::read_to_string(path)?;
                let failure = self.judge.failure(WorkedCase::from_toml(&text));
                self.count(failure, path, None)
            }
            Some("jsonl") => self.run_lines(path),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "is neither a .toml nor a .jsonl file")),
        }
    }

    fn run_directory(&mut self, directory: &Path) -> io::Result<()> {
        let mut paths = std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let is_case = path.extension().is_some_and(|extension| extension == "toml" || extension == "jsonl");
            if is_case || path.is_dir() {
                self.run_path(&path).map_err(|error| naming(&path, &error))?;
            }
        }
        Ok(())
    }

    fn run_lines(&mut self, path: &Path) -> io::Result<()> {
        let mut chunk: Vec<NumberedLine> = Vec::new();
        for (index, line) in BufReader::new(File::open(path)?).lines().enumerate() {
            let line = line?;
            if !line.trim().is_empty() {
                chunk.push((index + 1, line));
            }
            if chunk.len() == CHUNK_LINES {
                self.run_chunk(path, &chunk)?;
                chunk.clear();
            }
        }
        self.run_chunk(path, &chunk)
    }

    fn run_chunk(&mut self, path: &Path, chunk: &[NumberedLine]) -> io::Result<()> {
        let failures = self.judge.failures(chunk);
        for ((number, _), failure) in chunk.iter().zip(failures) {
            self.count(failure, path, Some(*number))?;
        }
        Ok(())
    }

    fn count(&mut self, failure: Option<String>, path: &Path, line: Option<usize>) -> io::Result<()> {
        let Some(told) = failure else {
            self.summary.passed += 1;
            return Ok(());
        };
        self.summary.failed += 1;
        match line {
            Some(line) => writeln!(self.out, "{}:{line}: {told}", path.display()),
            None => writeln!(self.out, "{}: {told}", path.display()),
        }
    }
}
