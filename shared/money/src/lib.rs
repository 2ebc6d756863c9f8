//! Exact money: amounts in fen, rates in basis points, and the one rounding between them.
//!
//! A fen amount multiplied by a rate is [`Unrounded`]; the only way back to [`Fen`] is a rounding
//! that has a name. There is no float in this crate and none can be made from it.

mod fen;
mod rate;

pub use fen::{Fen, ParseFenError};
pub use rate::{ParseRateError, Rate, Unrounded};
