//! What has to hold in every state, and what has to be seen in some, or the bounds are too narrow to show anything.

use stateright::Property;

use crate::books::HoldState;
use crate::chain::{Entry, Link, Move, Standing, decide, standing, totals};
use crate::protocol::Protocol;
use crate::state::{Answer, Ask, State, Step};

pub(crate) const ONE_SETTLEMENT: &str = "a request has at most one settlement";
pub(crate) const CHAIN_ORDER: &str = "each link follows the one before, and only the last is open";
pub(crate) const FROM_ITS_HEAD: &str = "each link is computed from what stood at its head";
pub(crate) const BOOKS: &str = "payers have booked every closed link and nothing that was not decided";
pub(crate) const ACCOUNT: &str = "the account's books are those of the chains, and no fen is given twice";
pub(crate) const NOTHING_REFUSED: &str = "nothing decided is refused by those who book it";
pub(crate) const REVERSED: &str = "a reversed request does not stand, however late it comes";
pub(crate) const LATE_FACT: &str = "after a re-adjudication nothing stands by older facts";
pub(crate) const ANSWERS: &str = "an answer names the link that the request made";
pub(crate) const REST: &str = "at rest everything decided is posted, everybody answered, and no money held";

pub(crate) const SEEN_TWO: &str = "two settlements stand";
pub(crate) const SEEN_CANCELLED: &str = "a settlement is undone and a later one decided again";
pub(crate) const SEEN_REFUSED: &str = "a request comes after its reversal";
pub(crate) const SEEN_READJUDICATED: &str = "a late fact changes what stands";
pub(crate) const SEEN_EMPTY_HANDED: &str = "an account is empty for the second who asks";
pub(crate) const SEEN_GIVEN_BACK: &str = "an account gets back";
pub(crate) const SEEN_FENCED: &str = "a hold is freed by taking its place in the chain";
pub(crate) const SEEN_FINISHED: &str = "everything asked for is done";

/// What has to hold.
pub(crate) const LAWS: [&str; 10] =
    [ONE_SETTLEMENT, CHAIN_ORDER, FROM_ITS_HEAD, BOOKS, ACCOUNT, NOTHING_REFUSED, REVERSED, LATE_FACT, ANSWERS, REST];

pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ONE_SETTLEMENT, |_, state: &State| each_chain(state, has_one_settlement_a_request)),
        Property::always(CHAIN_ORDER, |_, state: &State| each_chain(state, is_in_order)),
        Property::always(FROM_ITS_HEAD, |_, state: &State| each_chain(state, is_computed_from_its_heads)),
        Property::always(BOOKS, |_, state: &State| payers_agree(state)),
        Property::always(ACCOUNT, account_agrees),
        Property::always(NOTHING_REFUSED, |_, state: &State| !state.books.refused),
        Property::always(REVERSED, reversals_hold),
        Property::always(LATE_FACT, late_facts_hold),
        Property::always(ANSWERS, answers_hold),
        Property::always(REST, |protocol, state| !protocol.is_at_rest(state) || is_finished(protocol, state)),
        Property::sometimes(SEEN_TWO, |_, state: &State| state.chains.iter().any(|chain| standing(chain).len() == 2)),
        Property::sometimes(SEEN_CANCELLED, |_, state: &State| {
            let pays_later =
                |link: &Link| matches!(link.entry, Entry::Cancellation { .. }) && link.moves[0].paid() == -2;
            links(state).any(pays_later)
        }),
        Property::sometimes(SEEN_REFUSED, |_, state: &State| {
            state.work.iter().any(|work| work.step == Step::Answered(Answer::Refused))
                && links(state).any(|link| link.entry == Entry::Refusal)
        }),
        Property::sometimes(SEEN_READJUDICATED, |_, state: &State| {
            links(state).any(|link| matches!(link.entry, Entry::Readjudication { .. }) && link.is_for_anybody())
        }),
        Property::sometimes(SEEN_EMPTY_HANDED, |_, state: &State| {
            let given = state.books.account.holds.values().any(|hold| hold.state == HoldState::Captured);
            given && state.books.account.holds.values().any(|hold| hold.amount == 0)
        }),
        Property::sometimes(SEEN_GIVEN_BACK, |_, state: &State| {
            links(state).any(|link| link.drawn < 0 && state.books.account.booked.contains(&link.id))
        }),
        Property::sometimes(SEEN_FENCED, |_, state: &State| links(state).any(|link| link.entry == Entry::Fence)),
        Property::sometimes(SEEN_FINISHED, |protocol: &Protocol, state| protocol.is_at_rest(state)),
    ]
}

fn links(state: &State) -> impl Iterator<Item = &Link> {
    state.chains.iter().flatten()
}

fn each_chain(state: &State, holds: fn(&[Link]) -> bool) -> bool {
    state.chains.iter().all(|chain| holds(chain))
}

fn has_one_settlement_a_request(chain: &[Link]) -> bool {
    let settlements = || chain.iter().filter(|link| matches!(link.entry, Entry::Settlement { .. }));
    settlements().all(|link| settlements().filter(|other| other.request == link.request).count() == 1)
}

fn is_in_order(chain: &[Link]) -> bool {
    let open_before_last = chain.iter().rev().skip(1).any(|link| link.open);
    !open_before_last && chain.iter().enumerate().all(|(place, link)| link.sequence == place)
}

/// Replays the chain: every counter stands where the link says, and every amount is what the rules give there.
fn is_computed_from_its_heads(chain: &[Link]) -> bool {
    (0..chain.len()).all(|place| {
        let (before, after) = (standing(&chain[..place]), standing(&chain[..=place]));
        let link = &chain[place];
        let moved = totals_differ(&before, &after) == (link.moves.map(Move::paid), link.drawn);
        let stands_at = totals(&before).0[0];
        let decided = match link.entry {
            Entry::Settlement { facts } => link.moves.map(Move::paid) == decide(stands_at, facts).paid,
            Entry::Cancellation { .. } | Entry::Readjudication { .. } | Entry::Refusal => true,
            Entry::Fence => return link.moves.map(Move::paid) == [0, 0],
        };
        moved && decided && link.moves[0].before == stands_at
    })
}

fn totals_differ(before: &[Standing], after: &[Standing]) -> ([i8; 2], i8) {
    let ((paid, drawn), (paid_then, drawn_then)) = (totals(before), totals(after));
    ([paid_then[0] - paid[0], paid_then[1] - paid[1]], drawn_then - drawn)
}

fn payers_agree(state: &State) -> bool {
    let links = || links(state);
    state.books.payers.iter().enumerate().all(|(payer, books)| {
        let decided = books.booked.iter().all(|id| links().any(|link| link.id == *id));
        let closed =
            links().filter(|link| !link.open && link.is_for_payer(payer)).all(|link| books.booked.contains(&link.id));
        let sums = state.chains.iter().zip(&books.paid).all(|(chain, paid)| {
            let booked = chain.iter().filter(|link| books.booked.contains(&link.id));
            *paid >= 0 && *paid == booked.map(|link| link.moves[payer].paid()).sum::<i8>()
        });
        decided && closed && sums
    })
}

fn account_agrees(protocol: &Protocol, state: &State) -> bool {
    let account = &state.books.account;
    let links = || links(state);
    let decided = account.booked.iter().all(|id| links().any(|link| link.id == *id));
    let booked = links().filter(|link| account.booked.contains(&link.id)).map(|link| link.drawn).sum::<i8>();
    let closed =
        links().filter(|link| !link.open && link.is_for_account()).all(|link| account.booked.contains(&link.id));
    // What is decided and not yet booked has to find its money, whoever else asks first.
    let promised = links().filter(|link| link.drawn > 0 && !account.booked.contains(&link.id));
    let is_kept = |link: &Link| account.holds.get(&link.id).is_some_and(|hold| hold.state == HoldState::Held);
    let available = account.available();
    decided
        && closed
        && available >= 0
        && account.balance == protocol.balance - booked
        && promised.into_iter().all(is_kept)
}

fn reversals_hold(protocol: &Protocol, state: &State) -> bool {
    protocol.handlings.iter().zip(&state.work).all(|(handling, work)| match handling.ask {
        Ask::Reverse { reversed } if matches!(work.step, Step::Answered(_)) => {
            standing(&state.chains[handling.person]).iter().all(|settled| settled.request != reversed)
        }
        Ask::Reverse { .. } | Ask::Settle { .. } | Ask::Cancel { .. } | Ask::Readjudicate { .. } => true,
    })
}

fn late_facts_hold(protocol: &Protocol, state: &State) -> bool {
    protocol.handlings.iter().zip(&state.work).all(|(handling, work)| match handling.ask {
        Ask::Readjudicate { .. } if matches!(work.step, Step::Answered(_)) => {
            standing(&state.chains[handling.person]).iter().all(|settled| settled.facts == 1)
        }
        Ask::Reverse { .. } | Ask::Settle { .. } | Ask::Cancel { .. } | Ask::Readjudicate { .. } => true,
    })
}

fn answers_hold(protocol: &Protocol, state: &State) -> bool {
    protocol.handlings.iter().zip(&state.work).all(|(handling, work)| {
        let Step::Answered(Answer::Done(id)) = work.step else { return true };
        let mut made = state.chains[handling.person].iter().filter(|link| link.id == id);
        match handling.ask {
            Ask::Reverse { .. } => made.next().is_some(),
            ask @ (Ask::Settle { .. } | Ask::Cancel { .. } | Ask::Readjudicate { .. }) => {
                made.any(|link| link.request == ask.request())
            }
        }
    })
}

fn is_finished(protocol: &Protocol, state: &State) -> bool {
    let closed = state.chains.iter().flatten().all(|link| !link.open && state.is_booked(link));
    let none_held = state.books.account.holds.values().all(|hold| hold.state != HoldState::Held);
    let answered = protocol.handlings.iter().zip(&state.work).all(|(handling, work)| match work.step {
        Step::Answered(_) => true,
        // A settlement that never was cannot be cancelled: its caller has no id to name.
        Step::Waiting => matches!(handling.ask, Ask::Cancel { .. }),
        Step::Looked { .. }
        | Step::Finishing { .. }
        | Step::Headed { .. }
        | Step::Holding { .. }
        | Step::Ready { .. }
        | Step::Appended { .. }
        | Step::Posting { .. } => false,
    });
    closed && none_held && answered
}
