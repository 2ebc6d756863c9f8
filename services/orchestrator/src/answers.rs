//! Answers of many messages, made while they are read.

use std::future::Future;
use std::pin::Pin;

use futures::Stream;
use futures::stream;
use tokio::sync::mpsc;
use tonic::Status;
use tracing::Instrument;
use wire::Failure;

/// How many messages are made ahead of the reader.
const AHEAD: usize = 64;

/// A stream of answers.
pub(crate) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Where answers go.
#[derive(Clone, Debug)]
pub(crate) struct Reader<T>(mpsc::Sender<Result<T, Status>>);

impl<T> Reader<T> {
    /// Hands an answer over once the reader has room.
    ///
    /// # Errors
    /// Where the reader went away.
    pub(crate) async fn send(&self, answer: T) -> Result<(), Stop> {
        self.0.send(Ok(answer)).await.map_err(|_| Stop::ReaderLeft)
    }

    /// Completes when nobody reads on.
    pub(crate) async fn left(&self) {
        self.0.closed().await;
    }
}

/// Why answers end before their time.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Nobody reads on.
    ReaderLeft,
    /// They cannot be made.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The answers that `work` hands over, made in a task of its own that ends when nobody reads on.
pub(crate) fn answers<T, Work, Made>(work: Work) -> Answers<T>
where
    T: Send + 'static,
    Work: FnOnce(Reader<T>) -> Made,
    Made: Future<Output = Result<(), Stop>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(AHEAD);
    let made = work(Reader(sender.clone()));
    let task = async move {
        if let Err(Stop::Failed(failure)) = made.await {
            // A reader that left needs no reason.
            let _ = sender.send(Err(failure.into())).await;
        }
    };
    tokio::spawn(task.in_current_span());
    let next = |mut receiver: mpsc::Receiver<Result<T, Status>>| async {
        let answer = receiver.recv().await?;
        Some((answer, receiver))
    };
    Box::pin(stream::unfold(receiver, next))
}
