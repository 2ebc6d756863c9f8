//! How two decisions on one case differ, in words: whether they rest on other rules, and in their amounts.

use std::collections::{BTreeMap, BTreeSet};

use wire::claim_v1::{Adjudication, Citation, Fund, Statement};

use crate::counters::{PayerCounter, moves_of};
use crate::difference::paid_by_fund;

/// What a case computes to now and what is stored.
pub(super) fn in_words(computed: &Statement, stored: &Statement) -> (String, String) {
    let told = |statement| if computed.amounts == stored.amounts { decisions(statement) } else { amounts(statement) };
    let (now, then) = (rules(computed), rules(stored));
    if now == then {
        return (told(computed), told(stored));
    }
    let only = |of: &BTreeSet<String>, other| of.difference(other).cloned().collect::<Vec<_>>().join("; ");
    let (only_now, only_then) = (only(&now, &then), only(&then, &now));
    let expected = format!("{}, by the rules of today: {only_now}", told(computed));
    (expected, format!("{}, decided under another version of the rules: {only_then}", told(stored)))
}

/// Every provision that each payer rests its decision on.
fn rules(statement: &Statement) -> BTreeSet<String> {
    let in_words = |payer: &str, citation: &Citation| {
        let from = citation.in_force_from_date.unwrap_or_default();
        let Citation { rule, document, article, .. } = citation;
        format!("{payer}: {rule} ({document} {article}, from {}-{:02}-{:02})", from.year, from.month, from.day)
    };
    let of_payer = |decision: &Adjudication| {
        decision.citations.iter().map(|citation| in_words(&decision.payer, citation)).collect::<Vec<_>>()
    };
    statement.adjudications.iter().flat_map(of_payer).collect()
}

fn amounts(statement: &Statement) -> String {
    let amounts = statement.amounts.unwrap_or_default();
    let of = |paid: BTreeMap<(String, i32), i64>| {
        let fund = |number| Fund::try_from(number).map_or("FUND", |fund| fund.as_str_name());
        paid.into_iter().map(|((_, number), fen)| format!("{} {fen}", fund(number))).collect::<Vec<_>>().join(", ")
    };
    format!("total {}, {}, cash {} fen", amounts.total_fen, of(paid_by_fund(None, Some(statement))), amounts.cash_fen)
}

/// Counters by payer, name and year.
pub(super) fn counters_in_words(counters: &BTreeMap<PayerCounter, i64>) -> String {
    let told =
        counters.iter().map(|((payer, name, year), value_fen)| format!("{payer} {name} of {year} at {value_fen}"));
    told.collect::<Vec<_>>().join(", ")
}

fn decisions(statement: &Statement) -> String {
    let moves = moves_of(statement)
        .map(|((payer, name, _), moved)| format!("{payer} {name} {} to {}", moved.before_fen, moved.after_fen));
    format!("{}; {}", amounts(statement), moves.collect::<Vec<_>>().join(", "))
}
