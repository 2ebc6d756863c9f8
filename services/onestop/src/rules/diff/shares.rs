//! Who bears how much of a set of bills under two rulebooks.

use std::collections::BTreeMap;
use std::iter;

use claim::{Fund, PayerId};
use money::Fen;

use worked_case::Settled;

/// An amount under the old and under the new rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) old: Fen,
    pub(super) new: Fen,
}

impl Pair {
    /// How much more it is under the new rules.
    pub(super) fn difference(self) -> Fen {
        self.new - self.old
    }
}

impl std::ops::AddAssign for Pair {
    fn add_assign(&mut self, other: Self) {
        self.old += other.old;
        self.new += other.new;
    }
}

impl iter::Sum for Pair {
    fn sum<I: Iterator<Item = Self>>(pairs: I) -> Self {
        pairs.fold(Self::default(), |mut sum, pair| {
            sum += pair;
            sum
        })
    }
}

/// Bills, and what each fund, the institutions and the person pay of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) bills: Fen,
    pub(super) funds: BTreeMap<(PayerId, Fund), Pair>,
    pub(super) hospital_share: Pair,
    pub(super) cash: Pair,
}

impl Shares {
    /// Adds a bill as it was settled under the old and under the new rules.
    pub(super) fn add_bill(&mut self, old: &Settled, new: &Settled) {
        self.bills += old.amounts.total;
        self.cash += Pair { old: old.amounts.cash, new: new.amounts.cash };
        self.hospital_share += Pair { old: old.amounts.hospital_share, new: new.amounts.hospital_share };
        for (key, paid) in payments(old) {
            self.funds.entry(key).or_default().old += paid;
        }
        for (key, paid) in payments(new) {
            self.funds.entry(key).or_default().new += paid;
        }
    }

    /// Adds other bills.
    pub(super) fn add(&mut self, other: &Self) {
        self.bills += other.bills;
        self.cash += other.cash;
        self.hospital_share += other.hospital_share;
        for (key, pair) in &other.funds {
            *self.funds.entry(key.clone()).or_default() += *pair;
        }
    }

    /// What the person bears: cash, and what their own individual account pays.
    pub(super) fn borne(&self) -> Pair {
        let accounts = self.funds.iter().filter(|((_, fund), _)| *fund == Fund::Account).map(|(_, pair)| *pair);
        iter::once(self.cash).chain(accounts).sum()
    }

    /// Who bears a part beside the funds, in Chinese and in English: the institutions where they bear anything, and the
    /// persons in cash.
    pub(super) fn others(&self) -> impl Iterator<Item = ((&'static str, &'static str), Pair)> + use<> {
        let hospital_share = Some(self.hospital_share).filter(|pair| *pair != Pair::default());
        let hospital_share = hospital_share.map(|pair| (("医院负担", "hospital share"), pair));
        hospital_share.into_iter().chain([(("个人现金", "cash"), self.cash)])
    }

    /// What each payer pays from all its funds.
    pub(super) fn payers(&self) -> BTreeMap<&PayerId, Pair> {
        let mut payers: BTreeMap<&PayerId, Pair> = BTreeMap::new();
        for ((payer, _), pair) in &self.funds {
            *payers.entry(payer).or_default() += *pair;
        }
        payers
    }

    /// Whether the funds, the institutions and the cash make up the bills under either rulebook, so that the differences sum to zero.
    pub(super) fn is_closed(&self) -> bool {
        let paid: Pair = self.funds.values().copied().chain([self.hospital_share, self.cash]).sum();
        paid == Pair { old: self.bills, new: self.bills }
    }
}

fn payments(settled: &Settled) -> impl Iterator<Item = ((PayerId, Fund), Fen)> {
    settled.adjudications.iter().flat_map(|adjudication| {
        let payer = &adjudication.payer;
        adjudication.portions.iter().map(|portion| ((payer.clone(), portion.fund), portion.paid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(old: i64, new: i64) -> Pair {
        Pair { old: Fen::new(old), new: Fen::new(new) }
    }

    fn shares(fund: Fund, paid: Pair, cash: Pair) -> Shares {
        let payer = PayerId::new("basic-insurance").unwrap();
        Shares { bills: Fen::new(100), funds: [((payer, fund), paid)].into(), hospital_share: Pair::default(), cash }
    }

    #[test]
    fn shares_close_where_funds_and_cash_make_up_the_bills_on_both_sides() {
        assert!(shares(Fund::BasicOutpatient, pair(60, 70), pair(40, 30)).is_closed());
        assert!(!shares(Fund::BasicOutpatient, pair(60, 70), pair(40, 31)).is_closed());
        assert!(!shares(Fund::BasicOutpatient, pair(61, 70), pair(40, 30)).is_closed());
    }

    #[test]
    fn what_moves_from_cash_to_the_persons_own_account_is_no_gain() {
        assert_eq!(shares(Fund::Account, pair(60, 70), pair(40, 30)).borne(), pair(100, 100));
        assert_eq!(shares(Fund::Assistance, pair(60, 70), pair(40, 30)).borne().difference(), Fen::new(-10));
    }

    #[test]
    fn adding_keeps_funds_apart_and_sums_them_by_payer() {
        let mut sum = shares(Fund::BasicOutpatient, pair(60, 70), pair(40, 30));
        sum.add(&shares(Fund::BasicInpatient, pair(50, 50), pair(50, 50)));
        assert_eq!(sum.funds.len(), 2);
        assert_eq!(sum.payers().into_values().collect::<Vec<_>>(), [pair(110, 120)]);
        assert!(sum.is_closed());
    }
}
