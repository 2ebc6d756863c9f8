//! The questions: visits of worked cases, each with the rules of its day and where the person's counters stood before it.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use claim::PricedCase;
use rulebook::{InForce, Lookup, Rulebook};
use worked_case::{Chain, PersonCounters, WorkedCase, WorkedVisit};

/// What the visits come to is proved where the worked cases are run.
macro_rules! worked_cases {
    ($($path:literal),+ $(,)?) => {
        [$(($path, include_str!(concat!("../../cases/", $path)))),+]
    };
}

const WORKED_CASES: [(&str, &str); 10] = worked_cases![
    "resident/full-chain-subsistence-allowance.toml",
    "resident/registered-poor-top-up.toml",
    "resident/ordinary-outpatient.toml",
    "assistance/m02-sixty-today.toml",
    "assistance/m13-major-disease-pays-more.toml",
    "employee/inpatient/f15-referred.toml",
    "employee/chronic/e16-two-diseases.toml",
    "employee/special/e22-yearly-deductible.toml",
    "employee/outpatient/overflow-into-large-expense.toml",
    "employee/negotiated-drug/e38-dual-channel-pharmacy.toml",
];
/// How many payers each question passes.
const PAYERS: usize = 3;

/// What the chain is asked.
pub(crate) struct Question {
    /// The rules of the day.
    pub(crate) rules: Arc<InForce>,
    /// The bill.
    pub(crate) case: PricedCase,
    /// Where the counters stand.
    pub(crate) counters: PersonCounters,
}

/// All questions.
///
/// # Errors
/// A worked case that cannot be read or is refused, or that does not pass all payers.
pub(crate) fn questions() -> Result<Vec<Question>> {
    let lookup = Lookup::new(Rulebook::kunming()?);
    let chain = Chain::new();
    let mut questions = Vec::new();
    for (path, text) in WORKED_CASES {
        let worked = WorkedCase::from_toml(text).map_err(|faults| anyhow!("{path}: {faults}"))?;
        let mut counters = PersonCounters::with_accounts(worked.accounts);
        for visit in &worked.visits {
            let question = question(&lookup, visit, counters.clone()).with_context(|| path)?;
            let settled = chain.settle(&question.rules, &question.case, &mut counters).with_context(|| path)?;
            ensure!(settled.adjudications.len() == PAYERS, "{path}: {} payers", settled.adjudications.len());
            questions.push(question);
        }
    }
    Ok(questions)
}

fn question(lookup: &Lookup, visit: &WorkedVisit, counters: PersonCounters) -> Result<Question> {
    let rules = lookup.in_force(visit.visit.service_date);
    let case = visit.price(&rules).context("no rule in force")?;
    Ok(Question { rules, case, counters })
}
