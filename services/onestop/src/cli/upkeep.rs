//! The commands that look up and change facts.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use wire::register_v1::FactKind;

use super::ClientArgs;
use crate::render::Lang;

/// `onestop import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// CSV files in UTF-8 or GBK, or Excel workbooks (.xlsx); what a file holds is told by its header, English or
    /// Chinese (see docs/import.md)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only check the files, against what is stored too; nothing is stored
    #[arg(long)]
    pub check: bool,
    /// Write every fault of every file into this CSV file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The office that delivers assistance categories
    #[arg(long, value_name = "OFFICE")]
    pub delivered_by: Option<String>,
    /// The file is the full list of the office's assistance categories on this day: its entitlements that go on beyond
    /// the day and are not in the file end on the day before
    #[arg(long, value_name = "DATE", requires = "delivered_by")]
    pub full_list: Option<NaiveDate>,
    /// Who, and why.
    #[command(flatten)]
    pub trail: TrailArgs,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// Who changes facts, and why.
#[derive(Args, Clone, Debug)]
pub struct TrailArgs {
    /// Who changes the facts
    #[arg(long, env = "ONESTOP_BY", default_value = "", value_name = "NAME")]
    pub by: String,
    /// Why the facts are changed
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub reason: String,
}

/// `onestop person`.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Show the facts of a person with who recorded them, when and why
    Show(ShowFactsArgs),
    /// Find a person by the identity number, which is read from standard input
    Find {
        /// How to reach the platform.
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Record a fact of a person; one that begins on the same day is replaced
    Change {
        /// Which fact
        #[arg(value_enum)]
        fact: PersonFact,
        /// The fact.
        #[command(flatten)]
        change: ChangeArgs,
    },
}

/// `onestop institution` and `onestop catalogue`.
#[derive(Debug, Subcommand)]
pub enum SubjectCommand {
    /// Show the facts with who recorded them, when and why
    Show(ShowFactsArgs),
    /// Record a fact; one that begins on the same day is replaced
    Change(ChangeArgs),
}

/// `onestop keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print new keys for identity numbers: put them at the end of the key file
    New {
        /// A name for the keys that no earlier ones have, such as the month
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Seal and index every identity number anew with the newest keys; then earlier ones can be removed
    Rotate {
        /// How to reach the platform.
        #[command(flatten)]
        client: ClientArgs,
    },
}

/// A fact of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PersonFact {
    /// The person and a time of cover
    Person,
    /// An assistance category
    Category,
    /// An outpatient disease
    Disease,
    /// A cross-region filing
    Filing,
}

impl PersonFact {
    /// The kind of file that holds such facts.
    #[must_use]
    pub const fn kind(self) -> FactKind {
        match self {
            Self::Person => FactKind::Person,
            Self::Category => FactKind::Category,
            Self::Disease => FactKind::Disease,
            Self::Filing => FactKind::Filing,
        }
    }
}

/// Which facts to show.
#[derive(Args, Debug)]
pub struct ShowFactsArgs {
    /// The person's or institution's number, or the item's code
    #[arg(value_name = "ID")]
    pub id: String,
    /// Only facts that hold on this day
    #[arg(long, value_name = "DATE")]
    pub on: Option<NaiveDate>,
    /// Facts as they were believed at the end of this day
    #[arg(long, value_name = "DATE", conflicts_with = "past")]
    pub believed: Option<NaiveDate>,
    /// Also facts that were superseded
    #[arg(long)]
    pub past: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Language: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// A fact to record.
#[derive(Args, Debug)]
pub struct ChangeArgs {
    /// The columns of the fact as in a file (see docs/import.md), such as `from=2024-01-01`
    #[arg(required = true, value_name = "COLUMN=VALUE")]
    pub cells: Vec<String>,
    /// Who changes the facts
    #[arg(long, env = "ONESTOP_BY", value_name = "NAME")]
    pub by: String,
    /// Why the facts are changed
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Only check the fact; nothing is stored
    #[arg(long)]
    pub check: bool,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
}
