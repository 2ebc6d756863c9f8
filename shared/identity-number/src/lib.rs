//! Identity-card numbers (公民身份号码): how to tell one, how to keep one so that only who has the keys can read it,
//! and how to find one again without reading any.
//!
//! A number never comes out as text by accident: its `Debug` says nothing and it has no `Display`.

mod keyring;
mod mask;
mod number;

pub use keyring::{BlindIndex, InvalidKeys, Keyring, Sealed, UnreadableNumber};
pub use mask::masked;
pub use number::{IdentityNumber, InvalidNumber};
