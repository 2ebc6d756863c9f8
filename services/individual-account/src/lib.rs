//! Individual accounts (个人账户): what they pay of a bill, and the book of every account.
//!
//! Several persons can draw on one account, so this payer holds money before a settlement is a fact, and takes it out
//! afterwards.

mod adjudicate;
mod book;
mod failure;
mod payer_service;
mod period;
mod service;

pub use adjudicate::{Balances, FamilyBalance, IndividualAccount};
pub use book::{
    AccountBook, AccountError, AccountState, Authorisation, BookFault, Checked, Closing, Credit, Done, Drawn, Draws,
    ExpiredHold, Movement, PAGE_SIZE_MAX, Returns,
};
pub use payer_service::{AccountPayer, payer_server};
pub use period::{CreditPeriod, InvalidPeriod};
pub use service::{AccountsService, accounts_server};
