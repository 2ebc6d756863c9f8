//! A statement as one line of JSON: amounts are decimal yuan in strings, named as in the worked cases.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use claim::{Adjudication, Amounts, Figure, ItemCode, LineSplit, PricedLine, SettlementId, Statement, VisitKind};
use serde::Serialize;

#[derive(Serialize)]
struct StatementJson<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'s str>,
    settlement_id: Option<&'s SettlementId>,
    person_id: &'s str,
    institution_id: &'s str,
    kind: VisitKind,
    service_date: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_time_of_day: Option<NaiveTime>,
    admission_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admission_time_of_day: Option<NaiveTime>,
    recorded_time: DateTime<Utc>,
    amounts: &'s Amounts,
    lines: Vec<LineJson<'s>>,
    figures: Vec<Figure>,
    adjudications: &'s [Adjudication],
    assumed: Vec<&'s str>,
}

#[derive(Serialize)]
struct LineJson<'s> {
    item_code: &'s str,
    name: &'s str,
    quantity: i64,
    amount: money::Fen,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_date: Option<NaiveDate>,
    #[serde(flatten)]
    split: LineSplit,
}

/// The statement as JSON without line breaks.
///
/// # Errors
/// Never in practice: every field has a JSON form.
pub fn statement_json<'s>(statement: &'s Statement, request_id: Option<&'s str>) -> serde_json::Result<String> {
    let visit = &statement.case.visit;
    let line = |line: &'s PricedLine| LineJson {
        item_code: line.item_code.as_ref().map_or("", ItemCode::as_str),
        name: &line.name,
        quantity: line.quantity,
        amount: line.amount,
        service_date: line.service_date,
        split: line.split,
    };
    serde_json::to_string(&StatementJson {
        request_id,
        settlement_id: statement.settlement_id.as_ref(),
        person_id: statement.person_id.as_str(),
        institution_id: visit.institution.id.as_str(),
        kind: visit.kind,
        service_date: visit.service_date,
        service_time_of_day: visit.service_time_of_day,
        admission_date: visit.admission_date,
        admission_time_of_day: visit.admission_time_of_day,
        recorded_time: statement.recorded_time,
        amounts: &statement.amounts,
        lines: statement.case.lines.iter().map(line).collect(),
        figures: statement.figures(),
        adjudications: &statement.adjudications,
        assumed: super::table::assumed(statement).iter().map(|citation| &*citation.rule).collect(),
    })
}
