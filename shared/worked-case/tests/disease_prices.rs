//! A published price of a disease caps what the person and the fund share; what lies beyond it is the institution's.

#![expect(clippy::unwrap_used, reason = "a test fails where its premises do not hold")]

use rulebook::{Lookup, Rulebook};
use serde_json::{Value, json};
use worked_case::{Chain, WorkedCase, run_case};

fn settles(categories: &[&str], visits: &[(Value, Value)]) {
    let visits = visits.iter().map(|(visit, expect)| {
        let mut visit = visit.clone();
        visit.as_object_mut().unwrap().insert("expect".to_owned(), expect.clone());
        visit
    });
    let visits: Vec<_> = visits.collect();
    let person = json!({
        "scheme": "employee", "employment": "active", "birth_date": "1980-01-01", "categories": categories,
        "diseases": [{ "code": "lung-cancer", "kind": "special", "approved_date": "2022-01-01" }],
    });
    let case = json!({ "name": "prices", "person": person, "visits": visits }).to_string();
    let rules = Lookup::new(Rulebook::kunming().unwrap());
    let report = run_case(&Chain::new(), &rules, &WorkedCase::from_json(&case).unwrap());
    let told: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{told:#?}");
}

fn surgery(eligible: &str, fields: &Value) -> Value {
    let mut visit = json!({
        "kind": "day-surgery", "date": "2022-05-04", "institution": { "id": "H", "level": 3 }, "eligible": eligible,
        "diagnosis": "cataract", "disease_price": "8000",
    });
    for (key, value) in fields.as_object().unwrap() {
        visit.as_object_mut().unwrap().insert(key.clone(), value.clone());
    }
    visit
}

fn without_price(mut visit: Value) -> Value {
    visit.as_object_mut().unwrap().remove("disease_price").unwrap();
    visit
}

fn shares(basic: &str, hospital: &str, cash: &str) -> Value {
    json!({ "basic": basic, "hospital_share": hospital, "cash": cash })
}

#[test]
fn the_person_never_pays_a_share_of_what_lies_beyond_the_price() {
    let none = json!({});
    settles(
        &[],
        &[
            (surgery("600", &none), shares("0", "0", "600")),
            (surgery("7999.99", &none), shares("6289.99", "0", "1710")),
            (surgery("8000", &none), shares("6290", "0", "1710")),
            (surgery("8000.01", &none), shares("6290", "0.01", "1710")),
            (surgery("20000", &none), shares("6290", "12000", "1710")),
        ],
    );
}

#[test]
fn a_diagnosis_without_a_price_and_another_kind_of_visit_are_settled_as_ever() {
    let stay = json!({ "kind": "inpatient" });
    settles(
        &[],
        &[
            (without_price(surgery("9000", &json!({}))), shares("7140", "0", "1860")),
            (without_price(surgery("9000", &stay)), shares("6630", "0", "2370")),
        ],
    );
}

#[test]
fn what_is_outside_the_eligible_expense_does_not_come_under_the_price() {
    let lines = json!([{ "amount": "9000" }, { "amount": "500", "class": "excluded" }]);
    let mut of = surgery("0", &json!({ "lines": lines }));
    of.as_object_mut().unwrap().remove("eligible");
    settles(&[], &[(of, shares("6290", "1000", "2210"))]);
}

#[test]
fn bills_of_one_registration_come_under_one_price() {
    let visit = json!({ "registration": "R" });
    settles(
        &[],
        &[
            (surgery("7000", &visit), shares("5440", "0", "1560")),
            (surgery("999.99", &visit), shares("849.99", "0", "150")),
            (surgery("0.02", &visit), shares("0.01", "0.01", "0")),
            (surgery("100", &visit), shares("0", "100", "0")),
            (surgery("8000", &json!({ "registration": "S" })), shares("6290", "0", "1710")),
        ],
    );
}

#[test]
fn the_institutions_part_is_no_personal_expense_of_later_payers() {
    // As a stay, assistance pays the whole of what is left to somebody in extreme poverty: the price, not the bill.
    let rules: Vec<(String, String)> = {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulebook/kunming");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
    };
    let changed = |text: &str| text.replace("chosen = \"none\"", "chosen = \"as-an-ordinary-stay\"");
    let rules: Vec<_> = rules.iter().map(|(file, text)| (file.as_str(), changed(text))).collect();
    let rules: Vec<_> = rules.iter().map(|(file, text)| (*file, text.as_str())).collect();
    let person = json!({
        "scheme": "employee", "employment": "active", "birth_date": "1980-01-01", "categories": ["extreme-poverty"],
    });
    let mut visit = surgery("9000", &json!({}));
    let expect = json!({ "basic": "6290", "assistance": "1710", "hospital_share": "1000", "cash": "0" });
    visit.as_object_mut().unwrap().insert("expect".to_owned(), expect);
    let case = json!({ "name": "assistance", "person": person, "visits": [visit] }).to_string();
    let rules = Lookup::new(Rulebook::load(&rules).unwrap());
    let report = run_case(&Chain::new(), &rules, &WorkedCase::from_json(&case).unwrap());
    let told: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{told:#?}");
}
