//! What the measurements share: the server, the city, the binary.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Map, Value};
use store::Location;
use store::testing::PrivatePostgres;
use synthetic_city::Bill;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::Options;
use crate::city::{self, Requests, case_of, write_files};
use crate::contest::{self, Contender, Outcome, Terms};
use crate::figure::{rounded, seconds};
use crate::load::{self, Rpc};
use crate::platform::{Onestop, Serving};
use crate::postgres;
use crate::report::{Summary, say};

/// The number of callers that the targets speak of.
pub(crate) const TARGET_CALLERS: usize = 32;
/// How often a contender has its turn at another number of callers.
const OTHER_ROUNDS: usize = 2;
/// Bills that are asked for in turn.
const BILLS: u64 = 100_000;
/// How long a server is asked before it is measured.
const WARM_UP: Duration = Duration::from_secs(2);
/// The database that the others are copies of: the register is in it and nothing else.
const REGISTERED: &str = "registered";

/// Everything that a measurement needs.
pub(crate) struct Bench {
    rounds: usize,
    turn: Duration,
    callers: Vec<usize>,
    /// How many persons the city has.
    pub(crate) persons: u64,
    /// The binary.
    pub(crate) onestop: Onestop,
    /// The server, durable as installed.
    pub(crate) server: PrivatePostgres,
    register_files: Vec<PathBuf>,
    /// The bills of the city.
    pub(crate) requests: Arc<Requests>,
    /// What was measured so far.
    pub(crate) summary: Summary,
    /// Removed when the bench is dropped.
    pub(crate) directory: TempDir,
    registered: OnceCell<()>,
}

impl Bench {
    /// Starts the server and writes the city.
    ///
    /// # Errors
    /// No PostgreSQL, or no room.
    pub(crate) fn prepare(options: &Options, program: PathBuf) -> Result<Self> {
        let directory = TempDir::with_prefix("settlement-bench-")?;
        let server = PrivatePostgres::start_durable()?;
        let register_files = write_files(options.persons, &directory.path().join("city"))?;
        let city = city::of(options.persons);
        let requests = Requests::of_cases((0..BILLS).map(|index| case_of(&city.bill(index, BILLS))));
        Ok(Self {
            rounds: usize::from(options.rounds),
            turn: Duration::from_secs(options.seconds),
            callers: options.callers.clone(),
            persons: options.persons,
            onestop: Onestop { program },
            server,
            register_files,
            requests: Arc::new(requests),
            summary: Summary::default(),
            directory,
            registered: OnceCell::new(),
        })
    }

    /// A platform that settles the city's bills.
    pub(crate) fn settling<'a>(&'a self, name: &'static str, serving: &'a Serving) -> Contender<'a> {
        Contender::Platform { name, endpoint: &serving.endpoint, rpc: Rpc::Settle, requests: &self.requests }
    }

    /// Terms of a contest.
    pub(crate) fn terms(&self, callers: usize, rounds: usize) -> Terms {
        Terms { callers, rounds: rounds.min(self.rounds), turn: self.turn }
    }

    /// Has a platform settle before it is measured.
    ///
    /// # Errors
    /// Where settling fails.
    pub(crate) async fn warm_up(&self, serving: &Serving) -> Result<()> {
        load::run(&serving.endpoint, Rpc::Settle, &self.requests, TARGET_CALLERS, WARM_UP).await.map(drop)
    }

    /// A contest for each number of callers.
    ///
    /// # Errors
    /// Where a contender fails.
    pub(crate) async fn contests(
        &self,
        contenders: &[Contender<'_>],
        server: Option<&PrivatePostgres>,
    ) -> Result<Vec<(usize, Outcome)>> {
        let mut outcomes = Vec::new();
        for &callers in &self.callers {
            let rounds = if callers == TARGET_CALLERS { self.rounds } else { OTHER_ROUNDS };
            outcomes.push((callers, contest::hold(contenders, self.terms(callers, rounds), server).await?));
        }
        Ok(outcomes)
    }

    /// An embedded store with the city's register in it.
    ///
    /// # Errors
    /// A refused import.
    pub(crate) async fn registered_directory(&self) -> Result<Location> {
        let location = Location::Directory(self.directory.path().join("embedded"));
        self.import(&location).await?;
        Ok(location)
    }

    async fn import(&self, location: &Location) -> Result<()> {
        let started = Instant::now();
        self.onestop.import(location, &self.register_files).await?;
        say(&format!("  the register was imported in {} s", rounded(seconds(started.elapsed()))));
        Ok(())
    }

    /// The city's bills of a year.
    pub(crate) fn bills(&self) -> impl Iterator<Item = Bill> {
        let city = city::of(self.persons);
        (0..BILLS).map(move |index| city.bill(index, BILLS))
    }

    /// A new database with the city's register in it.
    ///
    /// # Errors
    /// What the server refuses, or a refused import.
    pub(crate) async fn registered_database(&self, name: &str) -> Result<Location> {
        let register = || async {
            postgres::create_database(&self.server, REGISTERED, None).await?;
            self.import(&Location::Postgres(self.server.url(REGISTERED))).await?;
            postgres::execute(&self.server, REGISTERED, "VACUUM ANALYZE").await
        };
        self.registered.get_or_try_init(register).await?;
        postgres::create_database(&self.server, name, Some(REGISTERED)).await?;
        Ok(Location::Postgres(self.server.url(name)))
    }
}

/// Outcomes by the number of callers, as JSON.
pub(crate) fn by_callers(outcomes: &[(usize, Outcome)]) -> Value {
    Value::Object(
        outcomes.iter().map(|(callers, outcome)| (callers.to_string(), outcome.to_json())).collect::<Map<_, _>>(),
    )
}
