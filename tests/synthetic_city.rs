//! A generated city, imported and settled by the binary: no case of it is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::fs;
use std::path::PathBuf;

use onestop::case_file;
use store::testing::TestStore;

use harness::{onestop, run, text};

const PERSONS: &str = "2000";
const VISITS: &str = "500";

fn register_files(city: &std::path::Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(city).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    files
}

#[tokio::test]
async fn every_case_of_a_generated_city_is_settled_on_both_stores() {
    for store in TestStore::each().await {
        let city = tempfile::tempdir().unwrap();
        let generate = ["generate", "--persons", PERSONS, "--visits", VISITS, "--seed", "5", "--out"];
        let output = run(onestop(&store.location).args(generate).arg(city.path()));
        assert!(output.status.success(), "{}", text(&output.stderr));
        harness::import(&store.location, &register_files(city.path()));
        let cases = city.path().join("cases.jsonl");
        let output = run(onestop(&store.location).args(["settle", "--json"]).arg(&cases));
        assert!(output.status.success(), "{}", text(&output.stderr));
        let statements = text(&output.stdout);
        assert_eq!(statements.lines().count(), 500, "{}", store.name);
        let paid = |part: &str| statements.lines().filter(|line| !line.contains(part)).count();
        assert!(paid("\"basic\":\"0.00\"") > 100, "basic insurance pays hardly anything");
        assert!(paid("\"assistance\":\"0.00\"") > 5, "medical assistance pays hardly anything");
    }
}

#[test]
fn generated_cases_are_well_formed_case_files() {
    let dictionary = onestop::dictionary::named("kunming").unwrap();
    let city = synthetic_city::City::new(9, 300);
    for index in 0..2_000 {
        let bill = city.bill(index, 2_000);
        let file = case_file::read(&synthetic_city::case_json(&bill).to_string(), &dictionary).unwrap();
        assert_eq!(file.case.total_fen, i64::try_from(bill.total_fen()).unwrap());
        assert_eq!(file.request_id.unwrap().as_str(), bill.request_id);
    }
}
