//! The binary as its users run it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use store::Location;
use store::testing::TestStore;

use harness::{Serving, onestop, project, run, text};

fn example(name: &str) -> PathBuf {
    project().join("examples/cases").join(name)
}

const CHAIN: &str = "04-one-stop-subsistence-allowance.json";

fn prepared() -> (TestStore, Location) {
    let store = TestStore::sqlite();
    let location = store.location.clone();
    harness::import(&location, &harness::register_files());
    (store, location)
}

fn json_lines(output: &std::process::Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_sample_chain_is_settled_and_printed_as_json() {
    let (_store, location) = prepared();
    let output = run(onestop(&location).args(["settle", "--json"]).arg(example(CHAIN)));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let statements = json_lines(&output);
    let amounts = &statements[0]["amounts"];
    for (name, yuan) in [
        ("total", "100000.00"),
        ("eligible", "95000.00"),
        ("basic", "56472.00"),
        ("critical_illness", "21143.20"),
        ("assistance", "12169.36"),
        ("cash", "10215.44"),
    ] {
        assert_eq!(amounts[name], yuan, "{name}");
    }
    let again = run(onestop(&location).args(["settle", "--json"]).arg(example(CHAIN)));
    assert_eq!(text(&again.stdout), text(&output.stdout));
}

#[test]
fn a_statement_is_a_chinese_table_that_cites_every_figure() {
    let (_store, location) = prepared();
    let output = text(&run(onestop(&location).arg("settle").arg(example(CHAIN))).stdout);
    for part in ["结算单", "医疗救助", "12,169.36", "10,215.44", "计算过程", "假定", "〔"] {
        assert!(output.contains(part), "{part} is not in {output}");
    }
    let english = text(&run(onestop(&location).args(["settle", "--lang", "en"]).arg(example(CHAIN))).stdout);
    for part in ["One-stop settlement statement", "medical assistance", "Computation", "Assumed"] {
        assert!(english.contains(part), "{part} is not in {english}");
    }
}

#[test]
fn a_stored_settlement_is_explained_as_it_was_printed_when_it_was_settled() {
    let (_store, location) = prepared();
    let settled = run(onestop(&location).args(["settle", "--json"]).arg(example(CHAIN)));
    let settlement_id = json_lines(&settled)[0]["settlement_id"].as_str().unwrap().to_owned();
    let printed = run(onestop(&location).args(["settle", "--lang", "en"]).arg(example(CHAIN)));
    let explained = run(onestop(&location).args(["explain", &settlement_id, "--lang", "en"]));
    assert!(explained.status.success(), "{}", text(&explained.stderr));
    assert_eq!(text(&explained.stdout), text(&printed.stdout));

    let mut without_request = json_lines(&settled);
    without_request[0].as_object_mut().unwrap().remove("request_id");
    let explained = run(onestop(&location).args(["explain", &settlement_id, "--json"]));
    assert_eq!(json_lines(&explained), without_request);

    let serving = Serving::start(onestop(&location).args(["serve", "--listen", "127.0.0.1:0"]));
    let remote = run(onestop(&location).args(["explain", &settlement_id, "--json", "--endpoint", &serving.endpoint]));
    assert_eq!(json_lines(&remote), without_request);
    serving.stop();
}

#[test]
fn a_settlement_that_is_not_stored_is_told_by_its_typed_error() {
    let (_store, location) = prepared();
    for (settlement_id, parts) in [
        ("no-such-settlement", ["no-such-settlement: SETTLEMENT_NOT_FOUND", "未找到该结算记录。"]),
        ("a b", ["a b: FIELD_VIOLATION", "settlement_id"]),
    ] {
        let output = run(onestop(&location).args(["explain", settlement_id]));
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let faults = text(&output.stderr);
        for part in parts {
            assert!(faults.contains(part), "{part} is not in {faults}");
        }
    }
}

#[test]
fn a_list_of_cases_is_answered_in_its_order_and_one_bad_case_does_not_stop_the_others() {
    let (store, location) = prepared();
    let good = fs::read_to_string(example("07-outpatient-visits.jsonl")).unwrap();
    let file = store.directory().unwrap().join("cases.jsonl");
    fs::write(&file, format!("{good}{{\"person_id\": 7}}\n")).unwrap();
    let output = run(onestop(&location).args(["settle", "--json", "--concurrency", "8"]).arg(&file));
    assert!(!output.status.success());
    let requests: Vec<_> = json_lines(&output).iter().map(|line| line["request_id"].clone()).collect();
    assert_eq!(requests, ["example-07-1", "example-07-2", "example-07-3", "example-07-4"]);
    let faults = text(&output.stderr);
    for part in [":5: FIELD_VIOLATION", "person_id must be a string", "institution_id", "service_date", "lines"] {
        assert!(faults.contains(part), "{part} is not in {faults}");
    }
}

#[test]
fn a_preview_leaves_nothing_behind() {
    let (_store, location) = prepared();
    let preview = run(onestop(&location).args(["preview", "--json"]).arg(example(CHAIN)));
    assert!(preview.status.success(), "{}", text(&preview.stderr));
    assert_eq!(json_lines(&preview)[0]["settlement_id"], Value::Null);
    let again = run(onestop(&location).args(["preview", "--json"]).arg(example(CHAIN)));
    assert_eq!(json_lines(&preview)[0]["amounts"], json_lines(&again)[0]["amounts"]);
}

#[test]
fn commands_reach_a_running_platform_and_its_store_is_not_shared_behind_its_back() {
    let (_store, location) = prepared();
    let serving = Serving::start(onestop(&location).args(["serve", "--listen", "127.0.0.1:0"]));
    let remote =
        run(onestop(&location).args(["settle", "--json", "--endpoint", &serving.endpoint]).arg(example(CHAIN)));
    assert!(remote.status.success(), "{}", text(&remote.stderr));
    assert_eq!(json_lines(&remote)[0]["amounts"]["cash"], "10215.44");
    let local = run(onestop(&location).arg("settle").arg(example(CHAIN)));
    assert!(!local.status.success());
    assert!(text(&local.stderr).contains("--endpoint"), "{}", text(&local.stderr));
    serving.stop();
}

#[test]
fn a_file_of_facts_with_a_wrong_row_is_reported_and_not_stored() {
    let (store, location) = prepared();
    let file = store.directory().unwrap().join("persons.csv");
    let header = "person_id,birth_date,sex,kunming_household,disability_level,scheme,employment,from,to";
    fs::write(&file, format!("{header}\nnew-1,1990-01-01,male,true,0,resident,,2020-01-01,\nnew-2,1990-02-30,male,true,9,resident,,2020-01-01,\n")).unwrap();
    let output = run(onestop(&location).arg("import").arg(&file));
    assert!(!output.status.success());
    let report = text(&output.stdout);
    for part in ["nothing stored", "row 2 birth_date", "row 2 disability_level"] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn the_rules_are_checked_and_what_is_assumed_is_named() {
    let store = TestStore::sqlite();
    let output = run(onestop(&store.location).args(["rules", "check", "--date", "2023-06-30"]));
    assert!(output.status.success());
    let report = text(&output.stdout);
    for part in ["昆政办〔2022〕15号", "第九条", "assumed", "documents valid"] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn production_does_not_start_on_assumed_rules() {
    let store = TestStore::sqlite();
    let output = run(onestop(&store.location).args(["serve", "--listen", "127.0.0.1:0", "--production"]));
    assert!(!output.status.success());
    let message = text(&output.stderr);
    for part in ["assumed", "resident.inpatient.rate", "rules check"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[test]
fn worked_cases_that_hold_pass_and_those_that_do_not_are_told_with_what_was_got() {
    let store = TestStore::sqlite();
    let cases = project().join("tests/cases");
    let output = run(onestop(&store.location).args(["rules", "test"]).arg(&cases));
    assert!(output.status.success(), "{}", text(&output.stdout));
    assert!(text(&output.stdout).trim_end().ends_with(" 0 failed"));

    let file = store.directory().unwrap().join("wrong.toml");
    fs::write(
        &file,
        "name = 'wrong'\n[person]\nscheme = 'employee'\nemployment = 'active'\nbirth_date = '1980-01-01'\n\
         [[visits]]\nkind = 'outpatient'\ndate = '2023-03-01'\ninstitution = { id = 'h', level = 1 }\n\
         lines = [{ amount = '130.00', class = 'A' }]\nexpect = { basic = '60.01', cash = '70.00' }\n",
    )
    .unwrap();
    let output = run(onestop(&store.location).args(["rules", "test"]).arg(&file));
    assert!(!output.status.success());
    let report = text(&output.stdout);
    for part in ["60.01", "60.00", "0 passed, 1 failed"] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}
