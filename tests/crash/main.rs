//! The real process killed in the middle of settling, on both stores: one settlement a request, and the books of a run
//! without a kill.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[cfg(debug_assertions)]
mod at_random;
mod books;
mod full_disk;
#[path = "../harness/mod.rs"]
mod harness;
mod load;
mod lost_server;
#[cfg(debug_assertions)]
mod points;
mod replicas;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use store::Location;
use store::testing::TestStore;
use tokio::sync::Notify;
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{FeedRequest, ListRequest, SettleRequest};

use books::{assert_audited, books};
use harness::Serving;
use load::{Answers, CANCELLED_AFTER, LINKS_EACH, cancellation, cases_of, open_account, write_register};

const PERSONS: usize = 12;
/// The process is killed when so many requests of a round were answered.
const KILLS: [usize; 9] = [0, 1, 3, 7, 12, 18, 25, 33, 45];

/// Sends a person's requests one after the other, all of them again from the first, until one is not answered.
async fn send_all(
    endpoint: &str,
    number: usize,
    first_answers: &Answers,
    answered: &AtomicUsize,
    enough: &Notify,
    kill_after: usize,
) {
    let mut client = OneStopClient::new(host::remote(endpoint).unwrap());
    let note = || {
        if answered.fetch_add(1, Ordering::SeqCst) + 1 == kill_after {
            enough.notify_one();
        }
    };
    let mut settled = Vec::new();
    for (request_id, case) in cases_of(number) {
        let request = SettleRequest { request_id: request_id.clone(), case: Some(case) };
        let Ok(answer) = client.settle(request).await else { return };
        let statement = answer.into_inner().statement.unwrap();
        first_answers.check(request_id, &statement);
        settled.push(statement.settlement_id);
        note();
        if settled.len() == CANCELLED_AFTER {
            let Ok(_) = client.cancel(cancellation(number, &settled[1])).await else { return };
            note();
        }
    }
}

fn serve(location: &Location) -> Serving {
    Serving::start(harness::onestop(location).args(["serve", "--listen", "127.0.0.1:0"]))
}

/// Serves and settles; kills the process once `kill_after` requests were answered, or lets it finish where that is
/// `None`.
async fn round(location: &Location, answers: &Arc<Answers>, kill_after: Option<usize>) {
    let serving = serve(location);
    let enough = Arc::new(Notify::new());
    let answered = Arc::new(AtomicUsize::new(0));
    let threshold = kill_after.unwrap_or(usize::MAX);
    let senders: Vec<_> = (0..PERSONS)
        .map(|number| {
            let (endpoint, answers) = (serving.endpoint.clone(), Arc::clone(answers));
            let (answered, enough) = (Arc::clone(&answered), Arc::clone(&enough));
            tokio::spawn(async move { send_all(&endpoint, number, &answers, &answered, &enough, threshold).await })
        })
        .collect();
    match kill_after {
        Some(0) => serving.kill(),
        Some(_) => {
            enough.notified().await;
            serving.kill();
        }
        None => {
            for sender in senders {
                sender.await.unwrap();
            }
            assert_eq!(answered.load(Ordering::SeqCst), PERSONS * LINKS_EACH);
            serving.stop();
            return;
        }
    }
    for sender in join_all(senders).await {
        sender.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_point_leaves_one_settlement_a_request_and_the_books_of_a_run_without_it() {
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path(), PERSONS);
    let undisturbed = TestStore::sqlite();
    harness::import(&undisturbed.location, &register);
    open_account(&undisturbed.location, PERSONS).await;
    round(&undisturbed.location, &Arc::default(), None).await;
    let expected = books(&undisturbed.location, PERSONS).await;
    for settlements in expected.settlements.values() {
        assert_eq!(settlements.len(), 6);
    }
    for store in TestStore::each().await {
        harness::import(&store.location, &register);
        open_account(&store.location, PERSONS).await;
        let answers = Arc::default();
        for kill_after in KILLS {
            round(&store.location, &answers, Some(kill_after)).await;
        }
        round(&store.location, &answers, None).await;
        assert_eq!(books(&store.location, PERSONS).await, expected, "{}", store.name);
        assert_audited(&store, PERSONS, PERSONS * LINKS_EACH);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_platforms_on_one_database_that_get_every_request_at_once_keep_the_books_of_one() {
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path(), PERSONS);
    let alone = TestStore::sqlite();
    harness::import(&alone.location, &register);
    open_account(&alone.location, PERSONS).await;
    round(&alone.location, &Arc::default(), None).await;
    let expected = books(&alone.location, PERSONS).await;

    let store = TestStore::postgres().await;
    harness::import(&store.location, &register);
    open_account(&store.location, PERSONS).await;
    let platforms = [serve(&store.location), serve(&store.location)];
    let answers = Arc::new(Answers::default());
    // Every request goes to both, so that each of them is a race for one place in one chain.
    let senders = platforms.iter().flat_map(|platform| (0..PERSONS).map(move |number| (platform, number)));
    let senders = senders.map(|(platform, number)| {
        let (endpoint, answers) = (platform.endpoint.clone(), Arc::clone(&answers));
        tokio::spawn(async move {
            let (answered, enough) = (AtomicUsize::new(0), Notify::new());
            send_all(&endpoint, number, &answers, &answered, &enough, usize::MAX).await;
            assert_eq!(answered.load(Ordering::SeqCst), LINKS_EACH);
        })
    });
    for sender in join_all(senders.collect::<Vec<_>>()).await {
        sender.unwrap();
    }
    platforms.into_iter().for_each(Serving::stop);
    assert_eq!(books(&store.location, PERSONS).await, expected);
    assert_audited(&store, PERSONS, PERSONS * LINKS_EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_asked_to_stop_finishes_what_it_accepted_and_lets_those_go_who_wait() {
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path(), PERSONS);
    let store = TestStore::sqlite();
    harness::import(&store.location, &register);
    open_account(&store.location, PERSONS).await;
    let serving = serve(&store.location);
    let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
    let mut feed = client.feed(FeedRequest::default()).await.unwrap().into_inner();
    let in_flight = (0..PERSONS).map(|number| {
        let mut client = client.clone();
        let (request_id, case) = cases_of(number).remove(0);
        tokio::spawn(async move { client.settle(SettleRequest { request_id, case: Some(case) }).await })
    });
    let in_flight: Vec<_> = in_flight.collect();
    // The first link in the feed: by now every request is on its way.
    assert_eq!(feed.message().await.unwrap().unwrap().cursor, 1);
    serving.stop();
    let outcomes = join_all(in_flight).await;
    let answered: Vec<_> = outcomes.into_iter().filter_map(|outcome| outcome.unwrap().ok()).collect();
    while let Ok(Some(_)) = feed.message().await {}

    let serving = serve(&store.location);
    let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
    for answer in answered {
        let statement = answer.into_inner().statement.unwrap();
        let request = ListRequest { person_id: statement.person_id, ..ListRequest::default() };
        let settled = client.list(request).await.unwrap().into_inner().settlements;
        assert_eq!(settled[0].settlement_id, statement.settlement_id);
    }
    serving.stop();
    let audit = harness::run(harness::onestop(&store.location).arg("audit"));
    assert!(audit.status.success(), "{}", harness::text(&audit.stdout));
}
