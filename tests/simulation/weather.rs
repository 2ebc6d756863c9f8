//! What goes wrong, by chance that follows from the seed: messages, and processes that die at a named point.
//!
//! A message's fate is a function of the seed, the step and the message alone, so that it does not matter which of two
//! messages that are under way at once comes first.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use host::CrashPoint;

use crate::dice::Dice;
use crate::network::{Fate, Gate, Message, Network};

/// Ends the task that unwinds with it, as the death of its process would.
struct Died;

/// Has messages of one step meet their fates: of a thousand messages `faults` meet another one than to arrive.
pub(crate) fn storm(network: &Network, seed: u64, step: usize, faults: usize) {
    network.decided_by(fates(seed, step, faults));
}

/// The same, with the first message that is `awaited` held back at `gate`.
pub(crate) fn storm_and_hold_back(
    network: &Network,
    (seed, step, faults): (u64, usize, usize),
    awaited: Message,
    gate: &Gate,
) {
    let mut decide = fates(seed, step, faults);
    let mut gate = Some(gate.clone());
    network.decided_by(move |message| match gate.take_if(|_| *message == awaited) {
        Some(gate) => Fate::HeldBack(gate),
        None => decide(message),
    });
}

fn fates(seed: u64, step: usize, faults: usize) -> impl FnMut(&Message) -> Fate + Send {
    let mut times = BTreeMap::<Message, usize>::new();
    move |message| {
        let time = times.entry(message.clone()).or_default();
        *time += 1;
        let Message { service, call, person_id } = message;
        let mut dice = Dice::new(seed, &format!("{step} {service} {call} {person_id} {time}"));
        if dice.in_thousand(faults) {
            dice.one_of(&[Fate::Lost, Fate::AnswerLost, Fate::Twice, Fate::Copied, Fate::Delayed]).clone()
        } else {
            Fate::Arrives
        }
    }
}

/// The death of one task, if it gets to where it dies.
pub(crate) struct Death(Rc<Cell<usize>>);

impl Death {
    /// Has whoever reaches `point` for the `times`-th time on this thread die there, once.
    pub(crate) fn at(point: CrashPoint, times: usize) -> Self {
        let left = Rc::new(Cell::new(times));
        let watched = Rc::clone(&left);
        CrashPoint::watch_this_thread(move |reached| {
            if reached == point && watched.get() > 0 {
                watched.set(watched.get() - 1);
                if watched.get() == 0 {
                    // Not a panic: nothing is told, as nothing is when a process dies.
                    std::panic::resume_unwind(Box::new(Died));
                }
            }
        });
        Self(left)
    }

    /// Spares everybody from now on; answers whether somebody died.
    pub(crate) fn end(self) -> bool {
        CrashPoint::watch_this_thread(|_| {});
        self.0.get() == 0
    }
}
