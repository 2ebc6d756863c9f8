//! The one gRPC service of every payer: a pure calculation in front of the payer's books.
//!
//! Asking writes nothing; only a settlement that was made true is posted.

mod failure;
pub mod request;
mod service;

pub use service::{PayerService, server};
