//! Every worked case comes to every amount, and the chain of payers keeps its promises on any bill.

#![expect(clippy::unwrap_used, reason = "a test fails where its premises do not hold")]

use std::io::Write;
use std::path::{Path, PathBuf};

use rulebook::{Lookup, Rulebook};
use worked_case::{Chain, PersonCounters, WorkedCase, run_case, run_paths};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}

fn run(path: &Path) -> (u64, u64, String) {
    let mut told = Vec::new();
    let summary = run_paths(&[path.to_path_buf()], &Rulebook::kunming().unwrap(), &mut told).unwrap();
    (summary.passed, summary.failed, String::from_utf8(told).unwrap())
}

/// Every case under `path`, whichever kind of file it stands in.
fn read_cases(path: &Path) -> Vec<WorkedCase> {
    if path.is_dir() {
        return std::fs::read_dir(path).unwrap().flat_map(|entry| read_cases(&entry.unwrap().path())).collect();
    }
    let text = std::fs::read_to_string(path).unwrap();
    if path.extension().unwrap() == "toml" {
        return vec![WorkedCase::from_toml(&text).unwrap()];
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| WorkedCase::from_json(line).unwrap()).collect()
}

fn case_file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    (directory, path)
}

const SOUND: &str = r#"{"name":"sound","person":{"scheme":"employee","employment":"active","birth_date":"1980-01-01"},"visits":[{"kind":"outpatient","date":"2022-05-01","institution":{"id":"H","level":3},"eligible":"500","expect":{"basic":"205.00","cash":"295.00"}}]}"#;

#[test]
fn every_worked_case_comes_to_every_amount() {
    let (passed, failed, told) = run(&cases());
    assert_eq!(failed, 0, "{told}");
    assert!(passed >= 200, "only {passed} cases were found");
}

#[test]
fn amounts_without_an_explanation_are_the_settled_ones_and_move_the_same_counters() {
    let (chain, lookup) = (Chain::new(), Lookup::new(Rulebook::kunming().unwrap()));
    let cases = read_cases(&cases());
    assert!(cases.len() >= 200, "only {} cases were found", cases.len());
    for case in cases {
        let mut counters = PersonCounters::with_accounts(case.accounts.clone());
        for worked in &case.visits {
            let rules = lookup.in_force(worked.visit.service_date);
            let Some(priced) = worked.price(&rules) else { continue };
            let mut unexplained = counters.clone();
            let amounts = chain.amounts(&rules, &priced, &mut unexplained);
            let settled = chain.settle(&rules, &priced, &mut counters);
            assert_eq!(amounts, settled.map(|settled| settled.amounts), "{}", case.name);
            assert_eq!(unexplained, counters, "{}", case.name);
        }
    }
}

#[test]
fn a_case_that_differs_is_told_in_one_line_with_every_differing_amount() {
    let text = SOUND.replace("205.00", "204.00").replace("295.00", "296.00");
    let (_directory, path) = case_file("one.jsonl", &format!("{SOUND}\n\n{text}\n"));
    let (passed, failed, told) = run(&path);
    assert_eq!((passed, failed), (1, 1));
    let place = path.display();
    let expected = "visits[0].basic expected 204.00, got 205.00; visits[0].cash expected 296.00, got 295.00";
    assert_eq!(told, format!("{place}:3: sound: {expected}\n1 passed, 1 failed\n"));
}

#[test]
fn every_fault_of_a_case_is_told_at_once() {
    let text = r#"
name = "faulty"
surplus = 1
[person]
scheme = "soldier"
birth_date = "yesterday"
categories = ["poor"]
[[visits]]
kind = "inpatient"
date = 2022-05-01
admission_date = 2022-05-02
institution = { id = "H", level = 4 }
lines = [{ amount = "-1", class = "B" }, { amount = "1.001" }, { quantity = 0 }]
expect = { basic = 1.0, basics = "1.00" }
[[visits]]
kind = "outpatient"
date = 2022-05-01
time = "24:00"
admission_time = "09:00"
institution = { id = "H", level = 3, special_exempt_allowed = "yes" }
lines = [{ amount = "1", date = 2022-04-30 }, { amount = "1", date = 2022-05-01 }, { amount = "1", date = 2022-05-02 }]
"#;
    let faults = WorkedCase::from_toml(text).unwrap_err();
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    for field in [
        "surplus",
        "person.scheme",
        "person.birth_date",
        "person.categories",
        "visits[0].admission_date",
        "visits[0].institution.level",
        "visits[0].lines[0].amount",
        "visits[0].lines[0].self_pay_rate",
        "visits[0].lines[1].amount",
        "visits[0].lines[2].quantity",
        "visits[0].lines[2].amount",
        "visits[0].expect.basic",
        "visits[0].expect.basics",
        "visits[1].time",
        "visits[1].admission_time",
        "visits[1].institution.special_exempt_allowed",
        "visits[1].lines[0].date",
        "visits[1].lines[2].date",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
    assert!(!fields.contains(&"visits[1].lines[1].date"));
}

#[test]
fn malformed_files_and_lines_are_failures_and_other_files_are_refused() {
    let (_directory, path) = case_file("broken.jsonl", &format!("{{\n{SOUND}\n"));
    let (passed, failed, told) = run(&path);
    assert_eq!((passed, failed), (1, 1), "{told}");
    let (_directory, path) = case_file("broken.toml", "name = ");
    assert_eq!(run(&path).1, 1);
    let (_directory, path) = case_file("case.txt", "");
    assert!(run_paths(&[path], &Rulebook::kunming().unwrap(), &mut Vec::new()).is_err());
    assert!(run_paths(&["nowhere".into()], &Rulebook::kunming().unwrap(), &mut Vec::new()).is_err());
}

#[test]
fn a_refused_visit_counts_nothing_and_an_unexpected_refusal_fails() {
    let refused = SOUND.replace("2022-05-01", "2022-03-31");
    let case = WorkedCase::from_json(&refused).unwrap();
    let report = run_case(&Chain::new(), &Lookup::new(Rulebook::kunming().unwrap()), &case);
    assert!(report.visits[0].is_err());
    assert_eq!(report.differences[0].to_string(), "visits[0].refused expected no refusal, got RULE_NOT_IN_FORCE");
}

#[test]
fn a_statement_that_used_an_assumed_value_cites_it_as_assumed() {
    let chain = Chain::new();
    let lookup = Lookup::new(Rulebook::kunming().unwrap());
    let assumed = |text: &str| {
        let report = run_case(&chain, &lookup, &WorkedCase::from_json(text).unwrap());
        let settled = report.visits.into_iter().next().unwrap().unwrap();
        let portions = settled.adjudications.into_iter().flat_map(|adjudication| adjudication.portions);
        portions.flat_map(|portion| portion.steps).any(|step| step.citation.status == claim::RuleStatus::Assumed)
    };
    assert!(!assumed(SOUND));
    assert!(assumed(&SOUND.replace("outpatient", "inpatient")));
}
