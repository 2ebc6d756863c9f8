//! Who books: payers, the shared account with its holds, and the messages that reach them in any order, any number of
//! times.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::{LinkId, Move, PAYERS};
use crate::flaw::Flaw;

pub(crate) type PersonId = usize;

/// A message on its way. It stays after it was delivered, so it can come again at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Message {
    /// To a payer: book what a link decided.
    Post { payer: usize, person: PersonId, id: LinkId, moved: Move },
    /// To the account: capture the hold of the link, or take back.
    PostAccount { id: LinkId, drawn: i8 },
    /// To the account: keep up to `wanted` for the attempt that will take place `sequence` of the person's chain.
    Hold { person: PersonId, sequence: usize, id: LinkId, wanted: i8 },
    /// To the account: free the hold of an attempt that can never be appended.
    Void { id: LinkId },
}

impl Message {
    /// The settlement or adjustment that the message is about.
    pub(crate) const fn id(&self) -> LinkId {
        match self {
            Self::Post { id, .. } | Self::PostAccount { id, .. } | Self::Hold { id, .. } | Self::Void { id } => *id,
        }
    }
}

/// A payer's books.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Payer {
    pub(crate) paid: Vec<i8>,
    pub(crate) booked: BTreeSet<LinkId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HoldState {
    Held,
    Captured,
    Freed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hold {
    pub(crate) person: PersonId,
    pub(crate) sequence: usize,
    pub(crate) amount: i8,
    pub(crate) state: HoldState,
}

/// One account that everybody may draw on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Account {
    pub(crate) balance: i8,
    pub(crate) holds: BTreeMap<LinkId, Hold>,
    pub(crate) booked: BTreeSet<LinkId>,
}

impl Account {
    pub(crate) fn available(&self) -> i8 {
        let held = self.holds.values().filter(|hold| hold.state == HoldState::Held);
        self.balance - held.map(|hold| hold.amount).sum::<i8>()
    }

    pub(crate) fn free(&mut self, id: LinkId) {
        if let Some(hold) = self.holds.get_mut(&id)
            && hold.state == HoldState::Held
        {
            hold.state = HoldState::Freed;
        }
    }
}

/// All that is booked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Books {
    pub(crate) payers: [Payer; PAYERS],
    pub(crate) account: Account,
    /// Whether anybody ever refused to book what a link decided.
    pub(crate) refused: bool,
}

impl Books {
    pub(crate) fn new(persons: usize, balance: i8) -> Self {
        let payer = || Payer { paid: vec![0; persons], booked: BTreeSet::new() };
        Self { payers: [payer(), payer()], account: Account { balance, ..Account::default() }, refused: false }
    }

    /// Whether `message` would change anything.
    pub(crate) fn is_news(&self, message: &Message, flaw: Flaw) -> bool {
        match message {
            Message::Post { payer, id, .. } => {
                flaw == Flaw::PostsBookedAgain || !self.payers[*payer].booked.contains(id)
            }
            Message::PostAccount { id, .. } => !self.account.booked.contains(id),
            Message::Hold { id, .. } => !self.account.holds.contains_key(id),
            Message::Void { id } => self.account.holds.get(id).is_some_and(|hold| hold.state == HoldState::Held),
        }
    }

    /// Takes in one message.
    pub(crate) fn receive(&mut self, message: Message, flaw: Flaw) {
        match message {
            Message::Post { payer, person, id, moved } => self.post(payer, person, id, moved, flaw),
            Message::PostAccount { id, drawn } => self.post_account(id, drawn, flaw),
            Message::Hold { person, sequence, id, wanted } => {
                let amount = wanted.min(self.account.available());
                let state = if amount > 0 { HoldState::Held } else { HoldState::Freed };
                self.account.holds.entry(id).or_insert(Hold { person, sequence, amount, state });
            }
            Message::Void { id } => self.account.free(id),
        }
    }

    /// The first payer compares its counter; the second has none, so only the id keeps it from paying twice.
    fn post(&mut self, payer: usize, person: PersonId, id: LinkId, moved: Move, flaw: Flaw) {
        let books = &mut self.payers[payer];
        if books.booked.contains(&id) && flaw != Flaw::PostsBookedAgain {
            return;
        }
        if payer == 0 && books.paid[person] != moved.before {
            self.refused = true;
            return;
        }
        books.paid[person] += moved.paid();
        books.booked.insert(id);
    }

    fn post_account(&mut self, id: LinkId, drawn: i8, flaw: Flaw) {
        let account = &mut self.account;
        if account.booked.contains(&id) {
            return;
        }
        if drawn > 0 && flaw != Flaw::NoHold {
            match account.holds.get_mut(&id) {
                Some(hold) if hold.state == HoldState::Held && hold.amount == drawn => hold.state = HoldState::Captured,
                Some(_) | None => {
                    self.refused = true;
                    return;
                }
            }
        }
        account.balance -= drawn;
        account.booked.insert(id);
    }
}
