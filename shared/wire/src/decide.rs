//! What a payer decides on, read. Between services of one process it is handed over as it is; it is a message only where
//! it crosses a network.

use std::collections::BTreeMap;

use claim::{Adjudication, Case, CounterKey, CounterName, PersonId, PricedCase};
use money::Fen;
use tonic::{Status, async_trait};

use crate::payer_v1 as proto;
use crate::payer_v1::payer_server::Payer;
use crate::reader::{FromMessage, Reader};

/// What a payer is asked.
#[derive(Clone, Copy, Debug)]
pub struct PayerQuestion<'q> {
    /// Whose bill it is.
    pub person_id: &'q PersonId,
    /// The case.
    pub case: &'q PricedCase,
    /// What earlier payers decided. A payer looks at what they pay and how their counters move, never at why.
    pub earlier: &'q [Adjudication],
    /// What is taken to be in place of what is.
    pub as_if: Option<&'q AsIf>,
}

/// A payer that can be asked without a message.
#[async_trait]
pub trait Decide: Payer {
    /// What the payer owes. Writes nothing.
    ///
    /// # Errors
    /// As [`Payer::adjudicate`].
    async fn decide(&self, question: PayerQuestion<'_>) -> Result<Adjudication, Status>;
}

/// Where counters and accounts are taken to stand in place of where they do.
#[derive(Clone, Debug, Default)]
pub struct AsIf {
    /// Where counters stand.
    pub counters: BTreeMap<CounterKey, Fen>,
    /// The benefit year from which on all other counters stand at zero, 0 for every year. Others of earlier years, and
    /// all others where there is none, stand where they stand.
    pub others_at_zero_from: Option<i32>,
    /// What is free in the accounts that the bill may draw on; nothing in any other. `None`: the person's own account.
    pub balances: BTreeMap<Option<PersonId>, Fen>,
}

impl AsIf {
    /// As [`AsIf::others_at_zero_from`]: of every year.
    pub const EVERY_YEAR: i32 = 0;
}

impl FromMessage for AsIf {
    type Message = proto::AsIf;

    fn read(message: proto::AsIf, at: &Reader<'_>) -> Option<Self> {
        let counters = at.each("counters", message.counters, 0..=Case::MAX_LINES * 8, |counter, at| {
            let value = at.amount("value_fen", counter.value_fen);
            let key = CounterKey { name: CounterName::new(&counter.counter), benefit_year: counter.benefit_year };
            Some((key, value?))
        });
        let balances = at.each("balances", message.balances, 0..=Case::MAX_FAMILY_ACCOUNTS + 1, |balance, at| {
            let holder = at.optional_id("family_account_person_id", &balance.family_account_person_id);
            let free = at.amount("free_fen", balance.free_fen);
            Some((holder?, free?))
        });
        Some(Self {
            counters: counters?.into_iter().collect(),
            others_at_zero_from: message.others_at_zero_from_year,
            balances: balances?.into_iter().collect(),
        })
    }
}

impl From<&AsIf> for proto::AsIf {
    fn from(as_if: &AsIf) -> Self {
        let counters = as_if.counters.iter().map(|(key, value)| proto::Counter {
            counter: key.name.to_string(),
            benefit_year: key.benefit_year,
            value_fen: value.get(),
        });
        let balances = as_if.balances.iter().map(|(holder, free)| proto::AccountBalance {
            family_account_person_id: holder.as_ref().map(ToString::to_string).unwrap_or_default(),
            free_fen: free.get(),
        });
        Self {
            counters: counters.collect(),
            others_at_zero_from_year: as_if.others_at_zero_from,
            balances: balances.collect(),
        }
    }
}

impl From<PayerQuestion<'_>> for proto::AdjudicateRequest {
    fn from(question: PayerQuestion<'_>) -> Self {
        Self {
            person_id: question.person_id.to_string(),
            case: Some(question.case.into()),
            earlier: question.earlier.iter().map(crate::adjudication::without_explanation).collect(),
            as_if: question.as_if.map(Into::into),
        }
    }
}
