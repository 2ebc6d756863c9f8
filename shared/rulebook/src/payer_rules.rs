//! What a payer is to the rulebook: a pure calculation over a case, earlier decisions and its own counters.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use claim::{Adjudication, CounterKey, CounterMove, PayerId, PricedCase, VisitKind};
use money::Fen;

use crate::InForce;

/// A payer's counters for one person, as far as a calculation asked for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<CounterKey, Fen>);

impl Counters {
    /// Where a counter stands; zero where it was never moved.
    #[must_use]
    pub fn get(&self, key: &CounterKey) -> Fen {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// Sets a counter.
    pub fn set(&mut self, key: CounterKey, value: Fen) {
        self.0.insert(key, value);
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
        Self(counters.into_iter().collect())
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

    /// Decides what this payer's funds owe, given what earlier payers decided and where its counters stand.
    ///
    /// # Errors
    /// [`RuleNotInForce`] where the rulebook has no rule for the case.
    fn adjudicate(
        &self,
        rules: &InForce,
        case: &PricedCase,
        earlier: &[Adjudication],
        counters: &Counters,
    ) -> Result<Adjudication, RuleNotInForce>;
}
