//! Readings of chronic and special diseases and of negotiated drugs.

use serde_json::json;

use crate::given::{basic, differ, employee, visit, with, with_diseases};

#[test]
fn the_chronic_deductible_can_be_borne_for_each_disease() {
    let person = with_diseases("chronic", &["hypertension", "diabetes"]);
    let of =
        |disease: &str, eligible: &str| with(visit("outpatient-chronic", 3, eligible), &json!({ "disease": disease }));
    let cases = [
        (of("hypertension", "400"), basic("80"), basic("80")),
        (of("diabetes", "400"), basic("320"), basic("80")),
        (of("diabetes", "100"), basic("80"), basic("80")),
    ];
    differ("AMB-08", "per-disease", &person, &cases);
}

#[test]
fn the_chronic_ceiling_can_have_a_limit_for_each_disease() {
    let person = with_diseases("chronic", &["hypertension", "diabetes"]);
    let of =
        |disease: &str, eligible: &str| with(visit("outpatient-chronic", 3, eligible), &json!({ "disease": disease }));
    let cases = [
        (of("hypertension", "4050"), basic("3000"), basic("2000")),
        (of("diabetes", "2000"), basic("0"), basic("1000")),
    ];
    differ("AMB-09", "pooled-with-sub-limits", &person, &cases);
}

#[test]
fn psychosis_with_another_disease_can_rise_from_the_ordinary_base() {
    let person = with_diseases("chronic", &["psychosis", "diabetes"]);
    let of = |eligible: &str| with(visit("outpatient-chronic", 3, eligible), &json!({ "disease": "psychosis" }));
    differ("AMB-10", "ordinary-base", &person, &[(of("5300"), basic("4000"), basic("3000"))]);
    let alone = with_diseases("chronic", &["psychosis"]);
    differ("AMB-10", "ordinary-base", &alone, &[(of("5300"), basic("3000"), basic("3000"))]);
}

#[test]
fn what_lies_beyond_the_chronic_ceiling_can_settle_as_ordinary_care_with_one_deductible() {
    let person = with_diseases("chronic", &["hypertension"]);
    let of = |eligible: &str| with(visit("outpatient-chronic", 3, eligible), &json!({ "disease": "hypertension" }));
    let lines = json!([{ "amount": "190", "disease": "hypertension" }, { "amount": "100", "disease": "none" }]);
    let mut mixed = visit("outpatient-chronic", 3, "0");
    mixed.as_object_mut().unwrap().remove("eligible");
    let mixed = with(mixed, &json!({ "lines": lines }));
    let cases = [
        (of("2800"), basic("2000"), basic("2000")),
        (of("90.01"), basic("0"), basic("0.01")),
        (of("190"), basic("0"), basic("50")),
        (mixed, json!({ "basic": "5", "deductible": "90" }), json!({ "basic": "100", "deductible": "90" })),
    ];
    differ("AMB-12", "ordinary-outpatient", &person, &cases);
}

#[test]
fn special_disease_at_level_one_can_be_unpayable_or_payable() {
    let person = with_diseases("special", &["lung-cancer", "chronic-renal-failure"]);
    let of = |level, disease: &str| with(visit("outpatient-special", level, "500"), &json!({ "disease": disease }));
    differ("AMB-14", "nothing-payable", &person, &[(of(1, "lung-cancer"), basic("282"), basic("0"))]);
    let not_approved = (of(3, "other"), basic("205"), basic("205"));
    differ("AMB-14", "nothing-payable", &person, &[not_approved]);
    let failure = (of(1, "chronic-renal-failure"), basic("282"), basic("450"));
    differ("AMB-15", "any-level", &person, &[failure]);
    // An institution can be allowed these at any level, and nothing else by that.
    let allowed = |level: u8, disease: &str| {
        let institution = json!({ "id": "D", "level": level, "special_exempt_allowed": true });
        with(of(level, disease), &json!({ "institution": institution }))
    };
    let cases = [
        (allowed(1, "chronic-renal-failure"), basic("450"), basic("450")),
        (allowed(2, "chronic-renal-failure"), basic("450"), basic("450")),
        (allowed(1, "lung-cancer"), basic("282"), basic("282")),
    ];
    differ("AMB-15", "any-level", &person, &cases);
    let cases = [(with(of(3, "lung-cancer"), &json!({ "eligible": "1300" })), basic("357"), basic("85"))];
    differ("AMB-13", "follows-level-3", &person, &cases);
}

#[test]
fn a_disease_that_is_not_approved_can_be_unpayable_on_a_chronic_or_special_visit() {
    let of = |kind: &str| with(visit(kind, 3, "500"), &json!({ "disease": "hypertension" }));
    let cases = [
        (of("outpatient-chronic"), basic("205"), basic("0")),
        (of("outpatient-special"), basic("205"), basic("0")),
        (of("outpatient"), basic("205"), basic("205")),
    ];
    differ("CH-09", "nothing-payable", &employee(), &cases);
}

#[test]
fn a_negotiated_drug_can_settle_by_one_route() {
    let drug = |disease: &str, level: u8| {
        with(visit("negotiated-drug", level, "2200"), &json!({ "drug": "drug-a", "disease": disease }))
    };
    let chronic = with_diseases("chronic", &["hypertension"]);
    differ("AMB-17", "by-disease", &chronic, &[(drug("hypertension", 3), basic("850"), basic("1520"))]);
    let special = with_diseases("special", &["lung-cancer"]);
    differ("AMB-17", "by-drug", &special, &[(drug("lung-cancer", 3), basic("1122"), basic("850"))]);
    let ordinary = (drug("hypertension", 1), basic("1520"), basic("1302"));
    differ("CH-08", "ordinary-outpatient", &chronic, &[ordinary]);
    let nothing = (drug("none", 1), basic("1302"), basic("0"));
    differ("AMB-24", "nothing-payable", &employee(), &[nothing]);
    let cases = [
        (with(drug("none", 3), &json!({ "eligible": "200" })), basic("0"), basic("0")),
        (drug("none", 3), basic("1020"), basic("1870")),
    ];
    differ("AMB-23", "first-purchase-only", &employee(), &cases);
}
