//! The auditor: every settlement rule computed a second time, plainly, from the documents, and compared to the fen.
//!
//! It shares no code with the rulebook, the payers or `money`; what it borrows of `claim` are names of closed lists.
//! Random persons go through random visits; after each visit every figure must agree. Nothing random is left to the
//! machine: the seed is fixed, a failure prints the shortest life that shows it. `AUDITOR_LIVES=50` walks at most that
//! many lives for each seed and `PROPTEST_MAX_SHRINK_ITERS=0` prints the first life that fails: see docs/mutants.md.
//!
//! Outside of it: published prices of day surgery, balances of individual accounts, premiums and contributions.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

mod agreement;
mod aim;
mod assistance;
mod audit;
mod bill;
mod closing;
mod dice;
mod employee;
mod life;
mod monotony;
mod people;
mod platform;
mod resident;
mod rules;
mod visits;
