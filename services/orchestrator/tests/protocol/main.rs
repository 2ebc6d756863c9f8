//! The protocol with every step failing: a register and payers that fail on demand, on both stores.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod adjusting;
mod auditing;
mod feeding;
mod remembering;
mod settling;
mod touching;
mod world;
