//! Settlements that changes touch, before and after, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};
use wire::Listed;
use wire::claim_v1::Amounts;
use wire::settlement_v1::{FundPayment, TouchedSettlement, TouchedTotals};

use super::adjustment::{amount, date, funds_json, signed, write_cash, write_funds};
use super::{Lang, Words, yuan};

/// A settlement as text: what each fund and the person pay before and after.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub fn touched_text(settlement: &TouchedSettlement, lang: Lang) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let TouchedSettlement { settlement_id, person_id, institution_id, service_date, funds, .. } = settlement;
    let day = date(service_date.as_ref());
    write!(text, "{settlement_id} · {day} · {person_id} · {institution_id}")?;
    let (before, after) = cash(settlement);
    let is_same = before == after && funds.iter().all(|fund| fund.before_fen == fund.after_fen);
    if is_same {
        writeln!(text, " · {}", lang.pick(("无变化", "no change")))?;
        return Ok(text);
    }
    writeln!(text)?;
    for FundPayment { fund, before_fen, after_fen, .. } in funds {
        let fund = claim::Fund::from_number(*fund).map_or("?", |fund| lang.pick(fund.words()));
        write_payment(&mut text, fund, *before_fen, *after_fen)?;
    }
    write_payment(&mut text, lang.pick(("个人现金", "cash of the person")), before, after)?;
    Ok(text)
}

fn write_payment(text: &mut String, name: &str, before: i64, after: i64) -> std::fmt::Result {
    let shown = |fen| yuan(money::Fen::new(fen));
    writeln!(text, "  {name}: {} → {} ({})", shown(before), shown(after), signed(after - before))
}

fn cash(settlement: &TouchedSettlement) -> (i64, i64) {
    let cash = |amounts: Option<Amounts>| amounts.map_or(0, |amounts| amounts.cash_fen);
    (cash(settlement.amounts_before), cash(settlement.amounts_after))
}

/// What a job came to, as text.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub fn totals_text(totals: &TouchedTotals, preview: bool, lang: Lang) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let TouchedTotals { persons, settlements, changed_settlements, funds, cash_difference_fen, failures: _ } = totals;
    let preview = if preview { lang.pick(("（预算，未入账）", " (preview, nothing was booked)")) } else { "" };
    match lang {
        Lang::ZhCn => {
            writeln!(text, "合计：{persons} 人 {settlements} 笔结算，其中 {changed_settlements} 笔有变化{preview}")?;
        }
        Lang::En => writeln!(
            text,
            "In all: {settlements} settlements of {persons} persons, {changed_settlements} of them change{preview}"
        )?,
    }
    write_funds(&mut text, funds, lang)?;
    write_cash(&mut text, *cash_difference_fen, lang)?;
    Ok(text)
}

/// A settlement as JSON; amounts are decimal yuan in strings.
#[must_use]
pub fn touched_json(settlement: &TouchedSettlement) -> Value {
    let (before, after) = cash(settlement);
    let fund = |of: &FundPayment| {
        let name = claim::Fund::from_number(of.fund).map_or("", claim::Fund::as_str);
        json!({ "payer": of.payer, "fund": name, "before": amount(of.before_fen), "after": amount(of.after_fen) })
    };
    json!({ "settlement": {
        "settlement_id": settlement.settlement_id,
        "person_id": settlement.person_id,
        "institution_id": settlement.institution_id,
        "service_date": date(settlement.service_date.as_ref()),
        "funds": settlement.funds.iter().map(fund).collect::<Vec<_>>(),
        "cash_before": amount(before),
        "cash_after": amount(after),
        "adjustment_id": settlement.adjustment_id,
        "already_done": settlement.already_done,
    } })
}

/// What a job came to, as JSON; amounts are decimal yuan in strings.
#[must_use]
pub fn totals_json(totals: &TouchedTotals, preview: bool) -> Value {
    json!({ "totals": {
        "preview": preview,
        "persons": totals.persons,
        "settlements": totals.settlements,
        "changed_settlements": totals.changed_settlements,
        "failures": totals.failures,
        "funds": funds_json(&totals.funds),
        "cash_difference": amount(totals.cash_difference_fen),
    } })
}
