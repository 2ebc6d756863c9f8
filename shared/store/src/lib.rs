//! Opening SQLite or PostgreSQL, migrating it, and the natural batcher in front of it.
//!
//! One service has one database: a file of its own in a directory, or a schema of its own on a PostgreSQL server. The
//! crate knows nothing of what is stored.

mod batcher;
mod database;
mod error;
mod line;
mod migrations;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use batcher::{BatchConnection, BatchError, BatchFailure, BatchLimits, Batcher};
pub use database::{Database, Location, begin_write};
pub use error::{StoreError, is_unique_violation};
pub use migrations::{Migration, Migrations};
