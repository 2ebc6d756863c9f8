//! The network between the orchestrators and the services: it loses, repeats, delays and holds back messages.
//!
//! What happens to a message is decided by whoever tests. A message that reached a service is worked at to its end,
//! also where nobody waits for the answer any more.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tokio::sync::{Notify, watch};
use tonic::Status;

/// What happens to one message.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It arrives, and its answer too.
    Arrives,
    /// It never arrives.
    Lost,
    /// It arrives and its answer is lost.
    AnswerLost,
    /// It arrives twice, one after the other; the second answer comes back.
    Twice,
    /// It arrives, and a copy of it stays on its way.
    Copied,
    /// Whoever sent it gives up; it stays on its way.
    Delayed,
    /// It waits until it is let go.
    HeldBack(Gate),
}

/// A message as whoever decides sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Message {
    /// Who it is for.
    pub(crate) service: &'static str,
    /// What is asked.
    pub(crate) call: &'static str,
    /// About whom.
    pub(crate) person_id: String,
}

/// Holds one message back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<[Notify; 2]>);

impl Gate {
    /// Completes once the message waits.
    pub(crate) async fn reached(&self) {
        self.0[0].notified().await;
    }

    /// Lets the message go.
    pub(crate) fn open(&self) {
        self.0[1].notify_one();
    }

    async fn pass(&self) {
        self.0[0].notify_one();
        self.0[1].notified().await;
    }
}

/// Decides what happens to a message.
pub(crate) type Decide = Box<dyn FnMut(&Message) -> Fate + Send>;
/// A message that can be delivered any number of times.
type Delivery<Answer> = Arc<dyn Fn() -> BoxFuture<'static, Result<Answer, Status>> + Send + Sync>;
/// One that is still on its way.
type Copy = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// The network. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Network(Arc<Wires>);

struct Wires {
    decide: Mutex<Decide>,
    on_their_way: Mutex<Vec<Copy>>,
    under_way: watch::Sender<usize>,
}

impl Network {
    /// A network on which everything arrives.
    pub(crate) fn calm() -> Self {
        let decide: Decide = Box::new(|_| Fate::Arrives);
        let (decide, on_their_way) = (Mutex::new(decide), Mutex::default());
        Self(Arc::new(Wires { decide, on_their_way, under_way: watch::Sender::new(0) }))
    }

    /// Has `decide` say what happens from now on.
    pub(crate) fn decided_by(&self, decide: impl FnMut(&Message) -> Fate + Send + 'static) {
        *self.0.decide.lock().unwrap() = Box::new(decide);
    }

    /// Has everything arrive from now on.
    pub(crate) fn calm_down(&self) {
        self.decided_by(|_| Fate::Arrives);
    }

    /// Waits until no service works at anything.
    pub(crate) async fn rest(&self) {
        self.0.under_way.subscribe().wait_for(|count| *count == 0).await.unwrap();
    }

    /// Delivers what is still on its way, in the order in which it was sent.
    pub(crate) async fn deliver_late(&self) {
        let late = std::mem::take(&mut *self.0.on_their_way.lock().unwrap());
        for copy in late {
            copy().await;
        }
    }

    /// Carries a message and its answer.
    pub(crate) async fn carry<Answer: Send + 'static>(
        &self,
        message: Message,
        delivery: Delivery<Answer>,
    ) -> Result<Answer, Status> {
        let fate = (self.0.decide.lock().unwrap())(&message);
        let lost = || Err(Status::unavailable(format!("{fate:?}")));
        match &fate {
            Fate::Arrives => self.deliver(&delivery).await,
            Fate::Lost => lost(),
            Fate::AnswerLost => {
                let _ = self.deliver(&delivery).await;
                lost()
            }
            Fate::Twice => {
                let _ = self.deliver(&delivery).await;
                self.deliver(&delivery).await
            }
            Fate::Copied => {
                self.keep(Arc::clone(&delivery));
                self.deliver(&delivery).await
            }
            Fate::Delayed => {
                self.keep(delivery);
                lost()
            }
            Fate::HeldBack(gate) => {
                gate.pass().await;
                self.deliver(&delivery).await
            }
        }
    }

    fn keep<Answer: Send + 'static>(&self, delivery: Delivery<Answer>) {
        let network = self.clone();
        let copy: Copy = Box::new(|| Box::pin(async move { drop(network.deliver(&delivery).await) }));
        self.0.on_their_way.lock().unwrap().push(copy);
    }

    /// A service that dies of a message answers nothing.
    async fn deliver<Answer: Send + 'static>(&self, delivery: &Delivery<Answer>) -> Result<Answer, Status> {
        let delivered = delivery();
        let wires = Arc::clone(&self.0);
        wires.under_way.send_modify(|count| *count += 1);
        let work = tokio::spawn(async move {
            let answer = tokio::spawn(delivered).await;
            wires.under_way.send_modify(|count| *count -= 1);
            answer
        });
        work.await.unwrap().unwrap_or_else(|_| Err(Status::unavailable("it died")))
    }
}
