//! Deciding a case: gathering its facts, and asking the payers in the order of the rules. It writes nothing.

use std::collections::BTreeMap;

use claim::{Adjudication, Amounts, Case, PayerId, PersonId, PricedCase, Violation};
use host::Clock;
use money::Fen;
use rulebook::Lookup;
use wire::{AsIf, ErrorReason, Failure, PayerQuestion, claim_v1 as proto};

use crate::counters::Counters;
use crate::facts::Register;
use crate::payers::Payers;
use crate::question::Question;

/// What counters and accounts a case is decided on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Basis<'a> {
    /// Counters as the closed head of the chain has them, accounts as they stand.
    Head(&'a Counters),
    /// A settlement of the past is decided again.
    Again(Again<'a>),
}

/// A settlement of the past that is decided again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again<'a> {
    /// Where counters are taken to stand.
    pub(crate) counters: &'a Counters,
    /// What it is until now.
    pub(crate) statement: &'a proto::Statement,
}

impl Again<'_> {
    /// What `payer` is to take as given: of accounts, that they hold what the settlement drew on them and no more. So a
    /// settlement that is decided again gives money back or leaves it, and never needs what others may have drawn since.
    fn as_if(&self, payer: &PayerId) -> Result<AsIf, Failure> {
        let balances = drawn(&self.statement.adjudications).into_iter().map(|(holder, free_fen)| {
            let holder = Some(holder).filter(|holder| !holder.is_empty()).map(PersonId::new).transpose();
            Ok((holder.map_err(Failure::invariant_violated)?, Fen::new(free_fen)))
        });
        let balances = balances.collect::<Result<_, Failure>>()?;
        Ok(AsIf { balances, ..self.counters.as_if(payer) })
    }

    /// A decision on accounts as it was made, where it still draws the same behind the same decisions: it tells what
    /// was in the accounts then.
    fn as_it_was(
        &self,
        decision: &proto::Adjudication,
        earlier: &[proto::Adjudication],
    ) -> Option<proto::Adjudication> {
        let made = &self.statement.adjudications;
        let before = made.get(earlier.len()).filter(|before| before.payer == decision.payer)?;
        (made.starts_with(earlier) && drawn([before]) == drawn([decision])).then(|| before.clone())
    }
}

/// What decisions draw on accounts, by family member; the person's own account has no name.
fn drawn<'a>(decisions: impl IntoIterator<Item = &'a proto::Adjudication>) -> BTreeMap<&'a str, i64> {
    let mut drawn = BTreeMap::new();
    for portion in decisions.into_iter().flat_map(|decision| &decision.portions) {
        if portion.fund() == proto::Fund::Account && portion.paid_fen > 0 {
            *drawn.entry(portion.family_account_person_id.as_str()).or_insert(0) += portion.paid_fen;
        }
    }
    drawn
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
        basis: Basis<'_>,
    ) -> Result<proto::Statement, Failure> {
        let rules = self.rules.in_force(priced.visit.service_date);
        let mut decided: Vec<Adjudication> = Vec::new();
        let mut told: Vec<proto::Adjudication> = Vec::new();
        let payers = rules.payers_for(priced);
        let payers = payers.map_err(|error| Failure::new(ErrorReason::RuleNotInForce, error.to_string()))?;
        for payer in payers {
            let draws_on_accounts = rules.draws_on_accounts(payer);
            let as_if = match basis {
                Basis::Head(_) if draws_on_accounts => None,
                Basis::Head(counters) => Some(counters.as_if(payer)),
                Basis::Again(again) => Some(again.as_if(payer)?),
            };
            let question = PayerQuestion { person_id, case: priced, earlier: &decided, as_if: as_if.as_ref() };
            let mut decision = self.payers.decide(payer, question).await?;
            let mut message = proto::Adjudication::from(&decision);
            if let Basis::Again(again) = basis
                && draws_on_accounts
                && let Some(as_it_was) = again.as_it_was(&message, &told)
            {
                decision = Adjudication::try_from(as_it_was.clone()).map_err(Failure::invariant_violated)?;
                message = as_it_was;
            }
            decided.push(decision);
            told.push(message);
        }
        let amounts = Amounts::of(priced, &decided).map_err(Failure::invariant_violated)?;
        Ok(proto::Statement {
            settlement_id: String::new(),
            person_id: person_id.to_string(),
            recorded_time: Some(wire::timestamp(self.clock.now())),
            case: Some(priced.into()),
            adjudications: told,
            amounts: Some(proto::Amounts::from(&amounts)),
        })
    }
}

/// A decision as its payer books it: what is paid and how counters move.
pub(crate) fn without_explanation(decision: &proto::Adjudication) -> proto::Adjudication {
    let amounts = |portion: &proto::Portion| proto::Portion {
        benefit: portion.benefit.clone(),
        service: portion.service,
        fund: portion.fund,
        lines: portion.lines.clone(),
        base_fen: portion.base_fen,
        hospital_share_fen: portion.hospital_share_fen,
        deductible_fen: portion.deductible_fen,
        coinsurance_fen: portion.coinsurance_fen,
        above_ceiling_fen: portion.above_ceiling_fen,
        paid_fen: portion.paid_fen,
        steps: Vec::new(),
        family_account_person_id: portion.family_account_person_id.clone(),
    };
    proto::Adjudication {
        payer: decision.payer.clone(),
        citations: Vec::new(),
        portions: decision.portions.iter().map(amounts).collect(),
        refusals: Vec::new(),
        moves: decision.moves.clone(),
    }
}
