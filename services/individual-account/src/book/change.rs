//! The changes that an account book takes, each all or nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound, Utc};
use claim::{EntryId, MovementKind, PersonId, RequestId, SettlementId};
use money::Fen;

/// Money that came in for a period, or the balance that an account starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The account's holder. An account that is not there yet is opened.
    pub person_id: PersonId,
    /// The request; the same again changes nothing.
    pub request_id: RequestId,
    /// What it is for, once a kind and account: a period such as `2023-05`.
    pub reference: String,
    /// Other references of the same kind that must not have been credited: the year of a month, the months of a year.
    pub excludes: Vec<String>,
    /// The kinds and amounts of its movements, in order; the first one comes in.
    pub amounts: Vec<(MovementKind, Fen)>,
}

/// What one settlement draws on accounts: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draws {
    /// Whose bill it is.
    pub patient_id: PersonId,
    /// The settlement.
    pub settlement_id: SettlementId,
    /// How much of whose account.
    pub by_holder: BTreeMap<PersonId, Fen>,
}

/// What an adjustment gives back of what settlements of one person drew: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returns {
    /// Whose bills they are.
    pub patient_id: PersonId,
    /// The adjustment; the same again changes nothing.
    pub adjustment_id: EntryId,
    /// How much to whose account of what which settlement drew on it, each above zero.
    pub by_draw: BTreeMap<(PersonId, SettlementId), Fen>,
}

/// The end of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The account's holder.
    pub person_id: PersonId,
    /// The request; the same again changes nothing.
    pub request_id: RequestId,
    /// Whose account inherits the balance; it is opened where it is not there yet. None: the balance is paid out.
    pub heir_id: Option<PersonId>,
    /// Whether the holder has died: the balance is inherited and not refunded.
    pub is_inherited: bool,
}

/// One change. What it touches is known from it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Credit(Credit),
    Hold { draws: Draws, expiry_time: DateTime<Utc> },
    Capture(Draws),
    Void { settlement_id: SettlementId, holders: Vec<PersonId> },
    Return(Returns),
    Close(Closing),
}

/// A change with the time at which it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) change: Change,
    pub(crate) recorded_time: DateTime<Utc>,
}

impl Change {
    /// The accounts that it touches, each once.
    pub(crate) fn holders(&self) -> Vec<&PersonId> {
        match self {
            Self::Credit(credit) => vec![&credit.person_id],
            Self::Hold { draws, .. } | Self::Capture(draws) => draws.by_holder.keys().collect(),
            Self::Void { holders, .. } => holders.iter().collect(),
            Self::Return(returns) => {
                returns.by_draw.keys().map(|(holder, _)| holder).collect::<BTreeSet<_>>().into_iter().collect()
            }
            Self::Close(closing) => std::iter::once(&closing.person_id).chain(&closing.heir_id).collect(),
        }
    }

    /// The holds that it looks at: in whose account, for which settlement.
    pub(crate) fn holds(&self) -> Vec<(PersonId, SettlementId)> {
        let of = |settlement_id: &SettlementId| {
            self.holders().into_iter().map(|holder| (holder.clone(), settlement_id.clone())).collect()
        };
        match self {
            Self::Hold { draws, .. } | Self::Capture(draws) => of(&draws.settlement_id),
            Self::Void { settlement_id, .. } => of(settlement_id),
            Self::Return(returns) => returns.by_draw.keys().cloned().collect(),
            Self::Credit(_) | Self::Close(_) => Vec::new(),
        }
    }

    /// The movements that it looks for, to know whether it was done before: account, kind, what for, request.
    pub(crate) fn sought(&self) -> Vec<Sought> {
        match self {
            Self::Credit(credit) => {
                let first = credit.amounts.first().map(|(kind, _)| *kind);
                let sought = |(kind, reference): (MovementKind, &String)| Sought {
                    person_id: credit.person_id.clone(),
                    kind,
                    reference: reference.clone(),
                    request_id: credit.request_id.to_string(),
                };
                let references = std::iter::once(&credit.reference).chain(&credit.excludes);
                references.filter_map(|reference| Some((first?, reference))).map(sought).collect()
            }
            Self::Close(closing) => vec![Sought {
                person_id: closing.person_id.clone(),
                kind: closing.kind(),
                reference: closing.reference(),
                request_id: closing.request_id.to_string(),
            }],
            Self::Return(returns) => {
                let sought = |(holder, settlement_id): &(PersonId, SettlementId)| Sought {
                    person_id: holder.clone(),
                    kind: MovementKind::Return,
                    reference: settlement_id.to_string(),
                    request_id: returns.adjustment_id.to_string(),
                };
                returns.by_draw.keys().map(sought).collect()
            }
            Self::Hold { .. } | Self::Capture(_) | Self::Void { .. } => Vec::new(),
        }
    }
}

impl Closing {
    /// The kind of the movement that empties the account.
    pub(crate) const fn kind(&self) -> MovementKind {
        if self.is_inherited { MovementKind::Bequest } else { MovementKind::Refund }
    }

    pub(crate) fn reference(&self) -> String {
        self.heir_id.as_ref().map_or_else(|| "paid-out".to_owned(), ToString::to_string)
    }
}

/// A movement that is looked for by what it is for, or by its request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sought {
    pub(crate) person_id: PersonId,
    pub(crate) kind: MovementKind,
    pub(crate) reference: String,
    pub(crate) request_id: String,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is done now.
    Now,
    /// It was done before, with the same content.
    Before,
    /// A hold that some account has too little free money for. Nothing is held.
    TooLittle,
}

impl Change {
    /// The same with its times as every store keeps them.
    pub(crate) fn in_microseconds(self) -> Self {
        match self {
            Self::Hold { draws, expiry_time } => Self::Hold { draws, expiry_time: expiry_time.trunc_subsecs(6) },
            Self::Credit(_) | Self::Capture(_) | Self::Void { .. } | Self::Return(_) | Self::Close(_) => self,
        }
    }
}
