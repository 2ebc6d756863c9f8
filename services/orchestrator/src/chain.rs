//! A link of a person's chain: its bytes and the hash that ties it to the link before.

use claim::{PersonId, RequestId, SettlementId};
use prost::Message;
use sm3::{Digest, Sm3};
use wire::proto::onestop::claim::v1::Statement;
use wire::proto::onestop::journal::v1::{Link, Settlement, link};

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
}

impl Head {
    /// A chain without a link.
    pub(crate) const EMPTY: Self = Self { sequence: 0, hash: None, open: false };
}

/// A link that is ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewLink {
    pub(crate) person_id: PersonId,
    pub(crate) sequence: i64,
    pub(crate) settlement_id: SettlementId,
    pub(crate) caller: String,
    pub(crate) request_id: RequestId,
    pub(crate) recorded_time: chrono::DateTime<chrono::Utc>,
    pub(crate) document: Vec<u8>,
    pub(crate) hash: LinkHash,
    /// Whether a payer holds money for it, so that its number must not have been given up.
    pub(crate) holds_money: bool,
}

/// What a new link settles, beside its place in the chain.
pub(crate) struct Settled<'s> {
    pub(crate) person_id: &'s PersonId,
    pub(crate) settlement_id: &'s SettlementId,
    pub(crate) caller: &'s str,
    pub(crate) request_id: &'s RequestId,
    pub(crate) recorded_time: chrono::DateTime<chrono::Utc>,
    pub(crate) case: wire::proto::onestop::claim::v1::Case,
    pub(crate) statement: Statement,
}

impl NewLink {
    /// The link that follows `head`.
    pub(crate) fn after(head: &Head, settled: Settled<'_>) -> Self {
        let holds_money = crate::payers::holds_money(&settled.statement);
        let sequence = head.sequence.saturating_add(1);
        let previous_hash = head.hash.as_ref().map(|hash| hash.as_bytes().to_vec()).unwrap_or_default();
        let document = Link {
            person_id: settled.person_id.to_string(),
            sequence,
            previous_hash: previous_hash.clone(),
            caller: settled.caller.to_owned(),
            request_id: settled.request_id.to_string(),
            recorded_time: Some(wire::timestamp(settled.recorded_time)),
            entry: Some(link::Entry::Settlement(Settlement {
                case: Some(settled.case),
                statement: Some(settled.statement),
            })),
        }
        .encode_to_vec();
        Self {
            person_id: settled.person_id.clone(),
            sequence,
            settlement_id: settled.settlement_id.clone(),
            caller: settled.caller.to_owned(),
            request_id: settled.request_id.clone(),
            recorded_time: settled.recorded_time,
            hash: hash_of(&previous_hash, &document),
            document,
            holds_money,
        }
    }
}

/// The hash of a link with these bytes behind a link with `previous_hash`.
pub(crate) fn hash_of(previous_hash: &[u8], document: &[u8]) -> LinkHash {
    LinkHash(Sm3::new().chain_update(previous_hash).chain_update(document).finalize().to_vec())
}

/// Reads the settlement in a stored link.
///
/// # Errors
/// Bytes that are not a link, or a link without a settlement.
pub(crate) fn read(document: &[u8]) -> Result<StoredSettlement, UnreadableLink> {
    let link = Link::decode(document).map_err(|_| UnreadableLink)?;
    let Some(link::Entry::Settlement(settlement)) = link.entry else { return Err(UnreadableLink) };
    let (Some(case), Some(statement)) = (settlement.case, settlement.statement) else { return Err(UnreadableLink) };
    Ok(StoredSettlement { sequence: link.sequence, request_id: link.request_id, case, statement })
}

/// A settlement as a stored link tells it.
#[derive(Clone, Debug)]
pub(crate) struct StoredSettlement {
    pub(crate) sequence: i64,
    pub(crate) request_id: String,
    pub(crate) case: wire::proto::onestop::claim::v1::Case,
    pub(crate) statement: Statement,
}

/// Stored bytes that are not a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored link cannot be read")]
pub(crate) struct UnreadableLink;

#[cfg(test)]
mod tests {
    use super::*;

    fn settled<'s>(person: &'s PersonId, settlement: &'s SettlementId, request: &'s RequestId) -> Settled<'s> {
        Settled {
            person_id: person,
            settlement_id: settlement,
            caller: "local",
            request_id: request,
            recorded_time: chrono::DateTime::UNIX_EPOCH,
            case: wire::proto::onestop::claim::v1::Case { total_fen: 1, ..Default::default() },
            statement: Statement::default(),
        }
    }

    #[test]
    fn a_link_reads_back_and_its_hash_covers_every_byte_and_the_link_before() {
        let (person, settlement, request) =
            (PersonId::new("p").unwrap(), SettlementId::new("s").unwrap(), RequestId::new("r").unwrap());
        let first = NewLink::after(&Head::EMPTY, settled(&person, &settlement, &request));
        assert_eq!(first.sequence, 1);
        assert_eq!(read(&first.document).unwrap().case.total_fen, 1);
        assert_eq!(first.hash, hash_of(&[], &first.document));

        let head = Head { sequence: 1, hash: Some(first.hash.clone()), open: false };
        let second = NewLink::after(&head, settled(&person, &settlement, &request));
        assert_eq!(second.hash, hash_of(first.hash.as_bytes(), &second.document));
        let mut changed = second.document.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_ne!(second.hash, hash_of(first.hash.as_bytes(), &changed));
        assert_ne!(second.hash, hash_of(&[], &second.document));
    }

    #[test]
    fn other_bytes_are_not_a_link() {
        assert_eq!(read(b"\xff\xff").unwrap_err(), UnreadableLink);
        assert_eq!(read(b"").unwrap_err(), UnreadableLink);
    }
}
