//! The protocol as a model: what may happen next, and what that makes of the state.

use std::collections::BTreeSet;

use stateright::{Model, Property};

use crate::books::{Books, HoldState, Message, PersonId};
use crate::chain::{Entry, Link, LinkId, Move, PAYERS};
use crate::flaw::Flaw;
use crate::properties;
use crate::state::{Handling, Orchestrator, State, Step, Work};
use crate::steps::begin_again;

/// A bounded world.
#[derive(Clone, Debug)]
pub(crate) struct Protocol {
    pub(crate) persons: usize,
    pub(crate) handlings: Vec<Handling>,
    /// What the shared account holds at first.
    pub(crate) balance: i8,
    /// The facts as first known.
    pub(crate) facts: u8,
    /// Whether a fact is corrected at some moment.
    pub(crate) late_fact: bool,
    /// How many faults may happen in one run.
    pub(crate) faults: u8,
    /// An orchestrator of a release that neither keeps counters with its links nor reads them there.
    pub(crate) keeps_none: Option<Orchestrator>,
    pub(crate) flaw: Flaw,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A request takes its next step.
    Step(usize),
    /// An orchestrator looks for an open link of a person, and closes it or has it posted again.
    Recover(PersonId),
    /// A message arrives, perhaps not for the first time.
    Deliver(Message),
    /// A hold that nobody works with any more has become too old.
    Release(LinkId),
    /// The register learns a late fact.
    Learn,
    /// An orchestrator dies and forgets its requests; their callers send them again.
    Crash(Orchestrator),
    /// A message is lost.
    Lose(Message),
    /// An answer does not reach the request that waits for it.
    GiveUp(usize),
    /// A hold becomes too old while somebody still works with it.
    ReleaseEarly(LinkId),
}

impl Action {
    /// Whether this may happen but need not.
    const fn is_fault(&self) -> bool {
        match self {
            Self::Step(_) | Self::Recover(_) | Self::Deliver(_) | Self::Release(_) | Self::Learn => false,
            Self::Crash(_) | Self::Lose(_) | Self::GiveUp(_) | Self::ReleaseEarly(_) => true,
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            chains: vec![Vec::new(); self.persons],
            books: Books::new(self.persons, self.balance),
            network: BTreeSet::new(),
            work: vec![Work { step: Step::Waiting, attempt: 0 }; self.handlings.len()],
            facts: self.facts,
            faults: self.faults,
            reversed_aside: BTreeSet::new(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let unanswered = || (0..state.work.len()).filter(|index| !matches!(state.work[*index].step, Step::Answered(_)));
        let news = || state.network.iter().copied().filter(|message| state.books.is_news(message, self.flaw));
        actions.extend(unanswered().map(Action::Step));
        actions.extend((0..self.persons).map(Action::Recover));
        actions.extend(news().map(Action::Deliver));
        actions.extend(held(state).map(Action::Release));
        if self.late_fact && state.facts == 0 {
            actions.push(Action::Learn);
        }
        if state.faults > 0 {
            let orchestrators: BTreeSet<_> = self.handlings.iter().map(|handling| handling.orchestrator).collect();
            actions.extend(orchestrators.into_iter().map(Action::Crash));
            actions.extend(news().map(Action::Lose));
            actions.extend(unanswered().map(Action::GiveUp));
            actions.extend(held(state).map(Action::ReleaseEarly));
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        if action.is_fault() {
            state.faults -= 1;
        }
        let happens = match action {
            Action::Step(index) => self.step(&mut state, index),
            Action::Recover(person) => self.recover(&mut state, person),
            Action::Deliver(message) => {
                state.books.receive(message, self.flaw);
                true
            }
            Action::Release(id) => !is_worked_with(before, id) && self.release(&mut state, id),
            Action::Learn => {
                state.facts = 1;
                true
            }
            Action::Crash(orchestrator) => self.crash(&mut state, orchestrator),
            Action::Lose(message) => state.network.remove(&message),
            Action::GiveUp(index) => self.give_up(&mut state, index),
            Action::ReleaseEarly(id) => is_worked_with(before, id) && self.release(&mut state, id),
        };
        state.forget_freed_holds();
        (happens && state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }

    /// Only a flaw leads beyond: the protocol itself ends within the bounds.
    fn within_boundary(&self, state: &State) -> bool {
        let payers = state.books.payers.iter().flat_map(|payer| &payer.paid);
        payers.into_iter().all(|paid| (-20..20).contains(paid))
    }
}

impl Protocol {
    /// Whether nothing more happens unless a fault does.
    pub(crate) fn is_at_rest(&self, state: &State) -> bool {
        let mut actions = Vec::new();
        self.actions(state, &mut actions);
        actions.into_iter().filter(|action| !action.is_fault()).all(|action| self.next_state(state, action).is_none())
    }

    fn recover(&self, state: &mut State, person: PersonId) -> bool {
        let open = state.chains[person].iter().position(|link| link.open);
        let Some(open) = open.filter(|_| self.flaw != Flaw::NoRecovery) else { return false };
        post_or_close(state, person, open);
        true
    }

    fn crash(&self, state: &mut State, orchestrator: Orchestrator) -> bool {
        let mut forgot = false;
        for (index, handling) in self.handlings.iter().enumerate() {
            let is_at_work = !matches!(state.work[index].step, Step::Waiting | Step::Answered(_));
            if handling.orchestrator == orchestrator && is_at_work {
                forgot = begin_again(state, index);
            }
        }
        forgot
    }

    /// Sees to a hold that is too old. Whoever drew its id may only be slow and append at any time; so either its place
    /// is taken by now, or it is taken here.
    fn release(&self, state: &mut State, id: LinkId) -> bool {
        let Some(hold) = state.books.account.holds.get(&id).copied() else { return false };
        if self.flaw == Flaw::NoExpiry {
            return false;
        }
        if self.flaw == Flaw::ExpiryByTime {
            state.books.account.free(id);
            return true;
        }
        let chain = &mut state.chains[hold.person];
        match chain.get(hold.sequence) {
            Some(link) if link.id == id => return false,
            Some(_) => {}
            None if self.flaw == Flaw::ExpiryAfterLook => {}
            None => {
                let counter_behind = chain.last().map_or(Some(0), |last| last.counter_behind);
                chain.push(Link {
                    sequence: hold.sequence,
                    id: id | 128,
                    request: None,
                    entry: Entry::Fence,
                    moves: [Move { before: 0, after: 0 }; PAYERS],
                    counter_behind,
                    drawn: 0,
                    open: false,
                });
            }
        }
        state.network.insert(Message::Void { id });
        true
    }
}

/// Closes a link that everybody has booked; has the others asked again.
pub(crate) fn post_or_close(state: &mut State, person: PersonId, place: usize) {
    let link = state.chains[person][place].clone();
    if state.is_booked(&link) {
        state.chains[person][place].open = false;
    } else {
        state.post(person, &link);
    }
}

fn held(state: &State) -> impl Iterator<Item = LinkId> {
    let held = state.books.account.holds.iter().filter(|(_, hold)| hold.state == HoldState::Held);
    held.map(|(id, _)| *id)
}

/// Whether a request still goes on with the attempt of this id, as far as the one who frees its hold could tell.
fn is_worked_with(state: &State, id: LinkId) -> bool {
    state.work.iter().any(|work| match &work.step {
        Step::Holding { link } | Step::Ready { link } => link.id == id,
        Step::Appended { .. } | Step::Posting { .. } => {
            state.chains.iter().flatten().any(|link| link.id == id && link.open)
        }
        Step::Waiting | Step::Looked { .. } | Step::Finishing { .. } | Step::Headed { .. } | Step::Answered(_) => false,
    })
}
