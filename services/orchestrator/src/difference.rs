//! What a change means in money: by fund, by institution, and for the person.

use std::collections::BTreeMap;

use wire::claim_v1::{Amounts, Statement};
use wire::journal_v1::{FundDifference, InstitutionDifference, SettlementChange};
use wire::settlement_v1::FundPayment;

use crate::fact_changes::fact_changes;
use crate::replay::Changed;

/// Whose money it is: the payer, the fund, and the family member whose individual account it is, if it is one's.
pub(crate) type Source = (String, i32, String);

/// What each fund of each payer pays more by `after` than by `before`, zeros left out. An absent statement pays nothing.
pub(crate) fn paid_by_fund(before: Option<&Statement>, after: Option<&Statement>) -> BTreeMap<(String, i32), i64> {
    let mut differences = BTreeMap::new();
    for ((payer, fund, _), difference_fen) in paid_by_source(before, after) {
        *differences.entry((payer, fund)).or_insert(0_i64) += difference_fen;
    }
    differences.retain(|_, difference_fen| *difference_fen != 0);
    differences
}

/// The same with each individual account by itself.
pub(crate) fn paid_by_source(before: Option<&Statement>, after: Option<&Statement>) -> BTreeMap<Source, i64> {
    let mut differences = BTreeMap::new();
    for (statement, sign) in [(before, -1), (after, 1)] {
        for decision in statement.into_iter().flat_map(|statement| &statement.adjudications) {
            for portion in &decision.portions {
                let source = (decision.payer.clone(), portion.fund, portion.family_account_person_id.clone());
                *differences.entry(source).or_insert(0_i64) += sign * portion.paid_fen;
            }
        }
    }
    differences.retain(|_, difference_fen| *difference_fen != 0);
    differences
}

/// What each fund pays by a statement.
pub(crate) fn payments_of_statement(statement: &Statement) -> Vec<FundPayment> {
    payments(paid_by_fund(None, Some(statement)), &BTreeMap::new())
}

/// What each fund paid before and pays after a change.
pub(crate) fn payments_of_change(change: &SettlementChange) -> Vec<FundPayment> {
    let differences = change.funds.iter().map(|fund| ((fund.payer.clone(), fund.fund), fund.difference_fen));
    payments(paid_by_fund(None, change.statement.as_ref()), &differences.collect())
}

fn payments(mut after: BTreeMap<(String, i32), i64>, differences: &BTreeMap<(String, i32), i64>) -> Vec<FundPayment> {
    for fund in differences.keys() {
        after.entry(fund.clone()).or_insert(0);
    }
    let payment = |(fund, after_fen): ((String, i32), i64)| {
        let before_fen = after_fen - differences.get(&fund).copied().unwrap_or(0);
        let (payer, fund) = fund;
        FundPayment { payer, fund, before_fen, after_fen }
    };
    after.into_iter().map(payment).collect()
}

/// Differences by fund, zeros left out.
pub(crate) fn fund_differences(funds: BTreeMap<(String, i32), i64>) -> Vec<FundDifference> {
    let funds = funds.into_iter().filter(|(_, difference_fen)| *difference_fen != 0);
    funds.map(|((payer, fund), difference_fen)| FundDifference { payer, fund, difference_fen }).collect()
}

/// How one settlement changed.
pub(crate) fn change_of(changed: &Changed<'_>) -> SettlementChange {
    let Changed { before, after } = changed;
    let stood = before.stands().then_some(&before.statement);
    let cash = |statement: Option<&Statement>| {
        statement.and_then(|statement| statement.amounts).map_or(0, |Amounts { cash_fen, .. }| cash_fen)
    };
    let facts = match (&before.statement.case, after.as_ref().and_then(|after| after.case.as_ref())) {
        (Some(before), Some(after)) => fact_changes(before, after),
        (_, None) | (None, _) => Vec::new(),
    };
    SettlementChange {
        settlement_id: before.settlement_id().to_owned(),
        institution_id: before.case.institution_id.clone(),
        service_date: before.case.service_date,
        amounts_before: stood.and_then(|statement| statement.amounts),
        funds: fund_differences(paid_by_fund(stood, after.as_ref())),
        // A cancelled bill is the person's to settle otherwise: what it asked of them is given back.
        cash_difference_fen: cash(after.as_ref()) - cash(stood),
        facts,
        statement: after.clone(),
    }
}

/// The differences of all changes together: by fund, by institution, and for the person.
pub(crate) fn total(changes: &[SettlementChange]) -> (Vec<FundDifference>, Vec<InstitutionDifference>, i64) {
    let mut funds = BTreeMap::new();
    let mut institutions = BTreeMap::<&str, i64>::new();
    let mut cash_difference_fen = 0;
    for change in changes {
        for difference in &change.funds {
            *funds.entry((difference.payer.clone(), difference.fund)).or_default() += difference.difference_fen;
            *institutions.entry(&change.institution_id).or_default() += difference.difference_fen;
        }
        cash_difference_fen += change.cash_difference_fen;
    }
    let institutions = institutions.into_iter().filter(|(_, difference_fen)| *difference_fen != 0);
    (
        fund_differences(funds),
        institutions
            .map(|(institution_id, difference_fen)| InstitutionDifference {
                institution_id: institution_id.to_owned(),
                difference_fen,
            })
            .collect(),
        cash_difference_fen,
    )
}
