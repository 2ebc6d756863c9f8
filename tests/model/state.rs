//! What the model checker tells apart: chains and books, which are durable, messages, and requests at work, which a
//! crash forgets.

use std::collections::BTreeSet;

use crate::books::{Books, HoldState, Message, PersonId};
use crate::chain::{Link, LinkId, PAYERS, RequestId};

pub(crate) type Orchestrator = u8;

/// What a caller asks for, under which request id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ask {
    /// Settle a visit; what the payers leave is drawn from the account where that is wanted.
    Settle { request: RequestId, account: bool },
    /// Undo the settlement of `settled`, with the explicit word that later ones are decided again.
    Cancel { request: RequestId, settled: RequestId },
    /// Make sure that `reversed` does not stand.
    Reverse { reversed: RequestId },
    /// Decide all that stands by the facts known now.
    Readjudicate { request: RequestId },
}

impl Ask {
    /// The request id that a link made for this takes.
    pub(crate) const fn request(self) -> Option<RequestId> {
        match self {
            Self::Settle { request, .. } | Self::Cancel { request, .. } | Self::Readjudicate { request } => {
                Some(request)
            }
            Self::Reverse { .. } => None,
        }
    }
}

/// One request as one orchestrator handles it. The same request sent twice is two of these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handling {
    pub(crate) orchestrator: Orchestrator,
    pub(crate) person: PersonId,
    pub(crate) ask: Ask,
}

/// How a caller is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    /// The link of this id says what the caller asked for.
    Done(LinkId),
    /// What was asked for stands already, or nothing is to be done.
    Nothing,
    Refused,
}

/// How far a request has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Sent, or sent again after the caller heard nothing.
    Waiting,
    /// Only with a flaw: something was read before the head.
    Looked {
        facts: u8,
    },
    /// The head is read, and open: whoever finds that finishes it first.
    Finishing {
        head: usize,
    },
    /// The head is read, and closed.
    Headed {
        head: usize,
        facts: Option<u8>,
    },
    /// The account is asked to hold what is missing.
    Holding {
        link: Link,
    },
    /// Decided; the link is ready to be appended.
    Ready {
        link: Link,
    },
    /// Appended; nobody was asked to book it.
    Appended {
        sequence: usize,
    },
    /// The payers were asked to book it.
    Posting {
        sequence: usize,
    },
    Answered(Answer),
}

/// A request at work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Work {
    pub(crate) step: Step,
    /// How often it began; every attempt has ids of its own.
    pub(crate) attempt: u8,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) chains: Vec<Vec<Link>>,
    pub(crate) books: Books,
    pub(crate) network: BTreeSet<Message>,
    pub(crate) work: Vec<Work>,
    /// The facts that the register knows.
    pub(crate) facts: u8,
    /// How many faults may still happen.
    pub(crate) faults: u8,
    /// Only with a flaw: reversed requests in a table of their own.
    pub(crate) reversed_aside: BTreeSet<(PersonId, RequestId)>,
}

impl State {
    /// Whether everybody whom `link` concerns has booked it.
    pub(crate) fn is_booked(&self, link: &Link) -> bool {
        let payers =
            (0..PAYERS).all(|payer| !link.is_for_payer(payer) || self.books.payers[payer].booked.contains(&link.id));
        payers && (!link.is_for_account() || self.books.account.booked.contains(&link.id))
    }

    /// Whether anybody but the request itself has seen this id.
    pub(crate) fn has_seen(&self, id: LinkId) -> bool {
        self.chains.iter().flatten().any(|link| link.id == id)
            || self.network.iter().any(|message| message.id() == id)
            || self.books.account.holds.contains_key(&id)
    }

    /// Drops what is left of attempts that are over: a freed hold that no link and no request names. Nothing can come of
    /// it, and states that differ in nothing else are one.
    pub(crate) fn forget_freed_holds(&mut self) {
        let is_named = |id: LinkId| {
            let by_work =
                |work: &Work| matches!(&work.step, Step::Holding { link } | Step::Ready { link } if link.id == id);
            self.work.iter().any(by_work) || self.chains.iter().flatten().any(|link| link.id == id)
        };
        let freed = self.books.account.holds.iter().filter(|(_, hold)| hold.state == HoldState::Freed);
        let over: Vec<LinkId> = freed.map(|(id, _)| *id).filter(|id| !is_named(*id)).collect();
        for id in over {
            self.books.account.holds.remove(&id);
            self.network.retain(|message| message.id() != id);
        }
    }

    /// Asks everybody whom the link concerns, and who has not booked it, to book it.
    pub(crate) fn post(&mut self, person: PersonId, link: &Link) {
        for payer in 0..PAYERS {
            if link.is_for_payer(payer) {
                self.network.insert(Message::Post { payer, person, id: link.id, moved: link.moves[payer] });
            }
        }
        if link.is_for_account() {
            self.network.insert(Message::PostAccount { id: link.id, drawn: link.drawn });
        }
    }
}
