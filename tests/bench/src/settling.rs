//! Settlements on PostgreSQL, all in one process and split over loopback, beside pgbench on the same server; and previews.

use anyhow::Result;
use serde_json::{Map, Value, json};
use store::Location;

use crate::bench::{Bench, TARGET_CALLERS, by_callers};
use crate::chart::Group;
use crate::contest::{self, Contender, Outcome};
use crate::load::Rpc;
use crate::pgbench::Pgbench;
use crate::platform::{Onestop, Serving};
use crate::report::say;

/// The targets beside the orchestrator; each but the register is a payer.
const TARGETS: [&str; 5] =
    ["register", "basic-insurance", "critical-illness", "medical-assistance", "individual-account"];
const ORCHESTRATOR: &str = "orchestrator";
/// How often settling and previewing have their turns beside one another.
const PREVIEW_ROUNDS: usize = 2;

/// The platform as processes of its own for each service.
struct Split {
    orchestrator: Serving,
    others: Vec<(&'static str, Serving)>,
}

impl Split {
    async fn start(onestop: &Onestop, location: &Location) -> Result<Self> {
        let mut others = Vec::new();
        let mut arguments = Vec::new();
        for target in TARGETS {
            let serving = onestop.serve(location, target, &[]).await?;
            arguments.extend(match target {
                "register" => ["--register-endpoint".to_owned(), serving.endpoint.clone()],
                payer => ["--payer-endpoint".to_owned(), format!("{payer}={}", serving.endpoint)],
            });
            others.push((target, serving));
        }
        let orchestrator = onestop.serve(location, ORCHESTRATOR, &arguments).await?;
        Ok(Self { orchestrator, others })
    }

    fn peak_memory_kib(&self) -> Result<Map<String, Value>> {
        let all = self.others.iter().map(|(target, serving)| (*target, serving));
        let all = all.chain([(ORCHESTRATOR, &self.orchestrator)]);
        all.map(|(target, serving)| Ok((target.to_owned(), serving.peak_memory_kib()?.into()))).collect()
    }

    async fn stop(self) -> Result<()> {
        self.orchestrator.stop().await?;
        for (_, serving) in self.others {
            serving.stop().await?;
        }
        Ok(())
    }
}

impl Bench {
    /// All-in-one and split on PostgreSQL beside pgbench on the same server.
    ///
    /// # Errors
    /// Where one of them fails.
    pub(crate) async fn postgres(&mut self) -> Result<()> {
        say("settlements on PostgreSQL beside pgbench, all in one process and split");
        let all_in_one = self.onestop.serve_all(&self.registered_database("all_in_one").await?).await?;
        let split = Split::start(&self.onestop, &self.registered_database("split").await?).await?;
        let pgbench = Pgbench::prepare(&self.server, self.directory.path()).await?;
        self.warm_up(&all_in_one).await?;
        self.warm_up(&split.orchestrator).await?;
        let contenders = [
            Contender::Pgbench(&pgbench),
            self.settling("all_in_one", &all_in_one),
            self.settling("split", &split.orchestrator),
        ];
        let outcomes = self.contests(&contenders, Some(&self.server)).await?;
        for (callers, outcome) in &outcomes {
            self.summary.figure(&format!("postgres_ratio_{callers}"), outcome.ratio("all_in_one"));
            self.summary.figure(&format!("split_ratio_{callers}"), outcome.ratio("split"));
            if *callers == TARGET_CALLERS {
                self.summary.figure("p99_over_pgbench_mean_32", outcome.p99_over_mean("all_in_one"));
            }
        }
        self.summary.raw("postgres", by_callers(&outcomes));
        let groups = |of: fn(&Outcome) -> Group| outcomes.iter().map(|(_, outcome)| of(outcome)).collect();
        self.summary.chart("postgres", "Settlements on PostgreSQL beside pgbench", groups(Outcome::rates));
        self.summary.chart("postgres-latency", "Latency on PostgreSQL beside pgbench", groups(Outcome::latencies));
        self.previews(&all_in_one).await?;
        let peak_kib = all_in_one.peak_memory_kib()?;
        self.summary.figure("rss_mib", (peak_kib / 1_024).into());
        self.summary.raw("memory_kib", json!({ "all_in_one": peak_kib, "split": split.peak_memory_kib()? }));
        split.stop().await?;
        all_in_one.stop().await
    }

    async fn previews(&mut self, serving: &Serving) -> Result<()> {
        say("previews beside settlements");
        let requests = self.requests.clone();
        let previewing = Contender::Platform {
            name: "preview",
            endpoint: &serving.endpoint,
            rpc: Rpc::Preview,
            requests: &requests,
        };
        let terms = self.terms(TARGET_CALLERS, PREVIEW_ROUNDS);
        let outcome = contest::hold(&[self.settling("settle", serving), previewing], terms, Some(&self.server)).await?;
        self.summary.figure("previews_per_s_32", outcome.per_second("preview"));
        self.summary.raw("previews", outcome.to_json());
        Ok(())
    }
}
