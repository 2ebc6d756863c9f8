//! Cancelling, reversing and deciding anew: which settlements of the chain an adjustment changes, and when it is refused.

use chrono::Datelike;
use claim::{PersonId, RequestId, SettlementId};
use host::Clock;
use wire::journal_v1::{Adjustment, ReversedRequest, adjustment::Cause};
use wire::settlement_v1::ReversalOutcome;
use wire::{ErrorReason, Failure};

use crate::chain::{self, Entry, StoredLink};
use crate::failures;
use crate::journal::ChainQuery;
use crate::replay::{Action, Replay};
use crate::request::{Asked, Call, Cancel, Readjudicate};
use crate::settle::{Orchestrator, Planned};
use crate::standing::{Line, Standing};

/// How many links are read at once.
const LINKS_READ: i64 = 256;

impl Orchestrator {
    /// The cancellation of a settlement that `caller` made.
    ///
    /// # Errors
    /// `SETTLEMENT_NOT_FOUND` where there is none, or where another caller made it.
    pub(crate) async fn cancellation(
        &self,
        caller: &str,
        request_id: RequestId,
        settlement_id: SettlementId,
        words: Words,
    ) -> Result<Call, Failure> {
        let settlement = self.standing(&settlement_id).await?.filter(|settlement| settlement.caller == caller);
        let settlement = settlement.ok_or_else(failures::no_settlement)?;
        let person_id = PersonId::new(&settlement.statement.person_id).map_err(Failure::invariant_violated)?;
        let Words { readjudicate_later, across_years } = words;
        let cancel = Cancel { settlement_id, sequence: settlement.sequence, readjudicate_later, across_years };
        Ok(Call { caller: caller.to_owned(), request_id, person_id, asked: Asked::Cancel(cancel) })
    }

    /// What cancelling would append.
    pub(crate) async fn plan_cancel(&self, person_id: &PersonId, cancel: &Cancel) -> Result<Planned, Failure> {
        let line = self.line_from(person_id, cancel.sequence).await?;
        let settlement = first_of(&line)?;
        if !settlement.stands() {
            let message = "the settlement is cancelled already; nothing was written";
            return Err(Failure::new(ErrorReason::SettlementCancelled, message));
        }
        let settled_year = Clock::date_of(settlement.settled_time()).year();
        if settled_year < self.decider().clock.today().year() && !cancel.across_years {
            let message = format!("the settlement was recorded in {settled_year}; say across_years to cancel it now");
            return Err(Failure::new(ErrorReason::SettlementOfEarlierYear, message));
        }
        self.plan_change(person_id, &line, Action::Remove, cancel.readjudicate_later).await
    }

    /// What reversing would append, or what it answers without.
    pub(crate) async fn plan_reverse(
        &self,
        request: &Call,
        reversed_request_id: &RequestId,
        readjudicate_later: bool,
    ) -> Result<Planned, Failure> {
        let person_id = &request.person_id;
        let query = ChainQuery {
            person_id: person_id.clone(),
            caller: request.caller.clone(),
            request_id: reversed_request_id.clone(),
        };
        let read = self.journal().read(query).await.map_err(|error| failures::of_journal(&error))?;
        if read.is_reversed {
            return Ok(Planned::Answer(ReversalOutcome::NeverArrived));
        }
        let Some(document) = read.same_request else {
            let reversed_request_id = reversed_request_id.to_string();
            return Ok(Planned::append(Entry::ReversedRequest(ReversedRequest { reversed_request_id })));
        };
        let reversed = chain::read(&document).map_err(Failure::invariant_violated)?;
        let (sequence, action) = match &reversed.entry {
            Entry::Settlement(_) => (reversed.sequence, Action::Remove),
            Entry::Adjustment(adjustment) => {
                (self.cancelled_by(adjustment).await?.ok_or_else(not_reversible)?, Action::Restore)
            }
            Entry::ReversedRequest(_) => return Err(not_reversible()),
        };
        let line = self.line_from(person_id, sequence).await?;
        let settlement = first_of(&line)?;
        match (action, settlement.stands()) {
            (Action::Remove, false) => Ok(Planned::Answer(ReversalOutcome::CancelledBefore)),
            (Action::Restore, true) => Ok(Planned::Answer(ReversalOutcome::SettlementRestored)),
            (Action::Restore, false) if !is_last_change(settlement, &reversed) => Err(not_reversible()),
            (Action::Remove | Action::Restore | Action::Keep | Action::Refresh, _) => {
                self.plan_change(person_id, &line, action, readjudicate_later).await
            }
        }
    }

    /// What deciding anew would change. Nothing of it is written; an open link of the person is finished first.
    pub(crate) async fn preview_readjudication(
        &self,
        request: &Call,
        asked: &Readjudicate,
    ) -> Result<Adjustment, Failure> {
        self.finish_head(&request.person_id, &self.head_of(&request.person_id).await?).await?;
        let adjustment = self.plan_readjudicate(&request.person_id, asked).await?;
        Ok(Adjustment { cause: request.asked.cause(), ..adjustment })
    }

    /// What deciding anew would append. A link without a change is one too: whoever gathered facts before it, and has
    /// not appended yet, loses the place and gathers them afresh.
    pub(crate) async fn plan_readjudicate(
        &self,
        person_id: &PersonId,
        asked: &Readjudicate,
    ) -> Result<Adjustment, Failure> {
        let line = self.line(person_id, 1, Some(asked.from_date.year())).await?;
        let mut actions = Vec::with_capacity(line.settlements.len());
        for settlement in &line.settlements {
            actions.push(if asked.means(settlement)? { Action::Refresh } else { Action::Keep });
        }
        let adjustment = Replay::new(self.decider(), person_id).run(&line, &actions).await?;
        Ok(adjustment.unwrap_or_default())
    }

    /// Changes the first settlement of `line`; those behind it only with the caller's word.
    async fn plan_change(
        &self,
        person_id: &PersonId,
        line: &Line,
        action: Action,
        readjudicate_later: bool,
    ) -> Result<Planned, Failure> {
        let mut actions = vec![Action::Keep; line.settlements.len()];
        if let Some(first) = actions.first_mut() {
            *first = action;
        }
        let adjustment = Replay::new(self.decider(), person_id).run(line, &actions).await?;
        let adjustment = adjustment.ok_or_else(|| Failure::invariant_violated("a cancelled settlement changes"))?;
        let later = adjustment.changes.iter().skip(1).map(|change| change.settlement_id.clone()).collect::<Vec<_>>();
        if !later.is_empty() && !readjudicate_later {
            return Err(later_settlements_depend(later));
        }
        Ok(Planned::append(Entry::Adjustment(adjustment)))
    }

    /// The place of the settlement that an adjustment was asked to cancel; `None` where it was asked for something else.
    async fn cancelled_by(&self, adjustment: &Adjustment) -> Result<Option<i64>, Failure> {
        let Some(Cause::Cancellation(cancellation)) = &adjustment.cause else { return Ok(None) };
        let settlement_id = SettlementId::new(&cancellation.settlement_id).map_err(Failure::invariant_violated)?;
        Ok(self.standing(&settlement_id).await?.map(|settlement| settlement.sequence))
    }

    /// The settlement at `sequence` and those of its year behind it.
    async fn line_from(&self, person_id: &PersonId, sequence: i64) -> Result<Line, Failure> {
        self.line(person_id, sequence, None).await
    }

    /// The settlements of a year from `sequence` on; without a year of that of the first settlement.
    async fn line(&self, person_id: &PersonId, sequence: i64, benefit_year: Option<i32>) -> Result<Line, Failure> {
        let mut line = benefit_year.map(Line::of_year);
        let mut from = sequence;
        loop {
            let rows = self.journal().links_from(person_id, from, LINKS_READ).await;
            let rows = rows.map_err(|error| failures::of_store(&error))?;
            let Some(last) = rows.last() else { break };
            from = last.sequence.saturating_add(1);
            for row in rows {
                let stored = chain::read(&row.document).map_err(Failure::invariant_violated)?;
                if line.is_none() {
                    line = Standing::of(stored.clone())
                        .map(|first| first.service_date())
                        .transpose()?
                        .map(|date| Line::of_year(date.year()));
                }
                if let Some(line) = &mut line {
                    line.take(stored)?;
                }
            }
        }
        line.ok_or_else(|| Failure::invariant_violated("a settlement's link is gone"))
    }
}

/// What the caller of a cancellation said explicitly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) readjudicate_later: bool,
    pub(crate) across_years: bool,
}

fn first_of(line: &Line) -> Result<&Standing, Failure> {
    line.settlements.first().ok_or_else(|| Failure::invariant_violated("a settlement's link is gone"))
}

fn is_last_change(settlement: &Standing, link: &StoredLink) -> bool {
    settlement.last_change.as_ref().is_some_and(|change| change.sequence == link.sequence)
}

fn not_reversible() -> Failure {
    let message = "the request was carried out and cannot be reversed: only settlements and cancellations can, as long \
                   as nothing changed them since";
    Failure::new(ErrorReason::RequestNotReversible, message)
}

fn later_settlements_depend(settlements: Vec<String>) -> Failure {
    let message = format!(
        "{} later settlements of the person would be decided otherwise; say readjudicate_later to decide them anew in \
         the same step",
        settlements.len()
    );
    Failure { settlements, ..Failure::new(ErrorReason::LaterSettlementsDepend, message) }
}
