//! The steps of one request: read the head, finish it if it is open, decide, hold, append, post, close.

use crate::books::{Message, PersonId};
use crate::chain::{Entry, Link, LinkId, Move, Standing, by_facts, decide, standing, totals, without};
use crate::flaw::Flaw;
use crate::protocol::{Protocol, post_or_close};
use crate::state::{Answer, Ask, Handling, State, Step, Work};

impl Protocol {
    /// Takes the next step of a request; `false` where it waits for something.
    pub(crate) fn step(&self, state: &mut State, index: usize) -> bool {
        let person = self.handlings[index].person;
        let next = match state.work[index].step.clone() {
            Step::Waiting => self.begin(state, index),
            Step::Looked { facts } => Some(self.read_head(state, index, Some(facts))),
            Step::Finishing { head } => Some(self.finish(state, index, head)),
            Step::Headed { head, facts } => Some(self.decide(state, index, head, facts)),
            Step::Holding { link } => return held(state, index, link),
            Step::Ready { link } => return self.append(state, index, link),
            Step::Appended { sequence } => {
                let link = state.chains[person][sequence].clone();
                state.post(person, &link);
                Some(Step::Posting { sequence })
            }
            Step::Posting { sequence } => posted(state, person, sequence),
            Step::Answered(_) => None,
        };
        let Some(next) = next else { return false };
        state.work[index].step = next;
        true
    }

    /// The next step of a request whose answer from another service was lost.
    pub(crate) fn give_up(&self, state: &mut State, index: usize) -> bool {
        match state.work[index].step.clone() {
            Step::Holding { .. } => begin_again(state, index),
            Step::Appended { sequence } => {
                let link = &state.chains[self.handlings[index].person][sequence];
                if self.flaw == Flaw::VoidOnLostAnswer && link.drawn > 0 {
                    state.network.insert(Message::Void { id: link.id });
                }
                begin_again(state, index)
            }
            Step::Posting { sequence } => {
                let answer = Answer::Done(state.chains[self.handlings[index].person][sequence].id);
                state.work[index].step = Step::Answered(answer);
                true
            }
            Step::Waiting
            | Step::Looked { .. }
            | Step::Finishing { .. }
            | Step::Headed { .. }
            | Step::Ready { .. }
            | Step::Answered(_) => false,
        }
    }

    fn begin(&self, state: &mut State, index: usize) -> Option<Step> {
        let handling = self.handlings[index];
        let is_known = match handling.ask {
            Ask::Settle { .. } | Ask::Reverse { .. } => true,
            Ask::Cancel { settled, .. } => made_by(&state.chains[handling.person], settled).is_some(),
            Ask::Readjudicate { .. } => state.facts == 1,
        };
        if !is_known {
            return None;
        }
        if self.flaw == Flaw::LookedUpBeforeHead {
            let answer = self.answered_before(state, index);
            return Some(answer.map_or(Step::Looked { facts: state.facts }, Step::Answered));
        }
        if self.flaw == Flaw::FactsBeforeHead {
            return Some(Step::Looked { facts: state.facts });
        }
        Some(self.read_head(state, index, None))
    }

    fn read_head(&self, state: &mut State, index: usize, facts: Option<u8>) -> Step {
        let chain = &state.chains[self.handlings[index].person];
        let answer = self.answered_before(state, index).filter(|_| self.flaw != Flaw::LookedUpBeforeHead);
        if let Some(answer) = answer {
            return Step::Answered(answer);
        }
        let head = chain.len();
        if chain.last().is_some_and(|link| link.open) && self.flaw != Flaw::OpenHeadIgnored {
            Step::Finishing { head }
        } else {
            self.headed(state, index, head, facts.filter(|_| self.flaw == Flaw::FactsBeforeHead))
        }
    }

    /// Finishes an open head; goes on once everybody has booked it.
    fn finish(&self, state: &mut State, index: usize, head: usize) -> Step {
        let (person, last) = (self.handlings[index].person, head - 1);
        if !state.chains[person][last].open {
            return self.headed(state, index, head, None);
        }
        post_or_close(state, person, last);
        Step::Finishing { head }
    }

    /// Only a visit reads more than the chain up to its head, which never changes; all others decide at once.
    fn headed(&self, state: &mut State, index: usize, head: usize, facts: Option<u8>) -> Step {
        match self.handlings[index].ask {
            Ask::Settle { .. } => Step::Headed { head, facts },
            Ask::Cancel { .. } | Ask::Reverse { .. } | Ask::Readjudicate { .. } => {
                self.decide(state, index, head, facts)
            }
        }
    }

    /// What the journal says about the same request.
    fn answered_before(&self, state: &State, index: usize) -> Option<Answer> {
        let handling = self.handlings[index];
        let request = handling.ask.request()?;
        if state.reversed_aside.contains(&(handling.person, request)) {
            return Some(Answer::Refused);
        }
        let chain = &state.chains[handling.person];
        let link = made_by(chain, request)?;
        Some(match link.entry {
            Entry::Settlement { .. } if !stands(&standing(chain), request) => Answer::Refused,
            Entry::Settlement { .. } | Entry::Cancellation { .. } | Entry::Readjudication { .. } => {
                Answer::Done(link.id)
            }
            Entry::Refusal | Entry::Fence => Answer::Refused,
        })
    }

    fn decide(&self, state: &mut State, index: usize, head: usize, facts: Option<u8>) -> Step {
        let handling = self.handlings[index];
        let facts = facts.unwrap_or(state.facts);
        let id = id_of(index, state.work[index].attempt);
        let prefix = &state.chains[handling.person][..head];
        let now = standing(prefix);
        let adjusted = |entry, then: Vec<Standing>| adjustment(head, id, handling.ask, entry, &now, &then);
        match handling.ask {
            Ask::Settle { request, account } => {
                let visit = Link::visit(head, id, request, facts, self.counter_at(state, handling, head));
                self.decide_visit(state, index, visit, account)
            }
            Ask::Cancel { settled, .. } => {
                if !stands(&now, settled) {
                    return Step::Answered(Answer::Refused);
                }
                let mut link = adjusted(Entry::Cancellation { undone: settled }, without(now.clone(), settled));
                if self.flaw == Flaw::CancelUnderOldId {
                    link.id = made_by(prefix, settled).map_or(id, |settlement| settlement.id);
                }
                Step::Ready { link }
            }
            Ask::Reverse { reversed } => {
                if stands(&now, reversed) {
                    let entry = Entry::Cancellation { undone: reversed };
                    return Step::Ready { link: adjusted(entry, without(now.clone(), reversed)) };
                }
                if made_by(prefix, reversed).is_some() {
                    return Step::Answered(Answer::Nothing);
                }
                if self.flaw == Flaw::ReversalForgotten {
                    return Step::Answered(Answer::Nothing);
                }
                if self.flaw == Flaw::ReversalBesideChain {
                    state.reversed_aside.insert((handling.person, reversed));
                    return Step::Answered(Answer::Nothing);
                }
                Step::Ready { link: Link { request: Some(reversed), ..adjusted(Entry::Refusal, now.clone()) } }
            }
            Ask::Readjudicate { .. } => {
                let link = adjusted(Entry::Readjudication { facts }, by_facts(now.clone(), facts));
                if self.flaw == Flaw::NoLinkWithoutDifference && !link.is_for_anybody() {
                    return Step::Answered(Answer::Nothing);
                }
                Step::Ready { link }
            }
        }
    }

    /// Where the counter stands by what is kept at the head, or by the payer's books where nothing is, or where a release
    /// does not know of it.
    fn counter_at(&self, state: &State, handling: Handling, head: usize) -> i8 {
        let kept = state.chains[handling.person][..head].last().map_or(Some(0), |last| last.counter_behind);
        let known = kept.filter(|_| self.keeps_none != Some(handling.orchestrator));
        known.unwrap_or(state.books.payers[0].paid[handling.person])
    }

    /// What follows once the payers have decided a visit.
    fn decide_visit(&self, state: &mut State, index: usize, mut link: Link, account: bool) -> Step {
        let person = self.handlings[index].person;
        let wanted = if account { link.drawn } else { 0 };
        link.drawn = 0;
        if self.flaw == Flaw::PostBeforeAppend {
            state.post(person, &link);
        }
        if wanted == 0 {
            return Step::Ready { link };
        }
        if self.flaw == Flaw::NoHold {
            link.drawn = wanted.min(state.books.account.balance);
            return Step::Ready { link };
        }
        state.network.insert(Message::Hold { person, sequence: link.sequence, id: link.id, wanted });
        Step::Holding { link }
    }

    /// The commit point. What finds its place taken can never be appended later, so its hold is voided.
    fn append(&self, state: &mut State, index: usize, mut link: Link) -> bool {
        let Handling { person, orchestrator, .. } = self.handlings[index];
        let Move { before, after } = link.moves[0];
        let kept = if self.flaw == Flaw::CounterOfBefore { before } else { after };
        link.counter_behind = Some(kept).filter(|_| self.keeps_none != Some(orchestrator));
        let chain = &mut state.chains[person];
        let is_place_free = chain.len() == link.sequence || self.flaw == Flaw::PlaceTakenTwice;
        let has_key = !matches!(self.flaw, Flaw::NoRequestKey | Flaw::LookedUpBeforeHead);
        let is_request_free = !has_key || link.request.is_none_or(|request| made_by(chain, request).is_none());
        if !(is_place_free && is_request_free) {
            if link.drawn > 0 {
                state.network.insert(Message::Void { id: link.id });
            }
            if self.flaw == Flaw::LoserAnswered {
                state.work[index].step = Step::Answered(Answer::Done(link.id));
                return true;
            }
            return begin_again(state, index);
        }
        link.open = link.is_for_anybody();
        state.work[index].step =
            if link.open { Step::Appended { sequence: chain.len() } } else { Step::Answered(Answer::Done(link.id)) };
        if self.flaw == Flaw::CloseBeforePost {
            link.open = false;
        }
        chain.push(link);
        true
    }
}

impl Link {
    /// A settlement of what the payers answer by this counter; `drawn` is what they leave.
    fn visit(head: usize, id: LinkId, request: u8, facts: u8, counter: i8) -> Self {
        let decision = decide(counter, facts);
        let [first, second] = decision.paid;
        Self {
            sequence: head,
            id,
            request: Some(request),
            entry: Entry::Settlement { facts },
            moves: [Move { before: counter, after: counter + first }, Move { before: 0, after: second }],
            counter_behind: None,
            drawn: decision.rest,
            open: false,
        }
    }
}

/// A link of the differences between what stands and what stands then.
fn adjustment(head: usize, id: LinkId, ask: Ask, entry: Entry, now: &[Standing], then: &[Standing]) -> Link {
    let (([first, second], drawn), ([first_then, second_then], drawn_then)) = (totals(now), totals(then));
    Link {
        sequence: head,
        id,
        request: ask.request(),
        entry,
        moves: [Move { before: first, after: first_then }, Move { before: 0, after: second_then - second }],
        counter_behind: None,
        drawn: drawn_then - drawn,
        open: false,
    }
}

fn made_by(chain: &[Link], request: u8) -> Option<&Link> {
    chain.iter().find(|link| link.request == Some(request))
}

fn stands(standing: &[Standing], request: u8) -> bool {
    standing.iter().any(|settled| settled.request == request)
}

/// The account's answer to a hold; where the message was lost, the request begins again.
fn held(state: &mut State, index: usize, mut link: Link) -> bool {
    if let Some(hold) = state.books.account.holds.get(&link.id) {
        link.drawn = hold.amount;
        state.work[index].step = Step::Ready { link };
        return true;
    }
    let is_coming = |message: &Message| matches!(message, Message::Hold { id, .. } if *id == link.id);
    !state.network.iter().any(is_coming) && begin_again(state, index)
}

fn id_of(index: usize, attempt: u8) -> LinkId {
    u8::try_from(index).unwrap() * 8 + attempt
}

/// Has a request begin again. Its next attempt draws another id; one that nobody ever saw is as good as another.
pub(crate) fn begin_again(state: &mut State, index: usize) -> bool {
    let attempt = (0..8).find(|attempt| !state.has_seen(id_of(index, *attempt))).unwrap();
    state.work[index] = Work { step: Step::Waiting, attempt };
    true
}

/// Closes a link of one's own once everybody has booked it.
fn posted(state: &mut State, person: PersonId, sequence: usize) -> Option<Step> {
    let link = state.chains[person][sequence].clone();
    if link.open && !state.is_booked(&link) {
        return None;
    }
    state.chains[person][sequence].open = false;
    Some(Step::Answered(Answer::Done(link.id)))
}
