//! Finishes links that a crash or an unreachable payer left open.

use std::collections::HashSet;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use wire::Failure;

use crate::chain::Place;
use crate::failures;
use crate::settle::Orchestrator;

/// How many open links one look takes.
const LOOK_MAX: i64 = 10_000;
/// How many links are finished at once.
const FINISHING_MAX: usize = 32;

/// Finishes open links at the start and from time to time.
#[derive(Clone)]
pub struct Recovery {
    orchestrator: Orchestrator,
}

impl Recovery {
    /// Recovery for `orchestrator`.
    #[must_use]
    pub const fn new(orchestrator: Orchestrator) -> Self {
        Self { orchestrator }
    }

    /// Finishes every link that is open now, as after a start, then gives up expired holds; answers how many links could
    /// not be finished.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub async fn finish_all(&self) -> Result<usize, Failure> {
        let mut left = HashSet::new();
        loop {
            let open = self.look().await?;
            let fresh: Vec<_> = open.into_iter().filter(|link| !left.contains(link)).collect();
            if fresh.is_empty() {
                self.orchestrator.end_expired_holds().await;
                return Ok(left.len());
            }
            tracing::info!(links = fresh.len(), "finishing open links");
            left.extend(self.finish(fresh).await);
        }
    }

    /// Every `pause`, finishes the links that were open at two looks in a row, and so are nobody's work any more.
    /// Runs until it is dropped.
    pub async fn run(self, pause: Duration) {
        let mut seen = HashSet::new();
        loop {
            tokio::time::sleep(pause).await;
            match self.look().await {
                Ok(open) => {
                    let open: HashSet<_> = open.into_iter().collect();
                    self.finish(open.intersection(&seen).cloned().collect()).await;
                    seen = open;
                    self.orchestrator.end_expired_holds().await;
                }
                Err(failure) => tracing::warn!(reason = failure.reason_name(), "open links cannot be read"),
            }
        }
    }

    async fn look(&self) -> Result<Vec<Place>, Failure> {
        self.orchestrator.journal().open_links(LOOK_MAX).await.map_err(|error| failures::of_store(&error))
    }

    /// Finishes `links`; answers those that could not be finished.
    async fn finish(&self, links: Vec<Place>) -> Vec<Place> {
        let finished = stream::iter(links).map(|link| async {
            let outcome = self.orchestrator.finish(&link).await;
            outcome.err().map(|failure| {
                tracing::warn!(reason = failure.reason_name(), "a link stays open");
                link
            })
        });
        finished.buffer_unordered(FINISHING_MAX).filter_map(std::future::ready).collect().await
    }
}
