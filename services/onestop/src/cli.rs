//! The command line.

mod account;
mod dictionary;
mod upkeep;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use host::LogFormat;
use store::Location;
use synthetic_city::City;

pub use account::{AccountCommand, AccountOptions};
pub use dictionary::DictionaryCommand;

use crate::render::Lang;

pub use upkeep::{
    AgreementArgs, BedsArgs, CatalogueCommand, ChangeArgs, ChangeTrailArgs, ImportArgs, InstitutionCommand,
    InstitutionFact, InstitutionWithdrawArgs, KeysCommand, PersonChangeArgs, PersonCommand, PersonFact, ShowFactsArgs,
    TrailArgs,
};

/// Settles a medical bill against every public fund that owes a part of it, in one request.
#[derive(Debug, Parser)]
#[command(name = "onestop", version, propagate_version = true)]
pub struct Cli {
    /// What the process tells about itself.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the process tells about itself.
#[derive(Args, Clone, Debug)]
pub struct TelemetryArgs {
    /// Which log lines are written to standard error, such as `info` or `warn,orchestrator=debug`
    #[arg(long, env = "ONESTOP_LOG", default_value = "warn", global = true, value_name = "FILTER")]
    pub log: String,
    /// How log lines look: text or json
    #[arg(long, env = "ONESTOP_LOG_FORMAT", default_value = "text", global = true, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// OTLP gRPC endpoint of an OpenTelemetry collector, such as `http://127.0.0.1:4317`; none: no traces and no metrics
    #[arg(long, env = "ONESTOP_OTLP_ENDPOINT", global = true, value_name = "URI")]
    pub otlp_endpoint: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the platform, or one service of it, by gRPC
    Serve(ServeArgs),
    /// Settle cases and print their statements
    Settle(SettleArgs),
    /// Compute what settling cases would be; nothing is written
    Preview(SettleArgs),
    /// Print the statement of a stored settlement
    Explain(ExplainArgs),
    /// Cancel a settlement
    Cancel(CancelArgs),
    /// Reverse a request whose outcome is unknown
    Reverse(ReverseArgs),
    /// Decide settlements anew after a fact was corrected late: a person's, or all that changes of facts touch
    Readjudicate(ReadjudicateArgs),
    /// Print a person's links and counters of a year and verify the whole chain
    History(HistoryArgs),
    /// Print closed links in the order in which they closed, one JSON object a line
    Feed(FeedArgs),
    /// Compute every chain again from scratch and compare it with all that is stored; ends with `N differences`
    Audit(AuditArgs),
    /// Import register facts from CSV files or Excel workbooks
    Import(ImportArgs),
    /// Individual accounts: balances, statements, credits, family members, refund and inheritance
    #[command(subcommand)]
    Account(AccountCommand),
    /// Look up and change the facts of persons
    #[command(subcommand)]
    Person(PersonCommand),
    /// Look up and change the facts of designated institutions: what they are, and how their agreements go
    #[command(subcommand)]
    Institution(InstitutionCommand),
    /// Look up and change the items of the catalogue
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Show and check dictionaries: what codes and words mean, province by province
    #[command(subcommand)]
    Dictionary(DictionaryCommand),
    /// Make and replace the keys that seal identity numbers: `new` prints keys for the key file, `rotate` puts every
    /// number under the newest (see docs/import.md)
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Generate a synthetic city: register files for `import` and cases for `settle`
    Generate(GenerateArgs),
    /// Compute what medical assistance pays of people's premiums
    Subsidies(SubsidiesArgs),
    /// Check the rules, or prove them with worked cases
    #[command(subcommand)]
    Rules(RulesCommand),
}

/// Where the services keep their data.
#[derive(Args, Clone, Debug)]
pub struct StoreArgs {
    /// Directory of the embedded store, made where there is none
    #[arg(long, env = "ONESTOP_DATA", default_value = "onestop-data", value_name = "DIR")]
    pub data: PathBuf,
    /// PostgreSQL database in place of the embedded store, such as `postgres://user:password@host/onestop`
    #[arg(long, env = "ONESTOP_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
}

impl StoreArgs {
    /// The store that was asked for.
    #[must_use]
    pub fn location(&self) -> Location {
        match &self.database_url {
            Some(url) => Location::Postgres(url.clone()),
            None => Location::Directory(self.data.clone()),
        }
    }
}

/// Where the rules come from.
#[derive(Args, Clone, Debug)]
pub struct RulesArgs {
    /// Directory of rule documents (`*.toml`) in place of those built in
    #[arg(long = "rules", env = "ONESTOP_RULES", value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// Which services a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Every service in one process, without sockets between them
    All,
    /// People, entitlements, institutions and catalogue
    Register,
    /// Basic insurance
    BasicInsurance,
    /// Critical illness, large expense and top-up
    CriticalIllness,
    /// Medical assistance
    MedicalAssistance,
    /// Individual accounts
    IndividualAccount,
    /// The orchestrator alone
    Orchestrator,
}

impl Target {
    /// The target's name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Register => "register",
            Self::BasicInsurance => "basic-insurance",
            Self::CriticalIllness => "critical-illness",
            Self::MedicalAssistance => "medical-assistance",
            Self::IndividualAccount => "individual-account",
            Self::Orchestrator => "orchestrator",
        }
    }
}

/// `onestop serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Which services to run
    #[arg(long, env = "ONESTOP_TARGET", value_enum, default_value_t = Target::All)]
    pub target: Target,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "ONESTOP_LISTEN", default_value = "127.0.0.1:7200", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// The store.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The rules. SIGHUP reads them again.
    #[command(flatten)]
    pub rules: RulesArgs,
    /// Refuse to start, or to take rules at SIGHUP, while a rule in force is assumed
    #[arg(long, env = "ONESTOP_PRODUCTION")]
    pub production: bool,
    /// The register, for the orchestrator
    #[arg(long, env = "ONESTOP_REGISTER_ENDPOINT", value_name = "URI")]
    pub register_endpoint: Option<String>,
    /// A payer, for the orchestrator; once for each, or comma-separated in the environment
    #[arg(long, env = "ONESTOP_PAYER_ENDPOINTS", value_name = "PAYER=URI", value_delimiter = ',')]
    pub payer_endpoint: Vec<String>,
    /// Seconds between two looks for settlements that a crash left unbooked
    #[arg(long, env = "ONESTOP_RECOVERY_SECONDS", default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub recovery_seconds: u64,
    /// Calls that may be under way at once; one more is answered OVERLOADED
    #[arg(long, env = "ONESTOP_CALLS_MAX", default_value_t = 1_024, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub calls_max: u32,
}

/// How to reach the platform from the command line.
#[derive(Args, Debug)]
pub struct ClientArgs {
    /// A running platform, such as `http://127.0.0.1:7200`; without one, the work is done in this process
    #[arg(long, env = "ONESTOP_ENDPOINT", value_name = "URI")]
    pub endpoint: Option<String>,
    /// The store of the work in this process.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The rules of the work in this process.
    #[command(flatten)]
    pub rules: RulesArgs,
}

impl ClientArgs {
    /// The arguments that reach the same platform, as they are written behind a command. The address of a database is
    /// left to the environment, because it holds a password.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { endpoint, store, rules } = self;
        let mut words = String::new();
        let mut add = |name: &str, value: &str| {
            let is_plain = value.chars().all(|c| c.is_alphanumeric() || "-_./:".contains(c));
            let value = if is_plain { value.to_owned() } else { format!("'{}'", value.replace('\'', "'\\''")) };
            words.extend([" --", name, " ", &value]);
        };
        match (endpoint, &store.database_url) {
            (Some(endpoint), _) => add("endpoint", endpoint),
            (None, None) => add("data", &store.data.to_string_lossy()),
            (None, Some(_)) => {}
        }
        if let (None, Some(directory)) = (endpoint, &rules.directory) {
            add("rules", &directory.to_string_lossy());
        }
        words
    }
}

/// `onestop settle` and `onestop preview`.
#[derive(Args, Debug)]
pub struct SettleArgs {
    /// Files of cases: `.json` holds one case, `.jsonl` one a line
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// The dictionary by which a kind of visit that is a code is read (see `onestop dictionary show`)
    #[arg(long, env = "ONESTOP_DICTIONARY", default_value = ::dictionary::Dictionaries::DEFAULT, value_name = "NAME")]
    pub dictionary: String,
    /// How many cases are under way at once; cases of one person follow one another in the order of the file
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub concurrency: u16,
    /// How statements are printed.
    #[command(flatten)]
    pub statement: StatementArgs,
}

/// How statements are printed.
#[derive(Args, Clone, Copy, Debug)]
pub struct StatementArgs {
    /// Print one statement a line as JSON
    #[arg(long)]
    pub json: bool,
    /// Language of statements and messages: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
}

/// `onestop explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The settlement's number, as its statement gives it
    #[arg(value_name = "SETTLEMENT_ID")]
    pub settlement_id: String,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// How the statement is printed.
    #[command(flatten)]
    pub statement: StatementArgs,
}

/// How other answers are printed.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Language of what people read: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
}

/// `onestop cancel`.
#[derive(Args, Debug)]
pub struct CancelArgs {
    /// The settlement
    #[arg(value_name = "SETTLEMENT_ID")]
    pub settlement_id: String,
    /// Your name for this request; sent again under the same name it is the same cancellation
    #[arg(long, value_name = "ID")]
    pub request_id: String,
    /// Decide later settlements that depend on it anew, in the same step
    #[arg(long)]
    pub readjudicate_later: bool,
    /// Cancel it although it was recorded in an earlier year
    #[arg(long)]
    pub across_years: bool,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// How what changed is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `onestop reverse`.
#[derive(Args, Debug)]
pub struct ReverseArgs {
    /// The person of the request
    #[arg(value_name = "PERSON_ID")]
    pub person_id: String,
    /// The request to reverse
    #[arg(value_name = "REQUEST_ID")]
    pub reversed_request_id: String,
    /// Your name for this request; sent again under the same name it is the same reversal
    #[arg(long, value_name = "ID")]
    pub request_id: String,
    /// Decide later settlements that depend on it anew, in the same step
    #[arg(long)]
    pub readjudicate_later: bool,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// How what changed is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `onestop readjudicate`.
#[derive(Args, Debug)]
pub struct ReadjudicateArgs {
    /// The person
    #[arg(value_name = "PERSON_ID", required_unless_present = "changes", requires = "from")]
    pub person_id: Option<String>,
    /// The first day of service that is decided on the facts of today; its year is the one that is decided
    #[arg(long, value_name = "DATE", requires = "person_id")]
    pub from: Option<NaiveDate>,
    /// In place of a person, decide all settlements anew that these changes of facts touch, as one job: the numbers that
    /// `import` and `change` told, separated by commas. A job that was cut off is finished by the same command
    #[arg(long = "change", value_name = "N", value_delimiter = ',', conflicts_with_all = ["person_id", "from"])]
    pub changes: Vec<i64>,
    /// Your name for this request; sent again under the same name it is the same step. Of a job it is made of the
    /// changes if absent
    #[arg(long, value_name = "ID", required_unless_present = "changes")]
    pub request_id: Option<String>,
    /// Only tell what would change, with the money involved; nothing is written
    #[arg(long)]
    pub preview: bool,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// How what changed is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `onestop history`.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// The person
    #[arg(value_name = "PERSON_ID")]
    pub person_id: String,
    /// The benefit year
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1..=9_999))]
    pub year: i32,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// How it is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `onestop feed`.
#[derive(Args, Debug)]
pub struct FeedArgs {
    /// Go on behind this cursor; 0 is from the first link
    #[arg(long, default_value_t = 0, value_name = "CURSOR", value_parser = clap::value_parser!(i64).range(0..))]
    pub cursor: i64,
    /// Wait for more at the end
    #[arg(long)]
    pub follow: bool,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// `onestop audit`.
#[derive(Args, Debug)]
pub struct AuditArgs {
    /// Audit one person in place of everybody
    #[arg(long, value_name = "PERSON_ID")]
    pub person: Option<String>,
    /// How to reach the platform.
    #[command(flatten)]
    pub client: ClientArgs,
    /// How differences are printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `onestop generate`.
#[derive(Args, Debug)]
pub struct GenerateArgs {
    /// How many insured people
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=City::MOST))]
    pub persons: u64,
    /// How many bills, spread over the year 2023
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(0..=City::MOST))]
    pub visits: u64,
    /// The same seed gives the same files
    #[arg(long, default_value_t = 1, value_name = "S")]
    pub seed: u64,
    /// Directory of the files, made where there is none; files of the same names are replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `onestop rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Check the documents; tell what is in force on a day and what of it is assumed
    Check {
        /// The rules.
        #[command(flatten)]
        rules: RulesArgs,
        /// The day; today in Shanghai if absent
        #[arg(long, value_name = "DATE")]
        date: Option<NaiveDate>,
    },
    /// Show a benefit as a person would read it, or list the benefits in force
    Show(ShowArgs),
    /// Run worked cases as pure calculations; ends with `N passed, N failed`
    Test {
        /// Files or directories: `.toml` holds one case, `.jsonl` one a line (see docs/worked-cases.md)
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The rules.
        #[command(flatten)]
        rules: RulesArgs,
    },
    /// Settle worked cases under two rulebooks; tells who gains and who loses
    Diff(DiffArgs),
}

/// `onestop rules show`.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// The benefit, such as `employee.outpatient`; without one, the benefits in force are listed
    #[arg(value_name = "BENEFIT")]
    pub benefit: Option<String>,
    /// The day; today in Shanghai if absent
    #[arg(long, value_name = "DATE")]
    pub date: Option<NaiveDate>,
    /// Language: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
    /// The rules.
    #[command(flatten)]
    pub rules: RulesArgs,
}

/// `onestop subsidies`.
#[derive(Args, Debug)]
pub struct SubsidiesArgs {
    /// People as JSON objects, one a line: the person of a worked case with a name (see docs/worked-cases.md)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The day, which also says whose year's premium it is; today in Shanghai if absent
    #[arg(long, value_name = "DATE")]
    pub date: Option<NaiveDate>,
    /// Print one JSON object a line; the last one holds the totals
    #[arg(long)]
    pub json: bool,
    /// Language: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
    /// The rules.
    #[command(flatten)]
    pub rules: RulesArgs,
}

/// `onestop rules diff`.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The old rules: a directory of rule documents, or `built-in`
    #[arg(value_name = "OLD")]
    pub old: RulesSource,
    /// The new rules: a directory of rule documents, or `built-in`
    #[arg(value_name = "NEW")]
    pub new: RulesSource,
    /// Worked cases, one person each: `.toml` holds one, `.jsonl` one a line; directories are walked
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub cases: Vec<PathBuf>,
    /// Draw what changes as a bar chart into this SVG file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Print one JSON object in place of tables
    #[arg(long)]
    pub json: bool,
    /// Language of the tables and the chart: zh-CN or en
    #[arg(long, env = "ONESTOP_LANG", default_value = "zh-CN", value_name = "LANG")]
    pub lang: Lang,
}

/// Where one of two rulebooks comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesSource {
    /// The documents of this release.
    BuiltIn,
    /// A directory of rule documents.
    Directory(PathBuf),
}

impl From<OsString> for RulesSource {
    /// `built-in` is the word; a directory of that name is `./built-in`.
    fn from(text: OsString) -> Self {
        if text == "built-in" { Self::BuiltIn } else { Self::Directory(text.into()) }
    }
}
