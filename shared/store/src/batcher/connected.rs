//! Batches that each run on one connection of a database.

use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::{PgConnection, SqliteConnection};

use super::{BatchFailure, BatchLimits, Batcher};
use crate::line::Line;
use crate::{Database, StoreError};

/// The connection that a batch runs on.
#[derive(Debug)]
pub enum BatchConnection<'c> {
    /// To a file.
    Sqlite(&'c mut SqliteConnection),
    /// To a server.
    Postgres(&'c mut PgConnection),
}

impl<Item, Reply, E> Batcher<Item, Reply, E>
where
    Item: Clone + Send + 'static,
    Reply: Send + 'static,
    E: BatchFailure + From<StoreError>,
{
    /// As [`Batcher::start`], with a handler that is given a connection of `database`. A batch that ends well leaves its
    /// connection to the next, so it must have ended every transaction that it began.
    pub fn start_on<Handler>(
        database: &Database,
        name: impl Into<String>,
        limits: BatchLimits,
        handler: Handler,
    ) -> Self
    where
        Handler: for<'c> Fn(BatchConnection<'c>, Vec<Item>) -> BoxFuture<'c, Result<Vec<Result<Reply, E>>, E>>
            + Send
            + Sync
            + 'static,
    {
        let handler = Arc::new(handler);
        match database {
            Database::Sqlite(pool) => {
                let line = Line::on(pool);
                Self::start(name, limits, move |items| {
                    let (line, handler) = (line.clone(), Arc::clone(&handler));
                    async move { line.run(|connection| handler(BatchConnection::Sqlite(connection), items)).await }
                })
            }
            Database::Postgres(pool) => {
                let line = Line::on(pool);
                Self::start(name, limits, move |items| {
                    let (line, handler) = (line.clone(), Arc::clone(&handler));
                    async move { line.run(|connection| handler(BatchConnection::Postgres(connection), items)).await }
                })
            }
        }
    }
}
