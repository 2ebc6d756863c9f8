//! How long a process takes to serve: after an ordinary end, and after a kill that left links open.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use store::Location;

use crate::bench::Bench;
use crate::city::{Requests, case_of};
use crate::figure::{json, median, rounded, seconds};
use crate::load::{self, Rpc};
use crate::postgres;
use crate::report::say;

const STARTS: usize = 5;
/// Links that the killed process leaves open.
const OPEN_LINKS: i64 = 10_000;
const CALLERS: usize = 32;
const DATABASE: &str = "restarting";
const PAYERS: [&str; 3] = ["basic_insurance", "critical_illness", "medical_assistance"];

impl Bench {
    /// The time to the health check's answer, and how long recovery takes.
    ///
    /// # Errors
    /// A process that does not come to serve.
    pub(crate) async fn restarting(&mut self) -> Result<()> {
        say("starting, and recovering from a kill");
        let location = self.registered_database(DATABASE).await?;
        // The first start makes the tables.
        self.onestop.serve_all(&location).await?.stop().await?;
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let serving = self.onestop.serve_all(&location).await?;
            starts.push(rounded(seconds(serving.start)));
            serving.stop().await?;
        }
        self.summary.figure("startup_s", median(&starts));
        self.leave_links_open().await?;
        let serving = self.onestop.serve_all(&location).await?;
        let recovery = rounded(seconds(serving.start));
        let left = postgres::count(&self.server, DATABASE, "SELECT count(*) FROM orchestrator.open_link").await?;
        ensure!(left == 0, "recovery left {left} links open");
        self.summary.figure("recovery_s", recovery);
        let starts: Vec<_> = starts.into_iter().map(json).collect();
        self.summary
            .raw("restarting", json!({ "starts_s": starts, "open_links": OPEN_LINKS, "recovery_s": json(recovery) }));
        serving.stop().await
    }

    /// Settles while no payer can book, then kills the process.
    async fn leave_links_open(&mut self) -> Result<()> {
        let location = Location::Postgres(self.server.url(DATABASE));
        let refuse = PAYERS.map(|payer| {
            format!(
                "CREATE FUNCTION {payer}.refuse() RETURNS trigger LANGUAGE plpgsql
                     AS $$ BEGIN RAISE EXCEPTION 'no booking for now'; END $$;
                 CREATE TRIGGER refuse BEFORE INSERT ON {payer}.posting EXECUTE FUNCTION {payer}.refuse();"
            )
        });
        postgres::execute(&self.server, DATABASE, &refuse.concat()).await?;
        // A person's next link waits until the one before it is booked, so each person comes once.
        let mut persons = HashSet::new();
        let bills = self.bills().filter(|bill| persons.insert(bill.person_id.clone()));
        let requests = Arc::new(Requests::of_cases(bills.map(|bill| case_of(&bill))));
        let serving =
            self.onestop.serve(&location, "all", &["--recovery-seconds".to_owned(), "3600".to_owned()]).await?;
        let open = "SELECT count(*) FROM orchestrator.open_link";
        while postgres::count(&self.server, DATABASE, open).await? < OPEN_LINKS {
            load::run(&serving.endpoint, Rpc::Settle, &requests, CALLERS, Duration::from_millis(500)).await?;
        }
        drop(serving);
        let allow =
            PAYERS.map(|payer| format!("DROP TRIGGER refuse ON {payer}.posting; DROP FUNCTION {payer}.refuse();"));
        postgres::execute(&self.server, DATABASE, &allow.concat()).await
    }
}
