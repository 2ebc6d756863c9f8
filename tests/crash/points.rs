//! The process dies at each named point, once while it settles and once while it cancels, and while it recovers.

use std::ops::Range;
use std::sync::Arc;

use host::CrashPoint;
use store::Location;
use store::testing::TestStore;
use wire::settlement_v1::FeedRequest;
use wire::settlement_v1::one_stop_client::OneStopClient;

use crate::books::{assert_audited, books};
use crate::harness::{self, Serving};
use crate::load::{Callers, Load, Work, open_account, write_register};
use crate::serve;

/// Each death takes persons of its own, of three kinds.
const PERSONS_EACH: usize = 3;
/// What each of them has settled in the end; a cancellation is one link more.
const SETTLED_EACH: usize = 3;
/// Where a process dies when the point is reached the second time, others are before it, at it and behind it.
const TIMES: u32 = 2;

/// How processes die in turn.
#[derive(Debug)]
struct Death {
    work: Work,
    point: CrashPoint,
    /// The process that was started after the first dies here, while it finishes what the first left open.
    in_recovery: Option<CrashPoint>,
}

impl Death {
    const fn is_cancelling(&self) -> bool {
        matches!(self.work, Work::Cancel)
    }
}

/// All of them; those while settling come first.
fn deaths() -> Vec<Death> {
    let settle = Work::Settle(SETTLED_EACH);
    let mut deaths = Vec::new();
    for point in CrashPoint::ALL {
        let works: &[Work] = match point {
            // A cancellation rests on the facts that were stored; numbering does not see what kind a link is of.
            CrashPoint::FactsGathered | CrashPoint::BeforeFeedCommit => &[settle],
            CrashPoint::BeforeHeadRead
            | CrashPoint::BeforeAppend
            | CrashPoint::JournalCommitted
            | CrashPoint::AfterAppend
            | CrashPoint::PayerCommitted
            | CrashPoint::OnePayerBooked
            | CrashPoint::BeforeClose
            | CrashPoint::AfterClose => &[settle, Work::Cancel],
        };
        deaths.extend(works.iter().map(|work| Death { work: *work, point, in_recovery: None }));
    }
    for work in [settle, Work::Cancel] {
        for in_recovery in [CrashPoint::PayerCommitted, CrashPoint::BeforeClose] {
            deaths.push(Death { work, point: CrashPoint::AfterAppend, in_recovery: Some(in_recovery) });
        }
    }
    deaths.sort_by_key(Death::is_cancelling);
    deaths
}

fn persons_of(place: usize) -> Range<usize> {
    place * PERSONS_EACH..(place + 1) * PERSONS_EACH
}

/// Serves until `point` is reached so many times.
fn serve_until(location: &Location, point: CrashPoint, times: u32) -> Serving {
    let mut command = harness::onestop(location);
    command.env("ONESTOP_CRASH_AT", format!("{}:{times}", point.name()));
    Serving::start_or_end(command.args(["serve", "--listen", "127.0.0.1:0"]))
}

/// Has the process die under the work of its persons, who send it again to the next one until they are answered.
async fn die(location: &Location, load: &Arc<Load>, death: &Death, persons: Range<usize>) {
    let serving = serve_until(location, death.point, TIMES);
    load.move_to(&serving.endpoint);
    let mut feed = None;
    if death.point == CrashPoint::BeforeFeedCommit {
        // What closed before is numbered for the first message.
        let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
        let mut messages = client.feed(FeedRequest::default()).await.unwrap().into_inner();
        messages.message().await.unwrap().unwrap();
        feed = Some(tokio::spawn(async move { while let Ok(Some(_)) = messages.message().await {} }));
    }
    let callers = Callers::start(load, persons, death.work).lose_their_process().await;
    serving.assert_killed();
    if let Some(point) = death.in_recovery {
        let recovering = serve_until(location, point, 1);
        assert_eq!(recovering.endpoint, "", "{death:?}: nothing was recovered");
        recovering.assert_killed();
    }
    let serving = serve(location);
    load.move_to(&serving.endpoint);
    callers.end_elsewhere().await;
    serving.stop();
    if let Some(feed) = feed {
        feed.await.unwrap();
    }
}

/// Has `persons` settle without a death, and those of them cancel who are in `cancelling`.
async fn live(location: &Location, load: &Arc<Load>, persons: Range<usize>, cancelling: Range<usize>) {
    let serving = serve(location);
    load.move_to(&serving.endpoint);
    Callers::start(load, persons, Work::Settle(SETTLED_EACH)).end().await;
    Callers::start(load, cancelling, Work::Cancel).end().await;
    serving.stop();
}

async fn dies_at_each_point(store: TestStore) {
    let deaths = deaths();
    let persons = deaths.len() * PERSONS_EACH;
    let cancelling = persons_of(deaths.partition_point(|death| !death.is_cancelling())).start..persons;
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path(), persons);
    let undisturbed = TestStore::sqlite();
    harness::import(&undisturbed.location, &register);
    open_account(&undisturbed.location, persons).await;
    live(&undisturbed.location, &Load::new(), 0..persons, cancelling.clone()).await;

    harness::import(&store.location, &register);
    open_account(&store.location, persons).await;
    let load = Load::new();
    live(&store.location, &load, cancelling.clone(), 0..0).await;
    for (place, death) in deaths.iter().enumerate() {
        die(&store.location, &load, death, persons_of(place)).await;
    }
    assert_eq!(books(&store.location, persons).await, books(&undisturbed.location, persons).await);
    assert_audited(&store, persons, persons * SETTLED_EACH + cancelling.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_at_any_named_point_leaves_the_books_of_one_that_does_not_on_sqlite() {
    dies_at_each_point(TestStore::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_at_any_named_point_leaves_the_books_of_one_that_does_not_on_postgresql() {
    dies_at_each_point(TestStore::postgres().await).await;
}
