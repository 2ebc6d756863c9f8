//! The event feed: closed links in the order in which they closed, from a cursor on.
//!
//! A link that closes is queued without a number, in the same write, so that closing waits for nobody. Whoever reads
//! the feed numbers what is queued, one reader at a time; the numbers have no gap and are never given twice.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use wire::settlement_v1::FeedResponse;

use crate::answers::{Answers, Reader, Stop, answers};
use crate::failures;
use crate::history::link_message;
use crate::settle::Orchestrator;

/// How many links are read at once.
const LINKS_READ: i64 = 64;
/// How long a reader that has all waits before it looks whether another process closed something.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What readers of the feed wait for in this process. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    closed: Arc<Notify>,
    ending: Arc<watch::Sender<bool>>,
}

impl Waiting {
    pub(crate) fn new() -> Self {
        Self { closed: Arc::default(), ending: Arc::new(watch::Sender::new(false)) }
    }

    /// Tells readers that a link closed.
    pub(crate) fn tell_closed(&self) {
        self.closed.notify_waiters();
    }
}

impl Orchestrator {
    /// Ends the feeds of this process, so that a server which stops does not wait for readers who wait for more.
    pub fn end_feeds(&self) {
        self.waiting().ending.send_replace(true);
    }

    /// The closed links behind `cursor`; at the end it waits for more, unless `stop_at_end`.
    pub(crate) fn feed(&self, cursor: i64, stop_at_end: bool) -> Answers<FeedResponse> {
        let orchestrator = self.clone();
        answers(move |reader| async move { orchestrator.tell_feed(cursor, stop_at_end, &reader).await })
    }

    async fn tell_feed(&self, cursor: i64, stop_at_end: bool, reader: &Reader<FeedResponse>) -> Result<(), Stop> {
        let mut cursor = cursor;
        let mut ending = self.waiting().ending.subscribe();
        while !*ending.borrow_and_update() {
            let mut closed = std::pin::pin!(self.waiting().closed.notified());
            // From here on, so that nothing that closes after the look is missed.
            closed.as_mut().enable();
            let of_store = |error| failures::of_store(&error);
            self.journal().number_closed().await.map_err(of_store)?;
            let rows = self.journal().feed_after(cursor, LINKS_READ).await.map_err(of_store)?;
            if rows.is_empty() {
                if stop_at_end {
                    return Ok(());
                }
                tokio::select! {
                    () = closed => {}
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                    _ = ending.changed() => {}
                    () = reader.left() => return Ok(()),
                }
            }
            for row in rows {
                cursor = row.position;
                let link = Some(link_message(&row.document)?);
                reader.send(FeedResponse { cursor, link, hash: row.hash }).await?;
            }
        }
        Ok(())
    }
}
