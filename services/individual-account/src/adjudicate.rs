//! What individual accounts pay of a bill: the person's own first, then those of family members in the order that the
//! person gives.

use std::collections::BTreeMap;

use claim::{Adjudication, PayerId, PersonId, PricedCase, Reason};
use money::Fen;
use rulebook::{AccountHolder, Benefit, Counters, Detail, Draft, InForce, RuleNotInForce, Verdict};

/// The payer whose money is in individual accounts.
#[derive(Clone, Debug)]
pub struct IndividualAccount {
    id: PayerId,
}

/// What is free in the accounts that a bill may draw on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// In the person's own account; nothing where there is none.
    pub own: Fen,
    /// In the accounts of family members.
    pub family: BTreeMap<PersonId, FamilyBalance>,
}

/// What is free in a family member's account, and whether the person may draw on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FamilyBalance {
    /// What is free.
    pub free: Fen,
    /// Whether the family member has authorised the person on the service date.
    pub is_authorised: bool,
}

impl IndividualAccount {
    /// The payer's name in the rulebook.
    pub const ID: &str = "individual-account";

    /// The payer.
    #[must_use]
    #[expect(clippy::missing_panics_doc, clippy::expect_used, reason = "the name is a literal that is an identifier")]
    pub fn new() -> Self {
        Self { id: PayerId::new(Self::ID).expect("a payer's name") }
    }

    /// The payer's name in the rulebook.
    #[must_use]
    pub const fn id(&self) -> &PayerId {
        &self.id
    }

    /// Decides what each account pays, given what earlier payers decided and what is free. Nothing where the person
    /// does not want accounts to be used.
    ///
    /// # Errors
    /// [`RuleNotInForce`] where no rule lets an account pay on the service date.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第十八条（一）, 第二十一条.
    pub fn adjudicate(
        &self,
        rules: &InForce,
        case: &PricedCase,
        earlier: &[Adjudication],
        balances: &Balances,
        detail: Detail,
    ) -> Result<Adjudication, RuleNotInForce> {
        let counters = Counters::default();
        let mut draft = Draft::new(self.id.clone(), rules, case, earlier, &counters, detail);
        if !case.visit.use_individual_account {
            return Ok(draft.finish());
        }
        let benefits = rules.benefits_of(&self.id);
        if benefits.is_empty() {
            return Err(RuleNotInForce { kind: case.visit.kind, date: case.visit.service_date });
        }
        for benefit in benefits {
            match benefit.verdict(case, None) {
                Verdict::NotMeant => {}
                Verdict::Refused(reason, citation) => draft.refuse(benefit, reason, citation),
                Verdict::Meets => draw(benefit, case, balances, &mut draft),
            }
        }
        Ok(draft.finish())
    }
}

impl Default for IndividualAccount {
    fn default() -> Self {
        Self::new()
    }
}

fn draw(benefit: &Benefit, case: &PricedCase, balances: &Balances, draft: &mut Draft<'_>) {
    match benefit.account_holder() {
        None => {}
        Some(AccountHolder::Own) => draft.draw(benefit, None, balances.own),
        Some(AccountHolder::Family) => {
            for member in &case.visit.family_accounts {
                let balance = balances.family.get(member).copied().unwrap_or_default();
                if balance.is_authorised {
                    draft.draw(benefit, Some(member), balance.free);
                } else {
                    draft.refuse(benefit, Reason::NotAuthorised, benefit.citation());
                }
            }
        }
    }
}
