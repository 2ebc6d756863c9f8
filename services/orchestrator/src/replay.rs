//! Deciding settlements of the past again: one is taken out, put back or decided on fresh facts, and those behind it
//! in the line are decided as if it had always been so.
//!
//! The payers are asked with counters taken to stand where they stood then. Nothing is written here.

use std::collections::BTreeMap;

use claim::{Case, PersonId, PricedCase};
use host::MAX_MESSAGE_BYTES;
use prost::Message;
use wire::journal_v1::Adjustment;
use wire::payer_v1::{Booking, PostingChange};
use wire::{ErrorReason, Failure, claim_v1 as proto};

use crate::counters::{Counters, PayerCounter, moves_of};
use crate::decide::{Again, Basis, Decider};
use crate::difference::{change_of, paid_by_source, total};
use crate::standing::{Line, Standing};

/// What an adjustment may take, so that its link still fits into one message of the feed.
const ADJUSTMENT_BYTES_MAX: usize = MAX_MESSAGE_BYTES - 64 * 1024;

/// What is done to one settlement of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is decided again on the facts that it rests on, if it stands.
    Keep,
    /// It is cancelled.
    Remove,
    /// It stands again, on the facts that it rests on.
    Restore,
    /// It is decided on the facts of today, if it stands.
    Refresh,
}

/// A settlement that came out otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Changed<'l> {
    pub(crate) before: &'l Standing,
    /// The statement from now on; `None`: it is cancelled.
    pub(crate) after: Option<proto::Statement>,
}

/// Decides a line again.
pub(crate) struct Replay<'d> {
    decider: &'d Decider,
    person_id: &'d PersonId,
    /// Where the counters stand at each point of the replay.
    counters: Counters,
    /// Where the counters stand now, of all that this replay touches.
    held: BTreeMap<PayerCounter, i64>,
}

impl<'d> Replay<'d> {
    /// A replay of the person's settlements.
    pub(crate) fn new(decider: &'d Decider, person_id: &'d PersonId) -> Self {
        Self { decider, person_id, counters: Counters::default(), held: BTreeMap::new() }
    }

    /// Applies `actions`, one for each settlement of `line`. The chain's head must be booked. `None` where nothing comes
    /// out otherwise; the adjustment has neither number nor cause yet.
    pub(crate) async fn run(mut self, line: &Line, actions: &[Action]) -> Result<Option<Adjustment>, Failure> {
        let from_first = line.settlements.iter().zip(actions).skip_while(|(_, action)| **action == Action::Keep);
        let replayed: Vec<_> = from_first.map(|(settlement, action)| (settlement, *action)).collect();
        self.go_back(replayed.iter().map(|(settlement, _)| *settlement));
        let mut changes = Vec::new();
        for (settlement, action) in replayed {
            changes.extend(self.step(settlement, action).await?);
        }
        check_accounts(&changes)?;
        if changes.is_empty() {
            return Ok(None);
        }
        let adjustment = self.adjustment(&changes);
        check_size(&adjustment, ADJUSTMENT_BYTES_MAX)?;
        Ok(Some(adjustment))
    }

    /// Sets the counters to where they stood before the first of `settlements`.
    fn go_back<'l>(&mut self, settlements: impl Iterator<Item = &'l Standing>) {
        for settlement in settlements.filter(|settlement| settlement.stands()) {
            for (counter, counter_move) in moves_of(&settlement.statement) {
                self.counters.values.entry(counter.clone()).or_insert(counter_move.before_fen);
                self.held.insert(counter, counter_move.after_fen);
            }
        }
    }

    async fn step<'l>(&mut self, settlement: &'l Standing, action: Action) -> Result<Option<Changed<'l>>, Failure> {
        let priced = match action {
            Action::Remove => return Ok(Some(Changed { before: settlement, after: None })),
            Action::Keep | Action::Refresh if !settlement.stands() => return Ok(None),
            Action::Keep | Action::Restore => stored_facts(settlement)?,
            Action::Refresh => self.fresh_facts(settlement).await?,
        };
        let again = Again { counters: &self.counters, statement: &settlement.statement };
        let mut statement = self.decider.decide(self.person_id, &priced, Basis::Again(again)).await?;
        for (counter, counter_move) in moves_of(&statement) {
            // A counter that no settlement of the line moved stands now where the payer took it from.
            self.held.entry(counter).or_insert(counter_move.before_fen);
        }
        self.counters.apply(&statement);
        let before = &settlement.statement;
        let is_same = before.adjudications == statement.adjudications && before.amounts == statement.amounts;
        if is_same && settlement.stands() {
            return Ok(None);
        }
        settlement.settlement_id().clone_into(&mut statement.settlement_id);
        Ok(Some(Changed { before: settlement, after: Some(statement) }))
    }

    async fn fresh_facts(&self, settlement: &Standing) -> Result<PricedCase, Failure> {
        let case = Case::try_from(settlement.case.clone()).map_err(Failure::invariant_violated)?;
        self.decider.price(&case).await.map_err(|failure| {
            let message =
                format!("settlement {} cannot be decided anew: {}", settlement.settlement_id(), failure.message);
            Failure { message, ..failure }
        })
    }

    fn adjustment(&self, changes: &[Changed<'_>]) -> Adjustment {
        let changes_told: Vec<_> = changes.iter().map(change_of).collect();
        let (funds, institutions, cash_difference_fen) = total(&changes_told);
        Adjustment {
            bookings: self.bookings(changes),
            changes: changes_told,
            funds,
            institutions,
            cash_difference_fen,
            ..Adjustment::default()
        }
    }

    /// What each payer has to book so that its books are as if the line had always been so.
    fn bookings(&self, changes: &[Changed<'_>]) -> Vec<Booking> {
        let mut bookings = BTreeMap::<&str, Booking>::new();
        let of = |payer| Booking { payer: String::clone(payer), ..Booking::default() };
        let paid: Vec<_> = changes.iter().flat_map(posting_changes).collect();
        for (payer, posting) in &paid {
            bookings.entry(payer).or_insert_with(|| of(payer)).postings.push(posting.clone());
        }
        for (counter, held) in &self.held {
            let (payer, name, benefit_year) = counter;
            let after_fen = self.counters.values.get(counter).copied().unwrap_or(*held);
            if after_fen != *held {
                let (counter, benefit_year, before_fen) = (name.clone(), *benefit_year, *held);
                let counter_move = proto::CounterMove { counter, benefit_year, before_fen, after_fen };
                bookings.entry(payer).or_insert_with(|| of(payer)).moves.push(counter_move);
            }
        }
        bookings.into_values().collect()
    }
}

/// What changes of what one settlement cost each fund, by payer.
fn posting_changes(changed: &Changed<'_>) -> Vec<(String, PostingChange)> {
    let stood = changed.before.stands().then_some(&changed.before.statement);
    let settlement_id = changed.before.settlement_id();
    let posting = |((payer, fund, family_account_person_id), paid_fen)| {
        let settlement_id = settlement_id.to_owned();
        (payer, PostingChange { settlement_id, fund, paid_fen, family_account_person_id })
    };
    paid_by_source(stood, changed.after.as_ref()).into_iter().map(posting).collect()
}

/// Checks that no account would be drawn on. A draw needs money that is held first, under the number of a settlement.
fn check_accounts(changes: &[Changed<'_>]) -> Result<(), Failure> {
    let draws = |changed: &&Changed<'_>| {
        let account = i32::from(proto::Fund::Account);
        posting_changes(changed).iter().any(|(_, change)| change.fund == account && change.paid_fen > 0)
    };
    let Some(redrawn) = changes.iter().find(draws) else { return Ok(()) };
    let settlement_id = redrawn.before.settlement_id().to_owned();
    let message = format!(
        "settlement {settlement_id} would draw on an individual account again, which only a new settlement can; \
         nothing was written"
    );
    let refused = Failure::new(ErrorReason::AccountNotRedrawn, message);
    Err(Failure { settlements: vec![settlement_id], ..refused })
}

/// Checks that an adjustment can be told before it becomes a fact that nobody could be told.
fn check_size(adjustment: &Adjustment, bytes_max: usize) -> Result<(), Failure> {
    if adjustment.encoded_len() <= bytes_max {
        return Ok(());
    }
    let message = format!(
        "{} settlements would be decided otherwise, more than one message holds; nothing was written",
        adjustment.changes.len()
    );
    Err(Failure::new(ErrorReason::AdjustmentTooLarge, message))
}

fn stored_facts(settlement: &Standing) -> Result<PricedCase, Failure> {
    let stored = settlement.statement.case.clone().unwrap_or_default();
    PricedCase::try_from(stored).map_err(Failure::invariant_violated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adjustment_that_no_message_holds_is_refused_before_it_is_a_fact() {
        let adjustment = Adjustment { adjustment_id: "a".repeat(100), ..Adjustment::default() };
        let bytes = adjustment.encoded_len();
        check_size(&adjustment, bytes).unwrap();
        let refused = check_size(&adjustment, bytes - 1).unwrap_err();
        assert_eq!((refused.reason, refused.is_retryable()), (ErrorReason::AdjustmentTooLarge, false));
    }
}
