//! What an individual account pays of a bill, and which payers a bill needs.
//!
//! The balance is an argument: who may draw on an account, and what of it is free, is known where the accounts are.

use claim::{
    Adjudication, Employment, Fund, InputName, Insurance, Level, Operation, PayerId, PersonId, Portion, PricedCase,
    Reason, Service, VisitKind,
};
use money::{Fen, Rate};

use crate::benefit::Base;
use crate::steps::{Steps, amount};
use crate::value::{ByPerson, Cited};
use crate::{Benefit, Draft, InForce, RuleNotInForce};

impl Draft<'_> {
    /// Has an account pay what is left of the bill, up to what of it is `free`: the person's own, or a family member's.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第十八条（一）, 第十九条, 第二十一条 (个人账户不够支付的，由就诊购药人自付).
    pub fn draw(&mut self, benefit: &Benefit, family_account: Option<&PersonId>, free: Fen) {
        let (mut portion, mut steps) = self.undrawn(benefit);
        if portion.base.is_zero() {
            return self.refuse(benefit, Reason::NothingLeft, &benefit.citation);
        }
        if free.is_zero() {
            return self.refuse(benefit, Reason::BalanceUsedUp, &benefit.citation);
        }
        portion.paid = free.min(portion.base);
        portion.above_ceiling = portion.base - portion.paid;
        let inputs = [amount(InputName::Expense, portion.base), amount(InputName::Balance, free)];
        steps.exact(Operation::DrawAccount, &benefit.citation, &inputs, portion.paid);
        portion.steps = steps.into_vec();
        portion.family_account = family_account.cloned();
        self.take_portions(vec![portion]);
    }

    /// What an account has to look at, with nothing paid of it, and the steps to it.
    fn undrawn(&self, benefit: &Benefit) -> (Portion, Steps) {
        let split = self.case.split();
        let (name, whole, eligible_only) = match benefit.base {
            Base::EligibleRemainder => (InputName::Eligible, split.eligible, true),
            Base::Lines(_) | Base::Overflow | Base::Personal(_) | Base::Remainder => {
                (InputName::Expense, split.total(), false)
            }
        };
        let earlier = self.earlier.iter().chain(std::iter::once(&self.adjudication));
        let portions = earlier.flat_map(|adjudication| &adjudication.portions);
        let paid: Fen = portions.map(|portion| portion.paid + portion.hospital_share).sum();
        let mut base = whole.less(paid);
        let mut steps = Steps::new(self.detail);
        let inputs = [amount(name, whole), amount(InputName::PaidEarlier, paid)];
        steps.exact(Operation::TakeBase, &benefit.citation, &inputs, base);
        // An item of a forbidden use is outside the scheme, so no fund has paid a part of it.
        let forbidden = self.forbidden(benefit, eligible_only);
        if let Some(list) = benefit.forbidden.as_ref().filter(|_| !forbidden.is_zero()) {
            let inputs = [amount(InputName::Expense, base), amount(InputName::Forbidden, forbidden)];
            base = base.less(forbidden);
            steps.exact(Operation::LeaveOutForbiddenUses, &list.citation, &inputs, base);
        }
        let portion = Portion {
            benefit: benefit.id.clone(),
            service: service_of(self.case.visit.kind),
            fund: Fund::Account,
            lines: Vec::new(),
            base,
            hospital_share: Fen::ZERO,
            deductible: Fen::ZERO,
            coinsurance: Fen::ZERO,
            above_ceiling: base,
            paid: Fen::ZERO,
            steps: Vec::new(),
            family_account: None,
        };
        (portion, steps)
    }

    fn forbidden(&self, benefit: &Benefit, eligible_only: bool) -> Fen {
        let Some(list) = &benefit.forbidden else { return Fen::ZERO };
        let is_listed = |code: &str| {
            let of_use =
                |used: &str| code.strip_prefix(used).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
            list.members.iter().any(|used| of_use(used))
        };
        let lines = self.case.lines.iter();
        let listed = lines.filter(|line| line.item_code.as_ref().is_some_and(|code| is_listed(code.as_str())));
        listed.map(|line| if eligible_only { line.split.eligible } else { line.amount }).sum()
    }
}

/// What comes into an account for a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountCredit {
    /// What is credited.
    pub credited: Fen,
    /// The personal share of long-term-care insurance, taken out of it; at most all of it.
    pub long_term_care: Fen,
}

impl InForce {
    /// The payers that a case needs, in the order they are asked: one that only draws on individual accounts is left
    /// out where the person does not want that.
    ///
    /// # Errors
    /// [`RuleNotInForce`] where the person wants it and no rule covers it on the day.
    pub fn payers_for(&self, case: &PricedCase) -> Result<&[PayerId], RuleNotInForce> {
        if !case.visit.use_individual_account {
            return Ok(&self.payers_of_funds);
        }
        if self.payers_of_funds.len() == self.payer_order.len() {
            return Err(RuleNotInForce { kind: case.visit.kind, date: case.visit.service_date });
        }
        Ok(&self.payer_order)
    }

    /// What an account is credited for a payment base, and what of it goes to long-term-care insurance; `None` on a
    /// day without a rule. Each is rounded half up once.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第十六条, 第十七条.
    #[must_use]
    pub fn account_credit(&self, employment: Employment, base: Fen) -> Option<AccountCredit> {
        let rate = match employment {
            Employment::Active => self.active_credit.as_ref()?,
            Employment::Retired => self.retired_credit.as_ref()?,
        };
        let insurance = Insurance::Employee(employment);
        let share = |rate: &Cited<ByPerson<Rate>>| (base * rate.value.at(insurance, Level::One)).round_half_up();
        let credited = share(rate);
        let long_term_care = self.long_term_care.as_ref().map_or(Fen::ZERO, share).min(credited);
        Some(AccountCredit { credited, long_term_care })
    }

    /// Whether all that a payer gives comes out of individual accounts.
    #[must_use]
    pub fn draws_on_accounts(&self, payer: &PayerId) -> bool {
        self.order_of(payer).is_some_and(|order| order.draws_on_accounts)
    }
}

/// An account pays for the visit as a whole, so its portion settles as what the visit was declared as.
const fn service_of(kind: VisitKind) -> Service {
    match kind {
        VisitKind::Outpatient | VisitKind::Pharmacy => Service::OrdinaryOutpatient,
        VisitKind::OutpatientChronic => Service::Chronic,
        VisitKind::OutpatientSpecial => Service::Special,
        VisitKind::EmergencyRescue => Service::EmergencyRescue,
        VisitKind::Ambulance120 => Service::Ambulance,
        VisitKind::Inpatient => Service::Stay,
        VisitKind::DaySurgery => Service::DaySurgery,
        VisitKind::NegotiatedDrug => Service::NegotiatedDrug,
    }
}

/// What an adjudication draws on individual accounts, in order: the family member whose account it is, none for the
/// person's own, and how much.
pub fn draws_of(adjudication: &Adjudication) -> impl Iterator<Item = (Option<&PersonId>, Fen)> {
    let drawn = adjudication.portions.iter().filter(|portion| portion.fund == Fund::Account);
    drawn.map(|portion| (portion.family_account.as_ref(), portion.paid))
}
