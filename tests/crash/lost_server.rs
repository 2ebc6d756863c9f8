//! PostgreSQL itself is killed and started again under load.

use store::testing::{PrivatePostgres, TestStore};

use crate::books::assert_audited;
use crate::harness::{self, Serving};
use crate::load::{Callers, LINKS_EACH, Load, Work, open_account, write_register};

const PERSONS: usize = 64;
/// The server is killed when so many requests were answered.
const KILLS: [usize; 3] = [20, 120, 280];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_server_that_is_killed_under_load_loses_nothing_and_callers_are_told_to_come_again() {
    let server = PrivatePostgres::start_another().unwrap_or_else(|error| panic!("{error}"));
    let store = TestStore::on(&server).await;
    let files = tempfile::tempdir().unwrap();
    harness::import(&store.location, &write_register(files.path(), PERSONS));
    open_account(&store.location, PERSONS).await;
    let mut command = harness::onestop(&store.location);
    // Each loss is a warning, and there are hundreds.
    command.env("ONESTOP_LOG", "error");
    let serving = Serving::start(command.args(["serve", "--listen", "127.0.0.1:0"]));
    let load = Load::new();
    load.move_to(&serving.endpoint);
    let mut callers = Callers::start(&load, 0..PERSONS, Work::Everything);
    for kill in KILLS {
        callers.meanwhile(load.answers(kill)).await;
        let refused = load.refused();
        server.kill().unwrap();
        callers.meanwhile(load.refusals(refused + 1)).await;
        server.restart().unwrap();
    }
    callers.end().await;
    serving.stop();
    assert_audited(&store, PERSONS, PERSONS * LINKS_EACH);
}
