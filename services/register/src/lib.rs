//! The register: what was true of insured persons, designated institutions and catalogue items on a day.
//!
//! Facts are effective-dated: each row says from which to which day, both included, it holds, and two rows that claim
//! the same day are refused. They come in as rows of CSV files and are answered all at once for one case. The register
//! decides nothing; what a fact is worth is for the rulebook.

mod alteration;
mod alteration_list;
mod beds;
mod caches;
mod cells;
mod change;
mod dated;
mod designation;
mod fact_kind;
mod fact_list;
mod file_import;
mod gather;
mod hearing;
mod history;
mod import;
mod migrations;
#[cfg(test)]
mod plans;
mod reading;
mod reads;
mod rotation;
mod rows;
mod sealing;
mod service;
mod session;
mod staging;
mod tables;
mod upkeep;
mod words;

pub use fact_kind::{columns_of, fact_kind_of};
pub use hearing::Instants;
pub use service::{MAX_IMPORT_ROWS, RegisterOptions, RegisterService, server};
pub use upkeep::upkeep_server;
