//! A new municipal document is a new file: it takes effect from its date, and its effect can be shown beforehand.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails where its premises do not hold"
)]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use store::Location;
use store::testing::TestStore;

use harness::{onestop, project, run, text};

/// Changes the deductible of employees' ordinary outpatient care, and whom the 120 ambulance is paid for.
const NEW_DOCUMENT: &str = r#"
[document]
number = "示例〔2023〕1号"
title = "门诊起付标准调整方案"
region = "530100"
in_force_from = 2023-07-01
status = "official"

[[parameter]]
id = "employee.outpatient.deductible"
article = "第一条"
levels = { 1 = "20.00", 2 = "100.00", 3 = "120.00" }
replaces = ["昆政办〔2022〕15号"]

[[parameter]]
id = "resident.ambulance.rate"
article = "第二条"
value = "70%"

[[benefit]]
id = "employee.ambulance"
article = "第二条"
title = { zh = "居民120救护车院前急救", en = "Residents: rescue in a 120 ambulance" }
payer = "basic-insurance"
fund = "basic-inpatient"
base = "lines"
service = "ambulance"
when = { scheme = "resident", kinds = ["ambulance-120"] }
rate = { parameter = "resident.ambulance.rate" }
replaces = ["昆政办〔2022〕15号"]
"#;

fn store() -> TestStore {
    TestStore::sqlite()
}

/// The documents of the release with [`NEW_DOCUMENT`] beside them.
fn new_rules(store: &TestStore) -> PathBuf {
    let directory = store.directory().unwrap().join("rules");
    fs::create_dir(&directory).unwrap();
    for entry in fs::read_dir(project().join("shared/rulebook/kunming")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, directory.join(path.file_name().unwrap())).unwrap();
    }
    fs::write(directory.join("2023-example-1.toml"), NEW_DOCUMENT).unwrap();
    directory
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Settles an outpatient bill of 300.00 at a level 2 hospital and answers the statement.
fn settle(location: &Location, rules: &Path, day: &str) -> Value {
    let file = rules.join(format!("visit-{day}.json"));
    let case = format!(
        r#"{{"request_id": "visit-{day}", "person_id": "530100000001", "institution_id": "H53010000002",
        "kind": "outpatient", "service_date": "{day}", "total": "300.00",
        "lines": [{{"item_code": "C0002", "amount": "300.00"}}]}}"#
    );
    fs::write(&file, case).unwrap();
    let output = run(onestop(location).args(["settle", "--json", "--rules"]).arg(rules).arg(&file));
    serde_json::from_str(&succeeded(&output)).unwrap()
}

/// The document that a deductible was taken from.
fn deductible_document(statement: &Value) -> &str {
    let steps = statement["adjudications"][0]["portions"][0]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["operation"] == "apply-deductible").unwrap();
    step["citation"]["document"].as_str().unwrap()
}

#[test]
fn a_document_that_changes_the_outpatient_deductible_holds_from_its_date_and_not_before() {
    let store = store();
    harness::import(&store.location, &harness::register_files());
    let rules = new_rules(&store);

    let before = settle(&store.location, &rules, "2023-06-30");
    assert_eq!(before["amounts"]["deductible"], "60.00");
    assert_eq!(before["amounts"]["basic"], "132.00");
    assert_eq!(before["amounts"]["cash"], "168.00");
    assert_eq!(deductible_document(&before), "昆政办〔2022〕15号");

    let after = settle(&store.location, &rules, "2023-07-01");
    assert_eq!(after["amounts"]["deductible"], "100.00");
    assert_eq!(after["amounts"]["basic"], "110.00");
    assert_eq!(after["amounts"]["cash"], "190.00");
    assert_eq!(deductible_document(&after), "示例〔2023〕1号");
}

const EMPLOYEE: &str = r#""scheme": "employee", "employment": "active", "birth_date": "1980-01-01""#;
const PENSIONER: &str = r#""scheme": "employee", "employment": "retired", "birth_date": "1950-01-01""#;
const RESIDENT: &str = r#""scheme": "resident", "birth_date": "1970-01-01""#;
const POOR: &str = r#""scheme": "resident", "birth_date": "1970-01-01", "categories": ["extreme-poverty"]"#;

fn case(name: &str, person: &str, kind: &str, date: &str, level: u8, eligible: &str) -> String {
    format!(
        r#"{{"name": "{name}", "person": {{{person}}}, "visits": [{{"kind": "{kind}", "date": "{date}", "institution": {{"id": "h", "level": {level}, "kind": "hospital"}}, "eligible": "{eligible}"}}]}}"#
    ) + "\n"
}

/// One person who loses 15.00, one who gains 6.50, two who are not touched, one whom each rulebook refuses alone.
fn cases(store: &TestStore) -> PathBuf {
    let file = store.directory().unwrap().join("cases.jsonl");
    let cases = [
        case("loses", EMPLOYEE, "outpatient", "2023-07-01", 3, "500.00"),
        case("gains", PENSIONER, "outpatient", "2023-07-01", 1, "130.00"),
        case("the day before", EMPLOYEE, "outpatient", "2023-06-30", 3, "500.00"),
        case("stay", POOR, "inpatient", "2023-07-10", 1, "1000.00")
            .replace(r#""institution""#, r#""admission_date": "2023-07-01", "institution""#),
        case("ambulance of an employee", EMPLOYEE, "ambulance-120", "2023-07-01", 3, "400.00"),
        case("ambulance of a resident", RESIDENT, "ambulance-120", "2023-07-01", 3, "400.00"),
    ];
    fs::write(&file, cases.concat()).unwrap();
    file
}

fn diff(store: &TestStore, rules: &Path, cases: &Path, arguments: &[&str]) -> Output {
    run(onestop(&store.location)
        .args(["rules", "diff", "built-in"])
        .arg(rules)
        .arg("--cases")
        .arg(cases)
        .args(arguments))
}

fn diff_json(store: &TestStore, rules: &Path, cases: &Path) -> Value {
    serde_json::from_str(&succeeded(&diff(store, rules, cases, &["--json"]))).unwrap()
}

fn counts(tally: &Value) -> [u64; 4] {
    ["persons", "gaining", "losing", "unchanged"].map(|name| tally[name].as_u64().unwrap())
}

fn pair(pair: &Value) -> [&str; 3] {
    ["old", "new", "difference"].map(|name| pair[name].as_str().unwrap())
}

fn fund<'v>(tally: &'v Value, fund: &str) -> [&'v str; 3] {
    pair(tally["funds"].as_array().unwrap().iter().find(|known| known["fund"] == fund).unwrap())
}

fn group<'v>(diff: &'v Value, by: &str, name: &str, value: impl Into<Value>) -> &'v Value {
    let value = value.into();
    diff[by].as_array().unwrap().iter().find(|group| group[name] == value).unwrap()
}

#[test]
fn the_difference_between_two_rulebooks_is_told_by_fund_by_insurance_and_by_category() {
    let store = store();
    let diff = diff_json(&store, &new_rules(&store), &cases(&store));
    assert_eq!(counts(&diff["total"]), [4, 1, 1, 2]);
    assert_eq!(fund(&diff["total"], "basic-outpatient"), ["475.00", "466.50", "-8.50"]);
    assert_eq!(pair(&diff["total"]["cash"])[2], "8.50");
    assert_eq!(fund(&diff["total"], "basic-inpatient")[2], "0.00");

    let active = group(&diff, "by_insurance", "insurance", "employee-active");
    assert_eq!(counts(active), [2, 0, 1, 1]);
    assert_eq!(fund(active, "basic-outpatient"), ["410.00", "395.00", "-15.00"]);
    assert_eq!(pair(&active["cash"]), ["590.00", "605.00", "15.00"]);
    let retired = group(&diff, "by_insurance", "insurance", "employee-retired");
    assert_eq!(counts(retired), [1, 1, 0, 0]);
    assert_eq!(pair(&retired["cash"]), ["65.00", "58.50", "-6.50"]);

    let poor = group(&diff, "by_category", "category", "extreme-poverty");
    assert_eq!(counts(poor), [1, 0, 0, 1]);
    assert_eq!(fund(poor, "assistance")[2], "0.00");
    assert_eq!(counts(group(&diff, "by_category", "category", Value::Null)), [3, 1, 1, 1]);

    for (list, name, borne) in [
        ("largest_gains", "gains", ["65.00", "58.50", "-6.50"]),
        ("largest_losses", "loses", ["295.00", "310.00", "15.00"]),
    ] {
        let persons = diff[list].as_array().unwrap();
        assert_eq!(persons.len(), 1, "{list}");
        assert_eq!(persons[0]["name"], name);
        assert_eq!(pair(&persons[0]["borne"]), borne);
    }
}

#[test]
fn persons_whom_only_one_rulebook_settles_are_set_apart_with_what_that_rulebook_pays() {
    let store = store();
    let diff = diff_json(&store, &new_rules(&store), &cases(&store));
    for (side, name, funds) in [
        ("refused_by_new_only", "ambulance of an employee", "364.00"),
        ("refused_by_old_only", "ambulance of a resident", "280.00"),
    ] {
        let refusals = &diff[side];
        assert_eq!([&refusals["persons"], &refusals["visits"]], [1, 1], "{side}");
        assert_eq!(refusals["first"][0]["name"], name);
        assert_eq!([&refusals["bills"], &refusals["funds"]], ["400.00", funds]);
    }
}

#[test]
fn a_list_of_thousands_sums_to_the_fen() {
    let store = store();
    let file = store.directory().unwrap().join("many.jsonl");
    let losing = case("loses", EMPLOYEE, "outpatient", "2023-07-01", 3, "500.00");
    let gaining = case("gains", PENSIONER, "outpatient", "2023-07-01", 1, "130.00");
    fs::write(&file, format!("{losing}{gaining}").repeat(1_500)).unwrap();
    let diff = diff_json(&store, &new_rules(&store), &file);
    assert_eq!(counts(&diff["total"]), [3_000, 1_500, 1_500, 0]);
    assert_eq!(fund(&diff["total"], "basic-outpatient"), ["405000.00", "392250.00", "-12750.00"]);
    assert_eq!(pair(&diff["total"]["cash"])[2], "12750.00");
    assert_eq!(diff["largest_gains"].as_array().unwrap().len(), 10);
}

#[test]
fn the_difference_is_a_table_for_clerks_and_a_chart_that_carries_its_amounts() {
    let store = store();
    let (rules, cases) = (new_rules(&store), cases(&store));
    let svg = store.directory().unwrap().join("diff.svg");
    let tables = succeeded(&diff(&store, &rules, &cases, &["--svg", svg.to_str().unwrap()]));
    for part in ["内置规则", "统筹基金（门诊）", "特困供养人员", "-8.50", "+8.50", "受益最多", "仅新规则拒付"]
    {
        assert!(tables.contains(part), "{part} is not in {tables}");
    }
    let chart = fs::read_to_string(&svg).unwrap();
    assert_well_formed(&chart);
    let named = rules.file_name().unwrap().to_str().unwrap();
    for part in ["内置规则", named, "统筹基金（门诊）", ">-8.50<", ">+8.50<", ">-15.00<", ">-6.50<"] {
        assert!(chart.contains(part), "{part} is not in {chart}");
    }

    let english = succeeded(&diff(&store, &rules, &cases, &["--lang", "en", "--svg", svg.to_str().unwrap()]));
    assert!(english.contains("4 persons: 1 gain, 1 lose, 2 unchanged"), "{english}");
    assert!(fs::read_to_string(&svg).unwrap().contains("pooling fund, outpatient"));
}

/// Every element is closed in its order.
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _text) = tag.split_once('>').expect("a tag ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(xml.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
}

#[test]
fn the_same_rules_change_nothing() {
    let store = store();
    let diff = diff_json(&store, Path::new("built-in"), &cases(&store));
    assert_eq!(counts(&diff["total"]), [5, 0, 0, 5]);
    assert_eq!(pair(&diff["total"]["cash"])[2], "0.00");
    assert_eq!(diff["visits_refused_by_both"], 1);
}

#[test]
fn a_case_that_cannot_be_read_is_told_with_its_place_and_the_others_are_compared() {
    let store = store();
    let file = cases(&store);
    let text_of_cases = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text_of_cases}{{\"name\": 7}}\n")).unwrap();
    let output = diff(&store, &new_rules(&store), &file, &["--json"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("cases.jsonl:7: "), "{}", text(&output.stderr));
    let diff: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!(diff["unread_cases"], 1);
    assert_eq!(counts(&diff["total"]), [4, 1, 1, 2]);
}
