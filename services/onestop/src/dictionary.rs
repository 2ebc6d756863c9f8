//! `onestop dictionary`, and the dictionaries that this process knows.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use dictionary::{Dictionaries, Dictionary, List};
use host::Clock;

use crate::cli::DictionaryCommand;

/// Names a directory of dictionaries that are added to those that are compiled in.
const DIRECTORY: &str = "ONESTOP_DICTIONARIES";

/// The dictionaries of this release and those of the directory that `ONESTOP_DICTIONARIES` names.
///
/// # Errors
/// A directory that cannot be read, and everything that is wrong with its files.
pub fn known() -> Result<Dictionaries> {
    let directory = std::env::var_os(DIRECTORY).map(PathBuf::from);
    let known = directory.map_or_else(Dictionaries::built_in, |directory| Dictionaries::with_directory(&directory));
    known.context("the dictionaries")
}

/// The dictionary of that name as it holds today.
///
/// # Errors
/// As [`known`], and a name that none has.
pub fn named(name: &str) -> Result<Arc<Dictionary>> {
    let known = known()?;
    let dictionary = known.on(name, Clock::system().today());
    dictionary
        .ok_or_else(|| anyhow!("no dictionary {name}: there are {}", known.names().collect::<Vec<_>>().join(", ")))
}

/// Runs `onestop dictionary`; answers whether nothing was at fault.
///
/// # Errors
/// Dictionaries that cannot be used.
pub fn run(command: DictionaryCommand) -> Result<bool> {
    match command {
        DictionaryCommand::Show { name: None, list: _, date: _ } => list_all(),
        DictionaryCommand::Show { name: Some(name), list, date } => {
            let known = known()?;
            let date = date.unwrap_or_else(|| Clock::system().today());
            let Some(dictionary) = known.on(&name, date) else { return Err(anyhow!("no dictionary {name}")) };
            show(&dictionary, list.as_deref())
        }
        DictionaryCommand::Check { files } => check(&files),
    }
}

fn list_all() -> Result<bool> {
    let known = known()?;
    let today = Clock::system().today();
    let mut out = std::io::stdout().lock();
    for dictionary in known.names().filter_map(|name| known.on(name, today)) {
        let Dictionary { name, title, region, in_force_from, .. } = &*dictionary;
        writeln!(out, "{name}\t{region}\t{in_force_from}\t{title}")?;
    }
    Ok(true)
}

/// One line for each code or word: the list, the national field, the code, its name and what it means.
fn show(dictionary: &Dictionary, list: Option<&str>) -> Result<bool> {
    let lists: Vec<&List> = dictionary
        .lists
        .iter()
        .filter(|known| list.is_none_or(|list| [&known.id, &known.field].contains(&&list.to_owned())))
        .collect();
    let mut out = std::io::stdout().lock();
    for List { id, field, members, .. } in &lists {
        for member in members {
            let names = [std::slice::from_ref(&member.title), &member.also].concat().join("、");
            writeln!(out, "{id}\t{field}\t{}\t{names}\t{}", member.code, member.means)?;
        }
    }
    Ok(!lists.is_empty())
}

fn check(files: &[PathBuf]) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    let mut all_sound = true;
    for file in files {
        let shown = file.display().to_string();
        let text = fs::read_to_string(file).with_context(|| format!("{shown} cannot be read"))?;
        match Dictionary::read(&shown, &text) {
            Ok(dictionary) => {
                let members: usize = dictionary.lists.iter().map(|list| list.members.len()).sum();
                let Dictionary { name, in_force_from, lists, .. } = &dictionary;
                writeln!(
                    out,
                    "{shown}: {name} from {in_force_from}, {} lists, {members} codes and words",
                    lists.len()
                )?;
            }
            Err(faults) => {
                all_sound = false;
                faults.iter().try_for_each(|fault| writeln!(out, "{fault}"))?;
            }
        }
    }
    Ok(all_sound)
}
