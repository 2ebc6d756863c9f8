//! Decides what a batch of bookings writes, from what is held. It reads nothing and writes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use claim::{CounterKey, EntryId, Fund, PersonId, SettlementId};
use money::Fen;

use crate::booking::{Booking, Digest};
use crate::{LedgerError, PostOutcome};

/// One counter of one person.
pub(crate) type PersonCounter = (PersonId, CounterKey);
/// One settlement or adjustment of one person.
pub(crate) type PersonEntry = (PersonId, EntryId);

/// What the store holds of the counters and entries of a batch. What is absent was never moved or booked.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) counters: HashMap<PersonCounter, Fen>,
    pub(crate) posted: HashMap<PersonEntry, Digest>,
}

impl Held {
    /// What a batch takes the store to hold: its counters where their first move starts, and nothing of it booked.
    pub(crate) fn as_claimed(batch: &[Arc<Booking>]) -> Self {
        let mut held = Self::default();
        for booking in batch {
            for claimed in &booking.moves {
                held.counters.entry(counter_of(booking, &claimed.key)).or_insert(claimed.before);
            }
        }
        held
    }
}

/// Where a counter stands before and after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) from: Fen,
    pub(crate) to: Fen,
}

/// The answers of a batch and what is written for them. Keys are in order, so that processes which write at once wait
/// for each other and never in a circle.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) answers: Vec<Result<PostOutcome, LedgerError>>,
    pub(crate) bookings: BTreeMap<PersonEntry, Arc<Booking>>,
    pub(crate) counters: BTreeMap<PersonCounter, Moved>,
    /// Counters that the batch names and leaves where they stand.
    pub(crate) still: BTreeMap<PersonCounter, Fen>,
}

impl Plan {
    /// The postings of every booking of the plan, in the order of their keys.
    pub(crate) fn postings(&self) -> Vec<PlannedPosting<'_>> {
        self.bookings.values().flat_map(|booking| postings_of(booking)).collect()
    }

    /// Whether every booking of the batch is booked now.
    pub(crate) fn books_all(&self) -> bool {
        self.answers.iter().all(|answer| matches!(answer, Ok(PostOutcome::Posted)))
    }
}

/// One posting as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannedPosting<'p> {
    pub(crate) booking: &'p Booking,
    /// Its place among those of its entry, from 0.
    pub(crate) number: i64,
    /// What is paid for which settlement from which fund; `None`: the entry costs nothing and is booked all the same.
    pub(crate) paid: Option<(&'p SettlementId, Fund, Fen)>,
}

impl PlannedPosting<'_> {
    /// What tells whether the entry was booked with the same content, kept with its first posting.
    pub(crate) fn digest(&self) -> Option<&[u8]> {
        (self.number == 0).then_some(self.booking.digest.as_slice())
    }
}

fn postings_of(booking: &Booking) -> impl Iterator<Item = PlannedPosting<'_>> {
    let paid = booking.paid.iter().map(|((settlement_id, fund), paid)| Some((settlement_id, *fund, *paid)));
    let nothing = booking.paid.is_empty().then_some(None);
    (0..).zip(paid.chain(nothing)).map(move |(number, paid)| PlannedPosting { booking, number, paid })
}

/// The counters that a batch moves.
pub(crate) fn counters_of(batch: &[Arc<Booking>]) -> BTreeSet<PersonCounter> {
    batch.iter().flat_map(|booking| booking.moves.iter().map(|moved| counter_of(booking, &moved.key))).collect()
}

/// The settlements and adjustments of a batch.
pub(crate) fn entries_of(batch: &[Arc<Booking>]) -> BTreeSet<PersonEntry> {
    batch.iter().map(|booking| entry_of(booking)).collect()
}

/// Plans a batch in its order: a later booking sees what an earlier one moved, and one that is refused moves nothing.
pub(crate) fn plan(mut held: Held, batch: &[Arc<Booking>]) -> Plan {
    let mut plan = Plan::default();
    for booking in batch {
        let answer = book(&mut held, &mut plan, booking);
        plan.answers.push(answer);
    }
    let still = plan.counters.extract_if(.., |_, moved| moved.from == moved.to);
    plan.still = still.map(|(counter, moved)| (counter, moved.to)).collect();
    plan
}

fn book(held: &mut Held, plan: &mut Plan, booking: &Arc<Booking>) -> Result<PostOutcome, LedgerError> {
    let entry = entry_of(booking);
    if let Some(digest) = held.posted.get(&entry) {
        return if *digest == booking.digest {
            Ok(PostOutcome::AlreadyPosted)
        } else {
            Err(LedgerError::ContentDiffers { entry_id: booking.entry_id.clone() })
        };
    }
    let moves = moves_of(held, booking)?;
    for (counter, moved) in moves {
        held.counters.insert(counter.clone(), moved.to);
        plan.counters.entry(counter).or_insert(moved).to = moved.to;
    }
    held.posted.insert(entry.clone(), booking.digest);
    plan.bookings.insert(entry, Arc::clone(booking));
    Ok(PostOutcome::Posted)
}

fn moves_of(held: &Held, booking: &Booking) -> Result<BTreeMap<PersonCounter, Moved>, LedgerError> {
    let mut moves = BTreeMap::<PersonCounter, Moved>::new();
    for claimed in &booking.moves {
        let counter = counter_of(booking, &claimed.key);
        let stands = moves.get(&counter).map(|moved| moved.to).or_else(|| held.counters.get(&counter).copied());
        let stands = stands.unwrap_or_default();
        if stands != claimed.before {
            let key = claimed.key.clone();
            return Err(LedgerError::CounterMismatch { key, expected: claimed.before, held: stands });
        }
        moves.entry(counter).or_insert(Moved { from: claimed.before, to: claimed.after }).to = claimed.after;
    }
    Ok(moves)
}

fn counter_of(booking: &Booking, key: &CounterKey) -> PersonCounter {
    (booking.person_id.clone(), key.clone())
}

fn entry_of(booking: &Booking) -> PersonEntry {
    (booking.person_id.clone(), booking.entry_id.clone())
}

#[cfg(test)]
mod tests {
    use claim::{Adjudication, CounterMove, CounterName, PayerId, SettlementId};

    use super::*;
    use crate::Post;

    fn key() -> CounterKey {
        CounterKey { name: CounterName::new("paid"), benefit_year: 2025 }
    }

    fn counter() -> PersonCounter {
        (PersonId::new("p").unwrap(), key())
    }

    fn booking(settlement: &str, moves: &[(i64, i64)]) -> Arc<Booking> {
        let one_move = |&(before, after): &(i64, i64)| CounterMove {
            key: key(),
            before: Fen::new(before),
            after: Fen::new(after),
        };
        let mut adjudication = Adjudication::nothing(PayerId::new("payer").unwrap());
        adjudication.moves = moves.iter().map(one_move).collect();
        let person_id = PersonId::new("p").unwrap();
        let settlement_id = SettlementId::new(settlement).unwrap();
        Arc::new(Post { person_id, settlement_id, adjudication, recorded_time: chrono::DateTime::UNIX_EPOCH }.into())
    }

    fn held(value: i64) -> Held {
        Held { counters: HashMap::from([(counter(), Fen::new(value))]), posted: HashMap::new() }
    }

    #[test]
    fn later_bookings_of_a_batch_see_what_earlier_ones_moved() {
        let plan = plan(held(5), &[booking("a", &[(5, 7)]), booking("b", &[(7, 9)])]);
        assert!(plan.answers.iter().all(|answer| matches!(answer, Ok(PostOutcome::Posted))));
        assert_eq!(plan.counters, BTreeMap::from([(counter(), Moved { from: Fen::new(5), to: Fen::new(9) })]));
    }

    #[test]
    fn a_refused_booking_moves_nothing_and_the_next_goes_on() {
        let plan = plan(held(5), &[booking("a", &[(5, 6), (5, 7)]), booking("b", &[(5, 8)])]);
        let [Err(LedgerError::CounterMismatch { expected, held, .. }), Ok(PostOutcome::Posted)] = &plan.answers[..]
        else {
            panic!("{:?}", plan.answers)
        };
        assert_eq!((*expected, *held), (Fen::new(5), Fen::new(6)));
        assert_eq!(plan.counters, BTreeMap::from([(counter(), Moved { from: Fen::new(5), to: Fen::new(8) })]));
        assert_eq!(plan.bookings.len(), 1);
    }

    #[test]
    fn the_same_booking_twice_in_a_batch_is_booked_once() {
        let plan = plan(held(0), &[booking("a", &[(0, 1)]), booking("a", &[(0, 1)]), booking("a", &[(0, 2)])]);
        let [Ok(PostOutcome::Posted), Ok(PostOutcome::AlreadyPosted), Err(LedgerError::ContentDiffers { .. })] =
            &plan.answers[..]
        else {
            panic!("{:?}", plan.answers)
        };
        assert_eq!(plan.counters[&counter()].to, Fen::new(1));
    }
}
