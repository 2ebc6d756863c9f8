//! Reads of what is not remembered: all that ask at once are answered by one statement.

use std::sync::Arc;

use store::{BatchConnection, BatchError, BatchLimits, Batcher, Database, StoreError};

use crate::caches::Caches;
use crate::designation::InstitutionHistory;
use crate::history::{CatalogueHistory, PersonHistory};
use crate::reading::{Histories, History, read_each};
use crate::session::Session;

/// Why facts have no answer.
pub(crate) type ReadError = BatchError<StoreError>;

/// A batcher in front of the histories of one kind: asked by ids, it answers those that are known.
pub(crate) type HistoryReads<H> = Batcher<Vec<Arc<str>>, Histories<Arc<H>>, StoreError>;

/// The reads of every kind of history.
#[derive(Debug)]
pub(crate) struct Reads {
    pub(crate) persons: HistoryReads<PersonHistory>,
    pub(crate) institutions: HistoryReads<InstitutionHistory>,
    pub(crate) catalogue: HistoryReads<CatalogueHistory>,
}

impl Reads {
    /// Reads from `database`; what is read is remembered in `caches`.
    pub(crate) fn start(database: &Database, caches: &Arc<Caches>) -> Self {
        Self {
            persons: start("register.persons", database, caches),
            institutions: start("register.institutions", database, caches),
            catalogue: start("register.catalogue", database, caches),
        }
    }
}

fn start<H: History>(name: &str, database: &Database, caches: &Arc<Caches>) -> HistoryReads<H> {
    let caches = Arc::clone(caches);
    Batcher::start_on(database, name, BatchLimits::default(), move |connection, questions| {
        Box::pin(read(connection, Arc::clone(&caches), questions))
    })
}

async fn read<H: History>(
    connection: BatchConnection<'_>,
    caches: Arc<Caches>,
    questions: Vec<Vec<Arc<str>>>,
) -> Result<Vec<Result<Histories<Arc<H>>, StoreError>>, StoreError> {
    let remembered = H::remembered(&caches);
    let moment = remembered.before_reading();
    let ids: Vec<&str> = questions.iter().flatten().map(|id| &**id).collect();
    let read: Histories<H> = read_each(&mut Session::from(connection), &ids).await?;
    let read: Histories<Arc<H>> = read.into_iter().map(|(id, history)| (id, Arc::new(history))).collect();
    remembered.put(moment, &read);
    let of = |id: &Arc<str>| Some((Arc::clone(id), Arc::clone(read.get(id)?)));
    Ok(questions.iter().map(|ids| Ok(ids.iter().filter_map(of).collect())).collect())
}
