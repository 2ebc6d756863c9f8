//! The command that shows and checks dictionaries.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Subcommand;

/// `onestop dictionary`.
#[derive(Debug, Subcommand)]
pub enum DictionaryCommand {
    /// List the dictionaries, or show the codes and words of one: list, national field, code, name, meaning
    Show {
        /// The dictionary, such as kunming
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Only this list, or the list of this national field, such as `psn_type`
        #[arg(value_name = "LIST")]
        list: Option<String>,
        /// The day; today in Shanghai if absent
        #[arg(long, value_name = "DATE")]
        date: Option<NaiveDate>,
    },
    /// Check files of dictionaries (see docs/dictionaries.md)
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}
