//! One connection that a batcher's batches run on, one after the other.
//!
//! sqlx asks every connection that is given back to its pool whether it is well, which costs a round trip. A batch that
//! ended well has just been answered, so it leaves its connection to the next one; any other is given back and asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use sqlx::pool::{CloseEvent, PoolConnection};
use sqlx::{Database, Pool};
use tokio::time::sleep;

use crate::StoreError;
use crate::database::IDLE_TRUSTED;

/// How long batches keep a connection before its pool sees it again, which ends what is too old.
const KEPT_MAX: Duration = Duration::from_mins(1);

/// The connection of one batcher. Cheap to clone. While a batch has it, another acquires one from the pool.
pub(crate) struct Line<DB: Database>(Arc<Slot<DB>>);

struct Slot<DB: Database> {
    pool: Pool<DB>,
    kept: Mutex<Option<Kept<DB>>>,
}

struct Kept<DB: Database> {
    connection: PoolConnection<DB>,
    acquired: Instant,
    idle_since: Instant,
}

impl<DB: Database> Clone for Line<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<DB: Database> Line<DB> {
    /// A line on `pool`, without a connection yet.
    pub(crate) fn on(pool: &Pool<DB>) -> Self {
        let slot = Arc::new(Slot { pool: pool.clone(), kept: Mutex::default() });
        tokio::spawn(watch(pool.close_event(), Arc::downgrade(&slot)));
        Self(slot)
    }

    /// Runs a batch on the connection that the last one left, or on one from the pool. Where it ends well it must have
    /// ended every transaction that it began, since the next one has its connection.
    ///
    /// # Errors
    /// No connection, or what the batch fails with.
    pub(crate) async fn run<Answers, E, Batch>(&self, batch: Batch) -> Result<Answers, E>
    where
        E: From<StoreError>,
        Batch: for<'c> FnOnce(&'c mut DB::Connection) -> BoxFuture<'c, Result<Answers, E>>,
    {
        let (mut connection, acquired) = self.0.take().await.map_err(StoreError::from)?;
        let answers = batch(&mut connection).await?;
        self.0.keep(connection, acquired);
        Ok(answers)
    }
}

impl<DB: Database> Slot<DB> {
    /// A connection, and when it was acquired from the pool.
    async fn take(&self) -> Result<(PoolConnection<DB>, Instant), sqlx::Error> {
        self.give_back_idle();
        let kept = self.locked().take();
        match kept {
            Some(kept) => Ok((kept.connection, kept.acquired)),
            None => Ok((self.pool.acquire().await?, Instant::now())),
        }
    }

    fn keep(&self, connection: PoolConnection<DB>, acquired: Instant) {
        if acquired.elapsed() >= KEPT_MAX || self.is_last() {
            return;
        }
        let mut kept = self.locked();
        // Closing the pool empties the slot once, under this lock: what came later would never be closed.
        if kept.is_none() && !self.pool.is_closed() {
            *kept = Some(Kept { connection, acquired, idle_since: Instant::now() });
        }
    }

    /// Whether the pool has nothing for anybody else, who may be waiting for this connection.
    fn is_last(&self) -> bool {
        self.pool.num_idle() == 0 && self.pool.size() >= self.pool.options().get_max_connections()
    }

    /// Gives back a connection that may have died meanwhile, or whose pool is closed.
    fn give_back_idle(&self) {
        let is_over = |kept: &mut Kept<DB>| self.pool.is_closed() || kept.idle_since.elapsed() >= IDLE_TRUSTED;
        let idle = self.locked().take_if(is_over);
        drop(idle);
    }

    fn locked(&self) -> MutexGuard<'_, Option<Kept<DB>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the connection back when nothing runs on it for a while, because others may need it, and when its pool closes,
/// which waits for it. Ends with the pool or the last clone of the line.
async fn watch<DB: Database>(mut closing: CloseEvent, slot: Weak<Slot<DB>>) {
    loop {
        // Whether the time is over or the pool is closed, the slot is looked at.
        let _ = closing.do_until(sleep(IDLE_TRUSTED)).await;
        let Some(slot) = slot.upgrade() else { return };
        let is_closed = slot.pool.is_closed();
        slot.give_back_idle();
        if is_closed {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
