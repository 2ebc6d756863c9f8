//! Readings of medical assistance.

use serde_json::json;

use crate::given::{assistance, differ, employee, resident, rules, settles, visit, with, with_diseases};

#[test]
fn assistance_can_look_at_the_initial_self_pay_too() {
    let institution = json!({ "id": "V", "level": 1, "kind": "village-clinic" });
    let of = |amount: &str, class: &str| {
        let lines = json!([{ "amount": amount, "class": class, "self_pay_rate": "0.50" }]);
        json!({ "kind": "outpatient", "institution": institution, "lines": lines })
    };
    let paid = |basic: &str, assistance: &str| json!({ "basic": basic, "assistance": assistance });
    // The outpatient ceiling of 200 lies within what the initial self-pay adds.
    for (amount, by_default, under) in [
        ("266.66", paid("66.67", "66.66"), paid("66.67", "199.99")),
        ("266.67", paid("66.67", "66.66"), paid("66.67", "200")),
        ("266.68", paid("66.67", "66.67"), paid("66.67", "200")),
    ] {
        let cases = [(of(amount, "B"), by_default, under)];
        differ("AMB-01", "eligible-includes-initial-self-pay", &resident(&["extreme-poverty"]), &cases);
    }
    let person = resident(&["extreme-poverty"]);
    let without_self_pay = [(of("266.67", "A"), paid("133.34", "133.33"), paid("133.34", "133.33"))];
    differ("AMB-01", "eligible-includes-initial-self-pay", &person, &without_self_pay);
    let not_entitled = [(of("266.67", "B"), paid("66.67", "0"), paid("66.67", "0"))];
    differ("AMB-01", "eligible-includes-initial-self-pay", &resident(&[]), &not_entitled);
}

#[test]
fn lines_that_break_the_rules_are_left_out_of_the_initial_self_pay_too() {
    let lines = json!([
        { "amount": "1000", "class": "B", "self_pay_rate": "0.20" },
        { "amount": "1000", "class": "B", "self_pay_rate": "0.20", "violates_rules": true },
    ]);
    let stay = json!({ "kind": "inpatient", "institution": { "id": "H", "level": 3 }, "lines": lines });
    let paid = |basic: &str, assistance: &str| json!({ "basic": basic, "assistance": assistance });
    // Basic insurance leaves 1,168 of 1,600; half of that, and under the option half of 1,568, is assistance's base.
    let cases = [(stay, paid("432", "408.80"), paid("432", "548.80"))];
    differ("AMB-01", "eligible-includes-initial-self-pay", &resident(&["subsistence-allowance"]), &cases);
}

#[test]
fn lines_that_break_the_rules_can_be_left_out_by_every_payer() {
    let lines = json!([{ "amount": "1880" }, { "amount": "1000", "violates_rules": true }]);
    let institution = json!({ "id": "H", "level": 3 });
    let stay = json!({ "kind": "inpatient", "institution": institution, "lines": lines });
    let paid = |basic: &str, assistance: &str| json!({ "basic": basic, "assistance": assistance });
    let person = resident(&["subsistence-allowance"]);
    differ("CH-20", "every-payer", &person, &[(stay, paid("1200", "767.67"), paid("600", "896"))]);
}

#[test]
fn rescues_day_surgery_and_drugs_can_have_assistance_as_a_stay() {
    let mut person = employee();
    person.as_object_mut().unwrap().insert("categories".to_owned(), json!(["subsistence-allowance"]));
    let of = visit("day-surgery", 3, "1600");
    differ("CH-23", "as-an-ordinary-stay", &person, &[(of, assistance("0"), assistance("525"))]);
}

#[test]
fn assistance_can_ask_for_a_filing() {
    let elsewhere =
        |filing: &str| with(visit("inpatient", 3, "1880"), &json!({ "region": "province", "filing": filing }));
    let cases = [
        (elsewhere("none"), assistance("896"), assistance("0")),
        (elsewhere("referred"), assistance("896"), assistance("896")),
    ];
    differ("CH-27", "filed-only", &resident(&["subsistence-allowance"]), &cases);
}

#[test]
fn assistance_can_be_paid_at_a_pharmacy_by_the_prescriber() {
    let mut person = with_diseases("chronic", &["hypertension"]);
    person.as_object_mut().unwrap().insert("categories".to_owned(), json!(["subsistence-allowance"]));
    let fields = json!({ "institution": { "id": "P", "level": 1, "kind": "pharmacy" }, "prescriber_level": 3, "disease": "hypertension" });
    let of = with(visit("pharmacy", 1, "300"), &fields);
    differ("CH-28", "by-prescriber", &person, &[(of, assistance("0"), assistance("210"))]);
}

#[test]
fn a_low_income_stay_for_a_major_disease_can_be_that_item_only() {
    let stay = with(visit("inpatient", 3, "10880"), &json!({ "diagnosis": "lung-cancer" }));
    let other = with(stay.clone(), &json!({ "diagnosis": "pneumonia" }));
    let person = resident(&["low-income-elderly"]);
    let cases = [(stay, assistance("3416"), assistance("0")), (other, assistance("3416"), assistance("3416"))];
    differ("AMB-39", "other-diseases-only", &person, &cases);
}

#[test]
fn the_major_disease_threshold_can_hold_for_each_stay_or_count_only_what_was_paid_as_such() {
    let stay = with(visit("inpatient", 3, "100880"), &json!({ "diagnosis": "lung-cancer" }));
    let person = resident(&["low-income-elderly"]);
    // Basic and critical illness insurance leave 23,552 of the first stay and 27,000 of the second.
    let visits = |first: &str, second: &str| [(stay.clone(), assistance(first)), (stay.clone(), assistance(second))];
    let alone = ("AMB-39", "other-diseases-only");
    settles(&rules(&[alone]), &person, &visits("2486.40", "18900"));
    settles(&rules(&[alone, ("AMB-40", "per-stay")]), &person, &visits("2486.40", "4900"));
    // The first stay is paid as an ordinary one.
    settles(&rules(&[]), &person, &visits("16486.40", "18900"));
    settles(&rules(&[("CH-29", "paid-as-major-disease")]), &person, &visits("16486.40", "4900"));
}

#[test]
fn assistance_can_have_one_ceiling() {
    let institution = json!({ "id": "T", "level": 1, "kind": "township-health-centre" });
    let of = |eligible: &str| with(visit("outpatient", 1, eligible), &json!({ "institution": institution }));
    let cases = [(of("1000"), assistance("200"), assistance("600")), (of("100"), assistance("0"), assistance("100"))];
    differ("AMB-41", "one-shared", &resident(&["extreme-poverty"]), &cases);
}

#[test]
fn assistance_can_follow_the_registered_disease() {
    let of_person = |kind: &str, diseases: &[&str]| {
        let fields = json!({ "categories": ["subsistence-allowance"], "birth_date": "1950-01-01" });
        with(with_diseases(kind, diseases), &fields)
    };
    let special = of_person("special", &["lung-cancer"]);
    let of = |level, eligible: &str, disease: &str| {
        with(visit("outpatient-special", level, eligible), &json!({ "disease": disease }))
    };
    let cases = [
        // At level 1 it settles as ordinary care, which leaves 218.
        (of(1, "500", "lung-cancer"), assistance("0"), assistance("174.40")),
        (of(3, "980", "lung-cancer"), assistance("626.50"), assistance("626.50")),
        (of(3, "500", "not-registered"), assistance("0"), assistance("0")),
    ];
    differ("CH-22", "registered-disease", &special, &cases);

    let chronic = of_person("chronic", &["hypertension"]);
    for (eligible, under) in [("12247.55", "1999.99"), ("12247.60", "2000"), ("12247.65", "2000")] {
        let drug = json!({ "drug": "drug-a", "disease": "hypertension" });
        let of = with(visit("negotiated-drug", 3, eligible), &drug);
        differ("CH-22", "registered-disease", &chronic, &[(of, assistance("0"), assistance(under))]);
    }

    // One payment for two lines: what it leaves is each line's in proportion, and each line follows its own disease.
    let lines = json!([{ "amount": "300", "disease": "lung-cancer" }, { "amount": "200", "disease": "none" }]);
    let institution = json!({ "id": "T", "level": 1, "kind": "township-health-centre" });
    let mixed = json!({ "kind": "outpatient", "institution": institution, "lines": lines });
    differ("CH-22", "registered-disease", &special, &[(mixed.clone(), assistance("152.60"), assistance("165.68"))]);
    let with_self_pay = [("CH-22", "registered-disease"), ("AMB-01", "eligible-includes-initial-self-pay")];
    settles(&rules(&with_self_pay), &special, &[(mixed, assistance("165.68"))]);
    // Lines of one service are one expense.
    let halves = json!([{ "amount": "250", "disease": "lung-cancer" }, { "amount": "250", "disease": "lung-cancer" }]);
    let halves = json!({ "kind": "outpatient", "institution": institution, "lines": halves });
    differ("CH-22", "registered-disease", &special, &[(halves, assistance("152.60"), assistance("174.40"))]);
    // The initial self-pay of 30 and 20 is each line's own: 80 % of 118.80 + 30, and 70 % of 79.20 + 20.
    let lines = json!([
        { "amount": "300", "class": "B", "self_pay_rate": "0.10", "disease": "lung-cancer" },
        { "amount": "200", "class": "B", "self_pay_rate": "0.10", "disease": "none" },
    ]);
    let mixed = json!({ "kind": "outpatient", "institution": institution, "lines": lines });
    settles(&rules(&with_self_pay), &special, &[(mixed, assistance("188.48"))]);

    // Lines of one service that break the rules are left out in proportion to all of that service: of 1,030 and 100
    // that are left of 1,880 and 1,000, 1,130 x 1,880 / 2,880 are the base.
    let two = of_person("special", &["lung-cancer", "chronic-renal-failure"]);
    let lines = json!([
        { "amount": "1880", "disease": "lung-cancer" },
        { "amount": "1000", "disease": "chronic-renal-failure", "violates_rules": true },
    ]);
    let breaking = json!({ "kind": "outpatient-special", "institution": { "id": "H", "level": 3 }, "lines": lines });
    differ("CH-22", "registered-disease", &two, &[(breaking, assistance("516.35"), assistance("516.35"))]);

    // A drug for no registered disease is the only one that has assistance as a stay.
    let both = rules(&[("CH-22", "registered-disease"), ("CH-23", "as-an-ordinary-stay")]);
    let drug = |disease: &str| with(visit("negotiated-drug", 3, "2200"), &json!({ "drug": "d", "disease": disease }));
    settles(&both, &chronic, &[(drug("hypertension"), assistance("945")), (drug("none"), assistance("231"))]);
    let surgery = with(visit("day-surgery", 3, "1600"), &json!({ "disease": "hypertension" }));
    settles(&both, &chronic, &[(surgery, assistance("525"))]);
    // The institution bears 2,000 beyond the published price; 70 % of the 1,710 that are left of 8,000.
    let priced =
        json!({ "eligible": "10000", "diagnosis": "cataract", "disease_price": "8000", "disease": "hypertension" });
    let expect = json!({ "hospital_share": "2000", "basic": "6290", "assistance": "1197" });
    settles(&both, &chronic, &[(with(visit("day-surgery", 3, "0"), &priced), expect)]);
}

#[test]
fn the_last_day_of_a_category_can_be_the_first_day_out() {
    let of = |date: &str| with(visit("inpatient", 3, "1880"), &json!({ "date": date }));
    let mut person = resident(&[]);
    let categories = json!([{ "name": "subsistence-allowance", "to": "2022-05-04" }]);
    person.as_object_mut().unwrap().insert("categories".to_owned(), categories);
    let cases = [
        (of("2022-05-03"), assistance("896"), assistance("896")),
        (of("2022-05-04"), assistance("896"), assistance("0")),
        (of("2022-05-05"), assistance("0"), assistance("0")),
    ];
    differ("CH-30", "first-day-out", &person, &cases);
    let categories =
        json!([{ "name": "subsistence-allowance", "to": "2022-05-04" }, { "name": "subsistence-allowance" }]);
    person.as_object_mut().unwrap().insert("categories".to_owned(), categories);
    differ("CH-30", "first-day-out", &person, &[(of("2022-05-04"), assistance("896"), assistance("896"))]);
}
