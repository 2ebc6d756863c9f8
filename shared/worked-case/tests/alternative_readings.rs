//! Each option of a reading that rule data names changes the computation as it says, by that one word.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails where its premises do not hold")]

use std::path::Path;

use rulebook::{LoadFaults, Lookup, Rulebook};
use serde_json::{Value, json};
use worked_case::{Chain, WorkedCase, run_case};

/// The documents of this release with the reading `id` changed to `option`.
fn documents(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulebook/kunming");
    let mut documents: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    documents.sort();
    for (id, option) in changes {
        let readings = &mut documents.iter_mut().find(|(file, _)| file == "readings.toml").unwrap().1;
        let at = readings.find(&format!("[[reading]]\nid = \"{id}\"")).unwrap();
        let start = at + readings.get(at..).unwrap().find("chosen = ").unwrap();
        let end = start + readings.get(start..).unwrap().find('\n').unwrap();
        readings.replace_range(start..end, &format!("chosen = \"{option}\""));
    }
    documents
}

fn load(documents: &[(String, String)]) -> Result<Rulebook, LoadFaults> {
    let files: Vec<_> = documents.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    Rulebook::load(&files)
}

fn rules(changes: &[(&str, &str)]) -> Lookup {
    Lookup::new(load(&documents(changes)).unwrap_or_else(|faults| panic!("{changes:?}: {faults}")))
}

/// Settles the visits, each with what it must come to.
fn settles(rules: &Lookup, person: &Value, visits: &[(Value, Value)]) {
    let visits: Vec<Value> = visits
        .iter()
        .map(|(visit, expect)| {
            let mut visit = visit.clone();
            let fields = visit.as_object_mut().unwrap();
            fields.insert("expect".to_owned(), expect.clone());
            fields.entry("date").or_insert_with(|| json!("2022-05-04"));
            visit
        })
        .collect();
    let case = json!({ "name": "alternative", "person": person, "visits": visits }).to_string();
    let case = WorkedCase::from_json(&case).unwrap_or_else(|faults| panic!("{faults}"));
    let report = run_case(&Chain::new(), rules, &case);
    let told: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{told:#?}");
}

/// Visits that come to the first expectation by default and to the second under the option.
fn differ(id: &str, option: &str, person: &Value, visits: &[(Value, Value, Value)]) {
    let by_default: Vec<_> = visits.iter().map(|(visit, expect, _)| (visit.clone(), expect.clone())).collect();
    settles(&rules(&[]), person, &by_default);
    let under: Vec<_> = visits.iter().map(|(visit, _, expect)| (visit.clone(), expect.clone())).collect();
    settles(&rules(&[(id, option)]), person, &under);
}

fn employee() -> Value {
    json!({ "scheme": "employee", "employment": "active", "birth_date": "1980-01-01", "kunming_household": true })
}

fn resident(categories: &[&str]) -> Value {
    json!({ "scheme": "resident", "birth_date": "1980-01-01", "kunming_household": true, "categories": categories })
}

fn with_diseases(kind: &str, codes: &[&str]) -> Value {
    let mut person = employee();
    let diseases: Vec<_> =
        codes.iter().map(|code| json!({ "code": code, "kind": kind, "approved_date": "2022-01-01" })).collect();
    person.as_object_mut().unwrap().insert("diseases".to_owned(), json!(diseases));
    person
}

fn visit(kind: &str, level: u8, eligible: &str) -> Value {
    let institution = json!({ "id": "H", "level": level });
    json!({ "kind": kind, "institution": institution, "eligible": eligible })
}

fn with(mut visit: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().unwrap() {
        visit.as_object_mut().unwrap().insert(key.clone(), value.clone());
    }
    visit
}

fn basic(amount: &str) -> Value {
    json!({ "basic": amount })
}

fn assistance(amount: &str) -> Value {
    json!({ "assistance": amount })
}

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
fn options_that_contradict_each_other_are_refused() {
    let told = load(&documents(&[("AMB-03", "annual"), ("AMB-04", "every-bill")])).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("AMB-03 and AMB-04 change the same"), "{told}");
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

#[test]
fn day_surgery_can_bear_the_lower_of_two_deductibles() {
    let cases = [
        (visit("day-surgery", 1, "1000"), basic("364"), basic("728")),
        (visit("day-surgery", 3, "1000"), basic("340"), basic("340")),
    ];
    differ("AMB-25", "lower-of-both", &employee(), &cases);
}

#[test]
fn the_first_bill_of_a_registration_can_settle_the_deductible() {
    let of = |eligible: &str| with(visit("outpatient", 3, eligible), &json!({ "registration": "R" }));
    let cases = [(of("50"), basic("0"), basic("0")), (of("140"), basic("50"), basic("70"))];
    differ("CH-05", "first-bill", &employee(), &cases);
}

#[test]
fn only_the_latest_rescue_can_count_toward_a_stay() {
    let of = |kind: &str, date: &str, eligible: &str| with(visit(kind, 3, eligible), &json!({ "date": date }));
    let stay = with(of("inpatient", "2022-05-20", "2000"), &json!({ "admission_date": "2022-05-10" }));
    let cases = [
        (of("emergency-rescue", "2022-05-08", "300"), basic("0"), basic("0")),
        (of("emergency-rescue", "2022-05-09", "400"), basic("0"), basic("0")),
        (stay, basic("1275"), basic("1020")),
    ];
    differ("CH-11", "latest", &employee(), &cases);
}

/// A rescue that ends on 7 May and a stay from `admitted`, each with its time where there is one.
fn rescue_and_stay(ended_at: Option<&str>, (admitted, admitted_at): (&str, Option<&str>)) -> [Value; 2] {
    let rescue = with(visit("emergency-rescue", 3, "700"), &json!({ "date": "2022-05-07", "time": ended_at }));
    let days = json!({ "date": "2022-05-20", "admission_date": admitted, "admission_time": admitted_at });
    [rescue, with(visit("inpatient", 3, "2000"), &days)]
}

#[test]
fn the_days_between_rescue_and_stay_can_be_hours() {
    let (merged, alone) = (basic("1275"), basic("680"));
    let told = |stay: (&str, Option<&str>), ended_at: Option<&str>, by_day: &Value, by_hour: &Value| {
        let [rescue, stay] = rescue_and_stay(ended_at, stay);
        let visits = [(rescue, basic("0"), basic("0")), (stay, by_day.clone(), by_hour.clone())];
        differ("AMB-20", "hours-72", &employee(), &visits);
    };
    // 71 hours 59 minutes, 72 hours, and a minute more.
    told(("2022-05-10", Some("14:29")), Some("14:30"), &merged, &merged);
    told(("2022-05-10", Some("14:30")), Some("14:30"), &merged, &merged);
    told(("2022-05-10", Some("14:31")), Some("14:30"), &merged, &alone);
    // On the fourth day no minute is within 72 hours.
    told(("2022-05-11", Some("00:00")), Some("23:59"), &alone, &alone);
    // An admission before the rescue is over is of another event.
    told(("2022-05-07", Some("14:29")), Some("14:30"), &merged, &alone);
    // Without a time on either side whole days count, to the last minute of the third.
    told(("2022-05-10", None), Some("00:00"), &merged, &merged);
    told(("2022-05-10", Some("23:59")), None, &merged, &merged);
    told(("2022-05-11", None), Some("23:59"), &alone, &alone);
    told(("2022-05-11", Some("00:00")), None, &alone, &alone);
}

#[test]
fn what_counts_by_the_hour_or_by_the_day_is_told_with_its_law() {
    let laws = |ended_at: Option<&str>| {
        let case = json!({ "name": "laws", "person": employee(), "visits": rescue_and_stay(ended_at, ("2022-05-10", Some("09:00"))) });
        let case = WorkedCase::from_json(&case.to_string()).unwrap_or_else(|faults| panic!("{faults}"));
        let report = run_case(&Chain::new(), &rules(&[("AMB-20", "hours-72")]), &case);
        let stay = report.visits[1].as_ref().unwrap();
        let steps = stay.adjudications.iter().flat_map(|adjudication| &adjudication.portions).flat_map(|of| &of.steps);
        let rules = steps.map(|step| step.citation.rule.to_string());
        rules.filter(|rule| rule.starts_with("employee.rescue.")).collect::<Vec<_>>()
    };
    assert_eq!(laws(Some("10:00")), ["employee.rescue.merging-hours"]);
    assert_eq!(laws(None), ["employee.rescue.merging-days"]);
}

#[test]
fn the_deductibles_of_rescue_and_stay_can_be_added_together() {
    let on = |kind: &str, date: &str, eligible: &str| with(visit(kind, 3, eligible), &json!({ "date": date }));
    let rescue = |eligible: &str| on("emergency-rescue", "2022-05-09", eligible);
    let stay =
        |eligible: &str| with(on("inpatient", "2022-05-20", eligible), &json!({ "admission_date": "2022-05-10" }));
    let pair = |rescue_eligible: &str, rescued: &str, eligible: &str, one: &str, added: &str| {
        let visits =
            [(rescue(rescue_eligible), basic(rescued), basic(rescued)), (stay(eligible), basic(one), basic(added))];
        differ("AMB-21", "added", &employee(), &visits);
    };
    // 300 was borne of 1,200: 900 are left of one deductible, 2,100 of both.
    pair("300", "0", "2099.99", "1019.99", "0");
    pair("300", "0", "2100", "1020", "0");
    pair("300", "0", "2100.01", "1020.01", "0.01");
    // The rescue has borne its own.
    pair("1200", "0", "1200.01", "1020.01", "0.01");
    // No rescue, nothing to add.
    differ("AMB-21", "added", &employee(), &[(stay("1200.01"), basic("0.01"), basic("0.01"))]);

    // Bills of one registration share what was added, and those of one rescue add one deductible.
    let of = |visit: Value, registration: &str| with(visit, &json!({ "registration": registration }));
    let cases = [
        (of(rescue("300"), "A"), basic("0"), basic("0")),
        (of(rescue("100"), "A"), basic("0"), basic("0")),
        (of(stay("500"), "B"), basic("0"), basic("0")),
        (of(stay("1500"), "B"), basic("1020"), basic("0")),
        (of(stay("0.02"), "B"), basic("0.02"), basic("0.02")),
    ];
    differ("AMB-21", "added", &employee(), &cases);
}

#[test]
fn a_stay_across_the_years_end_can_draw_on_both_years() {
    let stay = |first: &str, second: &str| {
        let lines = json!([{ "amount": first, "date": "2022-12-31" }, { "amount": second, "date": "2023-01-01" }]);
        let institution = json!({ "id": "H", "level": 3 });
        let days = json!({ "date": "2023-01-05", "admission_date": "2022-12-28" });
        with(json!({ "kind": "inpatient", "institution": institution, "lines": lines }), &days)
    };
    let on = |date: &str, eligible: &str| with(visit("inpatient", 3, eligible), &json!({ "date": date }));
    let paid = |basic: &str, large: &str| json!({ "basic": basic, "large_expense": large });
    // 59,150 are used in 2022 and none in 2023: the first 1,000 after the deductible fill the ceiling of 2022.
    let used = (on("2022-06-30", "70788.24"), paid("59150", "0"), paid("59150", "0"));
    for (first, both, of_2022) in [
        ("2199.99", paid("1699.99", "0"), paid("1699.99", "0")),
        ("2200", paid("1700", "0"), paid("1700", "0")),
        ("2200.02", paid("1700.02", "0"), paid("1700", "0.02")),
    ] {
        let cases = [used.clone(), (stay(first, "1000"), both, of_2022)];
        differ("AMB-28", "split-at-year-end", &employee(), &cases);
    }
    // What arose in 2023 stays within its own ceiling however little 2022 leaves.
    let cases = [
        (on("2022-06-30", "80000"), paid("60000", "7390.58"), paid("60000", "7390.58")),
        (stay("1200", "70588.24"), paid("60000", "0"), paid("60000", "0")),
        (on("2023-06-30", "1201"), paid("0", "0.90"), paid("0", "0.90")),
    ];
    differ("AMB-28", "split-at-year-end", &employee(), &cases);
    // One deductible for both years: the rest of it is borne of what arose in the second.
    let cases = [(
        stay("1000", "300"),
        json!({ "deductible": "1200", "basic": "85" }),
        json!({ "deductible": "1200", "basic": "85" }),
    )];
    differ("AMB-28", "split-at-year-end", &employee(), &cases);
    // A stay within a year, and lines without a day, know no other year.
    let within = [used.clone(), (on("2022-12-31", "2200.02"), paid("850", "0.02"), paid("850", "0.02"))];
    differ("AMB-28", "split-at-year-end", &employee(), &within);
    let undated = with(on("2023-01-05", "2200.02"), &json!({ "admission_date": "2022-12-28" }));
    let cases = [used, (undated, paid("850.02", "0"), paid("850.02", "0"))];
    differ("AMB-28", "split-at-year-end", &employee(), &cases);
}

#[test]
fn a_rescue_before_a_stay_that_is_split_at_the_years_end_counts_once() {
    let lines = json!([{ "amount": "100", "date": "2022-12-31" }, { "amount": "2000", "date": "2023-01-01" }]);
    let days = json!({ "date": "2023-01-05", "admission_date": "2022-12-31", "lines": lines });
    let stay = json!({ "kind": "inpatient", "institution": { "id": "H", "level": 3 } });
    let rescue = with(visit("emergency-rescue", 3, "1000"), &json!({ "date": "2022-12-30" }));
    for registration in [Value::Null, json!("R")] {
        let stay = with(with(stay.clone(), &days), &json!({ "registration": registration }));
        let cases = [
            (rescue.clone(), basic("0"), basic("0")),
            (stay, json!({ "deductible": "200", "basic": "1615" }), json!({ "deductible": "200", "basic": "1615" })),
        ];
        differ("AMB-28", "split-at-year-end", &employee(), &cases);
    }
}

#[test]
fn later_payers_draw_on_both_years_too() {
    let lines = json!([{ "amount": "20880", "date": "2022-12-31" }, { "amount": "20000", "date": "2023-01-01" }]);
    let institution = json!({ "id": "H", "level": 3 });
    let days = json!({ "date": "2023-01-05", "admission_date": "2022-12-28", "lines": lines });
    let stay = with(json!({ "kind": "inpatient", "institution": institution }), &days);
    // 8,880 and 8,000 are left to the person: together above the threshold of one year, neither above its own.
    let paid = |critical: &str| json!({ "basic": "24000", "critical_illness": critical });
    differ("AMB-28", "split-at-year-end", &resident(&[]), &[(stay.clone(), paid("2928"), paid("0"))]);
    // 19,000 of the 20,000 that assistance pays in 2022 are used; it pays all that is left, but of 2022 at most 1,000.
    let mut poor = employee();
    poor.as_object_mut().unwrap().insert("categories".to_owned(), json!(["extreme-poverty"]));
    let used = with(visit("inpatient", 3, "143905.84"), &json!({ "date": "2022-06-30" }));
    for (first, both, of_2022) in [("999.99", "1320", "1320"), ("1000", "1320", "1320"), ("1000.01", "1320", "1319.99")]
    {
        let lines = json!([{ "amount": first, "date": "2022-12-31" }, { "amount": "1000", "date": "2023-01-01" }]);
        let stay = with(stay.clone(), &json!({ "lines": lines }));
        let cases =
            [(used.clone(), assistance("19000"), assistance("19000")), (stay, assistance(both), assistance(of_2022))];
        differ("AMB-28", "split-at-year-end", &poor, &cases);
    }
}

#[test]
fn a_second_admission_can_bear_half() {
    let first = with(visit("inpatient", 3, "2200"), &json!({ "registration": "A" }));
    let second = with(visit("inpatient", 3, "300"), &json!({ "registration": "B" }));
    let rest = with(visit("inpatient", 3, "1000"), &json!({ "registration": "B" }));
    let cases = [
        (first.clone(), basic("850"), basic("850")),
        (with(first, &json!({ "eligible": "100" })), basic("85"), basic("85")),
        (second, basic("0"), basic("0")),
        (rest, basic("85"), basic("595")),
    ];
    differ("repeat-admission", "half", &employee(), &cases);
}

#[test]
fn a_rescue_that_counts_toward_the_first_stay_does_not_make_it_a_second_admission() {
    let rescue = with(visit("emergency-rescue", 3, "300"), &json!({ "date": "2022-05-08" }));
    let stay = with(visit("inpatient", 3, "2000"), &json!({ "admission_date": "2022-05-10", "date": "2022-05-20" }));
    let cases = [(rescue, basic("0"), basic("0")), (stay, basic("935"), basic("935"))];
    differ("repeat-admission", "half", &employee(), &cases);
}

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
fn cross_region_points_can_be_for_stays_only_by_filing_or_from_a_day() {
    let elsewhere = |kind: &str, filing: &str, date: &str| {
        let fields = json!({ "region": "other-province", "filing": filing, "date": date });
        with(visit(kind, 3, "2200"), &fields)
    };
    let cases = [
        (elsewhere("inpatient", "none", "2022-05-04"), basic("650"), basic("650")),
        (elsewhere("outpatient", "none", "2022-05-04"), basic("633"), basic("1055")),
    ];
    differ("CH-24", "stays-only", &employee(), &cases);
    let cases = [
        (elsewhere("emergency-rescue", "none", "2022-05-04"), basic("750"), basic("650")),
        (elsewhere("emergency-rescue", "long-term", "2022-05-04"), basic("750"), basic("850")),
    ];
    differ("CH-25", "by-filing", &employee(), &cases);
    let cases = [
        (elsewhere("inpatient", "referred", "2022-12-31"), basic("750"), basic("850")),
        (elsewhere("inpatient", "referred", "2023-01-01"), basic("750"), basic("750")),
    ];
    differ("CH-26", "from-2023-01-01", &employee(), &cases);
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

#[test]
fn assistance_can_follow_the_registered_disease() {
    let of_person = |kind: &str, disease: &str| {
        let fields = json!({ "categories": ["subsistence-allowance"], "birth_date": "1950-01-01" });
        with(with_diseases(kind, &[disease]), &fields)
    };
    let special = of_person("special", "lung-cancer");
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

    let chronic = of_person("chronic", "hypertension");
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

    // A drug for no registered disease is the only one that has assistance as a stay.
    let both = rules(&[("CH-22", "registered-disease"), ("CH-23", "as-an-ordinary-stay")]);
    let drug = |disease: &str| with(visit("negotiated-drug", 3, "2200"), &json!({ "drug": "d", "disease": disease }));
    settles(&both, &chronic, &[(drug("hypertension"), assistance("945")), (drug("none"), assistance("231"))]);
    let surgery = with(visit("day-surgery", 3, "1600"), &json!({ "disease": "hypertension" }));
    settles(&both, &chronic, &[(surgery, assistance("525"))]);
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

#[test]
fn admissions_can_bear_less_step_by_step() {
    let of = |registration: &str, eligible: &str| {
        with(visit("inpatient", 3, eligible), &json!({ "registration": registration }))
    };
    let cases = [
        (of("A", "1200.01"), basic("0.01"), basic("0.01")),
        (of("B", "300"), basic("0"), basic("0")),
        (of("B", "1000"), basic("85"), basic("595")),
        (of("C", "299.99"), basic("0"), basic("0")),
        (of("D", "300"), basic("0"), basic("0")),
        (of("E", "300.01"), basic("0"), basic("0.01")),
        (of("F", "2200"), basic("850"), basic("1615")),
        (of("A", "100"), basic("85"), basic("85")),
    ];
    differ("repeat-admission", "step", &employee(), &cases);
    let first = (of("A", "880.01"), basic("0.01"), basic("0.01"));
    differ("repeat-admission", "step", &resident(&[]), &[first, (of("B", "440.01"), basic("0"), basic("0.01"))]);
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
fn an_account_can_pay_only_the_part_in_scope() {
    let lines = json!([
        { "amount": "50.00", "class": "excluded" },
        { "amount": "100.00", "class": "B", "self_pay_rate": "0.10" },
    ]);
    let institution = json!({ "id": "H", "level": 3 });
    let bill = |date: &str| {
        json!({
            "kind": "inpatient", "admission_date": date, "date": date, "institution": institution, "lines": lines,
            "use_individual_account": true,
        })
    };
    let paid = |account: &str, cash: &str| json!({ "eligible": "90", "basic": "0", "account": account, "cash": cash });
    for date in ["2022-03-31", "2022-04-01"] {
        let visits = [(bill(date), paid("150", "0"), paid("90", "60"))];
        differ("CH-31", "in-scope-personal-part", &employee(), &visits);
    }
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
