//! The statement (结算单): what everybody pays, closed to the fen.

use chrono::{DateTime, Utc};
use money::Fen;
use serde::Serialize;

use crate::{Adjudication, CounterMove, Fund, PersonId, Portion, PricedCase, SettlementId};

/// The figures of one statement. Two identities hold:
/// `total = excluded + above_price_cap + initial_self_pay + eligible` and
/// `total = funds + account + hospital share + cash`, every part at least zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amounts {
    /// The bill.
    pub total: Fen,
    /// Outside the scheme (全自费).
    pub excluded: Fen,
    /// Above price caps (超限价自费).
    pub above_price_cap: Fen,
    /// Borne first, inside the scheme (先行自付).
    pub initial_self_pay: Fen,
    /// Eligible (政策范围内费用).
    pub eligible: Fen,
    /// Deductibles of basic insurance that were borne now, or those of the visit in full where the rules report that;
    /// thresholds of later payers are not in it.
    pub deductible: Fen,
    /// Basic insurance: `basic_outpatient + basic_inpatient`.
    pub basic: Fen,
    /// Basic insurance outside the inpatient ceiling.
    pub basic_outpatient: Fen,
    /// Basic insurance inside the inpatient ceiling.
    pub basic_inpatient: Fen,
    /// Employees' large-expense scheme.
    pub large_expense: Fen,
    /// Residents' critical illness insurance.
    pub critical_illness: Fen,
    /// Civil-servant supplement.
    pub civil_servant: Fen,
    /// Top-up of the registered poor.
    pub top_up: Fen,
    /// Medical assistance.
    pub assistance: Fen,
    /// Individual account.
    pub account: Fen,
    /// What the institution bears (医院负担): the expense beyond the published price of a disease.
    pub hospital_share: Fen,
    /// What the person pays.
    pub cash: Fen,
}

/// A statement whose figures do not close: always a bug, never written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotClosed {
    /// A line's parts are below zero or do not sum to its amount.
    #[error("line {0} does not close")]
    Line(usize),
    /// A portion's parts are below zero or do not sum to its base.
    #[error("portion {benefit} of {payer} does not close")]
    Portion {
        /// The payer.
        payer: String,
        /// The benefit.
        benefit: String,
    },
    /// A payer moves a counter twice, or from or to what is no amount, which nobody could book.
    #[error("{payer}: counter {counter} cannot be moved like this")]
    Move {
        /// The payer.
        payer: String,
        /// The counter and its benefit year.
        counter: String,
    },
    /// The funds, medical assistance aside, and the institution pay more than the eligible expense.
    #[error("funds pay {paid} of {eligible} eligible")]
    FundsExceedEligible {
        /// What the funds pay.
        paid: Fen,
        /// What is eligible.
        eligible: Fen,
    },
    /// The funds and the institution pay more than the eligible expense and the initial self-pay, which medical assistance can look at too.
    #[error("funds pay {paid} of {in_scope} in scope")]
    FundsExceedScope {
        /// What the funds pay.
        paid: Fen,
        /// What is in scope.
        in_scope: Fen,
    },
    /// The figures read from outside are not those of the case and its adjudications.
    #[error("the figures are not those of the adjudications")]
    Figures,
    /// The account pays more than the person owes.
    #[error("the account pays {account} of {personal} left to the person")]
    AccountExceedsPersonal {
        /// What the account pays.
        account: Fen,
        /// What the funds leave.
        personal: Fen,
    },
}

impl Amounts {
    /// The figures of `case` as `adjudications` decided it.
    ///
    /// # Errors
    /// [`NotClosed`] where an identity does not hold.
    pub fn of(case: &PricedCase, adjudications: &[Adjudication]) -> Result<Self, NotClosed> {
        check_lines(case)?;
        check_portions(adjudications)?;
        check_moves(adjudications)?;
        let split = case.split();
        let mut amounts = Self {
            total: split.total(),
            excluded: split.excluded,
            above_price_cap: split.above_price_cap,
            initial_self_pay: split.initial_self_pay,
            eligible: split.eligible,
            ..Self::default()
        };
        for portion in adjudications.iter().flat_map(|adjudication| &adjudication.portions) {
            amounts.add(portion);
        }
        let funds = amounts.funds();
        let (eligible, in_scope) = (amounts.eligible, amounts.eligible + amounts.initial_self_pay);
        let borne = funds + amounts.hospital_share;
        if borne - amounts.assistance > eligible {
            return Err(NotClosed::FundsExceedEligible { paid: borne - amounts.assistance, eligible });
        }
        if borne > in_scope {
            return Err(NotClosed::FundsExceedScope { paid: borne, in_scope });
        }
        let personal = amounts.total - borne;
        if amounts.account > personal {
            return Err(NotClosed::AccountExceedsPersonal { account: amounts.account, personal });
        }
        amounts.cash = personal - amounts.account;
        Ok(amounts)
    }

    fn add(&mut self, portion: &Portion) {
        self.hospital_share += portion.hospital_share;
        if portion.fund.is_basic() {
            self.basic += portion.paid;
            self.deductible += portion.reported_deductible();
        }
        *match portion.fund {
            Fund::BasicOutpatient => &mut self.basic_outpatient,
            Fund::BasicInpatient => &mut self.basic_inpatient,
            Fund::LargeExpense => &mut self.large_expense,
            Fund::CriticalIllness => &mut self.critical_illness,
            Fund::CivilServant => &mut self.civil_servant,
            Fund::TopUp => &mut self.top_up,
            Fund::Assistance => &mut self.assistance,
            Fund::Account => &mut self.account,
        } += portion.paid;
    }

    /// What all public funds pay, the individual account not among them.
    #[must_use]
    pub fn funds(&self) -> Fen {
        self.basic + self.large_expense + self.critical_illness + self.civil_servant + self.top_up + self.assistance
    }
}

fn check_lines(case: &PricedCase) -> Result<(), NotClosed> {
    let closes = |line: &crate::PricedLine| line.split.is_sound() && line.split.total() == line.amount;
    case.lines.iter().position(|line| !closes(line)).map_or(Ok(()), |index| Err(NotClosed::Line(index)))
}

fn check_portions(adjudications: &[Adjudication]) -> Result<(), NotClosed> {
    for adjudication in adjudications {
        if let Some(portion) = adjudication.portions.iter().find(|portion| !portion.is_closed()) {
            let (payer, benefit) = (adjudication.payer.to_string(), portion.benefit.to_string());
            return Err(NotClosed::Portion { payer, benefit });
        }
    }
    Ok(())
}

fn check_moves(adjudications: &[Adjudication]) -> Result<(), NotClosed> {
    let is_amount = |value: Fen| !value.is_negative() && value <= Fen::MAX;
    for Adjudication { payer, moves, .. } in adjudications {
        let beyond = || moves.iter().find(|moved| !is_amount(moved.before) || !is_amount(moved.after));
        if let Some(CounterMove { key, .. }) = moved_twice(moves).or_else(beyond) {
            let counter = format!("{} of {}", key.name, key.benefit_year);
            return Err(NotClosed::Move { payer: payer.to_string(), counter });
        }
    }
    Ok(())
}

/// A move of a counter that another one moves too.
fn moved_twice(moves: &[CounterMove]) -> Option<&CounterMove> {
    // Nearly every decision moves a handful, which are compared faster than they are sorted.
    if moves.len() <= 32 {
        let mut rest = moves.iter();
        while let Some(one) = rest.next() {
            if rest.as_slice().iter().any(|other| other.key == one.key) {
                return Some(one);
            }
        }
        return None;
    }
    let mut in_order: Vec<&CounterMove> = moves.iter().collect();
    in_order.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    in_order.iter().zip(in_order.iter().skip(1)).find(|(one, other)| one.key == other.key).map(|(one, _)| *one)
}

/// A decided case: what was priced, what each payer decided and the figures that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The settlement's id; absent in a preview.
    pub settlement_id: Option<SettlementId>,
    /// The person.
    pub person_id: PersonId,
    /// When it was recorded; for a preview when it was computed.
    pub recorded_time: DateTime<Utc>,
    /// The case with its facts and its lines split.
    pub case: PricedCase,
    /// The payers' decisions, in the order they were asked.
    pub adjudications: Vec<Adjudication>,
    /// The figures.
    pub amounts: Amounts,
}

impl Statement {
    /// Checks that the figures are those of the case and the adjudications, as after reading one back.
    ///
    /// # Errors
    /// [`NotClosed`] where they are not.
    pub fn check(&self) -> Result<(), NotClosed> {
        let amounts = Amounts::of(&self.case, &self.adjudications)?;
        if amounts == self.amounts { Ok(()) } else { Err(NotClosed::Figures) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CounterKey, CounterName, PayerId};

    fn moving(moves: &[(&str, i64, i64)]) -> Result<(), NotClosed> {
        let mut adjudication = Adjudication::nothing(PayerId::new("payer").unwrap());
        let one_move = |&(name, before, after): &(&str, i64, i64)| CounterMove {
            key: CounterKey { name: CounterName::new(name), benefit_year: 2025 },
            before: Fen::new(before),
            after: Fen::new(after),
        };
        adjudication.moves = moves.iter().map(one_move).collect();
        check_moves(&[adjudication])
    }

    #[test]
    fn what_no_payer_could_book_does_not_close() {
        let most = Fen::MAX.get();
        assert_eq!(moving(&[("paid", 0, 1), ("deductible", most, most)]), Ok(()));
        let refused = Err(NotClosed::Move { payer: "payer".to_owned(), counter: "paid of 2025".to_owned() });
        for moves in [
            vec![("paid", 0, 1), ("deductible", 0, 1), ("paid", 1, 2)],
            vec![("deductible", 0, 1), ("paid", 0, -1)],
            vec![("paid", -1, 0)],
            vec![("paid", 0, most + 1)],
        ] {
            assert_eq!(moving(&moves), refused, "{moves:?}");
        }
        let names: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        let mut many: Vec<(&str, i64, i64)> = names.iter().map(|name| (name.as_str(), 0, 1)).collect();
        many.extend([("paid", 0, 1), ("last", 0, 1)]);
        assert_eq!(moving(&many), Ok(()));
        many.push(("paid", 1, 2));
        assert_eq!(moving(&many), refused);
    }
}
