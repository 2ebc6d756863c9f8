//! What callers know from their answers alone: a plain account of each person, kept without looking into any store.
//!
//! It accepts an answer only where it fits everything that was answered before.

use std::collections::{BTreeMap, BTreeSet};

use wire::ErrorReason;
use wire::claim_v1::{Amounts, Case, CounterMove, Fund, Statement};
use wire::journal_v1::adjustment::Cause;
use wire::journal_v1::{Adjustment, SettlementChange};
use wire::proto::google::r#type::Date;
use wire::settlement_v1::{ReversalOutcome, SettlementState};

/// What a caller asks for.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Settle { case: Box<Case> },
    Cancel { settlement_id: String, readjudicate_later: bool, across_years: bool },
    Reverse { reversed: String, readjudicate_later: bool },
    Readjudicate { from_date: Date },
}

/// What a caller was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Settled(Box<Statement>, SettlementState),
    Adjusted(Box<Adjustment>),
    Reversed(ReversalOutcome, Option<Box<Adjustment>>),
    Refused(ErrorReason, Vec<String>),
}

/// A settlement as its caller knows it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) request_id: String,
    pub(crate) settlement_id: String,
    pub(crate) settled_year: i32,
    /// What stands, or what stood last; none where the caller only learned that it was cancelled.
    pub(crate) statement: Option<Statement>,
    pub(crate) stands: bool,
    last_adjustment: Option<String>,
}

/// One person's account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    /// In the order of the chain.
    pub(crate) settlements: Vec<Known>,
    /// How many links the chain has.
    pub(crate) links: usize,
    answered: BTreeMap<String, Told>,
    kept_out: BTreeSet<String>,
    counters: BTreeMap<Counter, i64>,
}

/// Payer, counter, benefit year.
type Counter = (String, String, i32);
/// Why an answer does not fit.
pub(crate) type Misfit = String;

fn misfit<T>(what: impl Into<String>) -> Result<T, Misfit> {
    Err(what.into())
}

fn check(fits: bool, what: impl FnOnce() -> Misfit) -> Result<(), Misfit> {
    if fits { Ok(()) } else { Err(what()) }
}

impl Book {
    /// Every request that was answered.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.answered.keys().cloned().collect()
    }

    /// The statements that stand.
    pub(crate) fn standing(&self) -> impl Iterator<Item = &Statement> {
        self.settlements.iter().filter(|known| known.stands).filter_map(|known| known.statement.as_ref())
    }

    /// Takes an answer in.
    pub(crate) fn take(&mut self, request_id: &str, asked: &Asked, told: &Told, year: i32) -> Result<(), Misfit> {
        if let Some(before) = self.answered.get(request_id) {
            return self.check_again(before, told);
        }
        let is_link = match (asked, told) {
            (_, Told::Refused(reason, ids)) => return self.check_refusal(request_id, asked, *reason, ids, year),
            (Asked::Settle { .. }, Told::Settled(statement, state)) => {
                self.settle(request_id, statement, *state, year)?
            }
            (Asked::Cancel { settlement_id, .. }, Told::Adjusted(adjustment)) => {
                let place = self.place_of(settlement_id)?;
                check(self.settlements[place].stands, || "cancelled twice".to_owned())?;
                check_first_change(adjustment, settlement_id, false)?;
                self.adjust(adjustment)?;
                true
            }
            (Asked::Readjudicate { .. }, Told::Adjusted(adjustment)) => {
                let cancels = adjustment.changes.iter().any(|change| change.statement.is_none());
                check(!cancels, || "a readjudication cancels".to_owned())?;
                self.adjust(adjustment)?;
                true
            }
            (Asked::Reverse { reversed, .. }, Told::Reversed(outcome, adjustment)) => {
                self.reverse(reversed, *outcome, adjustment.as_deref())?
            }
            (_, told) => return misfit(format!("another answer than was asked for: {told:?}")),
        };
        // What is answered without a link is answered afresh each time.
        if is_link {
            self.links += 1;
            self.answered.insert(request_id.to_owned(), told.clone());
        }
        self.check_line()
    }

    fn check_again(&self, before: &Told, told: &Told) -> Result<(), Misfit> {
        match (before, told) {
            (Told::Settled(before, _), Told::Settled(now, state)) => {
                check(before == now, || "a request was answered in two ways".to_owned())?;
                let known = &self.settlements[self.place_of(&now.settlement_id)?];
                let is_cancelled = *state == SettlementState::Cancelled;
                check(is_cancelled != known.stands, || format!("{state:?} is not what became of it"))
            }
            (before, told) => check(before == told, || "a request was answered in two ways".to_owned()),
        }
    }

    fn settle(
        &mut self,
        request_id: &str,
        statement: &Statement,
        state: SettlementState,
        year: i32,
    ) -> Result<bool, Misfit> {
        check(!self.kept_out.contains(request_id), || "a reversed request settled".to_owned())?;
        check(state == SettlementState::Settled, || format!("{state:?} when it was settled"))?;
        claim::Statement::try_from(statement.clone()).map_err(|fault| format!("{fault}"))?;
        for (counter, moved) in moves_of(statement) {
            self.count(counter, moved)?;
        }
        self.settlements.push(Known {
            request_id: request_id.to_owned(),
            settlement_id: statement.settlement_id.clone(),
            settled_year: year,
            statement: Some(statement.clone()),
            stands: true,
            last_adjustment: None,
        });
        Ok(true)
    }

    /// Answers whether a link was made.
    fn reverse(
        &mut self,
        reversed: &str,
        outcome: ReversalOutcome,
        adjustment: Option<&Adjustment>,
    ) -> Result<bool, Misfit> {
        let target = self.answered.get(reversed).cloned();
        match (target, outcome, adjustment) {
            (None, ReversalOutcome::NeverArrived, None) => Ok(self.kept_out.insert(reversed.to_owned())),
            // The caller did not know that it had settled, and learns it now.
            (None, ReversalOutcome::SettlementCancelled, Some(adjustment)) => self.learn(reversed, adjustment),
            (Some(Told::Settled(statement, _)), ReversalOutcome::SettlementCancelled, Some(adjustment)) => {
                check_first_change(adjustment, &statement.settlement_id, false)?;
                self.adjust(adjustment).map(|()| true)
            }
            (Some(Told::Settled(statement, _)), ReversalOutcome::CancelledBefore, None) => {
                let known = &self.settlements[self.place_of(&statement.settlement_id)?];
                check(!known.stands, || "it was not cancelled before".to_owned()).map(|()| false)
            }
            (Some(Told::Adjusted(cancelled)), ReversalOutcome::SettlementRestored, adjustment) => {
                let Some(Cause::Cancellation(cause)) = &cancelled.cause else { return misfit("not a cancellation") };
                let known = &self.settlements[self.place_of(&cause.settlement_id)?];
                let Some(adjustment) = adjustment else {
                    return check(known.stands, || "it does not stand".to_owned()).map(|()| false);
                };
                let is_last = known.last_adjustment.as_ref() == Some(&cancelled.adjustment_id);
                check(is_last, || "something changed it since".to_owned())?;
                check_first_change(adjustment, &cause.settlement_id, true)?;
                self.adjust(adjustment).map(|()| true)
            }
            (target, outcome, _) => misfit(format!("{outcome:?} of {target:?}")),
        }
    }

    /// A settlement of which the caller hears when it is cancelled already.
    fn learn(&mut self, request_id: &str, adjustment: &Adjustment) -> Result<bool, Misfit> {
        let Some(change) = adjustment.changes.first() else { return misfit("nothing was cancelled") };
        check(change.statement.is_none() && change.amounts_before.is_some(), || "not cancelled".to_owned())?;
        let latest = Known {
            request_id: request_id.to_owned(),
            settlement_id: change.settlement_id.clone(),
            settled_year: 0,
            statement: None,
            stands: false,
            last_adjustment: Some(adjustment.adjustment_id.clone()),
        };
        self.settlements.push(latest);
        self.links += 1;
        check(adjustment.changes.len() == 1, || "settlements behind the latest".to_owned())?;
        // Its counters moved there and back; nobody told the caller where they were in between.
        let mut moves = adjustment.bookings.iter().flat_map(|booking| {
            let counter = |moved: &CounterMove| (booking.payer.clone(), moved.counter.clone(), moved.benefit_year);
            booking.moves.iter().map(move |moved| (counter(moved), moved.after_fen))
        });
        let is_back = moves.all(|(counter, after_fen)| self.counters.get(&counter).unwrap_or(&0) == &after_fen);
        check(is_back, || "a cancellation leaves the counters elsewhere".to_owned()).map(|()| true)
    }

    fn adjust(&mut self, adjustment: &Adjustment) -> Result<(), Misfit> {
        let mut cash = 0;
        for change in &adjustment.changes {
            cash += change.cash_difference_fen;
            self.change(change, &adjustment.adjustment_id)?;
        }
        check(cash == adjustment.cash_difference_fen, || "the differences are not the sum".to_owned())?;
        for booking in &adjustment.bookings {
            for moved in &booking.moves {
                let counter = (booking.payer.clone(), moved.counter.clone(), moved.benefit_year);
                self.count(counter, moved)?;
            }
        }
        Ok(())
    }

    fn change(&mut self, change: &SettlementChange, adjustment_id: &str) -> Result<(), Misfit> {
        let place = self.place_of(&change.settlement_id)?;
        let known = &mut self.settlements[place];
        let stood = known.statement.as_ref().filter(|_| known.stands);
        let amounts = |statement: Option<&Statement>| statement.and_then(|statement| statement.amounts);
        check(change.amounts_before == amounts(stood), || "other amounts than it had before".to_owned())?;
        let cash = |amounts: Option<Amounts>| amounts.map_or(0, |amounts| amounts.cash_fen);
        let difference = cash(amounts(change.statement.as_ref())) - cash(amounts(stood));
        check(difference == change.cash_difference_fen, || "another difference in cash".to_owned())?;
        if let Some(statement) = &change.statement {
            claim::Statement::try_from(statement.clone()).map_err(|fault| format!("{fault}"))?;
            let before = stood.map(drawn_by).unwrap_or_default();
            let draws_more = drawn_by(statement).iter().any(|(holder, fen)| fen > before.get(holder).unwrap_or(&0));
            check(!draws_more, || "a change draws on an account".to_owned())?;
            known.statement = Some(statement.clone());
        }
        known.stands = change.statement.is_some();
        known.last_adjustment = Some(adjustment_id.to_owned());
        Ok(())
    }

    fn check_refusal(
        &self,
        request_id: &str,
        asked: &Asked,
        reason: ErrorReason,
        ids: &[String],
        year: i32,
    ) -> Result<(), Misfit> {
        let fits = match (asked, reason) {
            (Asked::Settle { .. }, ErrorReason::RequestReversed) => self.kept_out.contains(request_id),
            // A bill of the year before, or of another member of the family, may be one that nobody pays.
            (Asked::Settle { .. }, ErrorReason::CoverNotActive | ErrorReason::RuleNotInForce) => true,
            (Asked::Cancel { settlement_id, .. }, ErrorReason::SettlementCancelled) => {
                !self.settlements[self.place_of(settlement_id)?].stands
            }
            (Asked::Cancel { settlement_id, across_years: false, .. }, ErrorReason::SettlementOfEarlierYear) => {
                self.settlements[self.place_of(settlement_id)?].settled_year < year
            }
            (
                Asked::Cancel { readjudicate_later: false, .. } | Asked::Reverse { readjudicate_later: false, .. },
                ErrorReason::LaterSettlementsDepend,
            ) => !ids.is_empty() && ids.iter().all(|id| self.place_of(id).is_ok_and(|at| self.settlements[at].stands)),
            (Asked::Reverse { reversed, .. }, ErrorReason::AccountNotRedrawn) => self.restores_a_draw(reversed),
            (Asked::Reverse { reversed, .. }, ErrorReason::RequestNotReversible) => {
                !matches!(self.answered.get(reversed), None | Some(Told::Settled(..)))
            }
            (_, _) => false,
        };
        check(fits, || format!("{} does not fit", reason.as_str_name()))
    }

    fn restores_a_draw(&self, cancellation: &str) -> bool {
        let Some(Told::Adjusted(adjustment)) = self.answered.get(cancellation) else { return false };
        let first = adjustment.changes.first().and_then(|change| self.place_of(&change.settlement_id).ok());
        let statement = first.and_then(|place| self.settlements[place].statement.as_ref());
        statement.is_some_and(|statement| !drawn_by(statement).is_empty())
    }

    fn place_of(&self, settlement_id: &str) -> Result<usize, Misfit> {
        let found = self.settlements.iter().position(|known| known.settlement_id == settlement_id);
        found.ok_or_else(|| format!("settlement {settlement_id} is not known"))
    }

    fn count(&mut self, counter: Counter, moved: &CounterMove) -> Result<(), Misfit> {
        let stands = self.counters.entry(counter).or_insert(0);
        check(*stands == moved.before_fen, || format!("{moved:?} starts where nothing stands"))?;
        *stands = moved.after_fen;
        Ok(())
    }

    /// The settlements that stand, one after the other, leave every counter where it is.
    fn check_line(&self) -> Result<(), Misfit> {
        let mut counters = BTreeMap::<Counter, i64>::new();
        for (counter, moved) in self.standing().flat_map(moves_of) {
            let stands = counters.entry(counter).or_insert(0);
            check(*stands == moved.before_fen, || format!("{moved:?} is not as if the line had always been so"))?;
            *stands = moved.after_fen;
        }
        let differs = |(counter, stands): (&Counter, &i64)| counters.get(counter).unwrap_or(&0) != stands;
        check(!self.counters.iter().any(differs), || format!("{:?} is not where {counters:?} is", self.counters))
    }
}

/// An adjustment changes what it was asked to change first, which stands afterwards or does not.
fn check_first_change(adjustment: &Adjustment, settlement_id: &str, stands: bool) -> Result<(), Misfit> {
    let first = adjustment.changes.first();
    let is_it =
        first.is_some_and(|change| change.settlement_id == settlement_id && change.statement.is_some() == stands);
    check(is_it, || format!("{settlement_id} is not what was changed"))
}

/// What a statement draws on accounts, by holder; one without a name is the person's own.
pub(crate) fn drawn_by(statement: &Statement) -> BTreeMap<String, i64> {
    let mut drawn = BTreeMap::new();
    let portions = statement.adjudications.iter().flat_map(|decision| &decision.portions);
    for portion in portions.filter(|portion| portion.fund() == Fund::Account && portion.paid_fen > 0) {
        *drawn.entry(portion.family_account_person_id.clone()).or_insert(0) += portion.paid_fen;
    }
    drawn
}

fn moves_of(statement: &Statement) -> impl Iterator<Item = (Counter, &CounterMove)> {
    statement.adjudications.iter().flat_map(|decision| {
        let counter = |moved: &CounterMove| (decision.payer.clone(), moved.counter.clone(), moved.benefit_year);
        decision.moves.iter().map(move |moved| (counter(moved), moved))
    })
}
