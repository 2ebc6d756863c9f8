//! Each option of a reading that rule data names changes the computation as it says, by that one word.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails where its premises do not hold")]

mod account;
mod assistance;
mod bill;
mod diseases_and_drugs;
mod documents;
mod given;
mod outpatient;
mod residents;
mod stays;
