//! Worked cases read one after the other from files and directories, so that only one is held at a time.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use claim::Violations;

use worked_case::WorkedCase;

/// The longest case that a line may hold, in bytes.
const CASE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Takes a case, or what is wrong with it, and its place: a file, with the line of a `.jsonl` file.
pub(super) type Take<'t> = dyn FnMut(&str, Result<WorkedCase, Violations>) -> Result<()> + 't;

/// Gives every case of `paths` to `take`: `.toml` holds one case, `.jsonl` one a line; directories are walked.
///
/// # Errors
/// A path that cannot be read or is no worked-case file, and what `take` refuses.
pub(super) fn each_case(paths: &[PathBuf], take: &mut Take<'_>) -> Result<()> {
    paths.iter().try_for_each(|path| each_of_path(path, take))
}

fn each_of_path(path: &Path, take: &mut Take<'_>) -> Result<()> {
    let shown = path.display();
    if path.is_dir() {
        return each_of_directory(path, take);
    }
    match extension(path) {
        Some("toml") => {
            let text = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
            take(&shown.to_string(), WorkedCase::from_toml(&text))
        }
        Some("jsonl") => each_line(path, take),
        _ => bail!("{shown} is neither a .toml nor a .jsonl file"),
    }
}

fn each_of_directory(directory: &Path, take: &mut Take<'_>) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("{} cannot be read", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    paths.retain(|path| matches!(extension(path), Some("toml" | "jsonl")) || path.is_dir());
    each_case(&paths, take)
}

fn each_line(path: &Path, take: &mut Take<'_>) -> Result<()> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown} cannot be opened"))?;
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    for number in 1_u64.. {
        line.clear();
        let read = reader.by_ref().take(CASE_BYTES_MAX).read_line(&mut line);
        let read = read.with_context(|| format!("{shown} is not UTF-8 text"))?;
        if read == 0 {
            break;
        }
        if u64::try_from(read)? == CASE_BYTES_MAX {
            bail!("{shown}:{number} is longer than {CASE_BYTES_MAX} bytes");
        }
        if !line.trim().is_empty() {
            take(&format!("{shown}:{number}"), WorkedCase::from_json(&line))?;
        }
    }
    Ok(())
}

fn extension(path: &Path) -> Option<&str> {
    path.extension().and_then(|extension| extension.to_str())
}
