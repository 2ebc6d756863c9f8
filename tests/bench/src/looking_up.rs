//! Look-ups of persons' facts in a register of a small town and of a whole city, and of persons with a long history.
//!
//! The register is filled in by the server with the columns, keys and indexes of a real one. Nothing that is looked up is
//! remembered: every turn has a process of its own, and asks for each person once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use store::Location;
use wire::proto::google::r#type::Date;
use wire::register_v1::GatherFactsRequest;

use crate::bench::{Bench, TARGET_CALLERS};
use crate::city::Requests;
use crate::contest::{self, Contender};
use crate::figure::{rounded, seconds};
use crate::load::{self, Measured, Rpc};
use crate::platform::Onestop;
use crate::postgres;
use crate::report::say;

const ROUNDS: usize = 3;
/// How many persons are asked for in a turn: all of the small town.
const ASKED: u64 = 10_000;
/// The persons of a city that are asked for in one turn stand so many numbers apart, or a multiple of it.
const APART: u64 = 10;
/// The fewest persons of a city, so that each turn finds persons who were not asked for before.
pub(crate) const CITY_MIN: u64 = 20 * ASKED;
/// What a person takes on disk with indexes and log, at most.
const BYTES_PER_PERSON: u64 = 1_400;

/// Who is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The same persons each turn: with one recorded version of each fact.
    Plain,
    /// The same persons each turn: whose cover was corrected 99 times.
    Corrected,
    /// The same persons each turn: with 100 times of cover.
    OftenCovered,
    /// Others each turn.
    Others,
}

impl Asked {
    /// The number of the first of them, from 1.
    const fn first(self, turn: u64) -> u64 {
        match self {
            Self::Plain => 1,
            Self::Corrected => 2,
            Self::OftenCovered => 3,
            Self::Others => 4 + turn,
        }
    }
}

/// Look-ups in one register.
#[derive(Debug)]
pub(crate) struct LookUps<'a> {
    /// What they are called.
    pub(crate) name: &'static str,
    onestop: &'a Onestop,
    location: &'a Location,
    asked: Asked,
    apart: u64,
    turn: AtomicU64,
}

impl LookUps<'_> {
    /// Has `callers` look up 10,000 persons in a process that remembers none.
    ///
    /// # Errors
    /// A process that does not serve, or a refusal.
    pub(crate) async fn measure(&self, callers: usize) -> Result<Measured> {
        let first = self.asked.first(self.turn.fetch_add(1, Ordering::Relaxed));
        let requests = (0..ASKED).map(|place| GatherFactsRequest {
            person_id: person_id(first + place * self.apart),
            service_date: Some(Date { year: 2023, month: 6, day: 1 }),
            ..GatherFactsRequest::default()
        });
        let requests = Arc::new(Requests::of_questions(requests));
        let serving = self.onestop.serve(self.location, "register", &[]).await?;
        let measured = load::run(&serving.endpoint, Rpc::GatherFacts, &requests, callers, Duration::MAX).await?;
        serving.stop().await?;
        Ok(measured)
    }
}

fn person_id(number: u64) -> String {
    format!("G{number:09}")
}

impl Bench {
    /// Look-ups a second in a town of ten thousand and in a city of `persons`.
    ///
    /// # Errors
    /// Where a register cannot be filled or asked.
    pub(crate) async fn looking_up(&mut self, persons: u64) -> Result<()> {
        say("look-ups of persons' facts that are not remembered");
        self.check_room(persons.saturating_mul(BYTES_PER_PERSON))?;
        let apart = persons / ASKED / APART * APART;
        let town = self.filled("town", ASKED, None).await?;
        let city = self.filled("city", persons, Some(apart)).await?;
        let look_ups = |name, location, asked, apart| LookUps {
            name,
            onestop: &self.onestop,
            location,
            asked,
            apart,
            turn: AtomicU64::new(0),
        };
        let in_town = look_ups("town", &town, Asked::Plain, 1);
        let in_city = look_ups("city", &city, Asked::Plain, apart);
        let others = look_ups("city_others", &city, Asked::Others, apart);
        let corrected = look_ups("corrected_100", &city, Asked::Corrected, apart);
        let often_covered = look_ups("covered_100", &city, Asked::OftenCovered, apart);
        let terms = self.terms(TARGET_CALLERS, ROUNDS);
        let by_size = [&in_town, &in_city, &others].map(Contender::LookUps);
        let by_size = contest::hold(&by_size, terms, Some(&self.server)).await?;
        let by_history = [&in_city, &corrected, &often_covered].map(Contender::LookUps);
        let by_history = contest::hold(&by_history, terms, Some(&self.server)).await?;
        self.summary.figure("lookup_ratio", by_size.ratio("city"));
        self.summary.figure("lookup_ratio_others", by_size.ratio("city_others"));
        self.summary.figure("lookup_ratio_corrected", by_history.ratio("corrected_100"));
        self.summary.figure("lookup_ratio_often_covered", by_history.ratio("covered_100"));
        self.summary.raw("lookup", by_size.to_json());
        self.summary.raw("lookup_history", by_history.to_json());
        self.summary.chart("lookup", "Look-ups of persons' facts", vec![by_size.rates(), by_history.rates()]);
        for name in ["town", "city"] {
            postgres::execute(&self.server, "postgres", &format!("DROP DATABASE {name}")).await?;
        }
        Ok(())
    }

    /// A register of so many persons; of those that stand `apart`, some have a long history.
    async fn filled(&self, name: &str, persons: u64, apart: Option<u64>) -> Result<Location> {
        postgres::create_database(&self.server, name, None).await?;
        let location = Location::Postgres(self.server.url(name));
        // The first start makes the tables.
        self.onestop.serve(&location, "register", &[]).await?.stop().await?;
        let started = Instant::now();
        for statement in FILLED.iter().chain(apart.is_some().then_some(LONG_HISTORIES).into_iter().flatten()) {
            let apart = apart.unwrap_or(1).to_string();
            let statement = statement.replace(":persons", &persons.to_string()).replace(":apart", &apart);
            // What is filled in is consistent; checking it row by row would take most of the time.
            let statement = format!("SET session_replication_role = replica; {statement}");
            postgres::execute(&self.server, name, &statement).await?;
        }
        postgres::execute(&self.server, name, "VACUUM ANALYZE").await?;
        say(&format!("  {persons} persons were filled in within {} s", rounded(seconds(started.elapsed()))));
        Ok(location)
    }
}

/// Everybody's facts: each statement fills one table for the persons with the numbers 1 to `:persons`.
const FILLED: &[&str] = &[
    "INSERT INTO register.person (person_id, birth_date, sex, kunming_household, disability_level, household_id, \
         recorded_time, change_sequence) \
     SELECT 'G' || lpad(i::text, 9, '0'), date '1930-01-01' + (i * 7919 % 33000)::int, \
         CASE i % 2 WHEN 0 THEN 'female' ELSE 'male' END, i % 5 <> 0, 0, 'F' || lpad((i / 3)::text, 9, '0'), \
         timestamptz '2023-01-01', 1 FROM generate_series(1, :persons::bigint) AS i",
    "INSERT INTO register.cover (person_id, from_date, to_date, scheme, state, flexible, recorded_time, change_sequence) \
     SELECT 'G' || lpad(i::text, 9, '0'), date '2019-12-01', NULL, \
         CASE i % 3 WHEN 0 THEN 'employee-active' ELSE 'resident' END, 'active', NULL, timestamptz '2023-01-01', 100 \
     FROM generate_series(1, :persons::bigint) AS i \
     UNION ALL SELECT 'G' || lpad(i::text, 9, '0'), date '2017-01-01', date '2019-11-30', 'resident', 'active', NULL, \
         timestamptz '2023-01-01', 1 FROM generate_series(10, :persons::bigint, 10) AS i",
    "INSERT INTO register.category (person_id, category, from_date, to_date, delivered_by, recorded_time, \
         change_sequence) \
     SELECT 'G' || lpad(i::text, 9, '0'), 'registered-poor', date '2021-01-01', NULL, '', timestamptz '2023-01-01', 1 \
     FROM generate_series(1, :persons::bigint, 16) AS i",
    "INSERT INTO register.disease (person_id, code, approved_date, to_date, kind, recorded_time, change_sequence) \
     SELECT 'G' || lpad(i::text, 9, '0'), 'diabetes', date '2022-04-01', NULL, 'chronic', timestamptz '2023-01-01', 1 \
     FROM generate_series(1, :persons::bigint, 6) AS i",
    "INSERT INTO register.filing (person_id, from_date, to_date, filing, route, recorded_time, change_sequence) \
     SELECT 'G' || lpad(i::text, 9, '0'), date '2021-01-01', NULL, 'long-term', 'documents', \
         timestamptz '2023-01-01', 1 FROM generate_series(1, :persons::bigint, 29) AS i",
    "INSERT INTO register.identity (person_id, blind_index, index_key, sealed, seal_key, recorded_time, \
         change_sequence) \
     SELECT 'G' || lpad(i::text, 9, '0'), encode(sha256(i::text::bytea), 'hex'), 'k', repeat('5', 92), 'k', \
         timestamptz '2023-01-01', 1 FROM generate_series(1, :persons::bigint) AS i",
];

/// The histories of 10,000 persons of each kind, `:apart` numbers from one another: cover that was corrected 99 times,
/// and 99 earlier times of cover.
const LONG_HISTORIES: &[&str] = &[
    "INSERT INTO register.change (change_sequence, recorded_time, kind, changed_by, reason, source, changed_rows, \
         subjects) \
     SELECT i, timestamptz '2023-01-01', 'FACT_KIND_PERSON', 'fill', 'fill', 'fill', 10000, '[]' \
     FROM generate_series(1, 100) AS i",
    "INSERT INTO register.superseded (subject, fact_table, superseded_sequence, fact_key, fact) \
     SELECT 'G' || lpad((2 + i * :apart)::text, 9, '0'), 'cover', version, '2019-12-01', \
         jsonb_build_object('person_id', 'G' || lpad((2 + i * :apart)::text, 9, '0'), 'from_date', '2019-12-01', \
             'to_date', NULL, 'scheme', 'resident', 'state', 'active', 'flexible', NULL, \
             'recorded_time', '2023-01-01T00:00:00+00:00', 'change_sequence', version - 1) \
     FROM generate_series(0, 9999) AS i, generate_series(2, 100) AS version",
    "INSERT INTO register.cover (person_id, from_date, to_date, scheme, state, flexible, recorded_time, change_sequence) \
     SELECT 'G' || lpad((3 + i * :apart)::text, 9, '0'), date '2019-12-01' - 30 * earlier, \
         date '2019-12-01' - 30 * earlier + 29, 'resident', 'active', NULL, timestamptz '2023-01-01', 1 \
     FROM generate_series(0, 9999) AS i, generate_series(1, 99) AS earlier",
];
