//! A person's chain: links, what stands by them, and what a correct payer decides from a counter.

/// A request id; one name space per person.
pub(crate) type RequestId = u8;
/// The number of a settlement or of an adjustment, drawn anew by every attempt.
pub(crate) type LinkId = u8;

/// What every visit costs, in fen.
const BILL: i8 = 5;
/// What the first payer pays of a visit at most, by the facts as first known; a late fact adds one.
const SHARE: i8 = 3;
/// What the first payer pays in the year at most.
const CEILING: i8 = 5;
/// What the second payer pays of a visit at most. It keeps no counter.
const RELIEF: i8 = 1;

pub(crate) const PAYERS: usize = 2;

/// What one visit comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) paid: [i8; PAYERS],
    /// What is left for an account, or for cash.
    pub(crate) rest: i8,
}

/// Facts by which no payer pays anything, so that all is left for the account.
pub(crate) const UNCOVERED: u8 = 2;

/// Decides a visit by the first payer's counter and the facts known.
pub(crate) fn decide(counter: i8, facts: u8) -> Decision {
    if facts == UNCOVERED {
        return Decision { paid: [0, 0], rest: BILL };
    }
    let share = SHARE + i8::try_from(facts).unwrap();
    let first = share.min(CEILING - counter).max(0);
    let second = RELIEF.min(BILL - first);
    Decision { paid: [first, second], rest: BILL - first - second }
}

/// What a link does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Entry {
    /// A visit was settled by these facts.
    Settlement { facts: u8 },
    /// The settlement of a request was undone, and what came after it decided again.
    Cancellation { undone: RequestId },
    /// All that stands was decided again by these facts.
    Readjudication { facts: u8 },
    /// A request that had not arrived was reversed: it is refused when it comes.
    Refusal,
    /// An attempt whose hold was released: its place is taken, so that it can never be appended.
    Fence,
}

/// Where a payer's books of the person stood and where they stand after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Move {
    pub(crate) before: i8,
    pub(crate) after: i8,
}

impl Move {
    pub(crate) const fn paid(self) -> i8 {
        self.after - self.before
    }
}

/// One link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) sequence: usize,
    pub(crate) id: LinkId,
    /// The request id that the link takes.
    pub(crate) request: Option<RequestId>,
    pub(crate) entry: Entry,
    pub(crate) moves: [Move; PAYERS],
    /// Where the first payer's counter stands once the link is booked; `None` where that was not kept.
    pub(crate) counter_behind: Option<i8>,
    /// What the account gives; below zero for what it gets back.
    pub(crate) drawn: i8,
    pub(crate) open: bool,
}

impl Link {
    /// Whether the account has to book the link.
    pub(crate) const fn is_for_account(&self) -> bool {
        self.drawn != 0
    }

    /// Whether `payer` has to book the link.
    pub(crate) const fn is_for_payer(&self, payer: usize) -> bool {
        self.moves[payer].paid() != 0
    }

    pub(crate) fn is_for_anybody(&self) -> bool {
        self.is_for_account() || (0..PAYERS).any(|payer| self.is_for_payer(payer))
    }
}

/// A settlement that was not undone, with what it comes to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) request: RequestId,
    pub(crate) facts: u8,
    pub(crate) paid: [i8; PAYERS],
    pub(crate) drawn: i8,
}

/// What stands by `links`, from scratch.
pub(crate) fn standing(links: &[Link]) -> Vec<Standing> {
    let mut standing: Vec<Standing> = Vec::new();
    for link in links {
        standing = after(standing, link);
    }
    standing
}

fn after(mut standing: Vec<Standing>, link: &Link) -> Vec<Standing> {
    match link.entry {
        Entry::Settlement { facts } => {
            let paid = link.moves.map(Move::paid);
            standing.extend(link.request.map(|request| Standing { request, facts, paid, drawn: link.drawn }));
            standing
        }
        Entry::Cancellation { undone } => without(standing, undone),
        Entry::Readjudication { facts } => by_facts(standing, facts),
        Entry::Refusal | Entry::Fence => standing,
    }
}

/// What stands once the settlement of `request` is undone.
pub(crate) fn without(mut standing: Vec<Standing>, request: RequestId) -> Vec<Standing> {
    standing.retain(|settled| settled.request != request);
    restated(standing)
}

/// What stands once everything is decided by `facts`.
pub(crate) fn by_facts(mut standing: Vec<Standing>, facts: u8) -> Vec<Standing> {
    for settled in &mut standing {
        settled.facts = facts;
    }
    restated(standing)
}

/// Decides settlements again, one after the other. An account only ever gets back: what it gives needs a hold.
fn restated(mut standing: Vec<Standing>) -> Vec<Standing> {
    let mut counter = 0;
    for settled in &mut standing {
        let decision = decide(counter, settled.facts);
        settled.paid = decision.paid;
        settled.drawn = settled.drawn.min(decision.rest);
        counter += decision.paid[0];
    }
    standing
}

/// What the payers, and the account, gave for `standing`.
pub(crate) fn totals(standing: &[Standing]) -> ([i8; PAYERS], i8) {
    let paid = [0, 1].map(|payer: usize| standing.iter().map(|settled| settled.paid[payer]).sum());
    (paid, standing.iter().map(|settled| settled.drawn).sum())
}
