//! What other processes on the same database change is heard of by asking for the changes after the last one known.
//!
//! Asking is robust where being told is not: a process that was cut off from the database hears nothing and knows it, and
//! then answers from the database alone until it has caught up.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use store::{Database, StoreError};
use wire::register_v1::FactKind;

use crate::caches::Caches;
use crate::change::Heard;
use crate::service::Inner;
use crate::session::with_session;

/// How often changes are asked for.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long what is remembered is trusted after the last answer.
const TRUSTED: Duration = Duration::from_secs(10);

/// Tells how time passes: a clock that is never set back.
#[derive(Clone)]
pub struct Instants(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Instants {
    /// The machine's.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Instant::now))
    }

    /// Those that `tell` tells, which must not go back.
    #[must_use]
    pub fn told_by(tell: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    fn now(&self) -> Instant {
        (self.0)()
    }
}

impl fmt::Debug for Instants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instants")
    }
}

/// How far the changes of other processes were heard of.
#[derive(Debug)]
pub(crate) struct Hearing {
    instants: Instants,
    latest: AtomicI64,
    /// When the last answer came; `None` where no other process can change anything.
    heard: Option<RwLock<Instant>>,
}

impl Hearing {
    /// Begins with what is stored now, before anything is remembered.
    pub(crate) async fn begin(database: &Database, instants: Instants) -> Result<Self, StoreError> {
        let now = instants.now();
        let latest: Result<i64, StoreError> = with_session!(database, |session| session.latest_change().await);
        let heard = match database {
            // One process at a time uses an embedded store.
            Database::Sqlite(_) => None,
            Database::Postgres(_) => Some(RwLock::new(now)),
        };
        Ok(Self { instants, latest: AtomicI64::new(latest?), heard })
    }

    /// Whether what is remembered may be told.
    pub(crate) fn is_trusted(&self) -> bool {
        let heard = self.heard.as_ref().map(|heard| *heard.read().unwrap_or_else(PoisonError::into_inner));
        heard.is_none_or(|heard| self.instants.now().saturating_duration_since(heard) <= TRUSTED)
    }

    /// Asks once, and forgets what was changed.
    pub(crate) async fn catch_up(&self, database: &Database, caches: &Caches) -> Result<(), StoreError> {
        loop {
            let asked = self.instants.now();
            let after = self.latest.load(Ordering::Acquire);
            let changes: Result<Vec<Heard>, StoreError> =
                with_session!(database, |session| session.changes_after(after).await);
            let changes = changes?;
            let Some(last) = changes.last().map(|change| change.change_sequence) else {
                if let Some(heard) = &self.heard {
                    *heard.write().unwrap_or_else(PoisonError::into_inner) = asked;
                }
                return Ok(());
            };
            for change in &changes {
                caches.forget(change.kind, &change.touched);
            }
            self.latest.store(last, Ordering::Release);
        }
    }
}

impl Caches {
    fn forget(&self, kind: FactKind, touched: &crate::caches::Touched) {
        match kind {
            FactKind::Person | FactKind::Category | FactKind::Disease | FactKind::Filing => {
                self.persons.forget_touched(touched);
            }
            FactKind::Institution | FactKind::Agreement => self.institutions.forget_touched(touched),
            FactKind::Item | FactKind::DiseasePrice => self.catalogue.forget_touched(touched),
            FactKind::Unspecified => {
                self.persons.forget_touched(touched);
                self.institutions.forget_touched(touched);
                self.catalogue.forget_touched(touched);
            }
        }
    }
}

/// Asks until nobody uses the register any more.
pub(crate) async fn keep_hearing(register: Weak<Inner>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(register) = register.upgrade() else { return };
        if let Err(error) = register.hearing.catch_up(&register.database, &register.caches).await {
            tracing::warn!(%error, "changes of the register cannot be heard of");
        }
    }
}
