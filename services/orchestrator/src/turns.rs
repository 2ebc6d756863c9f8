//! Turns: requests that met at one person's chain go on one after the other instead of losing to each other again.
//!
//! It only saves work. The chain decides who comes first, and other processes know nothing of the turns in this one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use claim::PersonId;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// The persons at whose chains requests have met, each with those who wait. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<PersonId, Arc<Queue<()>>>>>);

/// A turn at a person's chain, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    person_id: PersonId,
    queue: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for a turn if requests of this person have met.
    pub(crate) async fn take_if_met(&self, person_id: &PersonId) -> Option<Turn> {
        let queue = self.locked().get(person_id).cloned()?;
        Some(self.turn(person_id, queue).await)
    }

    /// Waits for a turn of a request that has met another.
    pub(crate) async fn take(&self, person_id: &PersonId) -> Turn {
        let queue = Arc::clone(self.locked().entry(person_id.clone()).or_default());
        self.turn(person_id, queue).await
    }

    async fn turn(&self, person_id: &PersonId, queue: Arc<Queue<()>>) -> Turn {
        let turns = self.clone();
        // Made before it is waited for, so that whoever stops waiting leaves nothing behind either.
        let mut turn = Turn { turns, person_id: person_id.clone(), queue: None };
        turn.queue = Some(queue.lock_owned().await);
        turn
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<PersonId, Arc<Queue<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queues = self.turns.locked();
        // While the map is locked nobody can come; whoever waits, or has a turn, holds the queue.
        drop(self.queue.take());
        if let Entry::Occupied(queue) = queues.entry(self.person_id.clone())
            && Arc::strong_count(queue.get()) == 1
        {
            queue.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn those_who_met_go_one_after_the_other_and_others_never_wait() {
        let (turns, person, other) = (Turns::default(), PersonId::new("p").unwrap(), PersonId::new("o").unwrap());
        assert!(turns.take_if_met(&person).await.is_none(), "nobody has met yet");
        let first = turns.take(&person).await;
        let mut second = Box::pin(turns.take(&person));
        assert!((&mut second).now_or_never().is_none());
        let mut third = Box::pin(turns.take_if_met(&person));
        assert!((&mut third).now_or_never().is_none(), "who comes now joins the queue");
        assert!(turns.take_if_met(&other).await.is_none());
        drop(first);
        let second = second.await;
        assert!((&mut third).now_or_never().is_none());
        drop(second);
        assert!(third.await.is_some());
        assert!(turns.locked().is_empty(), "nothing is left of a queue behind which nobody waits");
    }

    #[tokio::test]
    async fn who_stops_waiting_leaves_nothing_behind() {
        let (turns, person) = (Turns::default(), PersonId::new("p").unwrap());
        let first = turns.take(&person).await;
        let mut second = Box::pin(turns.take(&person));
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        drop(second);
        assert!(turns.locked().is_empty());
    }
}
