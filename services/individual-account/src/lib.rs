//! Individual accounts (个人账户): what they pay of a bill, and later payers' remainder with it.

mod adjudicate;

pub use adjudicate::{Balances, FamilyBalance, IndividualAccount};
