//! Checks a person's chain link by link: that nobody edited, removed or inserted one.
//!
//! The last links of a chain can be cut off without a trace in the chain itself; the payers' books and the feed tell
//! of that, which an audit compares.

use claim::PersonId;

use crate::chain::{self, Entry, StoredLink};
use crate::journal::LinkRow;

/// What is wrong with one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrokenLink {
    pub(crate) sequence: i64,
    pub(crate) fault: &'static str,
}

/// Follows a chain from its first link.
pub(crate) struct Verifier {
    person_id: PersonId,
    last_sequence: i64,
    last_hash: Vec<u8>,
}

impl Verifier {
    /// Nothing seen yet.
    pub(crate) const fn new(person_id: PersonId) -> Self {
        Self { person_id, last_sequence: 0, last_hash: Vec::new() }
    }

    /// The place and the hash of the last link that was seen.
    pub(crate) fn head(&self) -> (i64, &[u8]) {
        (self.last_sequence, &self.last_hash)
    }

    /// Reads the next link.
    ///
    /// # Errors
    /// What is wrong with it. The links behind it are then judged as if its own hash held.
    pub(crate) fn take(&mut self, row: &LinkRow) -> Result<StoredLink, BrokenLink> {
        let expected = self.last_sequence.saturating_add(1);
        let previous_hash = std::mem::replace(&mut self.last_hash, row.hash.clone());
        self.last_sequence = row.sequence;
        let broken = |fault| BrokenLink { sequence: row.sequence, fault };
        if row.sequence != expected {
            return Err(BrokenLink { sequence: expected, fault: "is missing" });
        }
        if chain::hash_of(&previous_hash, &row.document).as_bytes() != row.hash {
            return Err(broken("has bytes that do not give its hash"));
        }
        let link = chain::read(&row.document).map_err(|_| broken("cannot be read"))?;
        if link.previous_hash != previous_hash {
            return Err(broken("does not follow the link before"));
        }
        if link.person_id != self.person_id.as_str() || link.sequence != row.sequence {
            return Err(broken("stands at a place that is not its own"));
        }
        let is_indexed = link.caller == row.caller
            && link.request_id == row.request_id
            && entry_id_of(&link.entry).is_none_or(|entry_id| entry_id == row.entry_id);
        if is_indexed { Ok(link) } else { Err(broken("is indexed under names that are not its own")) }
    }
}

/// The number that an entry says itself; a reversed request says none.
fn entry_id_of(entry: &Entry) -> Option<&str> {
    match entry {
        Entry::Settlement(settlement) => settlement.statement.as_ref().map(|made| made.settlement_id.as_str()),
        Entry::Adjustment(adjustment) => Some(&adjustment.adjustment_id),
        Entry::ReversedRequest(_) => None,
    }
}
