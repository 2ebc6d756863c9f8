//! The embedded store has no room to grow: every write beyond a limit of file size fails, as on a full disk.

use std::process::Command;

use store::testing::TestStore;
use wire::settlement_v1::ListRequest;
use wire::settlement_v1::one_stop_client::OneStopClient;

use crate::books::assert_audited;
use crate::harness::{self, Serving};
use crate::load::{Callers, LINKS_EACH, Load, Work, open_account, person, write_register};

const PERSONS: usize = 24;
/// The disk is full when so many requests were answered.
const FULL_AFTER: usize = 20;
/// There is room again when so many requests were refused.
const REFUSALS: usize = 200;
/// From here on a file cannot grow, in bytes. Each service has written more by then.
const ROOM_BYTES: u64 = 16_384;

/// Limits the size of the process's files, of those that it has and those that it makes.
fn limit_room(serving: &Serving, bytes: &str) {
    let limit =
        Command::new("prlimit").args(["--pid", &serving.pid().to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(limit.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_what_it_cannot_store_loses_nothing_and_goes_on_when_there_is_room() {
    let store = TestStore::sqlite();
    let files = tempfile::tempdir().unwrap();
    harness::import(&store.location, &write_register(files.path(), PERSONS));
    open_account(&store.location, PERSONS).await;
    let mut command = harness::onestop_outliving_its_room(&store.location);
    let serving = Serving::start(command.env("ONESTOP_LOG", "error").args(["serve", "--listen", "127.0.0.1:0"]));
    let load = Load::new();
    load.move_to(&serving.endpoint);
    let mut callers = Callers::start(&load, 0..PERSONS, Work::Everything);
    callers.meanwhile(load.answers(FULL_AFTER)).await;
    assert_eq!(load.refused(), 0);
    limit_room(&serving, &ROOM_BYTES.to_string());
    callers.meanwhile(load.refusals(REFUSALS)).await;
    // What needs no room is answered.
    let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
    let mut settled = 0;
    for number in 0..PERSONS {
        let request = ListRequest { person_id: person(number), ..ListRequest::default() };
        settled += client.list(request).await.unwrap().into_inner().settlements.len();
    }
    assert!(settled >= FULL_AFTER / 2, "only {settled} settlements are told");
    limit_room(&serving, "unlimited");
    callers.end().await;
    serving.stop();
    assert_audited(&store, PERSONS, PERSONS * LINKS_EACH);
}
