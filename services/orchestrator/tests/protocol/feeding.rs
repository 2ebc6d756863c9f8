//! The feed: one order for all consumers, whatever crashes and however many orchestrators there are.

use std::collections::{BTreeMap, HashSet};

use futures::future::join_all;
use store::testing::TestStore;
use wire::settlement_v1::{FeedRequest, FeedResponse};

use crate::world::World;

const PERSONS: i32 = 8;
const EACH: i32 = 5;
const LINKS: usize = 40;

/// Reads the feed behind `cursor` until `count` messages were handled or, where that is told, the end is reached.
async fn read(world: &World, cursor: i64, count: usize, stop_at_end: bool) -> Vec<FeedResponse> {
    let request = FeedRequest { cursor, stop_at_end };
    let mut feed = world.client.clone().feed(request).await.unwrap().into_inner();
    let mut handled = Vec::new();
    while handled.len() < count {
        let Some(message) = feed.message().await.unwrap() else { break };
        handled.push(message);
    }
    handled
}

async fn settle_everybody(one: &World, other: &World) {
    let settled = (0..PERSONS * EACH).map(|number| {
        let world = if number % 3 == 0 { one } else { other };
        async move { world.settle(&format!("p-{}", number % PERSONS), &format!("r-{number}")).await.map(drop) }
    });
    for outcome in join_all(settled).await {
        outcome.unwrap();
    }
}

fn assert_complete(feed: &[FeedResponse], name: &str) {
    let cursors: Vec<i64> = feed.iter().map(|message| message.cursor).collect();
    assert_eq!(cursors, (1..=40).collect::<Vec<i64>>(), "{name}");
    let mut last = BTreeMap::new();
    for message in feed {
        let link = message.link.as_ref().unwrap();
        let before = last.insert(link.person_id.clone(), link.sequence).unwrap_or(0);
        assert_eq!(link.sequence, before + 1, "the links of {} are not in their order on {name}", link.person_id);
    }
}

#[tokio::test]
async fn a_consumer_that_follows_two_replicas_and_crashes_at_any_cursor_misses_nothing_and_sees_nothing_twice() {
    for store in TestStore::each().await {
        let one = World::new(&store.location).await;
        let other = one.another(&store.location).await;
        let consumer = async {
            let mut handled: Vec<FeedResponse> = Vec::new();
            // So many messages are handled before each crash; whichever replica answers goes on.
            for (turn, count) in [1, 7, 2, 11, 3, 5, 11].into_iter().enumerate() {
                let world = if turn % 2 == 0 { &one } else { &other };
                let cursor = handled.last().map_or(0, |message| message.cursor);
                handled.extend(read(world, cursor, count, false).await);
            }
            handled
        };
        let (handled, ()) = futures::join!(consumer, settle_everybody(&one, &other));
        assert_eq!(handled.len(), LINKS);
        assert_complete(&handled, store.name);
        let again = read(&other, 0, usize::MAX, true).await;
        assert_eq!(again, handled, "every consumer sees the same order on {}", store.name);
    }
}

#[tokio::test]
async fn consumers_who_number_at_once_give_one_order() {
    for store in TestStore::each().await {
        let one = World::new(&store.location).await;
        let other = one.another(&store.location).await;
        settle_everybody(&one, &other).await;
        let consumers = (0..6).map(|number| {
            let world = if number % 2 == 0 { &one } else { &other };
            read(world, 0, LINKS, false)
        });
        let feeds = join_all(consumers).await;
        for feed in &feeds {
            assert_complete(feed, store.name);
            assert_eq!(*feed, feeds[0], "{}", store.name);
        }
    }
}

#[tokio::test]
async fn the_feed_holds_every_kind_of_link_and_none_that_is_open() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        let settled = world.settle("p", "r-1").await.unwrap();
        world.cancel("c-1", &settled.settlement_id).await.unwrap();
        world.reverse("v-1", "p", "late").await.unwrap();
        world.payers[0].posting.store(crate::world::CANNOT_BE_REACHED, std::sync::atomic::Ordering::SeqCst);
        world.settle("p", "r-2").await.unwrap();
        assert_eq!(read(&world, 0, usize::MAX, true).await.len(), 3, "{}", store.name);

        world.payers[0].posting.store(crate::world::WORKS, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(world.recover().await, 0);
        let feed = read(&world, 0, usize::MAX, true).await;
        let hashes: HashSet<_> = feed.iter().map(|message| message.hash.clone()).collect();
        assert_eq!((feed.len(), hashes.len(), feed[3].cursor), (4, 4, 4), "{}", store.name);
        assert!(read(&world, 4, 1, true).await.is_empty());
    }
}

#[tokio::test]
async fn a_consumer_who_waits_is_let_go_when_the_server_stops() {
    let store = TestStore::sqlite();
    let world = World::new(&store.location).await;
    world.settle("p", "r-1").await.unwrap();
    let request = FeedRequest { cursor: 0, stop_at_end: false };
    let mut feed = world.client.clone().feed(request).await.unwrap().into_inner();
    assert_eq!(feed.message().await.unwrap().unwrap().cursor, 1);
    world.orchestrator.end_feeds();
    assert_eq!(feed.message().await.unwrap(), None);
}
