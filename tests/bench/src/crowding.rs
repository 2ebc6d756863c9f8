//! Many callers at one place: one person's chain, one institution, one fund.

use std::sync::Arc;

use anyhow::{Context, Result};
use claim::VisitKind;
use synthetic_city::Bill;

use crate::bench::Bench;
use crate::city::{Requests, case_of};
use crate::contest::{self, Contender};
use crate::load::Rpc;
use crate::report::say;

const CALLERS: usize = 64;
const ROUNDS: usize = 3;

impl Bench {
    /// Settlements that meet at one person, one institution or one fund, beside as many that do not.
    ///
    /// # Errors
    /// Where settling fails.
    pub(crate) async fn hot(&mut self) -> Result<()> {
        say("settlements that meet at one place, beside settlements that do not");
        let location = self.registered_database("hot").await?;
        let serving = self.onestop.serve_all(&location).await?;
        self.warm_up(&serving).await?;
        let visits = self.bills().filter(|bill| bill.kind == VisitKind::Outpatient && bill.registration.is_none());
        let visits: Vec<Bill> = visits.collect();
        let first = visits.first().context("the city has no visits")?;
        let at_one_institution =
            visits.iter().map(|bill| Bill { institution_id: first.institution_id.clone(), ..bill.clone() });
        // What pharmacies sell is paid by the employees' fund alone.
        let of_one_fund = self.bills().filter(|bill| bill.kind == VisitKind::Pharmacy);
        let requests =
            |bills: &mut dyn Iterator<Item = Bill>| Arc::new(Requests::of_cases(bills.map(|bill| case_of(&bill))));
        let questions = [
            ("spread", requests(&mut visits.iter().cloned())),
            ("one_institution", requests(&mut at_one_institution.into_iter())),
            ("one_fund", requests(&mut of_one_fund.into_iter())),
            ("one_person", requests(&mut std::iter::once(first.clone()))),
        ];
        let contenders: Vec<_> = questions
            .iter()
            .map(|(name, requests)| Contender::Platform {
                name,
                endpoint: &serving.endpoint,
                rpc: Rpc::Settle,
                requests,
            })
            .collect();
        let outcome = contest::hold(&contenders, self.terms(CALLERS, ROUNDS), Some(&self.server)).await?;
        for (key, name) in [
            ("hot_institution_ratio", "one_institution"),
            ("hot_fund_ratio", "one_fund"),
            ("hot_person_ratio", "one_person"),
        ] {
            self.summary.figure(key, outcome.ratio(name));
        }
        self.summary.figure("hot_person_per_s", outcome.per_second("one_person"));
        self.summary.raw("hot", outcome.to_json());
        self.summary.chart("hot", "Settlements that meet at one place", vec![outcome.rates()]);
        drop(contenders);
        serving.stop().await
    }
}
