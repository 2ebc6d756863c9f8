//! An adjustment for people and for programs.

use std::fmt::Write;

use money::Fen;
use serde_json::{Value, json};
use wire::Listed;
use wire::journal_v1::adjustment::Cause;
use wire::journal_v1::{Adjustment, FundDifference, SettlementChange};
use wire::proto::google::r#type::Date;

use super::{Lang, Words, yuan};

/// The adjustment as text: each settlement that changed, and the differences in all.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub fn adjustment_text(adjustment: &Adjustment, lang: Lang) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let title = match &adjustment.cause {
        Some(Cause::Cancellation(_)) => ("结算撤销", "Cancellation"),
        Some(Cause::Reversal(_)) => ("冲正", "Reversal"),
        Some(Cause::Readjudication(_)) | None => ("重新计算", "Decided anew"),
    };
    let number = match adjustment.adjustment_id.as_str() {
        "" => lang.pick(("（预算，未入账）", "(preview, nothing was booked)")),
        id => id,
    };
    writeln!(text, "{}: {number}", lang.pick(title))?;
    if adjustment.changes.is_empty() {
        let words = ("重新计算的结果与原结算一致，金额无变化。", "Nothing comes out otherwise.");
        writeln!(text, "{}", lang.pick(words))?;
        return Ok(text);
    }
    for change in &adjustment.changes {
        write_change(&mut text, change, lang)?;
    }
    writeln!(text, "{}", lang.pick(("合计", "In all")))?;
    write_funds(&mut text, &adjustment.funds, lang)?;
    for institution in &adjustment.institutions {
        let words = lang.pick(("应付机构", "owed to institution"));
        writeln!(text, "  {words} {}: {}", institution.institution_id, signed(institution.difference_fen))?;
    }
    write_cash(&mut text, adjustment.cash_difference_fen, lang)?;
    Ok(text)
}

fn write_change(text: &mut String, change: &SettlementChange, lang: Lang) -> std::fmt::Result {
    let what = match (&change.amounts_before, &change.statement) {
        (_, None) => ("已撤销", "cancelled"),
        (None, Some(_)) => ("已恢复", "stands again"),
        (Some(_), Some(_)) => ("已重新计算", "decided anew"),
    };
    let (id, day) = (&change.settlement_id, date(change.service_date.as_ref()));
    writeln!(text, "{} · {day} · {} · {}", id, change.institution_id, lang.pick(what))?;
    write_funds(text, &change.funds, lang)?;
    write_cash(text, change.cash_difference_fen, lang)?;
    for fact in &change.facts {
        let words = lang.pick(("事实变更", "fact"));
        writeln!(text, "  {words} {}: {} → {}", fact.field, shown(&fact.before), shown(&fact.after))?;
    }
    Ok(())
}

pub(super) fn write_funds(text: &mut String, funds: &[FundDifference], lang: Lang) -> std::fmt::Result {
    funds.iter().try_for_each(|difference| {
        let fund = claim::Fund::from_number(difference.fund).map_or("?", |fund| lang.pick(fund.words()));
        writeln!(text, "  {fund}: {}", signed(difference.difference_fen))
    })
}

pub(super) fn write_cash(text: &mut String, difference_fen: i64, lang: Lang) -> std::fmt::Result {
    writeln!(text, "  {}: {}", lang.pick(("个人现金", "cash of the person")), signed(difference_fen))
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "—" } else { value }
}

pub(super) fn signed(fen: i64) -> String {
    let sign = if fen > 0 { "+" } else { "" };
    format!("{sign}{}", yuan(Fen::new(fen)))
}

pub(super) fn date(date: Option<&Date>) -> String {
    date.map_or_else(String::new, |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}

/// The adjustment as JSON; amounts are decimal yuan in strings.
#[must_use]
pub fn adjustment_json(adjustment: &Adjustment) -> Value {
    let (cause, of) = match &adjustment.cause {
        Some(Cause::Cancellation(of)) => ("cancellation", of.settlement_id.clone()),
        Some(Cause::Reversal(of)) => ("reversal", of.reversed_request_id.clone()),
        Some(Cause::Readjudication(of)) => ("readjudication", date(of.from_date.as_ref())),
        None => ("", String::new()),
    };
    let institution = |of: &wire::journal_v1::InstitutionDifference| json!({ "institution_id": of.institution_id, "difference": amount(of.difference_fen) });
    json!({
        "adjustment_id": adjustment.adjustment_id,
        "cause": cause,
        "of": of,
        "changes": adjustment.changes.iter().map(change_json).collect::<Vec<_>>(),
        "funds": funds_json(&adjustment.funds),
        "institutions": adjustment.institutions.iter().map(institution).collect::<Vec<_>>(),
        "cash_difference": amount(adjustment.cash_difference_fen),
    })
}

fn change_json(change: &SettlementChange) -> Value {
    let fact = |fact: &wire::journal_v1::FactChange| json!({ "field": fact.field, "before": fact.before, "after": fact.after });
    let cash = |amounts: Option<&wire::claim_v1::Amounts>| amounts.map(|amounts| amount(amounts.cash_fen));
    json!({
        "settlement_id": change.settlement_id,
        "institution_id": change.institution_id,
        "service_date": date(change.service_date.as_ref()),
        "cash_before": cash(change.amounts_before.as_ref()),
        "cash_after": cash(change.statement.as_ref().and_then(|statement| statement.amounts.as_ref())),
        "funds": funds_json(&change.funds),
        "cash_difference": amount(change.cash_difference_fen),
        "facts": change.facts.iter().map(fact).collect::<Vec<_>>(),
    })
}

pub(super) fn funds_json(funds: &[FundDifference]) -> Vec<Value> {
    let fund = |of: &FundDifference| {
        let name = claim::Fund::from_number(of.fund).map_or("", claim::Fund::as_str);
        json!({ "payer": of.payer, "fund": name, "difference": amount(of.difference_fen) })
    };
    funds.iter().map(fund).collect()
}

pub(super) fn amount(fen: i64) -> String {
    Fen::new(fen).to_string()
}
