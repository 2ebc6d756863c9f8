//! Natural batching: whoever comes while a batch is being written is in the next one. There is no timer, so an idle
//! store answers at once.

mod connected;
mod metrics;

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures::FutureExt;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;

pub use self::connected::BatchConnection;
use self::metrics::Metrics;

/// How much may wait, and how much is taken at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// How many items may wait; one more is refused as overload. At least 1.
    pub waiting_max: usize,
    /// How many items one batch takes at most. At least 1.
    pub batch_max: usize,
}

impl Default for BatchLimits {
    /// 4,096 waiting, 256 in a batch.
    fn default() -> Self {
        Self { waiting_max: 4_096, batch_max: 256 }
    }
}

/// What a batcher has to know of the failure of a whole batch.
pub trait BatchFailure: Clone + Send + 'static {
    /// Whether one item alone may have caused it, so that the others are worth another try on their own.
    fn may_be_one_items_fault(&self) -> bool;
}

impl BatchFailure for crate::StoreError {
    fn may_be_one_items_fault(&self) -> bool {
        matches!(self, Self::Invariant(_) | Self::Corrupt(_))
    }
}

/// Why an item has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError<E> {
    /// Too much is waiting already; nothing was done.
    #[error("too much is waiting")]
    Overloaded,
    /// The worker ended or lost the batch; whether the item was done is unknown.
    #[error("the batch was lost")]
    Lost,
    /// The item was refused or its batch failed.
    #[error(transparent)]
    Failed(E),
}

struct Waiting<Item, Reply, E> {
    item: Item,
    since: Instant,
    reply: oneshot::Sender<Result<Reply, E>>,
}

/// A queue in front of a handler that takes all that wait at once. Cheap to clone; the worker ends after the last clone.
pub struct Batcher<Item, Reply, E> {
    queue: mpsc::Sender<Waiting<Item, Reply, E>>,
}

impl<Item, Reply, E> Clone for Batcher<Item, Reply, E> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<Item, Reply, E> fmt::Debug for Batcher<Item, Reply, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher").field("free", &self.queue.capacity()).finish()
    }
}

impl<Item, Reply, E> Batcher<Item, Reply, E>
where
    Item: Clone + Send + 'static,
    Reply: Send + 'static,
    E: BatchFailure,
{
    /// Starts the worker on the current runtime. `name` is that of its metrics, such as `orchestrator.reads`.
    ///
    /// `handler` answers each item in order, or fails as a whole. A whole failure that may be one item's fault is tried
    /// again item by item, so a handler that fails as a whole must have changed nothing.
    pub fn start<Handler, Answers>(name: impl Into<String>, limits: BatchLimits, handler: Handler) -> Self
    where
        Handler: Fn(Vec<Item>) -> Answers + Send + Sync + 'static,
        Answers: Future<Output = Result<Vec<Result<Reply, E>>, E>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(limits.waiting_max.max(1));
        tokio::spawn(work(waiting, limits.batch_max.max(1), handler, Metrics::of(name.into())));
        Self { queue }
    }

    /// Puts an item into the next batch and waits for its answer. Once the call waits, the item is handled even where
    /// the caller stops waiting.
    ///
    /// # Errors
    /// [`BatchError`].
    pub async fn submit(&self, item: Item) -> Result<Reply, BatchError<E>> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Waiting { item, since: Instant::now(), reply }).map_err(|error| match error {
            TrySendError::Full(_) => BatchError::Overloaded,
            TrySendError::Closed(_) => BatchError::Lost,
        })?;
        answer.await.map_err(|_| BatchError::Lost)?.map_err(BatchError::Failed)
    }
}

async fn work<Item, Reply, E, Handler, Answers>(
    mut waiting: mpsc::Receiver<Waiting<Item, Reply, E>>,
    batch_max: usize,
    handler: Handler,
    metrics: Metrics,
) where
    Item: Clone + Send + 'static,
    Reply: Send + 'static,
    E: BatchFailure,
    Handler: Fn(Vec<Item>) -> Answers,
    Answers: Future<Output = Result<Vec<Result<Reply, E>>, E>> + Send + 'static,
{
    let mut batch = Vec::new();
    while let Some(first) = waiting.recv().await {
        batch.push(first);
        // Whoever is about to ask, and only waits for the processor, may still come along.
        yield_now().await;
        while batch.len() < batch_max
            && let Ok(next) = waiting.try_recv()
        {
            batch.push(next);
        }
        metrics.taken(batch.iter().map(|waiting| waiting.since));
        let (items, replies): (Vec<_>, Vec<_>) = batch.drain(..).map(|waiting| (waiting.item, waiting.reply)).unzip();
        let begun = Instant::now();
        let answers = answer(&handler, items).await;
        metrics.answered(begun.elapsed());
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that no longer waits is no fault of the batch. One without an answer is told by the drop.
            let _ = reply.send(answer);
        }
    }
}

async fn answer<Item, Reply, E, Handler, Answers>(handler: &Handler, items: Vec<Item>) -> Vec<Result<Reply, E>>
where
    Item: Clone + Send + 'static,
    Reply: Send + 'static,
    E: BatchFailure,
    Handler: Fn(Vec<Item>) -> Answers,
    Answers: Future<Output = Result<Vec<Result<Reply, E>>, E>> + Send + 'static,
{
    match run(handler, items.clone()).await {
        None => Vec::new(),
        Some(Ok(answers)) => answers,
        Some(Err(failure)) if items.len() > 1 && failure.may_be_one_items_fault() => {
            let mut answers = Vec::with_capacity(items.len());
            for item in items {
                let Some(alone) = run(handler, vec![item]).await else {
                    break;
                };
                answers.push(alone.and_then(|mut answers| answers.pop().unwrap_or_else(|| Err(failure.clone()))));
            }
            answers
        }
        Some(Err(failure)) => items.iter().map(|_| Err(failure.clone())).collect(),
    }
}

/// Runs the handler so that a panic loses one batch and not the worker.
async fn run<Item, Reply, E, Handler, Answers>(
    handler: &Handler,
    items: Vec<Item>,
) -> Option<Result<Vec<Result<Reply, E>>, E>>
where
    Handler: Fn(Vec<Item>) -> Answers,
    Answers: Future<Output = Result<Vec<Result<Reply, E>>, E>>,
{
    let outcome = AssertUnwindSafe(async { handler(items).await }).catch_unwind().await;
    outcome.inspect_err(|_| tracing::error!("a batch was lost: its handler panicked")).ok()
}

#[cfg(test)]
mod tests;
