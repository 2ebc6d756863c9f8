//! Contenders measured in turns, so that whatever else the machine does falls on all of them; the first is the yardstick.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};
use store::testing::PrivatePostgres;

use crate::bare_loop::BareLoop;
use crate::chart::Group;
use crate::city::Requests;
use crate::figure::{Latencies, json, median, milliseconds, ratio, rounded};
use crate::load::{self, Rpc};
use crate::looking_up::LookUps;
use crate::pgbench::Pgbench;
use crate::postgres;
use crate::report::say;

/// Who is measured.
pub(crate) enum Contender<'a> {
    /// PostgreSQL's own benchmark.
    Pgbench(&'a Pgbench),
    /// Small commits on SQLite, one after the other.
    BareLoop(&'a BareLoop),
    /// Look-ups in a register.
    LookUps(&'a LookUps<'a>),
    /// A platform.
    Platform {
        /// What it is called.
        name: &'static str,
        /// Where it listens.
        endpoint: &'a str,
        /// What is asked of it.
        rpc: Rpc,
        /// The requests.
        requests: &'a Arc<Requests>,
    },
}

impl Contender<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::LookUps(look_ups) => look_ups.name,
            Self::Pgbench(_) => "pgbench",
            Self::BareLoop(_) => "bare_loop",
            Self::Platform { name, .. } => name,
        }
    }

    async fn measure(&self, callers: usize, duration: Duration) -> Result<Sample> {
        Ok(match self {
            Self::Pgbench(pgbench) => {
                let transactions = pgbench.measure(callers, duration).await?;
                Sample { per_second: rounded(transactions.per_second), latencies: transactions.latencies }
            }
            Self::BareLoop(bare_loop) => {
                Sample { per_second: bare_loop.measure(duration).await?, latencies: Latencies::default() }
            }
            Self::LookUps(look_ups) => {
                let measured = look_ups.measure(callers).await?;
                Sample { per_second: measured.per_second(), latencies: measured.latencies }
            }
            Self::Platform { endpoint, rpc, requests, .. } => {
                let measured = load::run(endpoint, *rpc, requests, callers, duration).await?;
                Sample { per_second: measured.per_second(), latencies: measured.latencies }
            }
        })
    }
}

const PERCENTILES: [(&str, usize); 3] = [("p50", 500), ("p99", 990), ("p99.9", 999)];

/// How a contest is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Concurrent callers, clients of pgbench.
    pub(crate) callers: usize,
    /// How often each contender has its turn.
    pub(crate) rounds: usize,
    /// The length of a turn.
    pub(crate) turn: Duration,
}

#[derive(Clone, Debug)]
struct Sample {
    per_second: Decimal,
    latencies: Latencies,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_second.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))?;
        self.latencies.named().into_iter().try_for_each(|(name, figure)| write!(f, ", {name} {figure}"))
    }
}

/// What came of a contest: for each contender one sample a round, the yardstick first.
pub(crate) struct Outcome {
    terms: Terms,
    samples: Vec<(&'static str, Vec<Sample>)>,
}

/// Holds a contest. On PostgreSQL every turn starts behind a checkpoint, so that nobody's writes are flushed in the turn of
/// the next.
///
/// # Errors
/// Where a contender fails.
pub(crate) async fn hold(
    contenders: &[Contender<'_>],
    terms: Terms,
    server: Option<&PrivatePostgres>,
) -> Result<Outcome> {
    let mut samples: Vec<(&'static str, Vec<Sample>)> =
        contenders.iter().map(|contender| (contender.name(), Vec::new())).collect();
    for round in 1..=terms.rounds {
        for (contender, (name, of_contender)) in contenders.iter().zip(&mut samples) {
            if let Some(server) = server {
                postgres::execute(server, "postgres", "CHECKPOINT").await?;
            }
            let sample = contender.measure(terms.callers, terms.turn).await?;
            say(&format!("  {name}, {} callers, round {round} of {}: {sample}", terms.callers, terms.rounds));
            of_contender.push(sample);
        }
    }
    Ok(Outcome { terms, samples })
}

impl Outcome {
    fn of(&self, name: &str) -> &[Sample] {
        self.samples.iter().find(|(known, _)| *known == name).map(|(_, samples)| samples.as_slice()).unwrap_or_default()
    }

    fn yardstick(&self) -> &[Sample] {
        self.samples.first().map(|(_, samples)| samples.as_slice()).unwrap_or_default()
    }

    /// The median rate of a contender.
    pub(crate) fn per_second(&self, name: &str) -> Decimal {
        median(&self.of(name).iter().map(|sample| sample.per_second).collect::<Vec<_>>())
    }

    /// The median over the rounds of a contender's rate by the yardstick's.
    pub(crate) fn ratio(&self, name: &str) -> Decimal {
        let rounds = self.of(name).iter().zip(self.yardstick());
        median(&rounds.map(|(sample, yardstick)| ratio(sample.per_second, yardstick.per_second)).collect::<Vec<_>>())
    }

    /// The median over the rounds of a contender's 99th percentile by the yardstick's mean.
    pub(crate) fn p99_over_mean(&self, name: &str) -> Decimal {
        let rounds = self.of(name).iter().zip(self.yardstick());
        let by = |latency| milliseconds(latency);
        let ratios = rounds
            .map(|(sample, yardstick)| ratio(by(sample.latencies.percentile(990)), by(yardstick.latencies.mean())));
        median(&ratios.collect::<Vec<_>>())
    }

    /// The median rates, as bars.
    pub(crate) fn rates(&self) -> Group {
        let bars = self.samples.iter().map(|(name, _)| ((*name).to_owned(), self.per_second(name)));
        Group { title: format!("{} callers, per second", self.terms.callers), bars: bars.collect() }
    }

    /// The median percentiles in milliseconds, as bars.
    pub(crate) fn latencies(&self) -> Group {
        let bars = self.samples.iter().flat_map(|(name, samples)| {
            PERCENTILES.map(|(percentile, per_thousand)| {
                let of = |sample: &Sample| milliseconds(sample.latencies.percentile(per_thousand));
                (format!("{name} {percentile}"), median(&samples.iter().map(of).collect::<Vec<_>>()))
            })
        });
        Group { title: format!("{} callers, milliseconds", self.terms.callers), bars: bars.collect() }
    }

    /// Every sample, the medians and the ratios.
    pub(crate) fn to_json(&self) -> Value {
        let contenders = self.samples.iter().map(|(name, samples)| {
            let rounds = samples.iter().map(|sample| {
                let named = sample.latencies.named().into_iter().chain([("per_second", sample.per_second)]);
                named.map(|(name, figure)| (name.to_owned(), json(figure))).collect::<Map<_, _>>()
            });
            let median = json(self.per_second(name));
            let ratio = json(self.ratio(name));
            let rounds: Vec<_> = rounds.collect();
            ((*name).to_owned(), json!({ "median_per_second": median, "median_ratio": ratio, "rounds": rounds }))
        });
        json!({
            "callers": self.terms.callers,
            "turn_s": self.terms.turn.as_secs(),
            "contenders": contenders.collect::<Map<_, _>>(),
        })
    }
}
