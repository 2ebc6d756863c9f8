//! The command line of individual accounts.

use std::path::PathBuf;

use chrono::NaiveDate;
use claim::Kinship;
use clap::{Args, Subcommand};

use super::ClientArgs;
use crate::render::Lang;

/// `onestop account`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Show where an account stands and who may draw on it
    Show {
        /// The account's holder
        #[arg(value_name = "PERSON")]
        person: String,
        /// How to reach the platform and to print.
        #[command(flatten)]
        options: AccountOptions,
    },
    /// Print every movement of an account, with the balance after each
    Statement {
        /// The account's holder
        #[arg(value_name = "PERSON")]
        person: String,
        /// Only movements recorded in this year, in Shanghai
        #[arg(long, value_name = "YEAR")]
        year: Option<i32>,
        /// How to reach the platform and to print.
        #[command(flatten)]
        options: AccountOptions,
    },
    /// Credit accounts from CSV files of payment bases or of opening balances (see docs/accounts.md)
    Credit {
        /// The files; `person_id,period,employment,base` or `person_id,opening_balance`
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// How to reach the platform and to print.
        #[command(flatten)]
        options: AccountOptions,
    },
    /// Let a family member draw on an account
    Authorise {
        /// The account's holder
        #[arg(value_name = "PERSON")]
        person: String,
        /// Who may draw on it
        #[arg(value_name = "MEMBER")]
        member: String,
        /// What the member is to the holder: spouse, parent or child
        #[arg(long, value_name = "KINSHIP")]
        kinship: Kinship,
        /// The first day; today in Shanghai if absent
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// The last day; until it is revoked if absent
        #[arg(long, value_name = "DATE")]
        to: Option<NaiveDate>,
        /// How to reach the platform and to print.
        #[command(flatten)]
        options: AccountOptions,
    },
    /// End what lets a family member draw on an account
    Revoke {
        /// The account's holder
        #[arg(value_name = "PERSON")]
        person: String,
        /// Who may no longer
        #[arg(value_name = "MEMBER")]
        member: String,
        /// The last day on which the member may; today in Shanghai if absent
        #[arg(long, value_name = "DATE")]
        last: Option<NaiveDate>,
        /// How to reach the platform and to print.
        #[command(flatten)]
        options: AccountOptions,
    },
    /// Pay a balance out for good and close the account
    Refund {
        /// The account's holder
        #[arg(value_name = "PERSON")]
        person: String,
        /// How to reach the platform and to print.
        #[command(flatten)]
        options: AccountOptions,
    },
    /// Hand the balance of somebody who died to an heir and close the account
    Inherit {
        /// Who died
        #[arg(value_name = "PERSON")]
        person: String,
        /// Whose account gets the balance; the heirs are paid out if absent
        #[arg(long, value_name = "PERSON")]
        heir: Option<String>,
        /// How to reach the platform and to print.
        #[command(flatten)]
        options: AccountOptions,
    },
}

/// How to reach the accounts and to print.
#[derive(Args, Debug)]
pub struct AccountOptions {
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// Language: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
}
