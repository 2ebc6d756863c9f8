//! A bill as `onestop settle` reads it.

use money::Fen;
use serde_json::{Map, Value, json};

use crate::visit::{Bill, BillLine};

/// The bill as one JSON object of a file of cases; what is absent is left out.
#[must_use]
pub fn case_json(bill: &Bill) -> Value {
    let mut case = Map::from_iter([
        ("request_id".to_owned(), json!(bill.request_id)),
        ("person_id".to_owned(), json!(bill.person_id)),
        ("institution_id".to_owned(), json!(bill.institution_id)),
        ("kind".to_owned(), json!(bill.kind)),
        ("service_date".to_owned(), json!(bill.service_date)),
        ("total".to_owned(), json!(fen(bill.total_fen()))),
        ("lines".to_owned(), bill.lines.iter().map(line_json).collect()),
    ]);
    let optional = [
        ("admission_date", bill.admission_date.map(|date| json!(date))),
        ("registration", bill.registration.as_ref().map(|text| json!(text))),
        ("prescriber_id", bill.prescriber_id.as_ref().map(|text| json!(text))),
        ("disease", bill.disease.map(|text| json!(text))),
        ("diagnosis", bill.diagnosis.map(|text| json!(text))),
    ];
    case.extend(optional.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    Value::Object(case)
}

fn line_json(line: &BillLine) -> Value {
    json!({ "item_code": line.item_code, "quantity": line.quantity, "amount": fen(line.amount_fen) })
}

pub(crate) fn fen(fen: u64) -> Fen {
    i64::try_from(fen).map_or(Fen::MAX, Fen::new)
}
