//! Settlements on the embedded store beside SQLite with nothing around it.

use anyhow::Result;

use crate::bare_loop::BareLoop;
use crate::bench::{Bench, TARGET_CALLERS, by_callers};
use crate::contest::Contender;
use crate::report::say;

impl Bench {
    /// All-in-one on the embedded store beside bare commits.
    ///
    /// # Errors
    /// Where one of them fails.
    pub(crate) async fn sqlite(&mut self) -> Result<()> {
        say("settlements on SQLite beside a bare loop of commits");
        let location = self.registered_directory().await?;
        let bare_loop = BareLoop::prepare(self.directory.path()).await?;
        let serving = self.onestop.serve_all(&location).await?;
        self.warm_up(&serving).await?;
        let contenders = [Contender::BareLoop(&bare_loop), self.settling("all_in_one", &serving)];
        let outcomes = self.contests(&contenders, None).await?;
        for (callers, outcome) in &outcomes {
            let key = if *callers == TARGET_CALLERS { "sqlite_ratio" } else { &format!("sqlite_ratio_{callers}") };
            self.summary.figure(key, outcome.ratio("all_in_one"));
        }
        self.summary.raw("sqlite", by_callers(&outcomes));
        let groups = outcomes.iter().map(|(_, outcome)| outcome.rates()).collect();
        self.summary.chart("sqlite", "Settlements on SQLite beside bare commits", groups);
        serving.stop().await
    }
}
