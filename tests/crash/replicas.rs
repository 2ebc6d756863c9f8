//! Every service twice, each in a process of its own, on one database: the books of one process.

use std::sync::Arc;

use futures::future::join_all;
use store::Location;
use store::testing::TestStore;

use crate::books::{assert_audited, books};
use crate::harness::{self, Serving};
use crate::load::Callers;
use crate::load::{Answers, LINKS_EACH, Load, Work, open_account, write_register};
use crate::serve;

const PERSONS: usize = 60;
const PAYERS: [&str; 4] = ["basic-insurance", "critical-illness", "medical-assistance", "individual-account"];

/// Every service in a process of its own; the orchestrator is the last.
fn serve_apart(location: &Location) -> Vec<Serving> {
    let start = |target: &str, endpoints: &[String]| {
        let mut command = harness::onestop(location);
        command.args(["serve", "--listen", "127.0.0.1:0", "--target", target]).args(endpoints);
        Serving::start(&mut command)
    };
    let register = start("register", &[]);
    let payers = PAYERS.map(|payer| (payer, start(payer, &[])));
    let mut endpoints = vec!["--register-endpoint".to_owned(), register.endpoint.clone()];
    for (payer, serving) in &payers {
        endpoints.extend(["--payer-endpoint".to_owned(), format!("{payer}={}", serving.endpoint)]);
    }
    let orchestrator = start("orchestrator", &endpoints);
    std::iter::once(register).chain(payers.map(|(_, serving)| serving)).chain([orchestrator]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_every_service_on_one_database_that_get_every_request_at_once_keep_the_books_of_one() {
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path(), PERSONS);
    let alone = TestStore::sqlite();
    harness::import(&alone.location, &register);
    open_account(&alone.location, PERSONS).await;
    let serving = serve(&alone.location);
    let load = Load::new();
    load.move_to(&serving.endpoint);
    Callers::start(&load, 0..PERSONS, Work::Everything).end().await;
    serving.stop();

    let store = TestStore::postgres().await;
    harness::import(&store.location, &register);
    open_account(&store.location, PERSONS).await;
    let platforms = [serve_apart(&store.location), serve_apart(&store.location)];
    // Both platforms get every request, and every answer is the same.
    let answers = Arc::new(Answers::default());
    let loads = platforms.each_ref().map(|platform| {
        let load = Load::with(Arc::clone(&answers));
        load.move_to(&platform.last().unwrap().endpoint);
        load
    });
    let callers = loads.each_ref().map(|load| Callers::start(load, 0..PERSONS, Work::Everything));
    join_all(callers.map(Callers::end)).await;
    for serving in platforms.into_iter().flat_map(|platform| platform.into_iter().rev()) {
        serving.stop();
    }
    assert_eq!(books(&store.location, PERSONS).await, books(&alone.location, PERSONS).await);
    assert_audited(&store, PERSONS, PERSONS * LINKS_EACH);
}
