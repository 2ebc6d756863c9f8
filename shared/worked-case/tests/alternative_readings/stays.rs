//! Readings of stays and what comes with them: rescues, day surgery, the year's end, care elsewhere.

use claim::{Input, InputName, InputValue};
use serde_json::{Value, json};
use worked_case::{Chain, WorkedCase, run_case};

use crate::given::{assistance, basic, differ, employee, resident, rules, visit, with};

#[test]
fn day_surgery_can_bear_the_lower_of_two_deductibles() {
    let cases = [
        (visit("day-surgery", 1, "1000"), basic("364"), basic("728")),
        (visit("day-surgery", 3, "1000"), basic("340"), basic("340")),
    ];
    differ("AMB-25", "lower-of-both", &employee(), &cases);
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

/// What the deductible of the last visit is computed with by rules of rescues, under one option.
fn told_of_rescues(id: &str, option: &str, visits: &[Value]) -> Vec<(String, Vec<(InputName, String)>)> {
    let case = json!({ "name": "told", "person": employee(), "visits": visits });
    let case = WorkedCase::from_json(&case.to_string()).unwrap_or_else(|faults| panic!("{faults}"));
    let report = run_case(&Chain::new(), &rules(&[(id, option)]), &case);
    let stay = report.visits.last().unwrap().as_ref().unwrap();
    let steps = stay.adjudications.iter().flat_map(|adjudication| &adjudication.portions).flat_map(|of| &of.steps);
    let steps = steps.filter(|step| step.citation.rule.starts_with("employee.rescue."));
    let amount = |input: &Input| match input.value {
        InputValue::Amount(amount) => (input.name, amount.to_string()),
        InputValue::Rate(_) => panic!("{input:?}"),
    };
    steps.map(|step| (step.citation.rule.to_string(), step.inputs.iter().map(amount).collect())).collect()
}

#[test]
fn what_counts_by_the_hour_or_by_the_day_is_told_with_its_law() {
    let told = |ended_at: Option<&str>| {
        told_of_rescues("AMB-20", "hours-72", &rescue_and_stay(ended_at, ("2022-05-10", Some("09:00"))))
    };
    let borne = || vec![(InputName::DeductibleBorne, "700.00".to_owned())];
    assert_eq!(told(Some("10:00")), [("employee.rescue.merging-hours".to_owned(), borne())]);
    assert_eq!(told(None), [("employee.rescue.merging-days".to_owned(), borne())]);
}

#[test]
fn what_several_rescues_count_and_add_is_told_in_one_step_for_each_law() {
    let rescue = |date: &str, time: Option<&str>, eligible: &str| {
        with(visit("emergency-rescue", 3, eligible), &json!({ "date": date, "time": time }))
    };
    let days = json!({ "date": "2022-05-20", "admission_date": "2022-05-10", "admission_time": "09:00" });
    let stay = with(visit("inpatient", 3, "9000"), &days);
    let (borne, added) = (InputName::DeductibleBorne, InputName::Deductible);
    let by = |law: &str, inputs: &[(InputName, &str)]| {
        let inputs = inputs.iter().map(|(name, amount)| (*name, (*amount).to_owned())).collect::<Vec<_>>();
        (format!("employee.rescue.merging-{law}"), inputs)
    };
    let visits = [
        rescue("2022-05-09", Some("10:00"), "100"),
        rescue("2022-05-08", Some("10:00"), "200"),
        rescue("2022-05-08", None, "300"),
        stay.clone(),
    ];
    let told = told_of_rescues("AMB-20", "hours-72", &visits);
    assert_eq!(told, [by("hours", &[(borne, "300.00")]), by("days", &[(borne, "300.00")])]);
    let visits = [rescue("2022-05-09", None, "100"), rescue("2022-05-08", None, "200"), stay];
    let told = told_of_rescues("AMB-21", "added", &visits);
    assert_eq!(told, [by("days", &[(added, "2400.00"), (borne, "300.00")])]);
}

#[test]
fn each_years_part_of_a_stay_is_told_with_the_law_that_splits_it() {
    let lines = json!([{ "amount": "1200", "date": "2022-12-31" }, { "amount": "1000", "date": "2023-01-01" }]);
    let days = json!({ "date": "2023-01-05", "admission_date": "2022-12-28", "lines": lines });
    let stay = with(json!({ "kind": "inpatient", "institution": { "id": "H", "level": 3 } }), &days);
    let case = json!({ "name": "told", "person": employee(), "visits": [stay] });
    let case = WorkedCase::from_json(&case.to_string()).unwrap_or_else(|faults| panic!("{faults}"));
    let laws = |option: &str| {
        let report = run_case(&Chain::new(), &rules(&[("AMB-28", option)]), &case);
        let settled = report.visits.into_iter().next().unwrap().unwrap();
        let portions = settled.adjudications.into_iter().flat_map(|adjudication| adjudication.portions);
        let steps = portions.flat_map(|portion| portion.steps);
        steps.filter(|step| &*step.citation.rule == "stay.year-end-split").count()
    };
    assert_eq!([laws("discharge-year"), laws("split-at-year-end")], [0, 2]);
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
    let cases = [(rescue.clone(), basic("0"), basic("0")), (stay.clone(), basic("935"), basic("935"))];
    differ("repeat-admission", "half", &employee(), &cases);
    // Nor does it make the next admission the third: that one bears half, the next a quarter.
    for (eligible, under) in [("599.99", "0"), ("600", "0"), ("600.01", "0.01")] {
        let next = with(visit("inpatient", 3, eligible), &json!({ "date": "2022-06-20" }));
        let before = [(rescue.clone(), basic("0"), basic("0")), (stay.clone(), basic("935"), basic("935"))];
        let cases: Vec<_> = before.into_iter().chain([(next, basic("0"), basic(under))]).collect();
        differ("repeat-admission", "step", &employee(), &cases);
    }
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
