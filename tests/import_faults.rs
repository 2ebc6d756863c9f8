//! Imports under fault leave the old facts or the new ones, and never a mixture.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::process::Command;

use host::Transport;
use store::testing::TestStore;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use wire::proto::google::r#type::Date;
use wire::register_v1::import_file_request::Part;
use wire::register_v1::register_client::RegisterClient;
use wire::register_v1::upkeep_client::UpkeepClient;
use wire::register_v1::{
    FactKind, FactRow, FileEnd, FileHeader, FileRows, GatherFactsRequest, ImportFileRequest, ImportFileResponse,
};

use harness::{Serving, onestop};

const COLUMNS: [&str; 5] = ["person_id", "birth_date", "kunming_household", "scheme", "from"];
const PERSONS: u64 = 24_000;
const AT_ONCE: usize = 1_000;

/// The parts of a file of the first persons, with a household here or elsewhere.
fn file(persons: u64, kunming_household: bool) -> Vec<Part> {
    let row = |number| FactRow {
        number,
        cells: [&format!("K{number}"), "1985-04-12", &kunming_household.to_string(), "resident", "2019-12-01"]
            .map(str::to_owned)
            .to_vec(),
    };
    let rows: Vec<FactRow> = (1..=persons).map(row).collect();
    let header = FileHeader {
        kind: FactKind::Person.into(),
        columns: COLUMNS.map(str::to_owned).to_vec(),
        ..FileHeader::default()
    };
    let rows = rows.chunks(AT_ONCE).map(|rows| Part::Rows(FileRows { rows: rows.to_vec() }));
    [Part::Header(header)].into_iter().chain(rows).chain([Part::End(FileEnd { rows: persons })]).collect()
}

/// Sends parts and leaves the stream open behind them; `is_enough` sees each answer.
async fn send(
    serving: &Serving,
    parts: Vec<Part>,
    mut is_enough: impl FnMut(&ImportFileResponse) -> bool,
) -> Result<(), Status> {
    let (sender, receiver) = mpsc::channel(4);
    let sending = tokio::spawn(async move {
        for part in parts {
            if sender.send(ImportFileRequest { part: Some(part) }).await.is_err() {
                return None;
            }
        }
        Some(sender)
    });
    let transport: Transport = host::remote(&serving.endpoint).unwrap();
    let mut answers = UpkeepClient::new(transport).import_file(ReceiverStream::new(receiver)).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        if is_enough(&answer) {
            return Ok(());
        }
    }
    drop(sending.await.unwrap());
    Err(Status::data_loss("it ended before"))
}

async fn take(serving: &Serving, parts: Vec<Part>) -> Result<(), Status> {
    send(serving, parts, |answer| answer.outcome.is_some()).await
}

/// The household of a person, where the person is known.
async fn household(serving: &Serving, number: u64) -> Option<bool> {
    let mut client = RegisterClient::new(host::remote(&serving.endpoint).unwrap());
    let question = GatherFactsRequest {
        person_id: format!("K{number}"),
        service_date: Some(Date { year: 2024, month: 5, day: 6 }),
        ..GatherFactsRequest::default()
    };
    client.gather_facts(question).await.unwrap().into_inner().person.map(|person| person.kunming_household)
}

async fn assert_all_is_old(serving: &Serving, moment: &str) {
    for (number, expected) in [(1, Some(false)), (20, Some(false)), (21, None), (PERSONS, None)] {
        assert_eq!(household(serving, number).await, expected, "{moment} K{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_is_killed_while_it_takes_a_file_has_the_old_facts() {
    for store in TestStore::each().await {
        let start = || Serving::start(onestop(&store.location).args(["serve", "--listen", "127.0.0.1:0"]));
        let mut serving = start();
        take(&serving, file(20, false)).await.unwrap();

        let mut unended = file(PERSONS, true);
        unended.pop();
        send(&serving, unended, |answer| answer.read_rows >= 2_000).await.unwrap();
        serving.kill();
        serving = start();
        assert_all_is_old(&serving, &format!("{} put aside", store.name)).await;

        // Rows were written by then, and the one transaction is not committed.
        send(&serving, file(PERSONS, true), |answer| answer.checked_rows >= 4_000).await.unwrap();
        serving.kill();
        serving = start();
        assert_all_is_old(&serving, &format!("{} written", store.name)).await;

        take(&serving, file(PERSONS, true)).await.unwrap();
        for number in [1, 20, 21, PERSONS] {
            assert_eq!(household(&serving, number).await, Some(true), "{} K{number}", store.name);
        }
        serving.stop();
    }
}

/// Limits the size of the process's files.
fn limit_room(serving: &Serving, bytes: &str) {
    let limit =
        Command::new("prlimit").args(["--pid", &serving.pid().to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(limit.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_a_file_whole_and_takes_it_when_there_is_room() {
    let store = TestStore::sqlite();
    let mut command = harness::onestop_outliving_its_room(&store.location);
    let serving = Serving::start(command.env("ONESTOP_LOG", "error").args(["serve", "--listen", "127.0.0.1:0"]));
    take(&serving, file(20, false)).await.unwrap();
    for room in ["200000", "1000000"] {
        limit_room(&serving, room);
        let refused = take(&serving, file(PERSONS, true)).await;
        assert!(refused.is_err(), "{room} bytes were enough");
        assert_all_is_old(&serving, room).await;
    }
    limit_room(&serving, "unlimited");
    take(&serving, file(PERSONS, true)).await.unwrap();
    for number in [1, 20, 21, PERSONS] {
        assert_eq!(household(&serving, number).await, Some(true), "K{number}");
    }
    serving.stop();
}
