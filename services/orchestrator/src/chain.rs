//! A link of a person's chain: its bytes and the hash that ties it to the link before.

use chrono::{DateTime, Utc};
use claim::{EntryId, PersonId, RequestId};
use prost::Message;
use sm3::{Digest, Sm3};
use wire::journal_v1::Link;
pub(crate) use wire::journal_v1::link::Entry;

use crate::counters::Counters;

/// The hash of a link, SM3, 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkHash(Vec<u8>);

impl LinkHash {
    /// Takes the bytes of a stored hash.
    pub(crate) fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where a person's chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last link's place, 0 for an empty chain.
    pub(crate) sequence: i64,
    /// Its hash; `None` for an empty chain.
    pub(crate) hash: Option<LinkHash>,
    /// Whether its payers may not have booked it yet.
    pub(crate) open: bool,
    /// Where the counters stand once they have; `None` behind a link of before this was kept.
    pub(crate) counters: Option<Counters>,
}

impl Head {
    /// A chain without a link.
    pub(crate) const EMPTY: Self = Self { sequence: 0, hash: None, open: false, counters: Some(Counters::AT_ZERO) };
}

/// Where a person's chain ends, with every link booked: what the next link follows.
#[derive(Clone, Debug)]
pub(crate) struct ClosedHead {
    /// The last link's place, 0 for an empty chain.
    pub(crate) sequence: i64,
    /// Its hash; `None` for an empty chain.
    pub(crate) hash: Option<LinkHash>,
    /// Where the counters stand.
    pub(crate) counters: Counters,
}

/// A link that is ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewLink {
    pub(crate) place: Place,
    pub(crate) entry_id: EntryId,
    pub(crate) kind: &'static str,
    pub(crate) caller: String,
    pub(crate) request_id: RequestId,
    pub(crate) recorded_time: DateTime<Utc>,
    pub(crate) document: Vec<u8>,
    pub(crate) hash: LinkHash,
    /// Where the counters stand behind it, as they are stored.
    pub(crate) counters: Vec<u8>,
    /// The settlements that it changes.
    pub(crate) changed: Vec<String>,
    /// The request that it keeps out.
    pub(crate) reversed_request_id: Option<String>,
    /// Whether a payer holds money for it, so that its number must not have been given up.
    pub(crate) holds_money: bool,
}

/// The place of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) person_id: PersonId,
    pub(crate) sequence: i64,
}

/// Who asked for a link, and when.
#[derive(Clone, Debug)]
pub(crate) struct Origin<'o> {
    pub(crate) person_id: &'o PersonId,
    pub(crate) caller: &'o str,
    pub(crate) request_id: &'o RequestId,
    pub(crate) recorded_time: DateTime<Utc>,
}

impl NewLink {
    /// The link that follows `head`.
    pub(crate) fn after(head: &ClosedHead, origin: &Origin<'_>, entry_id: EntryId, entry: &Entry) -> Self {
        let sequence = head.sequence.saturating_add(1);
        let previous_hash = head.hash.as_ref().map(|hash| hash.as_bytes().to_vec()).unwrap_or_default();
        let link = Link {
            person_id: origin.person_id.to_string(),
            sequence,
            previous_hash: previous_hash.clone(),
            caller: origin.caller.to_owned(),
            request_id: origin.request_id.to_string(),
            recorded_time: Some(wire::timestamp(origin.recorded_time)),
            entry: None,
        };
        // One message written in two parts is the message: so the entry, nearly all of it, is not copied for it.
        let mut document = Vec::with_capacity(link.encoded_len().saturating_add(entry.encoded_len()));
        document.extend(link.encode_to_vec());
        entry.encode(&mut document);
        let holds_money = match entry {
            Entry::Settlement(settlement) => settlement.statement.as_ref().is_some_and(crate::payers::holds_money),
            Entry::Adjustment(_) | Entry::ReversedRequest(_) => false,
        };
        let (kind, changed, reversed_request_id) = match entry {
            Entry::Settlement(_) => ("settlement", Vec::new(), None),
            Entry::Adjustment(adjustment) => {
                ("adjustment", adjustment.changes.iter().map(|change| change.settlement_id.clone()).collect(), None)
            }
            Entry::ReversedRequest(reversed) => {
                ("reversed-request", Vec::new(), Some(reversed.reversed_request_id.clone()))
            }
        };
        Self {
            place: Place { person_id: origin.person_id.clone(), sequence },
            entry_id,
            kind,
            caller: origin.caller.to_owned(),
            request_id: origin.request_id.clone(),
            recorded_time: origin.recorded_time,
            hash: hash_of(&previous_hash, &document),
            document,
            counters: head.counters.behind(entry).to_bytes(),
            changed,
            reversed_request_id,
            holds_money,
        }
    }
}

/// The hash of a link with these bytes behind a link with `previous_hash`.
pub(crate) fn hash_of(previous_hash: &[u8], document: &[u8]) -> LinkHash {
    LinkHash(Sm3::new().chain_update(previous_hash).chain_update(document).finalize().to_vec())
}

/// Reads a stored link.
///
/// # Errors
/// Bytes that are not a link, or a link without an entry or with an entry that lacks a part.
pub(crate) fn read(document: &[u8]) -> Result<StoredLink, UnreadableLink> {
    let link = Link::decode(document).map_err(|_| UnreadableLink)?;
    let entry = link.entry.ok_or(UnreadableLink)?;
    if let Entry::Settlement(settlement) = &entry
        && (settlement.case.is_none() || settlement.statement.is_none())
    {
        return Err(UnreadableLink);
    }
    Ok(StoredLink {
        person_id: link.person_id,
        sequence: link.sequence,
        previous_hash: link.previous_hash,
        caller: link.caller,
        request_id: link.request_id,
        recorded_time: link.recorded_time.unwrap_or_default(),
        entry,
    })
}

/// A link as its bytes tell it.
#[derive(Clone, Debug)]
pub(crate) struct StoredLink {
    pub(crate) person_id: String,
    pub(crate) sequence: i64,
    pub(crate) previous_hash: Vec<u8>,
    pub(crate) caller: String,
    pub(crate) request_id: String,
    pub(crate) recorded_time: prost_types::Timestamp,
    pub(crate) entry: Entry,
}

/// Stored bytes that are not a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored link cannot be read")]
pub(crate) struct UnreadableLink;

#[cfg(test)]
mod tests {
    use wire::journal_v1::{Adjustment, ReversedRequest, Settlement, SettlementChange};

    use super::*;

    const EMPTY: ClosedHead = ClosedHead { sequence: 0, hash: None, counters: Counters::AT_ZERO };

    fn after(head: &ClosedHead) -> NewLink {
        let case = wire::claim_v1::Case { total_fen: 1, ..Default::default() };
        let statement = Some(wire::claim_v1::Statement::default());
        let origin = Origin {
            person_id: &PersonId::new("p").unwrap(),
            caller: "local",
            request_id: &RequestId::new("r").unwrap(),
            recorded_time: DateTime::UNIX_EPOCH,
        };
        let entry = Entry::Settlement(Settlement { case: Some(case), statement });
        NewLink::after(head, &origin, EntryId::new("s").unwrap(), &entry)
    }

    #[test]
    fn a_link_reads_back_and_its_hash_covers_every_byte_and_the_link_before() {
        let first = after(&EMPTY);
        assert_eq!((first.place.sequence, first.kind), (1, "settlement"));
        let Entry::Settlement(settlement) = read(&first.document).unwrap().entry else { panic!("a settlement") };
        assert_eq!(settlement.case.unwrap().total_fen, 1);
        assert_eq!(first.hash, hash_of(&[], &first.document));

        let head = ClosedHead { sequence: 1, hash: Some(first.hash.clone()), ..EMPTY };
        let second = after(&head);
        assert_eq!(second.hash, hash_of(first.hash.as_bytes(), &second.document));
        let mut changed = second.document.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_ne!(second.hash, hash_of(first.hash.as_bytes(), &changed));
        assert_ne!(second.hash, hash_of(&[], &second.document));
    }

    #[test]
    fn a_link_names_the_settlements_it_changes_and_the_request_it_keeps_out() {
        let change = |id: &str| SettlementChange { settlement_id: id.to_owned(), ..Default::default() };
        let origin = Origin {
            person_id: &PersonId::new("p").unwrap(),
            caller: "local",
            request_id: &RequestId::new("r").unwrap(),
            recorded_time: DateTime::UNIX_EPOCH,
        };
        let link = |entry| NewLink::after(&EMPTY, &origin, EntryId::new("e").unwrap(), &entry);
        let adjustment = Adjustment { changes: vec![change("s"), change("t")], ..Default::default() };
        assert_eq!(link(Entry::Adjustment(adjustment)).changed, ["s", "t"]);
        let reversed = ReversedRequest { reversed_request_id: "late".to_owned() };
        assert_eq!(link(Entry::ReversedRequest(reversed)).reversed_request_id.as_deref(), Some("late"));
    }

    #[test]
    fn other_bytes_are_not_a_link() {
        assert_eq!(read(b"\xff\xff").unwrap_err(), UnreadableLink);
        assert_eq!(read(b"").unwrap_err(), UnreadableLink);
    }
}
