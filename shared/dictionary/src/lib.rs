//! Dictionaries: what the codes of the national interface and the words of offices mean, province by province.
//!
//! The interface leaves its code lists to the provinces, and they differ: 21 is a retired person in one and nothing in
//! another. So a dictionary is data: one TOML file for each province and day from which it holds, chosen by name. It
//! says what a code means here; whether a meaning may stand where the code stood is for whoever reads it.

mod built_in;
mod dictionaries;
mod document;
mod known;

pub use dictionaries::{Dictionaries, Unusable};
pub use document::{Dictionary, DictionaryFault, List, Member};
pub use known::LISTS;
