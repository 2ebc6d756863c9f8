//! The rows of an account book as they are held in memory.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use claim::{MovementKind, PersonId, SettlementId};
use money::Fen;
use store::StoreError;

/// Where an account stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// The number of its last movement; 0 for none.
    pub sequence: i64,
    /// The sum of its movements.
    pub balance: Fen,
    /// What settlements have spoken for and not captured.
    pub held: Fen,
    /// When it was closed.
    pub closed_time: Option<DateTime<Utc>>,
    /// How often it was changed.
    pub(crate) revision: i64,
}

impl AccountState {
    /// What a bill may draw on: the balance less what is held; nothing once it is closed.
    #[must_use]
    pub fn free(&self) -> Fen {
        if self.closed_time.is_some() { Fen::ZERO } else { self.balance.less(self.held) }
    }
}

/// What came into an account or went out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The account's holder.
    pub person_id: PersonId,
    /// Its number in the account, from 1, without gaps.
    pub sequence: i64,
    /// What kind it is.
    pub kind: MovementKind,
    /// What it is for: a period, a settlement, another person.
    pub reference: String,
    /// The request that made it; for a draw the settlement.
    pub request_id: String,
    /// How much: above zero came in, below zero went out.
    pub amount: Fen,
    /// What was in the account afterwards.
    pub balance: Fen,
    /// The other person, where there is one: whose bill it was, who inherits, who died.
    pub other_person_id: Option<PersonId>,
    /// When it was recorded.
    pub recorded_time: DateTime<Utc>,
}

/// How far a hold has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldState {
    Held,
    Captured,
    Void,
}

impl HoldState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Captured => "captured",
            Self::Void => "void",
        }
    }
}

impl fmt::Display for HoldState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HoldState {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        [Self::Held, Self::Captured, Self::Void]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| StoreError::corrupt(format_args!("the state {text:?} of a hold")))
    }
}

/// What one settlement has spoken for in one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) person_id: PersonId,
    pub(crate) settlement_id: SettlementId,
    pub(crate) patient_id: PersonId,
    pub(crate) amount: Fen,
    pub(crate) state: HoldState,
    pub(crate) expiry_time: DateTime<Utc>,
    pub(crate) recorded_time: DateTime<Utc>,
}

pub(crate) type HoldRow = (String, String, String, i64, String, DateTime<Utc>, DateTime<Utc>);

pub(crate) fn hold_from(row: HoldRow) -> Result<Hold, StoreError> {
    let (person_id, settlement_id, patient_id, amount_fen, state, expiry_time, recorded_time) = row;
    Ok(Hold {
        person_id: person(&person_id)?,
        settlement_id: SettlementId::new(&settlement_id).map_err(StoreError::corrupt)?,
        patient_id: person(&patient_id)?,
        amount: Fen::new(amount_fen),
        state: state.parse()?,
        expiry_time,
        recorded_time,
    })
}

pub(crate) type AccountRow = (String, i64, i64, i64, i64, Option<DateTime<Utc>>);

pub(crate) fn account_from(row: AccountRow) -> Result<(PersonId, AccountState), StoreError> {
    let (person_id, revision, sequence, balance_fen, held_fen, closed_time) = row;
    let state =
        AccountState { revision, sequence, balance: Fen::new(balance_fen), held: Fen::new(held_fen), closed_time };
    Ok((person(&person_id)?, state))
}

pub(crate) type MovementRow = (String, i64, String, String, String, i64, i64, Option<String>, DateTime<Utc>);

pub(crate) fn movement_from(row: MovementRow) -> Result<Movement, StoreError> {
    let (person_id, sequence, kind, reference, request_id, amount_fen, balance_fen, other, recorded_time) = row;
    Ok(Movement {
        person_id: person(&person_id)?,
        sequence,
        kind: kind.parse().map_err(StoreError::corrupt)?,
        reference,
        request_id,
        amount: Fen::new(amount_fen),
        balance: Fen::new(balance_fen),
        other_person_id: other.as_deref().map(person).transpose()?,
        recorded_time,
    })
}

pub(crate) fn person(text: &str) -> Result<PersonId, StoreError> {
    PersonId::new(text).map_err(StoreError::corrupt)
}
