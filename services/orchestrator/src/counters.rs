//! Where a person's counters stand. The journal keeps it beside each link, so that whoever reads the head of a chain need
//! not ask the payers' books; those stay the truth, and refuse a counter that does not stand where a link says.

use std::collections::BTreeMap;

use claim::{CounterKey, CounterName, PayerId};
use money::Fen;
use prost::Message;
use wire::journal_v1::{Adjustment, CountersBehind, PayerCounters};
use wire::payer_v1::Counter;
use wire::{AsIf, claim_v1 as proto};

use crate::chain::Entry;

/// How many counters are kept beside a link. More than a person moves in two years by the rules of today.
const KEPT_MAX: usize = 64;

/// One counter of one payer: the payer, the counter's name, the benefit year.
pub(crate) type PayerCounter = (String, String, i32);

/// Where counters are taken to stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) values: BTreeMap<PayerCounter, i64>,
    /// The benefit year from which on all others are taken to stand at zero. Others of earlier years, and all others
    /// where there is none, are taken to stand where they do.
    pub(crate) others_at_zero_from: Option<i32>,
}

impl Counters {
    /// Every counter of every year at zero.
    pub(crate) const AT_ZERO: Self = Self { values: BTreeMap::new(), others_at_zero_from: Some(AsIf::EVERY_YEAR) };

    /// As the payers' books have them.
    pub(crate) fn of_books(books: Vec<(String, Vec<Counter>)>) -> Self {
        let mut counters = Self::AT_ZERO;
        for (payer, own) in books {
            let own = own.into_iter().map(|own| ((payer.clone(), own.counter, own.benefit_year), own.value_fen));
            counters.values.extend(own);
        }
        counters
    }

    /// Whether every counter of a year is told, or stands at zero.
    pub(crate) fn is_all_of(&self, benefit_year: i32) -> bool {
        benefit_year >= self.known_from()
    }

    /// The year from which on every counter is told, or stands at zero.
    fn known_from(&self) -> i32 {
        self.others_at_zero_from.unwrap_or(i32::MAX)
    }

    /// Moves the counters as a statement does.
    pub(crate) fn apply(&mut self, statement: &proto::Statement) {
        for (counter, counter_move) in moves_of(statement) {
            self.values.insert(counter, counter_move.after_fen);
        }
    }

    /// What `payer` is to take as given.
    pub(crate) fn as_if(&self, payer: &PayerId) -> AsIf {
        let own = self.values.iter().filter(|((of, _, _), _)| of == payer.as_str());
        let counters = own.map(|((_, counter, benefit_year), value_fen)| {
            (CounterKey { name: CounterName::new(counter), benefit_year: *benefit_year }, Fen::new(*value_fen))
        });
        AsIf { counters: counters.collect(), others_at_zero_from: self.others_at_zero_from, balances: BTreeMap::new() }
    }

    /// Where they stand behind `entry`, as far as it is kept: of the last two years that have any, and of none where
    /// that were too many.
    pub(crate) fn behind(&self, entry: &Entry) -> Self {
        let mut kept = self.clone();
        match entry {
            Entry::Settlement(settlement) => settlement.statement.iter().for_each(|statement| kept.apply(statement)),
            Entry::Adjustment(adjustment) => {
                kept.values.extend(booked_moves_of(adjustment).map(|(counter, moved)| (counter, moved.after_fen)));
            }
            Entry::ReversedRequest(_) => {}
        }
        kept.forget();
        kept
    }

    fn forget(&mut self) {
        let Some(last_year) = self.values.keys().map(|(_, _, benefit_year)| *benefit_year).max() else { return };
        let known_from = self.known_from();
        let is_old = |year: &i32| *year < last_year.saturating_sub(1);
        let has_old = self.values.keys().any(|(_, _, year)| is_old(year));
        let known_from = if has_old { known_from.max(last_year.saturating_sub(1)) } else { known_from };
        self.values.retain(|(_, _, year), value_fen| *year >= known_from && *value_fen != 0);
        self.others_at_zero_from = Some(known_from);
        if self.values.len() > KEPT_MAX {
            self.values.clear();
            self.others_at_zero_from = Some(known_from.max(last_year.saturating_add(1)));
        }
    }

    /// The bytes in which the journal keeps them.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut payers: Vec<PayerCounters> = Vec::new();
        for ((payer, counter, benefit_year), value_fen) in &self.values {
            if payers.last().is_none_or(|last| last.payer != *payer) {
                payers.push(PayerCounters { payer: payer.clone(), counters: Vec::new() });
            }
            if let Some(last) = payers.last_mut() {
                let (counter, benefit_year, value_fen) = (counter.clone(), *benefit_year, *value_fen);
                last.counters.push(Counter { counter, benefit_year, value_fen });
            }
        }
        CountersBehind { known_from_year: self.known_from(), payers }.encode_to_vec()
    }

    /// Reads what the journal kept.
    ///
    /// # Errors
    /// Other bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableCounters> {
        let CountersBehind { known_from_year, payers } =
            CountersBehind::decode(bytes).map_err(|_| UnreadableCounters)?;
        let books = payers.into_iter().map(|PayerCounters { payer, counters }| (payer, counters)).collect();
        Ok(Self { others_at_zero_from: Some(known_from_year), ..Self::of_books(books) })
    }
}

/// Stored bytes that do not tell where counters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the counters beside a link cannot be read")]
pub(crate) struct UnreadableCounters;

/// Every counter move of a statement, with whose counter it is.
pub(crate) fn moves_of(statement: &proto::Statement) -> impl Iterator<Item = (PayerCounter, &proto::CounterMove)> {
    statement.adjudications.iter().flat_map(|decision| of_payer(&decision.payer, &decision.moves))
}

/// Every counter move that an adjustment has booked, with whose counter it is.
pub(crate) fn booked_moves_of(adjustment: &Adjustment) -> impl Iterator<Item = (PayerCounter, &proto::CounterMove)> {
    adjustment.bookings.iter().flat_map(|booking| of_payer(&booking.payer, &booking.moves))
}

fn of_payer<'m>(
    payer: &'m str,
    moves: &'m [proto::CounterMove],
) -> impl Iterator<Item = (PayerCounter, &'m proto::CounterMove)> {
    moves.iter().map(move |moved| ((payer.to_owned(), moved.counter.clone(), moved.benefit_year), moved))
}

#[cfg(test)]
mod tests {
    use wire::journal_v1::{ReversedRequest, Settlement};
    use wire::payer_v1::Booking;

    use super::*;

    fn moved(counter: &str, benefit_year: i32, after_fen: i64) -> proto::CounterMove {
        proto::CounterMove { counter: counter.to_owned(), benefit_year, before_fen: 0, after_fen }
    }

    fn settlement(payer: &str, moves: Vec<proto::CounterMove>) -> Entry {
        let adjudication = proto::Adjudication { payer: payer.to_owned(), moves, ..Default::default() };
        let statement = proto::Statement { adjudications: vec![adjudication], ..Default::default() };
        Entry::Settlement(Settlement { statement: Some(statement), ..Default::default() })
    }

    fn key(payer: &str, counter: &str, year: i32) -> PayerCounter {
        (payer.to_owned(), counter.to_owned(), year)
    }

    #[test]
    fn settlements_and_adjustments_move_what_is_kept_and_a_reversed_request_does_not() {
        let settled = Counters::AT_ZERO.behind(&settlement("a", vec![moved("x", 2025, 7), moved("y", 2025, 8)]));
        assert_eq!(settled.values, BTreeMap::from([(key("a", "x", 2025), 7), (key("a", "y", 2025), 8)]));
        let booking = Booking { payer: "a".to_owned(), moves: vec![moved("x", 2025, 0)], ..Default::default() };
        let adjustment = Entry::Adjustment(Adjustment { bookings: vec![booking], ..Default::default() });
        let adjusted = settled.behind(&adjustment);
        assert_eq!(adjusted.values, BTreeMap::from([(key("a", "y", 2025), 8)]), "what is zero need not be kept");
        assert_eq!(adjusted.others_at_zero_from, Some(0));
        assert_eq!(adjusted.behind(&Entry::ReversedRequest(ReversedRequest::default())), adjusted);
    }

    #[test]
    fn only_two_years_are_kept_and_nothing_is_said_of_those_before() {
        let mut kept = Counters::AT_ZERO;
        for year in [2023, 2024] {
            kept = kept.behind(&settlement("a", vec![moved("x", year, i64::from(year))]));
        }
        assert_eq!(kept.others_at_zero_from, Some(0), "nothing was forgotten yet");
        let kept = kept.behind(&settlement("a", vec![moved("x", 2025, 1)]));
        assert_eq!(kept.values, BTreeMap::from([(key("a", "x", 2024), 2024), (key("a", "x", 2025), 1)]));
        assert_eq!(kept.others_at_zero_from, Some(2024));
        let late = kept.behind(&settlement("a", vec![moved("x", 2023, 9)]));
        assert_eq!(late, kept, "a late bill of a forgotten year does not bring it back");
    }

    #[test]
    fn of_too_many_counters_nothing_is_kept_until_the_year_is_over() {
        let many = (0..=KEPT_MAX).map(|place| moved(&place.to_string(), 2025, 1)).collect();
        let kept = Counters::AT_ZERO.behind(&settlement("a", many));
        assert_eq!((kept.values.len(), kept.others_at_zero_from), (0, Some(2026)));
        let next = kept.behind(&settlement("a", vec![moved("x", 2025, 2), moved("x", 2026, 3)]));
        assert_eq!(next.values, BTreeMap::from([(key("a", "x", 2026), 3)]));
        assert_eq!(next.others_at_zero_from, Some(2026));
    }

    #[test]
    fn behind_counters_of_which_nothing_is_known_nothing_is() {
        let kept = Counters::default().behind(&settlement("a", vec![moved("x", 2025, 7)]));
        assert!(kept.values.is_empty() && !kept.is_all_of(2025), "{kept:?}");
        assert!(!Counters::from_bytes(&Counters::default().to_bytes()).unwrap().is_all_of(2025));
    }

    #[test]
    fn what_is_kept_reads_back() {
        let values = BTreeMap::from([(key("a", "x", 2025), 7), (key("a", "y", 2024), 8), (key("b", "x", 2025), 9)]);
        let kept = Counters { values, others_at_zero_from: Some(2024) };
        assert_eq!(Counters::from_bytes(&kept.to_bytes()), Ok(kept));
        assert_eq!(Counters::from_bytes(&[]), Ok(Counters::AT_ZERO));
        assert_eq!(Counters::from_bytes(b"\xff"), Err(UnreadableCounters));
    }
}
