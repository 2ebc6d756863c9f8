//! The chain of payers as one pure calculation: each asked in the rulebook's order, nothing written.

use basic_insurance::BasicInsurance;
use claim::{Adjudication, Amounts, NotClosed, PayerId, PricedCase};
use critical_illness::CriticalIllness;
use individual_account::IndividualAccount;
use medical_assistance::MedicalAssistance;
use rulebook::{Counters, Detail, InForce, PayerRules, RuleNotInForce};

use crate::accounts::Accounts;

/// The payers of the platform, as calculations.
pub struct Chain {
    payers: Vec<(PayerId, Box<dyn PayerRules>)>,
    account: IndividualAccount,
}

/// One person's counters at every payer, and the individual accounts that the person's bills may draw on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonCounters {
    /// In the order in which the payers first moved one.
    of_payers: Vec<(PayerId, Counters)>,
    accounts: Accounts,
}

/// What the payers decided on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Each payer's decision, in the order they were asked.
    pub adjudications: Vec<Adjudication>,
    /// The figures that follow.
    pub amounts: Amounts,
}

/// Why a case was not settled. No counter moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSettled {
    /// No rule covers it.
    #[error(transparent)]
    RuleNotInForce(#[from] RuleNotInForce),
    /// The figures do not close, which is a bug.
    #[error(transparent)]
    NotClosed(#[from] NotClosed),
}

impl NotSettled {
    /// The reason's name in the catalogue of refusals.
    #[must_use]
    pub const fn reason_name(&self) -> &'static str {
        match self {
            Self::RuleNotInForce(_) => "RULE_NOT_IN_FORCE",
            Self::NotClosed(_) => "INVARIANT_VIOLATED",
        }
    }
}

/// Which of its counters a payer sees. It decides the same on either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Those that it asked for and no others, as behind its service.
    Asked,
    /// All of the person's, which spares it the asking.
    All,
}

impl Chain {
    /// Basic insurance, critical illness, medical assistance and the individual account.
    #[must_use]
    pub fn new() -> Self {
        let basic = Box::new(BasicInsurance::new());
        let payers: Vec<Box<dyn PayerRules>> =
            vec![basic, Box::new(CriticalIllness::new()), Box::new(MedicalAssistance::new())];
        let payers = payers.into_iter().map(|payer| (payer.id(), payer)).collect();
        Self { payers, account: IndividualAccount::new() }
    }

    /// Settles `case` and moves `counters` by it.
    ///
    /// # Errors
    /// [`NotSettled`] where a payer has no rule for the case; then no counter moved.
    pub fn settle(
        &self,
        rules: &InForce,
        case: &PricedCase,
        counters: &mut PersonCounters,
    ) -> Result<Settled, NotSettled> {
        let settled = self.decide(rules, case, counters, Seen::Asked, Detail::Explained)?;
        counters.apply(&settled);
        Ok(settled)
    }

    /// What `case` comes to by itself, for what-if runs over many cases: as [`Chain::settle`], without steps and refusals.
    ///
    /// # Errors
    /// As [`Chain::settle`].
    pub fn amounts(
        &self,
        rules: &InForce,
        case: &PricedCase,
        counters: &mut PersonCounters,
    ) -> Result<Amounts, NotSettled> {
        let settled = self.decide(rules, case, counters, Seen::All, Detail::AmountsOnly)?;
        counters.apply(&settled);
        Ok(settled.amounts)
    }

    /// What settling `case` comes to where `counters` stand, in the asked detail; moves none.
    ///
    /// # Errors
    /// As [`Chain::settle`].
    pub fn decide(
        &self,
        rules: &InForce,
        case: &PricedCase,
        counters: &PersonCounters,
        seen: Seen,
        detail: Detail,
    ) -> Result<Settled, NotSettled> {
        let never_moved = Counters::default();
        let mut adjudications = Vec::with_capacity(self.payers.len());
        for id in rules.payers_for(case)? {
            if id == self.account.id() {
                let free = counters.accounts.free_on(case.visit.service_date);
                adjudications.push(self.account.adjudicate(rules, case, &adjudications, &free, detail)?);
                continue;
            }
            let Some((_, payer)) = self.payers.iter().find(|(of, _)| of == id) else { continue };
            let held = counters.of(id).unwrap_or(&never_moved);
            let asked: Counters;
            let seen = match seen {
                Seen::All => held,
                Seen::Asked => {
                    let keys = payer.counter_keys(rules, case, &adjudications).into_iter();
                    let standing = |key| {
                        let value = held.get(&key);
                        (key, value)
                    };
                    asked = keys.map(standing).collect();
                    &asked
                }
            };
            adjudications.push(payer.adjudicate(rules, case, &adjudications, seen, detail)?);
        }
        if adjudications.is_empty() {
            let (kind, date) = (case.visit.kind, case.visit.service_date);
            return Err(RuleNotInForce { kind, date }.into());
        }
        let amounts = Amounts::of(case, &adjudications)?;
        Ok(Settled { adjudications, amounts })
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl PersonCounters {
    /// No counter moved, and these accounts.
    #[must_use]
    pub fn with_accounts(accounts: Accounts) -> Self {
        Self { of_payers: Vec::new(), accounts }
    }

    fn apply(&mut self, settled: &Settled) {
        for adjudication in &settled.adjudications {
            self.accounts.apply(adjudication);
            self.of_mut(&adjudication.payer).apply(&adjudication.moves);
        }
    }

    /// The counters of one payer.
    #[must_use]
    pub fn of(&self, payer: &PayerId) -> Option<&Counters> {
        self.of_payers.iter().find(|(of, _)| of == payer).map(|(_, counters)| counters)
    }

    fn of_mut(&mut self, payer: &PayerId) -> &mut Counters {
        let place = self.of_payers.iter().position(|(of, _)| of == payer).unwrap_or_else(|| {
            self.of_payers.push((payer.clone(), Counters::default()));
            self.of_payers.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the counters were found or pushed just above")]
        &mut self.of_payers[place].1
    }
}
