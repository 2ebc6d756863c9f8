//! The individual accounts that a worked case's bills may draw on.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use claim::{Adjudication, PersonId};
use individual_account::{Balances, FamilyBalance};
use money::Fen;
use rulebook::draws_of;

use crate::fields::Fields;

/// The person's own account and those of family members. By default the own one never runs dry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// What is in the person's own account.
    pub own: Fen,
    /// The accounts of family members, by the name that a visit calls them.
    pub family: BTreeMap<PersonId, FamilyAccount>,
}

/// A family member's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyAccount {
    /// What is in it.
    pub balance: Fen,
    /// The first day on which the person is authorised.
    pub from: Option<NaiveDate>,
    /// The last.
    pub to: Option<NaiveDate>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { own: Fen::MAX, family: BTreeMap::new() }
    }
}

impl Accounts {
    /// Reads `account_balance` and `family_accounts` of the person.
    pub(crate) fn read(fields: &Fields<'_>) -> Self {
        let own = fields.amount("account_balance").unwrap_or(Fen::MAX);
        let family = fields.tables("family_accounts").into_iter().filter_map(family_account).collect();
        Self { own, family }
    }

    /// What is free on a day. Nothing is held by others in a worked case.
    #[must_use]
    pub(crate) fn free_on(&self, date: NaiveDate) -> Balances {
        let family = self.family.iter().map(|(member, account)| {
            let begun = account.from.is_none_or(|from| from <= date);
            let is_authorised = begun && account.to.is_none_or(|to| date <= to);
            (member.clone(), FamilyBalance { free: account.balance, is_authorised })
        });
        Balances { own: self.own, family: family.collect() }
    }

    /// Takes out what an adjudication draws.
    pub(crate) fn apply(&mut self, adjudication: &Adjudication) {
        for (member, drawn) in draws_of(adjudication) {
            match member {
                None => self.own -= drawn,
                Some(member) => {
                    if let Some(account) = self.family.get_mut(member) {
                        account.balance -= drawn;
                    }
                }
            }
        }
    }
}

fn family_account(fields: Fields<'_>) -> Option<(PersonId, FamilyAccount)> {
    let name = fields.required("name");
    fields.require("balance");
    let balance = fields.amount("balance");
    let (from, to) = (fields.date("from"), fields.date("to"));
    fields.finish();
    Some((name?, FamilyAccount { balance: balance?, from, to }))
}
