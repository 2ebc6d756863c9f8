//! Readings of how a bill is split, and of what its deductible is reported as.

use serde_json::{Value, json};

use crate::given::{differ, employee, resident, rules, settles, visit, with, with_diseases};

#[test]
fn initial_self_pay_can_be_on_the_whole_amount() {
    let institution = json!({ "id": "H", "level": 3 });
    let of = |rate: &str| {
        let lines = json!([{ "amount": "100", "class": "B", "self_pay_rate": rate, "price_cap": "80" }]);
        json!({ "kind": "outpatient", "institution": institution, "lines": lines })
    };
    let split = |self_pay: &str, eligible: &str| json!({ "initial_self_pay": self_pay, "eligible": eligible });
    let cases = [(of("0.10"), split("8", "72"), split("10", "70")), (of("0.90"), split("72", "8"), split("80", "0"))];
    differ("CH-01", "on-the-whole-amount", &employee(), &cases);
}

#[test]
fn initial_self_pay_can_be_rounded_once_for_each_benefit() {
    let of = |lines: &Value| json!({ "kind": "outpatient", "institution": { "id": "H", "level": 3 }, "lines": lines });
    let line = |amount: &str, disease: &str| json!({ "amount": amount, "class": "B", "self_pay_rate": "0.10", "disease": disease });
    let two = |first: &str, second: &str| of(&json!([line(first, "none"), line(second, "none")]));
    let split = |self_pay: &str, eligible: &str| json!({ "initial_self_pay": self_pay, "eligible": eligible });
    let person = with_diseases("chronic", &["hypertension"]);
    let cases = [
        (two("0.02", "0.02"), split("0", "0.04"), split("0", "0.04")),
        (two("0.02", "0.03"), split("0", "0.05"), split("0.01", "0.04")),
        (two("0.03", "0.03"), split("0", "0.06"), split("0.01", "0.05")),
        (two("0.05", "0.05"), split("0.02", "0.08"), split("0.01", "0.09")),
        (of(&json!([line("0.05", "none")])), split("0.01", "0.04"), split("0.01", "0.04")),
        // Each of two benefits rounds its own.
        (
            of(&json!([line("0.05", "hypertension"), line("0.05", "none")])),
            split("0.02", "0.08"),
            split("0.02", "0.08"),
        ),
    ];
    differ("CH-02", "per-benefit", &person, &cases);
    // With a share of the whole amount as well, it is at most what is within the cap.
    let capped = json!({ "amount": "100", "class": "B", "self_pay_rate": "0.90", "price_cap": "80" });
    let both = rules(&[("CH-01", "on-the-whole-amount"), ("CH-02", "per-benefit")]);
    settles(&both, &person, &[(of(&json!([capped, line("0.05", "none")])), split("80.01", "0.04"))]);
}

#[test]
fn the_reported_deductible_can_be_the_nominal_one() {
    let borne = |deductible: &str, basic: &str| json!({ "deductible": deductible, "basic": basic });
    let special = |eligible: &str| with(visit("outpatient-special", 3, eligible), &json!({ "disease": "lung-cancer" }));
    let bill = |eligible: &str| with(visit("outpatient", 3, eligible), &json!({ "registration": "R" }));
    let cases = [
        (visit("outpatient", 3, "89.99"), borne("89.99", "0"), borne("90", "0")),
        (visit("outpatient", 3, "90"), borne("90", "0"), borne("90", "0")),
        (visit("outpatient", 3, "90.01"), borne("90", "0.01"), borne("90", "0.01")),
        (special("2000"), borne("880", "952"), borne("880", "952")),
        (special("1000"), borne("0", "850"), borne("880", "850")),
        (bill("50"), borne("50", "0"), borne("90", "0")),
        (bill("140"), borne("40", "50"), borne("90", "50")),
        (visit("ambulance-120", 3, "600"), borne("0", "546"), borne("0", "546")),
        (visit("day-surgery", 3, "100"), borne("100", "0"), borne("600", "0")),
    ];
    differ("CH-04", "nominal", &with_diseases("special", &["lung-cancer"]), &cases);
    // A deductible that two payments of one bill share is reported once.
    let lines = json!([{ "amount": "100", "disease": "hypertension" }, { "amount": "100", "disease": "diabetes" }]);
    let mixed = json!({ "kind": "outpatient-chronic", "institution": { "id": "H", "level": 3 }, "lines": lines });
    let both = rules(&[("AMB-09", "pooled-with-sub-limits"), ("CH-04", "nominal")]);
    let person = with_diseases("chronic", &["hypertension", "diabetes"]);
    settles(&both, &person, &[(mixed, borne("300", "0"))]);
    // The threshold of major-disease assistance is no deductible of basic insurance.
    let stay = with(visit("inpatient", 3, "1000"), &json!({ "diagnosis": "lung-cancer" }));
    settles(&rules(&[("CH-04", "nominal")]), &resident(&["low-income-elderly"]), &[(stay, borne("880", "72"))]);
}
