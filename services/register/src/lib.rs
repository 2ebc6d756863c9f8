//! The register: what was true of insured persons, designated institutions and catalogue items on a day.
//!
//! Facts are effective-dated: each row says from which to which day, both included, it holds, and two rows that claim
//! the same day are refused. They come in as rows of CSV files and are answered all at once for one case. The register
//! decides nothing; what a fact is worth is for the rulebook.

mod caches;
mod cells;
mod dated;
mod fact_kind;
mod gather;
mod history;
mod import;
mod migrations;
mod reading;
mod rows;
mod service;
mod session;
mod tables;

pub use fact_kind::{columns_of, fact_kind_of};
pub use service::{MAX_IMPORT_ROWS, RegisterService, server};
