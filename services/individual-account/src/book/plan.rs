//! Decides what a batch of changes writes, from what is held. It reads nothing and writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use claim::{MovementKind, PersonId, SettlementId};
use money::Fen;

use super::change::{Change, Closing, Credit, Done, Draws, Entry, Returns, Sought};
use super::error::AccountError;
use super::rows::{AccountState, Hold, HoldState, Movement};

/// A settlement's hold in one account.
pub(crate) type HoldKey = (PersonId, SettlementId);

/// What the store holds of what a batch touches.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) accounts: BTreeMap<PersonId, AccountState>,
    pub(crate) holds: BTreeMap<HoldKey, Hold>,
    pub(crate) movements: Vec<Movement>,
}

/// The answers of a batch and what is written for them, in the order of the keys, so that processes which write at once
/// wait for each other and never in a circle.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) answers: Vec<Result<Done, AccountError>>,
    /// Each account as it is afterwards, with the revision that it was decided on.
    pub(crate) accounts: BTreeMap<PersonId, (i64, AccountState)>,
    pub(crate) holds: BTreeMap<HoldKey, Hold>,
    pub(crate) movements: Vec<Movement>,
}

/// The accounts that a batch touches.
pub(crate) fn holders_of(batch: &[Arc<Entry>]) -> BTreeSet<PersonId> {
    batch.iter().flat_map(|entry| entry.change.holders()).cloned().collect()
}

/// The holds that a batch looks at.
pub(crate) fn holds_of(batch: &[Arc<Entry>]) -> BTreeSet<HoldKey> {
    batch.iter().flat_map(|entry| entry.change.holds()).collect()
}

/// The movements that a batch looks for.
pub(crate) fn sought_by(batch: &[Arc<Entry>]) -> BTreeSet<Sought> {
    batch.iter().flat_map(|entry| entry.change.sought()).collect()
}

/// Plans a batch in its order: a later change sees what an earlier one did, and one that is refused does nothing.
pub(crate) fn plan(known: Known, batch: &[Arc<Entry>]) -> Plan {
    let mut books = Books { known, plan: Plan::default() };
    for entry in batch {
        let answer = books.enter(entry);
        books.plan.answers.push(answer);
    }
    books.plan
}

struct Books {
    known: Known,
    plan: Plan,
}

impl Books {
    fn enter(&mut self, Entry { change, recorded_time }: &Entry) -> Result<Done, AccountError> {
        match change {
            Change::Credit(credit) => self.credit(credit, *recorded_time),
            Change::Hold { draws, expiry_time } => self.hold(draws, *expiry_time, *recorded_time),
            Change::Capture(draws) => self.capture(draws, *recorded_time),
            Change::Void { settlement_id, holders } => Ok(self.void(settlement_id, holders, *recorded_time)),
            Change::Return(returns) => self.give_back(returns, *recorded_time),
            Change::Close(closing) => self.close(closing, *recorded_time),
        }
    }

    fn credit(&mut self, credit: &Credit, now: DateTime<Utc>) -> Result<Done, AccountError> {
        let Credit { person_id, request_id, reference, excludes, amounts } = credit;
        let Some((kind, amount)) = amounts.first() else { return Ok(Done::Before) };
        if let Some(movement) = self.same_request(person_id, *kind, request_id.as_str()) {
            return if movement.reference != *reference {
                Err(AccountError::RequestReused { field: "period" })
            } else if movement.amount == *amount {
                Ok(Done::Before)
            } else {
                Err(AccountError::RequestReused { field: "amount" })
            };
        }
        let mut references = std::iter::once(reference).chain(excludes);
        if let Some(taken) = references.find(|reference| self.is_credited(person_id, *kind, reference)) {
            return Err(AccountError::CreditedBefore { reference: taken.clone() });
        }
        if self.account(person_id).is_some_and(|account| account.closed_time.is_some()) {
            return Err(AccountError::Closed);
        }
        for (kind, amount) in amounts {
            self.move_money(
                Moved {
                    person_id,
                    kind: *kind,
                    reference,
                    request_id: request_id.as_str(),
                    amount: *amount,
                    other: None,
                },
                now,
            );
        }
        Ok(Done::Now)
    }

    fn hold(&mut self, draws: &Draws, expiry_time: DateTime<Utc>, now: DateTime<Utc>) -> Result<Done, AccountError> {
        let settlement_id = &draws.settlement_id;
        let mut known = 0;
        for (holder, amount) in &draws.by_holder {
            match self.known.holds.get(&(holder.clone(), settlement_id.clone())) {
                None => {}
                Some(hold) if hold.state == HoldState::Held && hold.amount == *amount => known += 1,
                Some(_) => return Err(AccountError::HoldEnded { settlement_id: settlement_id.clone() }),
            }
        }
        if known == draws.by_holder.len() {
            return Ok(Done::Before);
        }
        let free = |holder| self.account(holder).map_or(Fen::ZERO, AccountState::free);
        if known > 0 || draws.by_holder.iter().any(|(holder, amount)| *amount > free(holder)) {
            return Ok(Done::TooLittle);
        }
        for (holder, amount) in &draws.by_holder {
            self.change(holder, |account| account.held += *amount);
            self.put(Hold {
                person_id: holder.clone(),
                settlement_id: settlement_id.clone(),
                patient_id: draws.patient_id.clone(),
                amount: *amount,
                state: HoldState::Held,
                expiry_time,
                recorded_time: now,
            });
        }
        Ok(Done::Now)
    }

    /// Captures whatever the clock says: a hold whose settlement is a fact never ends any other way.
    fn capture(&mut self, draws: &Draws, now: DateTime<Utc>) -> Result<Done, AccountError> {
        let not_held = || AccountError::NotHeld { settlement_id: draws.settlement_id.clone() };
        let mut to_capture = Vec::new();
        for (holder, amount) in &draws.by_holder {
            let hold = self.known.holds.get(&(holder.clone(), draws.settlement_id.clone())).ok_or_else(not_held)?;
            if hold.amount != *amount || hold.patient_id != draws.patient_id {
                return Err(not_held());
            }
            match hold.state {
                HoldState::Captured => {}
                HoldState::Void => return Err(not_held()),
                HoldState::Held => to_capture.push(hold.clone()),
            }
        }
        if to_capture.is_empty() {
            return Ok(Done::Before);
        }
        for hold in to_capture {
            let settlement = hold.settlement_id.as_str();
            self.change(&hold.person_id, |account| account.held -= hold.amount);
            let other = Some(&hold.patient_id).filter(|patient| **patient != hold.person_id);
            let kind = MovementKind::Draw;
            let (person_id, amount) = (&hold.person_id, Fen::ZERO - hold.amount);
            self.move_money(
                Moved { person_id, kind, reference: settlement, request_id: settlement, amount, other },
                now,
            );
            self.put(Hold { state: HoldState::Captured, recorded_time: now, ..hold });
        }
        Ok(Done::Now)
    }

    fn void(&mut self, settlement_id: &SettlementId, holders: &[PersonId], now: DateTime<Utc>) -> Done {
        let mut done = Done::Before;
        for holder in holders {
            let hold = self.known.holds.get(&(holder.clone(), settlement_id.clone()));
            let Some(hold) = hold.filter(|hold| hold.state == HoldState::Held).cloned() else { continue };
            self.change(holder, |account| account.held -= hold.amount);
            self.put(Hold { state: HoldState::Void, recorded_time: now, ..hold });
            done = Done::Now;
        }
        done
    }

    /// Gives back what settlements drew, never more than that; into a closed account too, for it is the holder's money.
    fn give_back(&mut self, returns: &Returns, now: DateTime<Utc>) -> Result<Done, AccountError> {
        let Returns { patient_id, adjustment_id, by_draw } = returns;
        let mut before = 0;
        for ((holder, settlement_id), amount) in by_draw {
            let not_drawn = || AccountError::NotDrawn { settlement_id: settlement_id.clone() };
            let earlier = self.returns_of(holder, settlement_id);
            match earlier.values().find(|earlier| earlier.request_id == adjustment_id.as_str()) {
                Some(same) if same.amount == *amount => {
                    before += 1;
                    continue;
                }
                Some(_) => return Err(AccountError::RequestReused { field: "booking" }),
                None => {}
            }
            let returned: Fen = earlier.values().map(|earlier| earlier.amount).sum();
            let hold = self.known.holds.get(&(holder.clone(), settlement_id.clone())).ok_or_else(not_drawn)?;
            let is_drawn = hold.state == HoldState::Captured && hold.patient_id == *patient_id;
            if !is_drawn || *amount <= Fen::ZERO || returned + *amount > hold.amount {
                return Err(not_drawn());
            }
        }
        if before == by_draw.len() {
            return Ok(Done::Before);
        }
        if before > 0 {
            return Err(AccountError::RequestReused { field: "booking" });
        }
        for ((holder, settlement_id), amount) in by_draw {
            let moved = Moved {
                person_id: holder,
                kind: MovementKind::Return,
                reference: settlement_id.as_str(),
                request_id: adjustment_id.as_str(),
                amount: *amount,
                other: Some(patient_id).filter(|patient| **patient != *holder),
            };
            self.move_money(moved, now);
        }
        Ok(Done::Now)
    }

    /// What was given back of what a settlement drew on an account, each movement once.
    fn returns_of(&self, holder: &PersonId, settlement_id: &SettlementId) -> BTreeMap<i64, &Movement> {
        let is_meant = |movement: &&Movement| {
            movement.kind == MovementKind::Return
                && movement.person_id == *holder
                && movement.reference == settlement_id.as_str()
        };
        self.known.movements.iter().filter(is_meant).map(|movement| (movement.sequence, movement)).collect()
    }

    fn close(&mut self, closing: &Closing, now: DateTime<Utc>) -> Result<Done, AccountError> {
        let Closing { person_id, request_id, heir_id, .. } = closing;
        let account = self.account(person_id).ok_or(AccountError::NotFound)?.clone();
        if account.closed_time.is_some() {
            let same = self.same_request(person_id, closing.kind(), request_id.as_str());
            match same {
                Some(movement) if movement.reference == closing.reference() => return Ok(Done::Before),
                Some(_) => return Err(AccountError::RequestReused { field: "heir_person_id" }),
                None if account.balance.is_zero() => return Err(AccountError::Closed),
                // What a cancelled settlement gave back since goes the same ways.
                None => {}
            }
        }
        if !account.held.is_zero() {
            return Err(AccountError::MoneyHeld);
        }
        if heir_id.as_ref().and_then(|heir| self.account(heir)).is_some_and(|heir| heir.closed_time.is_some()) {
            return Err(AccountError::Closed);
        }
        let (request_id, reference) = (request_id.as_str(), closing.reference());
        let (kind, amount, other) = (closing.kind(), Fen::ZERO - account.balance, heir_id.as_ref());
        self.move_money(Moved { person_id, kind, reference: &reference, request_id, amount, other }, now);
        self.change(person_id, |account| account.closed_time = account.closed_time.or(Some(now)));
        if let Some(heir) = heir_id {
            let (kind, amount, other) = (MovementKind::Inheritance, account.balance, Some(person_id));
            let reference = person_id.as_str();
            self.move_money(Moved { person_id: heir, kind, reference, request_id, amount, other }, now);
        }
        Ok(Done::Now)
    }

    fn account(&self, holder: &PersonId) -> Option<&AccountState> {
        self.known.accounts.get(holder)
    }

    fn same_request(&self, person_id: &PersonId, kind: MovementKind, request_id: &str) -> Option<&Movement> {
        let of = |movement: &&Movement| movement.person_id == *person_id && movement.kind == kind;
        self.known.movements.iter().filter(of).find(|movement| movement.request_id == request_id)
    }

    fn is_credited(&self, person_id: &PersonId, kind: MovementKind, reference: &str) -> bool {
        let of = |movement: &&Movement| movement.person_id == *person_id && movement.kind == kind;
        self.known.movements.iter().filter(of).any(|movement| movement.reference == reference)
    }

    /// Changes an account, which is opened where it is not there yet, and counts its revision up.
    fn change(&mut self, holder: &PersonId, change: impl FnOnce(&mut AccountState)) {
        let account = self.known.accounts.entry(holder.clone()).or_default();
        let decided_on = self.plan.accounts.get(holder).map_or(account.revision, |(revision, _)| *revision);
        account.revision = decided_on.saturating_add(1);
        change(account);
        self.plan.accounts.insert(holder.clone(), (decided_on, account.clone()));
    }

    fn move_money(&mut self, moved: Moved<'_>, recorded_time: DateTime<Utc>) {
        self.change(moved.person_id, |account| {
            account.sequence = account.sequence.saturating_add(1);
            account.balance += moved.amount;
        });
        let account = self.known.accounts.get(moved.person_id).cloned().unwrap_or_default();
        let movement = Movement {
            person_id: moved.person_id.clone(),
            sequence: account.sequence,
            kind: moved.kind,
            reference: moved.reference.to_owned(),
            request_id: moved.request_id.to_owned(),
            amount: moved.amount,
            balance: account.balance,
            other_person_id: moved.other.cloned(),
            recorded_time,
        };
        self.known.movements.push(movement.clone());
        self.plan.movements.push(movement);
    }

    fn put(&mut self, hold: Hold) {
        let key = (hold.person_id.clone(), hold.settlement_id.clone());
        self.known.holds.insert(key.clone(), hold.clone());
        self.plan.holds.insert(key, hold);
    }
}

#[derive(Clone, Copy)]
struct Moved<'m> {
    person_id: &'m PersonId,
    kind: MovementKind,
    reference: &'m str,
    request_id: &'m str,
    amount: Fen,
    other: Option<&'m PersonId>,
}
