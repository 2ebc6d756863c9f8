//! Readings of residents' basic insurance and critical illness insurance.

use serde_json::json;

use crate::given::{basic, differ, employee, resident, visit, with};

#[test]
fn residents_disease_visits_can_settle_as_ordinary_care() {
    let mut person = resident(&[]);
    let diseases = json!([{ "code": "hypertension", "kind": "chronic", "approved_date": "2022-01-01" }]);
    person.as_object_mut().unwrap().insert("diseases".to_owned(), diseases);
    let of = with(visit("outpatient-chronic", 1, "100"), &json!({ "disease": "hypertension" }));
    differ("CH-12", "ordinary-outpatient", &person, &[(of, basic("0"), basic("50"))]);
}

#[test]
fn residents_can_have_one_ceiling_for_stays_and_outpatient_care() {
    let cases = [
        (visit("outpatient", 1, "800"), basic("400"), basic("400")),
        (visit("inpatient", 3, "100880"), basic("60000"), basic("59600")),
    ];
    differ("CH-13", "together", &resident(&[]), &cases);
}

#[test]
fn residents_critical_illness_can_count_other_care_and_round_and_cumulate_otherwise() {
    let critical = |amount: &str| json!({ "critical_illness": amount });
    let visits = |first: &str, second: &str| {
        [
            (visit("outpatient", 3, "12000"), critical("0"), critical(first)),
            (visit("outpatient", 3, "1000"), critical("0"), critical(second)),
        ]
    };
    differ("CH-14", "everything", &resident(&[]), &visits("0", "600"));

    let mut approved = resident(&[]);
    let diseases = json!([{ "code": "hypertension", "kind": "chronic", "approved_date": "2022-01-01" }]);
    approved.as_object_mut().unwrap().insert("diseases".to_owned(), diseases);
    let of = with(visit("outpatient-chronic", 1, "13000"), &json!({ "disease": "hypertension" }));
    differ("CH-14", "stays", &approved, &[(of.clone(), critical("600"), critical("0"))]);

    let fen = |eligible: &str| with(of.clone(), &json!({ "eligible": eligible }));
    let cases = [
        (fen("12000.01"), critical("0.01"), critical("0.01")),
        (fen("0.01"), critical("0.01"), critical("0")),
        (fen("0.01"), critical("0.01"), critical("0.01")),
    ];
    differ("CH-15", "each-rounded", &approved, &cases);

    let categories = json!([{ "name": "subsistence-allowance", "from": "2022-06-01" }]);
    approved.as_object_mut().unwrap().insert("categories".to_owned(), categories);
    let later = with(of.clone(), &json!({ "eligible": "10000", "date": "2022-07-01" }));
    let cases = [
        (of.clone(), critical("600"), critical("600")),
        (fen("1000"), critical("600"), critical("600")),
        (later, critical("6500"), critical("10000")),
    ];
    differ("CH-16", "less-what-was-paid", &approved, &cases);
}

#[test]
fn the_registered_poor_can_be_without_concession_and_top_up() {
    let stay = visit("inpatient", 3, "40880");
    let paid = |critical: &str, top_up: &str| json!({ "critical_illness": critical, "top_up": top_up });
    let poor = resident(&["registered-poor"]);
    differ("CH-17", "nobody", &poor, &[(stay.clone(), paid("7072", "5720"), paid("2928", "9864"))]);
    differ("CH-18", "off", &poor, &[(stay, paid("7072", "5720"), paid("7072", "0"))]);
    let mut poor = employee();
    poor.as_object_mut().unwrap().insert("categories".to_owned(), json!(["registered-poor"]));
    let of = visit("inpatient", 3, "2200");
    differ("CH-18", "employees-too", &poor, &[(of, paid("0", "0"), paid("0", "1130"))]);
}
