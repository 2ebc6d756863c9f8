//! What a payer is to the rulebook: a pure calculation over a case, earlier decisions and its own counters.

use chrono::NaiveDate;
use claim::{Adjudication, CounterKey, CounterMove, PayerId, PricedCase, VisitKind};
use money::Fen;

use crate::{Detail, InForce};

/// A payer's counters for one person, as far as they are known: all of them, or those that a calculation asked for.
///
/// They are few, so they stand in one piece of memory in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(Vec<(CounterKey, Fen)>);

impl Counters {
    /// Where a counter stands; zero where it was never moved.
    #[must_use]
    pub fn get(&self, key: &CounterKey) -> Fen {
        self.place(key).ok().and_then(|place| self.0.get(place)).map_or(Fen::ZERO, |(_, value)| *value)
    }

    /// Sets a counter.
    pub fn set(&mut self, key: CounterKey, value: Fen) {
        match self.place(&key) {
            Ok(place) => self.0.get_mut(place).into_iter().for_each(|(_, held)| *held = value),
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// The counters that are known, in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&CounterKey, Fen)> {
        self.0.iter().map(|(key, value)| (key, *value))
    }

    fn place(&self, key: &CounterKey) -> Result<usize, usize> {
        self.0.binary_search_by(|(held, _)| held.cmp(key))
    }

    /// Moves the counters as an adjudication says.
    pub fn apply(&mut self, moves: &[CounterMove]) {
        for counter_move in moves {
            self.set(counter_move.key.clone(), counter_move.after);
        }
    }
}

impl FromIterator<(CounterKey, Fen)> for Counters {
    fn from_iter<I: IntoIterator<Item = (CounterKey, Fen)>>(counters: I) -> Self {
        let mut counters: Vec<_> = counters.into_iter().collect();
        if !counters.is_sorted_by(|(one, _), (next, _)| one < next) {
            // Of two values of one counter the last holds.
            counters.reverse();
            counters.sort_by(|(one, _), (other, _)| one.cmp(other));
            counters.dedup_by(|(next, _), (one, _)| next == one);
        }
        Self(counters)
    }
}

/// No rule covers a case on its service date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule in force for {kind} on {date}")]
pub struct RuleNotInForce {
    /// The kind of visit.
    pub kind: VisitKind,
    /// The service date.
    pub date: NaiveDate,
}

/// A payer's calculation. It reads nothing and writes nothing.
pub trait PayerRules: Send + Sync + 'static {
    /// The payer's name in the rulebook's payer order.
    fn id(&self) -> PayerId;

    /// The counters that [`PayerRules::adjudicate`] needs for this case, each once.
    fn counter_keys(&self, rules: &InForce, case: &PricedCase, earlier: &[Adjudication]) -> Vec<CounterKey>;

    /// Decides what this payer's funds owe, given what earlier payers decided and where its counters stand. The amounts
    /// and moves are the same whatever `detail` is asked for.
    ///
    /// # Errors
    /// [`RuleNotInForce`] where the rulebook has no rule for the case.
    fn adjudicate(
        &self,
        rules: &InForce,
        case: &PricedCase,
        earlier: &[Adjudication],
        counters: &Counters,
        detail: Detail,
    ) -> Result<Adjudication, RuleNotInForce>;
}

#[cfg(test)]
mod tests {
    use claim::CounterName;

    use super::*;

    fn counters(listed: &[(&str, i64)]) -> Counters {
        let key = |name: &str| CounterKey { name: CounterName::new(name), benefit_year: 2022 };
        listed.iter().map(|(name, fen)| (key(name), Fen::new(*fen))).collect()
    }

    #[test]
    fn counters_are_the_same_in_whatever_order_they_are_given() {
        let in_order = counters(&[("a", 1), ("b", 2), ("c", 3)]);
        for listed in [[("c", 3), ("b", 2), ("a", 1)], [("b", 2), ("a", 1), ("c", 3)], [("a", 1), ("c", 3), ("b", 2)]] {
            assert_eq!(counters(&listed), in_order);
        }
        for (key, value) in &in_order.0 {
            assert_eq!(in_order.get(key), *value);
        }
    }

    #[test]
    fn of_two_values_of_one_counter_the_last_holds() {
        let last = counters(&[("a", 2), ("b", 3)]);
        assert_eq!(counters(&[("a", 1), ("a", 2), ("b", 3)]), last);
        assert_eq!(counters(&[("b", 1), ("a", 2), ("b", 3)]), last);
    }
}
