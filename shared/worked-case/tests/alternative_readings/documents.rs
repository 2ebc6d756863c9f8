//! What rule documents may choose, and what of it is refused.

use rulebook::Lookup;
use serde_json::json;

use crate::given::{basic, documents, employee, load, rules, settles, visit, with};

#[test]
fn options_that_contradict_each_other_are_refused() {
    let told = load(&documents(&[("AMB-03", "annual"), ("AMB-04", "every-bill")])).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("AMB-03 and AMB-04 change the same"), "{told}");
}

#[test]
fn options_that_change_different_things_go_together() {
    let changes = [
        ("AMB-05", "expense"),
        ("AMB-06", "whole-visit"),
        ("AMB-12", "ordinary-outpatient"),
        ("CH-09", "nothing-payable"),
    ];
    let split =
        |outpatient: &str, inpatient: &str| json!({ "basic_outpatient": outpatient, "basic_inpatient": inpatient });
    settles(&rules(&changes), &employee(), &[(visit("outpatient", 3, "15090"), split("0", "12750"))]);
}

#[test]
fn all_alternatives_at_once_collide_nowhere() {
    let changes = [
        ("AMB-01", "eligible-includes-initial-self-pay"),
        ("AMB-03", "annual"),
        ("AMB-05", "expense"),
        ("AMB-06", "whole-visit"),
        ("AMB-07", "stop"),
        ("AMB-08", "per-disease"),
        ("AMB-09", "pooled-with-sub-limits"),
        ("AMB-10", "ordinary-base"),
        ("AMB-12", "ordinary-outpatient"),
        ("AMB-13", "follows-level-3"),
        ("AMB-14", "nothing-payable"),
        ("AMB-15", "any-level"),
        ("AMB-17", "by-disease"),
        ("AMB-20", "hours-72"),
        ("AMB-21", "added"),
        ("AMB-23", "first-purchase-only"),
        ("AMB-24", "nothing-payable"),
        ("AMB-25", "lower-of-both"),
        ("AMB-28", "split-at-year-end"),
        ("AMB-39", "other-diseases-only"),
        ("AMB-40", "per-stay"),
        ("AMB-41", "one-shared"),
        ("CH-01", "on-the-whole-amount"),
        ("CH-02", "per-benefit"),
        ("CH-04", "nominal"),
        ("CH-05", "first-bill"),
        ("CH-08", "ordinary-outpatient"),
        ("CH-09", "nothing-payable"),
        ("CH-11", "latest"),
        ("CH-12", "ordinary-outpatient"),
        ("CH-13", "together"),
        ("CH-14", "everything"),
        ("CH-15", "each-rounded"),
        ("CH-16", "less-what-was-paid"),
        ("CH-17", "nobody"),
        ("CH-18", "employees-too"),
        ("CH-20", "every-payer"),
        ("CH-22", "registered-disease"),
        ("CH-23", "as-an-ordinary-stay"),
        ("CH-24", "stays-only"),
        ("CH-25", "by-filing"),
        ("CH-26", "from-2023-01-01"),
        ("CH-27", "filed-only"),
        ("CH-28", "by-prescriber"),
        ("CH-29", "paid-as-major-disease"),
        ("CH-30", "first-day-out"),
        ("repeat-admission", "step"),
    ];
    settles(&rules(&changes), &employee(), &[(visit("outpatient", 3, "190"), basic("50"))]);
}

#[test]
fn a_later_document_chooses_another_option_from_its_first_day() {
    let mut documents = documents(&[]);
    let later = r#"
[document]
number = "答复"
title = "答复"
region = "530100"
in_force_from = 2022-07-01
status = "official"

[[reading]]
id = "CH-09"
article = "一"
replaces = ["假定值"]
question = "A chronic or special visit for a disease that is not approved"
chosen = "nothing-payable"
options = ["ordinary-outpatient", "nothing-payable"]
"#;
    documents.push(("answer.toml".to_owned(), later.to_owned()));
    let rules = Lookup::new(load(&documents).unwrap());
    let of =
        |date: &str| with(visit("outpatient-chronic", 3, "500"), &json!({ "disease": "hypertension", "date": date }));
    settles(&rules, &employee(), &[(of("2022-06-30"), basic("205")), (of("2022-07-01"), basic("0"))]);
}

#[test]
fn an_option_that_nothing_implements_is_refused_with_those_that_are() {
    let mut documents = documents(&[("AMB-13", "waived")]);
    let readings = &mut documents.iter_mut().find(|(file, _)| file == "readings.toml").unwrap().1;
    *readings = readings.replace(
        r#"options = ["literal", "follows-level-3"]"#,
        r#"options = ["literal", "follows-level-3", "waived"]"#,
    );
    let told = load(&documents).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains(r#"AMB-13: only "literal", "follows-level-3" is implemented, not "waived""#), "{told}");
}
