//! Readings of employees' ordinary outpatient care: deductible, ceiling and what lies beyond it.

use rulebook::Lookup;
use serde_json::json;

use crate::given::{basic, differ, documents, employee, load, rules, settles, visit, with, with_diseases};

#[test]
fn the_outpatient_deductible_can_be_borne_once_a_year() {
    let on = |date: &str, level, eligible: &str| with(visit("outpatient", level, eligible), &json!({ "date": date }));
    let cases = [
        (on("2022-05-04", 3, "89.99"), basic("0"), basic("0")),
        (on("2022-05-05", 3, "0.01"), basic("0"), basic("0")),
        (on("2022-05-06", 3, "0.01"), basic("0"), basic("0.01")),
        // What was borne at level 3 is more than a year's deductible at level 1.
        (on("2022-05-07", 1, "30"), basic("0"), basic("18")),
        (with(visit("inpatient", 3, "2200"), &json!({ "date": "2022-05-08" })), basic("850"), basic("850")),
        (on("2023-01-01", 3, "90.01"), basic("0.01"), basic("0.01")),
    ];
    differ("AMB-03", "annual", &employee(), &cases);
    // A first bill that bears a part of it leaves the rest, however bills of one registration are read.
    let cases = [(on("2022-05-04", 3, "10"), basic("0")), (on("2022-05-05", 3, "90"), basic("5"))];
    settles(&rules(&[("AMB-03", "annual"), ("CH-05", "first-bill")]), &employee(), &cases);
}

#[test]
fn every_bill_can_bear_the_outpatient_deductible() {
    let of = |eligible: &str| with(visit("outpatient", 3, eligible), &json!({ "registration": "R" }));
    let cases = [
        (of("90"), basic("0"), basic("0")),
        (of("89.99"), basic("45"), basic("0")),
        (of("90"), basic("45"), basic("0")),
        (of("90.01"), basic("45.01"), basic("0.01")),
        (visit("outpatient", 3, "90.01"), basic("0.01"), basic("0.01")),
    ];
    differ("AMB-04", "every-bill", &employee(), &cases);
    // One bill bears one deductible although two benefits of it ask for it.
    let person = with_diseases("chronic", &["hypertension"]);
    let lines = json!([{ "amount": "2840", "disease": "hypertension" }, { "amount": "100", "disease": "none" }]);
    let mut mixed = visit("outpatient-chronic", 3, "0");
    mixed.as_object_mut().unwrap().remove("eligible");
    let mixed = with(mixed, &json!({ "lines": lines, "registration": "R" }));
    let as_ordinary = ("AMB-12", "ordinary-outpatient");
    let cases = [(mixed, json!({ "basic": "2025", "deductible": "390" }))];
    settles(&rules(&[as_ordinary, ("AMB-04", "every-bill")]), &person, &cases);
    // Nor is a bill the second one to itself.
    settles(&rules(&[as_ordinary, ("CH-05", "first-bill")]), &person, &cases);
}

#[test]
fn the_first_bill_of_a_registration_can_settle_the_deductible() {
    let of = |eligible: &str| with(visit("outpatient", 3, eligible), &json!({ "registration": "R" }));
    let cases = [(of("50"), basic("0"), basic("0")), (of("140"), basic("50"), basic("70"))];
    differ("CH-05", "first-bill", &employee(), &cases);
}

#[test]
fn the_outpatient_ceiling_can_hold_the_expense() {
    let split =
        |outpatient: &str, inpatient: &str| json!({ "basic_outpatient": outpatient, "basic_inpatient": inpatient });
    let whole = visit("outpatient", 3, "15090");
    differ("AMB-05", "expense", &employee(), &[(whole, split("6000", "2550"), split("3000", "7650"))]);
    let until = |eligible: &str| visit("outpatient", 3, eligible);
    let cases = [
        (until("6089.99"), split("3000", "0"), split("3000", "0")),
        (until("90.01"), split("0.01", "0"), split("0.01", "0")),
        (until("91"), split("0.50", "0"), split("0", "0.85")),
    ];
    differ("AMB-05", "expense", &employee(), &cases);
}

#[test]
fn the_visit_that_crosses_can_lie_beyond_as_a_whole() {
    let split =
        |outpatient: &str, inpatient: &str| json!({ "basic_outpatient": outpatient, "basic_inpatient": inpatient });
    let cases = [
        (visit("outpatient", 3, "11890"), split("5900", "0"), split("5900", "0")),
        (visit("outpatient", 3, "1090"), split("100", "680"), split("0", "850")),
        (visit("outpatient", 3, "290"), split("0", "170"), split("100", "0")),
    ];
    differ("AMB-06", "whole-visit", &employee(), &cases);
}

#[test]
fn a_visit_that_lies_beyond_as_a_whole_takes_no_room_under_a_ceiling_of_expense() {
    let split =
        |outpatient: &str, inpatient: &str| json!({ "basic_outpatient": outpatient, "basic_inpatient": inpatient });
    let visits = [
        (visit("outpatient", 3, "5090"), split("2500", "0")),
        (visit("outpatient", 3, "2090"), split("0", "1700")),
        (visit("outpatient", 3, "590"), split("250", "0")),
    ];
    settles(&rules(&[("AMB-05", "expense"), ("AMB-06", "whole-visit")]), &employee(), &visits);
}

#[test]
fn outpatient_expense_can_stop_at_the_inpatient_ceiling() {
    let paid = |inpatient: &str, large: &str| json!({ "basic_inpatient": inpatient, "large_expense": large });
    let cases = [
        (visit("outpatient", 3, "12090"), paid("0", "0"), paid("0", "0")),
        (visit("inpatient", 3, "72000"), paid("60000", "190.58"), paid("60000", "190.58")),
        (visit("outpatient", 3, "1090"), paid("0", "900"), paid("0", "0")),
    ];
    differ("AMB-07", "stop", &employee(), &cases);
}

#[test]
fn a_ceiling_can_hold_together_with_another_counter_of_its_payer() {
    let mut documents = documents(&[]);
    let text = &mut documents.iter_mut().find(|(file, _)| file == "2022-kunzhengban-15.toml").unwrap().1;
    let alone = "counter = \"employee.outpatient.paid\" }";
    let together = "counter = \"employee.outpatient.paid\", together_with = [\"employee.pooling.paid\"] }";
    *text = text.replace(alone, together);
    let visits = [
        (visit("inpatient", 3, "2200"), json!({ "basic_inpatient": "850", "basic_outpatient": "0" })),
        (visit("outpatient", 3, "15090"), json!({ "basic_inpatient": "3995", "basic_outpatient": "5150" })),
    ];
    settles(&Lookup::new(load(&documents).unwrap()), &employee(), &visits);
}
