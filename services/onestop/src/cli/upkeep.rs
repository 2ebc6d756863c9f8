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
    /// The dictionary by which codes and words are read (see `onestop dictionary show`)
    #[arg(long, env = "ONESTOP_DICTIONARY", default_value = dictionary::Dictionaries::DEFAULT, value_name = "NAME")]
    pub dictionary: String,
    /// Language: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
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
    Change(PersonChangeArgs),
    /// Withdraw a fact that was recorded by mistake; it is kept as what was believed until now
    Withdraw(PersonChangeArgs),
}

/// A fact of a person to record or to withdraw.
#[derive(Args, Debug)]
pub struct PersonChangeArgs {
    /// Which fact
    #[arg(value_enum)]
    pub fact: PersonFact,
    /// The fact.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// `onestop catalogue`.
#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Show the facts with who recorded them, when and why
    Show(ShowFactsArgs),
    /// Record a fact of an item, or of a diagnosis whose price is published; one that begins on the same day is replaced
    Change(ChangeArgs),
    /// Withdraw a fact that was recorded by mistake; it is kept as what was believed until now
    Withdraw(ChangeArgs),
}

/// `onestop institution`.
#[derive(Debug, Subcommand)]
pub enum InstitutionCommand {
    /// Show what an institution is and how its agreement went, with who recorded it, when and why
    Show(ShowFactsArgs),
    /// Record what an institution is; what begins on the same day is replaced
    Change(ChangeArgs),
    /// Withdraw what was recorded by mistake; it is kept as what was believed until now
    Withdraw(InstitutionWithdrawArgs),
    /// Record that an institution applies for designation, for the first time or again
    Apply(AgreementArgs),
    /// Admit an institution: its agreement is in force from a day on
    Admit(AgreementArgs),
    /// Refuse an application, on stated grounds
    Refuse(AgreementArgs),
    /// Suspend a designation, on stated grounds
    Suspend(AgreementArgs),
    /// Let a suspended designation go on
    Resume(AgreementArgs),
    /// End a designation, on stated grounds
    End(AgreementArgs),
    /// Count the beds of designated institutions for each 1,000 insured
    Beds(BedsArgs),
}

/// What of an institution to withdraw.
#[derive(Args, Debug)]
pub struct InstitutionWithdrawArgs {
    /// Which fact
    #[arg(value_enum)]
    pub fact: InstitutionFact,
    /// The fact.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// A fact of an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InstitutionFact {
    /// What it is
    Institution,
    /// A state of its agreement
    Agreement,
}

impl InstitutionFact {
    /// The kind of file that holds such facts.
    #[must_use]
    pub const fn kind(self) -> FactKind {
        match self {
            Self::Institution => FactKind::Institution,
            Self::Agreement => FactKind::Agreement,
        }
    }
}

/// A state of an agreement to record.
#[derive(Args, Debug)]
pub struct AgreementArgs {
    /// The institution's number
    #[arg(value_name = "ID")]
    pub id: String,
    /// The first day of the state
    #[arg(long, value_name = "DATE")]
    pub from: NaiveDate,
    /// Its last day, where it ends by itself
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
    /// Why, in the words of docs/import.md, such as `fraud`; once for each ground
    #[arg(long = "ground", value_name = "GROUND")]
    pub grounds: Vec<String>,
    /// A temporary designation: fever-clinic or makeshift-hospital
    #[arg(long, value_name = "KIND")]
    pub temporary: Option<String>,
    /// The agency that decided: county, pooling-region or province
    #[arg(long, value_name = "AGENCY")]
    pub decided_by: Option<String>,
    /// Who, why and where.
    #[command(flatten)]
    pub change: ChangeTrailArgs,
}

/// `onestop institution beds`.
#[derive(Args, Debug)]
pub struct BedsArgs {
    /// The day; today in Shanghai if absent
    #[arg(long, value_name = "DATE")]
    pub date: Option<NaiveDate>,
    /// The planning index to compare with, such as 6.0
    #[arg(long, value_name = "BEDS", value_parser = thousandths)]
    pub index: Option<u64>,
    /// Language: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// `onestop keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print new keys for identity numbers: put them at the end of the key file that
    /// `ONESTOP_IDENTITY_KEY_FILE` names, or into `ONESTOP_IDENTITY_KEYS`
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
        /// Language: zh-CN or en
        #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
        lang: Lang,
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
    /// The person's or institution's number, or the code of the item or diagnosis
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
    /// Who, why and where.
    #[command(flatten)]
    pub trail: ChangeTrailArgs,
}

/// Who records a fact, why and where.
#[derive(Args, Debug)]
pub struct ChangeTrailArgs {
    /// Who changes the facts
    #[arg(long, env = "ONESTOP_BY", value_name = "NAME")]
    pub by: String,
    /// Why the facts are changed
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The dictionary by which codes and words are read (see `onestop dictionary show`)
    #[arg(long, env = "ONESTOP_DICTIONARY", default_value = dictionary::Dictionaries::DEFAULT, value_name = "NAME")]
    pub dictionary: String,
    /// Only check the fact; nothing is stored
    #[arg(long)]
    pub check: bool,
    /// Language: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// A number with up to three decimals, in thousandths.
fn thousandths(text: &str) -> Result<u64, String> {
    const DECIMALS: usize = 3;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{whole}{decimals:0<DECIMALS$}");
    let is_number = !whole.is_empty() && decimals.len() <= DECIMALS && padded.bytes().all(|c| c.is_ascii_digit());
    let number = if is_number { padded.parse().ok() } else { None };
    number.ok_or_else(|| "is no number with at most three decimals".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_exactly() {
        assert_eq!(thousandths("6"), Ok(6_000));
        assert_eq!(thousandths("6.05"), Ok(6_050));
        for wrong in ["", ".5", "6.0001", "-1", "6,0", "1e3"] {
            assert!(thousandths(wrong).is_err(), "{wrong}");
        }
    }
}
