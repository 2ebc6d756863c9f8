//! Deciding a case: gathering its facts, and asking the payers in the order of the rules. It writes nothing.

use std::collections::BTreeMap;

use claim::{Adjudication, Amounts, Case, PersonId, PricedCase, Violation};
use host::Clock;
use rulebook::Lookup;
use wire::payer_v1::{AdjudicateRequest, AsIf, Counter};
use wire::{Failure, claim_v1 as proto};

use crate::facts::Register;
use crate::payers::Payers;
use crate::question::Question;

/// One counter of one payer: the payer, the counter's name, the benefit year.
pub(crate) type PayerCounter = (String, String, i32);

/// Where counters are taken to stand in place of where they do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) values: BTreeMap<PayerCounter, i64>,
    /// Whether all others are taken to stand at zero.
    pub(crate) others_at_zero: bool,
}

impl Counters {
    /// Moves the counters as a statement does.
    pub(crate) fn apply(&mut self, statement: &proto::Statement) {
        for (counter, counter_move) in moves_of(statement) {
            self.values.insert(counter, counter_move.after_fen);
        }
    }

    fn of(&self, payer: &str) -> AsIf {
        let own = self.values.iter().filter(|((of, _, _), _)| of == payer);
        let counters = own.map(|((_, counter, benefit_year), value_fen)| Counter {
            counter: counter.clone(),
            benefit_year: *benefit_year,
            value_fen: *value_fen,
        });
        AsIf { counters: counters.collect(), others_at_zero: self.others_at_zero }
    }
}

/// Every counter move of a statement, with whose counter it is.
pub(crate) fn moves_of(statement: &proto::Statement) -> impl Iterator<Item = (PayerCounter, &proto::CounterMove)> {
    statement.adjudications.iter().flat_map(|decision| {
        let with_payer = |counter_move: &proto::CounterMove| {
            (decision.payer.clone(), counter_move.counter.clone(), counter_move.benefit_year)
        };
        decision.moves.iter().map(move |counter_move| (with_payer(counter_move), counter_move))
    })
}

/// Decides cases. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Decider {
    pub(crate) register: Register,
    pub(crate) payers: Payers,
    pub(crate) rules: Lookup,
    pub(crate) clock: Clock,
}

impl Decider {
    /// Reads a caller's case.
    ///
    /// # Errors
    /// All that is wrong with it at once: what is malformed, and what of the rest the register does not know.
    pub(crate) async fn read(&self, message: &proto::Case) -> Result<Case, Failure> {
        match wire::case_from(message.clone()) {
            Ok(case) => Ok(case),
            Err(failure) => Err(failure.with_violations(self.missing_facts_of(message).await)),
        }
    }

    /// All that is wrong with a case whose request is refused anyway.
    pub(crate) async fn faults_of(&self, message: &proto::Case) -> Vec<Violation> {
        let malformed = wire::case_from(message.clone()).err().map(|failure| failure.violations);
        let mut faults = malformed.unwrap_or_default();
        faults.extend(self.missing_facts_of(message).await);
        faults
    }

    async fn missing_facts_of(&self, message: &proto::Case) -> Vec<Violation> {
        let question = Question::of_faulty(message, self.clock.now().date_naive());
        let rules = self.rules.in_force(question.date());
        self.register.missing(&question, &rules).await
    }

    /// The case with the facts of today, every line split.
    pub(crate) async fn price(&self, case: &Case) -> Result<PricedCase, Failure> {
        let rules = self.rules.in_force(case.service_date);
        self.register.price(case, &rules).await
    }

    /// Asks the payers in the order of the rules. The statement has no settlement id yet.
    pub(crate) async fn decide(
        &self,
        person_id: &PersonId,
        priced: &PricedCase,
        counters: Option<&Counters>,
    ) -> Result<proto::Statement, Failure> {
        let rules = self.rules.in_force(priced.visit.service_date);
        let message = proto::PricedCase::from(priced);
        let mut decided: Vec<proto::Adjudication> = Vec::new();
        for payer in rules.payer_order() {
            let request = AdjudicateRequest {
                person_id: person_id.to_string(),
                case: Some(message.clone()),
                earlier: decided.clone(),
                as_if: counters.map(|counters| counters.of(payer.as_str())),
            };
            decided.push(self.payers.adjudicate(payer, request).await?);
        }
        let amounts = close(priced, &decided)?;
        Ok(proto::Statement {
            settlement_id: String::new(),
            person_id: person_id.to_string(),
            recorded_time: Some(wire::timestamp(self.clock.now())),
            case: Some(message),
            adjudications: decided,
            amounts: Some(proto::Amounts::from(&amounts)),
        })
    }
}

/// The figures of what was decided, with the closing identities checked.
fn close(priced: &PricedCase, decided: &[proto::Adjudication]) -> Result<Amounts, Failure> {
    let adjudications = decided.iter().cloned().map(Adjudication::try_from).collect::<Result<Vec<_>, _>>();
    let adjudications = adjudications.map_err(Failure::invariant_violated)?;
    Amounts::of(priced, &adjudications).map_err(Failure::invariant_violated)
}
