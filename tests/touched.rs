//! Facts of the past that change: the settlements that they touch, and their re-adjudication from the command line.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use onestop::platform::Platform;
use rulebook::{Lookup, Rulebook};
use serde_json::Value;
use store::Location;
use store::testing::TestStore;
use wire::claim_v1::Case;
use wire::settlement_v1::SettleRequest;
use wire::settlement_v1::one_stop_client::OneStopClient;

use harness::{HOSPITAL_2, HOSPITAL_3, date, line, onestop, run, stay, text};

/// A resident without and one with an assistance category, and an employee.
const RESIDENT: &str = "530100000004";
const POOR: &str = "530100000003";
const EMPLOYEE: &str = "530100000001";
const WHY: [&str; 4] = ["--by", "王", "--reason", "复核"];

/// Settles the cases; answers the settlements.
async fn settle(location: &Location, cases: Vec<Case>) -> Vec<String> {
    let platform = Platform::open(location, &Lookup::new(Rulebook::kunming().unwrap())).await.unwrap();
    let client = OneStopClient::new(host::in_process(platform.one_stop.clone()));
    let mut settled = Vec::new();
    for (number, case) in cases.into_iter().enumerate() {
        let request = SettleRequest { request_id: format!("r-{number}"), case: Some(case) };
        let statement = client.clone().settle(request).await.unwrap().into_inner().statement.unwrap();
        settled.push(statement.settlement_id);
    }
    settled
}

fn done(location: &Location, arguments: &[&str]) -> String {
    let output = run(onestop(location).args(arguments));
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Makes a change; answers what it told.
fn change(location: &Location, arguments: &[&str]) -> String {
    done(location, &[arguments, &WHY].concat())
}

/// The command that `told` says previews the re-adjudication, without its first and last word.
fn offered(told: &str) -> Vec<&str> {
    let (_, command) = told.trim_end().rsplit_once("onestop ").unwrap();
    command.strip_suffix(" --preview").unwrap().split(' ').collect()
}

fn json_lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The parts of a job's answer without what only a run has.
fn job(location: &Location, command: &[&str], preview: bool) -> Vec<Value> {
    let mut arguments = command.to_vec();
    arguments.push("--json");
    if preview {
        arguments.push("--preview");
    }
    let output = run(onestop(location).args(&arguments));
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    let mut parts = json_lines(&output);
    for part in &mut parts {
        if let Some(settlement) = part.get_mut("settlement").and_then(Value::as_object_mut) {
            settlement.remove("adjustment_id");
            settlement.remove("already_done");
        }
        if let Some(totals) = part.get_mut("totals").and_then(Value::as_object_mut) {
            totals.remove("preview");
        }
    }
    parts
}

fn settlements(parts: &[Value]) -> Vec<&str> {
    parts.iter().filter_map(|part| part.pointer("/settlement/settlement_id")?.as_str()).collect()
}

fn cash_difference(parts: &[Value]) -> &str {
    parts.last().and_then(|part| part.pointer("/totals/cash_difference")?.as_str()).unwrap()
}

#[tokio::test]
async fn a_category_a_price_and_a_level_of_the_past_each_touch_their_settlements_and_the_preview_is_what_the_run_moves()
{
    for store in TestStore::each().await {
        let location = &store.location;
        harness::import(location, &harness::register_files());
        let capped = Case {
            lines: vec![line("C0002", 400_000), wire::claim_v1::CaseLine { quantity: 20, ..line("C0004", 60_000) }],
            ..stay(EMPLOYEE, HOSPITAL_2, date(2023, 5, 1), date(2023, 5, 9), 460_000)
        };
        let settled = settle(
            location,
            vec![
                stay(RESIDENT, HOSPITAL_3, date(2023, 2, 1), date(2023, 2, 9), 1_000_000),
                stay(RESIDENT, HOSPITAL_3, date(2023, 5, 1), date(2023, 5, 9), 1_000_000),
                stay(EMPLOYEE, HOSPITAL_3, date(2023, 3, 1), date(2023, 3, 9), 1_000_000),
                capped,
                stay(POOR, HOSPITAL_2, date(2023, 5, 1), date(2023, 5, 9), 1_000_000),
                stay(POOR, HOSPITAL_2, date(2023, 6, 20), date(2023, 6, 29), 1_000_000),
            ],
        )
        .await;

        let category = ["person", "change", "category", "person_id=530100000004", "category=subsistence-allowance"];
        let category = change(location, &[&category[..], &["from=2023-04-01"]].concat());
        assert!(category.contains(&format!("涉及 2023-05-09 的结算 {}", settled[1])), "{} {category}", store.name);
        assert!(category.contains("可能涉及过去的结算 1 笔"), "{category}");
        let item = ["catalogue", "change", "item_code=C0004", "name=三级护理", "class=A", "price_cap=25.00"];
        let price = change(location, &[&item[..], &["from=2017-01-01", "--lang", "en"]].concat());
        assert!(price.contains("1 settlements of the past may be touched; preview: onestop readjudicate"), "{price}");
        let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
        let level = "institution_id,name,level,kind,treatment_region,from,to\n\
                     H53010000002,示例二级医院,2,hospital,local,2017-01-01,2023-05-31\n\
                     H53010000002,示例二级医院,3,hospital,local,2023-06-01,\n";
        fs::write(file.path(), level).unwrap();
        let level = done(location, &["import", file.path().to_str().unwrap()]);
        assert!(level.contains("可能涉及过去的结算 1 笔"), "{} {level}", store.name);
        let future = ["person", "change", "category", "person_id=530100000003", "category=extreme-poverty"];
        let future = change(location, &[&future[..], &["from=2099-01-01"]].concat());
        assert!(!future.contains("readjudicate"), "{future}");

        let together: Vec<String> =
            [&category, &price, &level].iter().map(|told| offered(told)[2].to_owned()).collect();
        let together = together.join(",");
        let all = job(location, &["readjudicate", "--change", &together], true);
        let mut listed = settlements(&all);
        listed.sort_unstable();
        assert_eq!(listed, [&*settled[1], &settled[3], &settled[5]], "{}", store.name);

        for (told, settlement) in [(&category, &settled[1]), (&price, &settled[3]), (&level, &settled[5])] {
            let command = offered(told);
            let preview = job(location, &command, true);
            assert_eq!(settlements(&preview), [settlement], "{}", store.name);
            assert_ne!(cash_difference(&preview), "0.00", "{preview:?}");
            assert!(all.contains(&preview[0]), "{} {preview:?} {all:?}", store.name);
            let ran = job(location, &command, false);
            assert_eq!(ran, preview, "{}", store.name);
            assert_eq!(job(location, &command, false), ran, "twice is once on {}", store.name);
            let nothing = job(location, &command, true);
            assert_eq!(cash_difference(&nothing), "0.00", "{}", store.name);
        }
        let audit = done(location, &["audit"]);
        assert!(audit.ends_with("\n0 differences\n"), "{} {audit}", store.name);
    }
}

#[tokio::test]
async fn a_job_whose_process_dies_in_the_middle_is_finished_by_the_same_command() {
    for store in TestStore::each().await {
        let location = &store.location;
        harness::import(location, &harness::register_files());
        let persons = [EMPLOYEE, "530100000002", POOR, RESIDENT, "530100000005"];
        let stays = persons.map(|person| stay(person, HOSPITAL_2, date(2023, 5, 1), date(2023, 5, 9), 1_000_000));
        let settled = settle(location, stays.to_vec()).await;
        let hospital =
            ["institution_id=H53010000002", "name=示例", "level=3", "kind=hospital", "treatment_region=local"];
        let told = change(location, &[&["institution", "change"], &hospital[..], &["from=2017-01-01"]].concat());
        let command = offered(&told);
        let preview = job(location, &command, true);
        assert_eq!(settlements(&preview), settled, "{}", store.name);

        let died = run(onestop(location).args(&command).env("ONESTOP_CRASH_AT", "after-append:3"));
        assert_eq!(died.status.signal(), Some(9), "{}", text(&died.stderr));
        assert_eq!(job(location, &command, false), preview, "{}", store.name);
        assert_eq!(job(location, &command, false), preview, "{}", store.name);
        let audit = done(location, &["audit"]);
        assert!(audit.ends_with("\n0 differences\n"), "{} {audit}", store.name);
        for person in persons {
            let history = done(location, &["history", person, "--year", "2023", "--json"]);
            assert_eq!(history.matches("readjudication").count(), 1, "{} {history}", store.name);
        }
    }
}

#[tokio::test]
async fn a_job_is_told_in_chinese_or_english_and_an_unknown_change_by_its_reason() {
    let store = TestStore::sqlite();
    let location = &store.location;
    harness::import(location, &harness::register_files());
    let stays = vec![
        stay(RESIDENT, HOSPITAL_3, date(2023, 5, 1), date(2023, 5, 9), 1_000_000),
        stay(POOR, HOSPITAL_3, date(2023, 5, 1), date(2023, 5, 9), 1_000_000),
    ];
    let settled = settle(location, stays).await;
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    // A category that changes the money, and one that changes a fact only.
    let rows = "person_id,category,from,to\n530100000004,subsistence-allowance,2023-04-01,\n\
                530100000003,subsistence-allowance,2021-01-01,2023-05-31\n";
    fs::write(file.path(), rows).unwrap();
    let told = done(location, &["import", file.path().to_str().unwrap(), "--lang", "en"]);
    let command = offered(&told);
    let english = done(location, &[&command[..], &["--preview", "--lang", "en"]].concat());
    assert!(english.contains(&format!("{} · 2023-05-09 · {RESIDENT} · {HOSPITAL_3}\n", settled[0])), "{english}");
    assert!(english.contains(" → ") && english.contains("cash of the person: "), "{english}");
    assert!(english.contains("In all: 1 settlements of 1 persons, 1 of them change (preview"), "{english}");
    let chinese = done(location, &command);
    assert!(chinese.contains("合计：1 人 1 笔结算，其中 1 笔有变化\n") && chinese.contains("个人现金"), "{chinese}");
    let again = done(location, &[&command[..], &["--request-id", "again"]].concat());
    assert!(again.contains(" · 无变化\n") && again.contains("其中 0 笔有变化"), "{again}");

    let unknown = run(onestop(location).args(["readjudicate", "--change", "999"]));
    assert!(!unknown.status.success());
    assert!(text(&unknown.stderr).contains("CHANGE_NOT_FOUND"), "{}", text(&unknown.stderr));
    let neither = run(onestop(location).args(["readjudicate", "--preview"]));
    assert!(!neither.status.success() && text(&neither.stderr).contains("<PERSON_ID>"), "{}", text(&neither.stderr));
}
