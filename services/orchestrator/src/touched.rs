//! The settlements that changes of the register touch, and the job that decides them anew.
//!
//! The job keeps no notes of its own: each person's year is one link under a request id that the job's id makes, so
//! whoever asks again finds what was done. It works while its answer is read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::Datelike;
use claim::{PersonId, RequestId};
use futures::stream::{self, StreamExt};
use wire::Failure;
use wire::journal_v1::Adjustment;
use wire::register_v1::SubjectKind;
use wire::settlement_v1::readjudicate_touched_response::Part;
use wire::settlement_v1::{
    ListTouchedResponse, ReadjudicateTouchedResponse, TouchedFailure, TouchedSettlement, TouchedTotals,
};

use crate::altered::{Altered, Days, Scope};
use crate::answers::{Answers, Reader, Stop, answers};
use crate::chain::{self, Entry};
use crate::difference::{fund_differences, payments_of_change, payments_of_statement};
use crate::failures;
use crate::request::{Asked, Call, Readjudicate};
use crate::settle::{Done, Orchestrator, Planned};
use crate::standing::{Line, Standing};

/// How many links are read at once.
const LINKS_READ: i64 = 256;
/// How many persons are decided at once.
const DECIDED_AT_ONCE: usize = 8;

/// What a job is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) caller: String,
    pub(crate) request_id: RequestId,
    pub(crate) preview: bool,
}

impl Job {
    /// The request that decides a person's `year`.
    ///
    /// # Errors
    /// A job's id that leaves no room for the year.
    pub(crate) fn request_of(&self, year: i32) -> Result<RequestId, claim::InvalidText> {
        RequestId::new(&format!("{}.{year}", self.request_id))
    }
}

/// One year of one person.
struct DecidedYear {
    benefit_year: i32,
    /// The settlements that are touched.
    touched: Vec<Standing>,
    /// What changed, and whether that was done before.
    adjustment: Result<(Adjustment, bool), Failure>,
}

impl Orchestrator {
    /// What `changes` altered.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`, and a register that cannot be asked.
    pub(crate) async fn altered(&self, changes: Vec<i64>) -> Result<Arc<Altered>, Failure> {
        self.decider().register.altered(changes).await.map(Arc::new)
    }

    /// The settlements that rest on what was altered.
    pub(crate) fn list_touched(&self, altered: Arc<Altered>) -> Answers<ListTouchedResponse> {
        let orchestrator = self.clone();
        answers(|reader| async move {
            let mut candidates = Candidates::new(&orchestrator, altered);
            while let Some(page) = candidates.next().await? {
                for (person_id, scope) in page {
                    let years = orchestrator.touched_years(&person_id, &scope).await?;
                    for settlement in years.into_values().flatten() {
                        reader.send(listed(&person_id, &settlement)).await?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Decides anew what rests on what was altered, or tells what that would change.
    pub(crate) fn readjudicate_touched(&self, job: Job, altered: Arc<Altered>) -> Answers<ReadjudicateTouchedResponse> {
        let orchestrator = self.clone();
        answers(|reader| async move { orchestrator.work(&job, altered, &reader).await })
    }

    async fn work(
        &self,
        job: &Job,
        altered: Arc<Altered>,
        reader: &Reader<ReadjudicateTouchedResponse>,
    ) -> Result<(), Stop> {
        let mut telling = Telling { reader, totals: TouchedTotals::default(), funds: BTreeMap::new() };
        let mut candidates = Candidates::new(self, altered);
        while let Some(page) = candidates.next().await? {
            let decided = stream::iter(page).map(|(person_id, scope)| async move {
                let years = Box::pin(self.decide(job, &person_id, &scope)).await;
                (person_id, years)
            });
            let mut decided = std::pin::pin!(decided.buffered(DECIDED_AT_ONCE));
            while let Some((person_id, years)) = decided.next().await {
                match years {
                    Ok(years) => telling.person(&person_id, years).await?,
                    Err(failure) => telling.failure(&person_id, 0, failure).await?,
                }
            }
        }
        telling.totals().await
    }

    /// Decides each of a person's years with a touched settlement.
    async fn decide(&self, job: &Job, person_id: &PersonId, scope: &Scope) -> Result<Vec<DecidedYear>, Failure> {
        let mut years = Vec::new();
        for (benefit_year, touched) in self.touched_years(person_id, scope).await? {
            let adjustment = self.decide_year(job, person_id, scope, benefit_year).await;
            years.push(DecidedYear { benefit_year, touched, adjustment });
        }
        Ok(years)
    }

    async fn decide_year(
        &self,
        job: &Job,
        person_id: &PersonId,
        scope: &Scope,
        year: i32,
    ) -> Result<(Adjustment, bool), Failure> {
        let from_date = scope.first_day_in(year);
        let from_date = from_date.ok_or_else(|| Failure::invariant_violated("a year in which nothing was altered"))?;
        let asked = Readjudicate { from_date, scope: Some(scope.clone()) };
        let request_id = job.request_of(year).map_err(Failure::invariant_violated)?;
        let (caller, person_id) = (job.caller.clone(), person_id.clone());
        if job.preview {
            let request = Call { caller, request_id, person_id, asked: Asked::Readjudicate(asked.clone()) };
            return Ok((self.preview_readjudication(&request, &asked).await?, false));
        }
        let request = Call { caller, request_id, person_id, asked: Asked::Readjudicate(asked) };
        let Done { planned, already_done } = self.carry_out(&request).await?;
        let Planned::Append(entry) = planned else { return Err(decided_nothing()) };
        let Entry::Adjustment(adjustment) = Arc::unwrap_or_clone(entry) else { return Err(decided_nothing()) };
        Ok((adjustment, already_done))
    }

    /// A person's settlements that stand and are touched, by year and in the order of the chain.
    async fn touched_years(
        &self,
        person_id: &PersonId,
        scope: &Scope,
    ) -> Result<BTreeMap<i32, Vec<Standing>>, Failure> {
        let mut lines = BTreeMap::<i32, Line>::new();
        let mut from = 1;
        loop {
            let rows = self.journal().links_from(person_id, from, LINKS_READ).await;
            let rows = rows.map_err(|error| failures::of_store(&error))?;
            let Some(last) = rows.last() else { break };
            from = last.sequence.saturating_add(1);
            for row in &rows {
                let link = chain::read(&row.document).map_err(Failure::invariant_violated)?;
                if let Some(made) = Standing::of(link.clone()) {
                    let year = made.service_date()?.year();
                    lines.entry(year).or_insert_with(|| Line::of_year(year)).settlements.push(made);
                } else {
                    lines.values_mut().flat_map(|line| &mut line.settlements).for_each(|made| made.take(&link));
                }
            }
        }
        let mut years = BTreeMap::new();
        for (year, line) in lines {
            let mut touched = Vec::new();
            for settlement in line.settlements {
                if settlement.stands() && scope.touches(&settlement.case)? {
                    touched.push(settlement);
                }
            }
            if !touched.is_empty() {
                years.insert(year, touched);
            }
        }
        Ok(years)
    }
}

fn decided_nothing() -> Failure {
    Failure::invariant_violated("a readjudication made no adjustment")
}

/// Persons of whom a settlement may be touched, each once: those that were altered, or, where institutions or items
/// were, those with a bill of one in the whole journal.
struct Candidates<'o> {
    orchestrator: &'o Orchestrator,
    altered: Arc<Altered>,
    /// The last person, and in the journal the place in the chain, that was looked at.
    place: (String, i64),
    /// The last person who was answered.
    answered: Option<String>,
}

impl<'o> Candidates<'o> {
    fn new(orchestrator: &'o Orchestrator, altered: Arc<Altered>) -> Self {
        Self { orchestrator, altered, place: (String::new(), 0), answered: None }
    }

    /// The next page, which may be empty; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<(PersonId, Scope)>>, Failure> {
        let page = if self.altered.is_of_persons() { self.altered_persons().await? } else { self.walk().await? };
        let Some(page) = page else { return Ok(None) };
        let scope = |(person_id, person): (String, Option<Days>)| {
            let person_id = PersonId::new(&person_id).map_err(Failure::invariant_violated)?;
            Ok((person_id, Scope { person, shared: Arc::clone(&self.altered) }))
        };
        page.into_iter().map(scope).collect::<Result<_, _>>().map(Some)
    }

    async fn altered_persons(&mut self) -> Result<Option<Vec<(String, Option<Days>)>>, Failure> {
        let register = &self.orchestrator.decider().register;
        let after = self.place.0.clone();
        let page = register.alterations(&self.altered.changes, SubjectKind::Person, after, Vec::new()).await?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        self.place.0.clone_from(last);
        Ok(Some(page.into_iter().map(|(person_id, days)| (person_id, Some(days))).collect()))
    }

    async fn walk(&mut self) -> Result<Option<Vec<(String, Option<Days>)>>, Failure> {
        let (person_id, sequence) = &self.place;
        let links = self.orchestrator.journal().settlements_after(person_id, *sequence, LINKS_READ).await;
        let links = links.map_err(|error| failures::of_store(&error))?;
        let Some((last, sequence, _)) = links.last() else { return Ok(None) };
        self.place = (last.clone(), *sequence);
        let shared = Scope { person: None, shared: Arc::clone(&self.altered) };
        let mut has_bill = BTreeMap::<String, bool>::new();
        for (person_id, _, document) in links {
            // A link that cannot be read is told of when its person is decided.
            let settlement = chain::read(&document).ok().and_then(Standing::of);
            let touches = settlement.is_none_or(|settlement| shared.touches(&settlement.case).unwrap_or(true));
            *has_bill.entry(person_id).or_default() |= touches;
        }
        let mut persons = self.days_of(has_bill.keys().cloned().collect()).await?;
        let mut page = Vec::new();
        for (person_id, has_bill) in has_bill {
            let days = persons.remove(&person_id);
            // The chain of the last page's last person may go on in this one.
            if (has_bill || days.is_some()) && self.answered.as_ref() != Some(&person_id) {
                self.answered = Some(person_id.clone());
                page.push((person_id, days));
            }
        }
        Ok(Some(page))
    }

    async fn days_of(&self, persons: Vec<String>) -> Result<HashMap<String, Days>, Failure> {
        if !self.altered.has_persons {
            return Ok(HashMap::new());
        }
        let register = &self.orchestrator.decider().register;
        let days = register.alterations(&self.altered.changes, SubjectKind::Person, String::new(), persons).await?;
        Ok(days.into_iter().collect())
    }
}

/// Hands over what became of settlements and adds it up.
struct Telling<'r> {
    reader: &'r Reader<ReadjudicateTouchedResponse>,
    totals: TouchedTotals,
    funds: BTreeMap<(String, i32), i64>,
}

impl Telling<'_> {
    async fn person(&mut self, person_id: &PersonId, years: Vec<DecidedYear>) -> Result<(), Stop> {
        self.totals.persons = self.totals.persons.saturating_add(i64::from(!years.is_empty()));
        for DecidedYear { benefit_year, touched, adjustment } in years {
            match adjustment {
                Ok((adjustment, already_done)) => {
                    for settlement in before_and_after(person_id, &touched, adjustment, already_done) {
                        self.settlement(settlement).await?;
                    }
                }
                Err(failure) => self.failure(person_id, benefit_year, failure).await?,
            }
        }
        Ok(())
    }

    async fn settlement(&mut self, settlement: TouchedSettlement) -> Result<(), Stop> {
        let TouchedTotals { settlements, changed_settlements, cash_difference_fen, .. } = &mut self.totals;
        *settlements = settlements.saturating_add(1);
        let cash = |amounts: Option<wire::claim_v1::Amounts>| amounts.map_or(0, |amounts| amounts.cash_fen);
        *cash_difference_fen += cash(settlement.amounts_after) - cash(settlement.amounts_before);
        let is_changed = moves_money(&settlement);
        for fund in &settlement.funds {
            *self.funds.entry((fund.payer.clone(), fund.fund)).or_default() += fund.after_fen - fund.before_fen;
        }
        *changed_settlements = changed_settlements.saturating_add(i64::from(is_changed));
        self.tell(Part::Settlement(settlement)).await
    }

    async fn failure(&mut self, person_id: &PersonId, benefit_year: i32, failure: Failure) -> Result<(), Stop> {
        self.totals.failures = self.totals.failures.saturating_add(1);
        let Failure { reason, message, .. } = failure;
        let person_id = person_id.to_string();
        self.tell(Part::Failure(TouchedFailure { person_id, benefit_year, reason: reason.into(), message })).await
    }

    async fn totals(self) -> Result<(), Stop> {
        let totals = TouchedTotals { funds: fund_differences(self.funds), ..self.totals };
        self.reader.send(ReadjudicateTouchedResponse { part: Some(Part::Totals(totals)) }).await
    }

    async fn tell(&self, part: Part) -> Result<(), Stop> {
        self.reader.send(ReadjudicateTouchedResponse { part: Some(part) }).await
    }
}

fn moves_money(settlement: &TouchedSettlement) -> bool {
    settlement.amounts_before != settlement.amounts_after
        || settlement.funds.iter().any(|fund| fund.after_fen != fund.before_fen)
}

/// What changed, and then what is touched and did not. Where only the counters of a later one stand otherwise, it is
/// not told of.
fn before_and_after(
    person_id: &PersonId,
    touched: &[Standing],
    adjustment: Adjustment,
    already_done: bool,
) -> Vec<TouchedSettlement> {
    let Adjustment { adjustment_id, changes, .. } = adjustment;
    let unchanged =
        touched.iter().filter(|standing| changes.iter().all(|change| change.settlement_id != standing.settlement_id()));
    let unchanged = unchanged.map(|standing| TouchedSettlement {
        settlement_id: standing.settlement_id().to_owned(),
        person_id: person_id.to_string(),
        institution_id: standing.case.institution_id.clone(),
        service_date: standing.case.service_date,
        amounts_before: standing.statement.amounts,
        amounts_after: standing.statement.amounts,
        funds: payments_of_statement(&standing.statement),
        adjustment_id: String::new(),
        already_done,
    });
    let unchanged: Vec<_> = unchanged.collect();
    let changed = changes.into_iter().map(|change| TouchedSettlement {
        funds: payments_of_change(&change),
        settlement_id: change.settlement_id,
        person_id: person_id.to_string(),
        institution_id: change.institution_id,
        service_date: change.service_date,
        amounts_before: change.amounts_before,
        amounts_after: change.statement.and_then(|statement| statement.amounts),
        adjustment_id: adjustment_id.clone(),
        already_done,
    });
    let is_touched = |of: &TouchedSettlement| touched.iter().any(|it| it.settlement_id() == of.settlement_id);
    changed.filter(|of| moves_money(of) || is_touched(of)).chain(unchanged).collect()
}

fn listed(person_id: &PersonId, settlement: &Standing) -> ListTouchedResponse {
    ListTouchedResponse {
        settlement_id: settlement.settlement_id().to_owned(),
        person_id: person_id.to_string(),
        institution_id: settlement.case.institution_id.clone(),
        service_date: settlement.case.service_date,
    }
}
