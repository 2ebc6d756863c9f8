//! The one binary: serves the platform or one service of it, and settles, imports and checks from the command line.

pub mod account;
pub mod adjust;
pub mod audit;
pub mod case_file;
pub mod cli;
pub mod client;
pub mod dictionary;
pub mod explain;
pub mod facts;
pub mod fault;
pub mod feed;
pub mod generate;
pub mod history;
pub mod import;
pub mod lock;
pub mod platform;
pub mod print;
pub mod render;
pub mod rules;
pub mod serve;
pub mod settle;
pub mod subsidies;
mod touched;
