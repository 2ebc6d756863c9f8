//! Visits and stays around the days on which a designation or a cover begins, is suspended and ends, on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use claim::Statement;
use host::Transport;
use onestop::platform::Platform;
use rulebook::{Lookup, Rulebook};
use store::Location;
use store::testing::TestStore;
use wire::claim_v1::{Case, CaseLine};
use wire::proto::google::r#type::Date;
use wire::settlement_v1::SettleRequest;
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::{ErrorReason, Failure};

use harness::{HOSPITAL_2, HOSPITAL_3, date, line, onestop, run, stay, text, visit};

const EMPLOYEE: &str = "530100000001";

/// The rules with the reading of stays under way chosen.
fn rules(stay_under_way: &str) -> Lookup {
    let folder = harness::project().join("shared/rulebook/kunming");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let documents: Vec<(String, String)> = files
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let chosen = format!("chosen = \"{stay_under_way}\"");
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                text.replace("chosen = \"until-that-day\"", &chosen),
            )
        })
        .collect();
    let documents: Vec<_> = documents.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    Lookup::new(Rulebook::load(&documents).unwrap())
}

async fn open(location: &Location, stay_under_way: &str) -> (Platform, OneStopClient<Transport>) {
    let platform = Platform::open(location, &rules(stay_under_way)).await.unwrap();
    let client = OneStopClient::new(host::in_process(platform.one_stop.clone()));
    (platform, client)
}

async fn settle(client: &OneStopClient<Transport>, request_id: &str, case: Case) -> Result<Statement, Failure> {
    let request = SettleRequest { request_id: request_id.to_owned(), case: Some(case) };
    let answer = client.clone().settle(request).await;
    let answer = answer.map_err(|status| Failure::from_status(&status).unwrap())?.into_inner();
    Ok(Statement::try_from(answer.statement.unwrap()).unwrap())
}

fn fields(failure: &Failure) -> Vec<&str> {
    failure.violations.iter().map(|violation| violation.field.as_str()).collect()
}

/// Changes an agreement from the command line.
fn change(location: &Location, arguments: &[&str]) {
    let why = ["--by", "王", "--reason", "稽核"];
    let output = run(onestop(location).arg("institution").args(arguments).args(why));
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
}

fn dated(case_line: CaseLine, day: Option<Date>) -> CaseLine {
    CaseLine { service_date: day, ..case_line }
}

/// A stay from 1 to 20 March: 10,000.00 on the 5th, and 5,000.00 on the 12th.
fn long_stay() -> Case {
    let lines =
        vec![dated(line("C0008", 1_000_000), date(2023, 3, 5)), dated(line("C0002", 500_000), date(2023, 3, 12))];
    Case { lines, ..stay(EMPLOYEE, HOSPITAL_2, date(2023, 3, 1), date(2023, 3, 20), 1_500_000) }
}

#[tokio::test]
async fn a_suspended_institution_settles_no_new_visit_from_that_day_and_what_arose_before_of_a_stay() {
    for store in TestStore::each().await {
        harness::import(&store.location, &harness::register_files());
        let suspend = ["suspend", HOSPITAL_2, "--from", "2023-03-10", "--to", "2023-04-09", "--ground", "breach"];
        change(&store.location, &suspend);
        let (platform, client) = open(&store.location, "until-that-day").await;
        let on = |day| visit(EMPLOYEE, HOSPITAL_2, date(2023, 3, day), 13_000);
        settle(&client, "before", on(9)).await.unwrap();
        let refused = settle(&client, "on-the-day", on(10)).await.unwrap_err();
        assert_eq!(refused.reason, ErrorReason::InstitutionSuspended, "{}", store.name);
        assert_eq!(fields(&refused), ["institution_id"]);
        assert!(refused.violations[0].description.contains("suspended since 2023-03-10"), "{refused:?}");
        assert!(refused.message_zh().contains("暂停"));
        let last = visit(EMPLOYEE, HOSPITAL_2, date(2023, 4, 9), 13_000);
        assert_eq!(settle(&client, "last-day", last).await.unwrap_err().reason, ErrorReason::InstitutionSuspended);
        settle(&client, "after", visit(EMPLOYEE, HOSPITAL_2, date(2023, 4, 10), 13_000)).await.unwrap();

        // Of a stay that had begun, the line of the 12th is told, and the rest settles: (10,000 - 500) * 88 %.
        let refused = settle(&client, "stay", long_stay()).await.unwrap_err();
        assert_eq!(
            (refused.reason, fields(&refused)),
            (ErrorReason::InstitutionSuspended, vec!["lines[1].service_date"])
        );
        let lines = vec![long_stay().lines[0].clone()];
        let statement = settle(&client, "stay", Case { lines, total_fen: 1_000_000, ..long_stay() }).await.unwrap();
        assert_eq!(statement.amounts.basic.to_string(), "8360.00", "{}", store.name);
        assert_eq!(statement.amounts.cash.to_string(), "1640.00");

        // A stay that begins while it is suspended is a new visit, although it ends when it no longer is.
        let new = stay(EMPLOYEE, HOSPITAL_2, date(2023, 4, 1), date(2023, 4, 20), 500_000);
        let refused = settle(&client, "new-stay", new).await.unwrap_err();
        assert_eq!((refused.reason, fields(&refused)), (ErrorReason::InstitutionSuspended, vec!["institution_id"]));
        drop((platform, client));

        let (_platform, client) = open(&store.location, "until-discharge").await;
        // The first admission of the year bore its deductible; this one bears another: (15,000 - 500) * 88 %.
        let statement = settle(&client, "whole-stay", long_stay()).await.unwrap();
        assert_eq!(statement.amounts.basic.to_string(), "12760.00", "{}", store.name);
        let refused = settle(&client, "still-new", on(10)).await.unwrap_err();
        assert_eq!(refused.reason, ErrorReason::InstitutionSuspended);
    }
}

#[tokio::test]
async fn everything_that_is_missing_is_told_beside_an_agreement_that_ended() {
    for store in TestStore::each().await {
        harness::import(&store.location, &harness::register_files());
        change(&store.location, &["end", HOSPITAL_3, "--from", "2023-05-01", "--ground", "fraud"]);
        let (_platform, client) = open(&store.location, "until-that-day").await;
        let case = Case { lines: vec![line("C9999", 100)], ..visit("nobody", HOSPITAL_3, date(2023, 5, 1), 100) };
        let refused = settle(&client, "r-1", case).await.unwrap_err();
        assert_eq!(fields(&refused), ["person_id", "institution_id", "lines[0].item_code"], "{}", store.name);
        let refused = settle(&client, "r-2", visit(EMPLOYEE, HOSPITAL_3, date(2023, 5, 1), 100)).await.unwrap_err();
        assert_eq!(refused.reason, ErrorReason::AgreementEnded);
        assert!(refused.violations[0].description.contains("ended on 2023-05-01"), "{refused:?}");
        settle(&client, "r-3", visit(EMPLOYEE, HOSPITAL_3, date(2023, 4, 30), 100)).await.unwrap();
    }
}

#[tokio::test]
async fn an_institution_is_designated_by_the_command_line_from_application_to_end() {
    const NEW: &str = "H53010000009";
    for store in TestStore::each().await {
        let location = &store.location;
        harness::import(location, &harness::register_files());
        let describe = [
            "change",
            "institution_id=H53010000009",
            "name=示例民营医院",
            "level=2",
            "kind=hospital",
            "treatment_region=local",
            "by_agreement=true",
            "tier=county",
            "district=530114",
            "legal_form=private",
            "beds=80",
            "from=2022-01-01",
        ];
        change(location, &describe);
        change(location, &["apply", NEW, "--from", "2022-06-01"]);
        change(location, &["refuse", NEW, "--from", "2022-07-01", "--ground", "touting", "--decided-by", "county"]);
        change(location, &["apply", NEW, "--from", "2022-10-01"]);
        change(location, &["admit", NEW, "--from", "2023-01-01", "--to", "2025-12-31", "--decided-by", "county"]);
        let told = run(onestop(location)
            .args(["institution", "suspend", NEW, "--from", "2023-02-01", "--by", "王"])
            .args(["--reason", "稽核", "--lang", "en"]));
        assert!(!told.status.success() && text(&told.stdout).contains("grounds is required"), "{}", text(&told.stdout));
        let shown = text(&run(onestop(location).args(["institution", "show", NEW])).stdout);
        for part in ["supervised_by=county", "定点协议", "state=refused", "grounds=touting", "经办 王，原因 稽核"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let beds = ["institution", "beds", "--date", "2023-06-01", "--index", "6.0", "--lang", "en"];
        let beds = text(&run(onestop(location).args(beds)).stdout);
        assert!(beds.starts_with("80 beds, 6 insured persons, 13333.333 beds per 1,000"), "{beds}");
        assert!(beds.contains("above the planning index"), "{beds}");

        let (_platform, client) = open(location, "until-that-day").await;
        let on = |year, month, day| visit(EMPLOYEE, NEW, date(year, month, day), 13_000);
        for (request_id, case, told) in
            [("applied", on(2022, 12, 31), "is not decided"), ("refused", on(2022, 7, 1), "was refused on 2022-07-01")]
        {
            let refused = settle(&client, request_id, case).await.unwrap_err();
            assert_eq!(refused.reason, ErrorReason::InstitutionNotDesignated, "{} {request_id}", store.name);
            assert!(refused.violations[0].description.contains(told), "{refused:?}");
        }
        settle(&client, "admitted", on(2023, 1, 1)).await.unwrap();
        assert_eq!(settle(&client, "lapsed", on(2026, 1, 1)).await.unwrap_err().reason, ErrorReason::AgreementEnded);
    }
}

#[tokio::test]
async fn a_person_whose_cover_is_suspended_has_no_basic_insurance_on_that_day() {
    const PERSONS: &str = "person_id,birth_date,kunming_household,scheme,employment,cover_state,from,to\n\
        S1,1980-01-01,true,employee,active,,2022-01-01,2023-02-28\n\
        S1,1980-01-01,true,employee,active,suspended,2023-03-01,2023-05-31\n\
        S1,1980-01-01,true,employee,active,,2023-06-01,\n";
    for store in TestStore::each().await {
        let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
        std::fs::write(file.path(), PERSONS).unwrap();
        harness::import(&store.location, &[harness::register_files(), vec![file.path().to_owned()]].concat());
        let (_platform, client) = open(&store.location, "until-that-day").await;
        let on = |month, day| visit("S1", HOSPITAL_2, date(2023, month, day), 13_000);
        for (month, day) in [(3, 1), (5, 31)] {
            let refused = settle(&client, "r-1", on(month, day)).await.unwrap_err();
            assert_eq!((refused.reason, fields(&refused)), (ErrorReason::CoverSuspended, vec!["person_id"]));
            assert!(refused.message_zh().contains("暂停参保"), "{}", store.name);
        }
        for (request_id, month, day) in [("before", 2, 28), ("after", 6, 1)] {
            settle(&client, request_id, on(month, day)).await.unwrap();
        }
    }
}
