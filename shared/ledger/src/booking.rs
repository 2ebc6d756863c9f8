//! What booking writes: amounts by settlement and fund, counter moves, and a digest of both.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use claim::{Adjudication, CounterMove, EntryId, Fund, PayerId, PersonId, SettlementId};
use money::Fen;
use sm3::{Digest as _, Sm3};

/// A decision that has become a settlement and is to be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The person.
    pub person_id: PersonId,
    /// The settlement that made the decision true.
    pub settlement_id: SettlementId,
    /// The decision.
    pub adjudication: Adjudication,
    /// When the settlement was recorded; kept to the microsecond.
    pub recorded_time: DateTime<Utc>,
}

/// What an adjustment changes of settlements that were posted before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// The person.
    pub person_id: PersonId,
    /// The adjustment's number.
    pub adjustment_id: EntryId,
    /// Whose books they are.
    pub payer: PayerId,
    /// What each settlement costs each fund more, or less where it is below zero.
    pub postings: BTreeMap<(SettlementId, Fund), Fen>,
    /// How counters move.
    pub moves: Vec<CounterMove>,
    /// When the adjustment was recorded; kept to the microsecond.
    pub recorded_time: DateTime<Utc>,
}

/// An SM3 digest.
pub(crate) type Digest = [u8; 32];

/// A [`Post`] or an [`Adjustment`] reduced to what is written.
#[derive(Debug)]
pub(crate) struct Booking {
    pub(crate) person_id: PersonId,
    pub(crate) entry_id: EntryId,
    pub(crate) recorded_time: DateTime<Utc>,
    /// What is not zero, by settlement and fund.
    pub(crate) paid: BTreeMap<(SettlementId, Fund), Fen>,
    pub(crate) moves: Vec<CounterMove>,
    /// Over what is written and nothing else, so that it stays the same when explanations gain a field.
    pub(crate) digest: Digest,
}

impl From<Post> for Booking {
    fn from(post: Post) -> Self {
        let Post { person_id, settlement_id, adjudication, recorded_time } = post;
        let mut paid = BTreeMap::<Fund, Fen>::new();
        for portion in &adjudication.portions {
            *paid.entry(portion.fund).or_default() += portion.paid;
        }
        paid.retain(|_, paid| !paid.is_zero());
        let moves = adjudication.moves;
        let mut content = Content(Sm3::new());
        content.text(adjudication.payer.as_str());
        content.count(paid.len());
        for (fund, paid) in &paid {
            content.text(fund.as_str());
            content.amount(*paid);
        }
        let entry_id = EntryId::from(&settlement_id);
        let paid = paid.into_iter().map(|(fund, paid)| ((settlement_id.clone(), fund), paid)).collect();
        let digest = content.finish(&moves);
        Self { person_id, entry_id, recorded_time: recorded_time.trunc_subsecs(6), paid, moves, digest }
    }
}

impl From<Adjustment> for Booking {
    fn from(adjustment: Adjustment) -> Self {
        let Adjustment { person_id, adjustment_id: entry_id, payer, mut postings, moves, recorded_time } = adjustment;
        postings.retain(|_, paid| !paid.is_zero());
        let mut content = Content(Sm3::new());
        content.text(payer.as_str());
        content.count(postings.len());
        for ((settlement_id, fund), paid) in &postings {
            content.text(settlement_id.as_str());
            content.text(fund.as_str());
            content.amount(*paid);
        }
        let digest = content.finish(&moves);
        Self { person_id, entry_id, recorded_time: recorded_time.trunc_subsecs(6), paid: postings, moves, digest }
    }
}

/// Content on its way into a digest; each text and list says first how long it is.
struct Content(Sm3);

impl Content {
    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }

    fn count(&mut self, count: usize) {
        self.0.update(u64::try_from(count).unwrap_or(u64::MAX).to_be_bytes());
    }

    fn amount(&mut self, amount: Fen) {
        self.0.update(amount.get().to_be_bytes());
    }

    fn finish(mut self, moves: &[CounterMove]) -> Digest {
        self.count(moves.len());
        for counter_move in moves {
            self.text(counter_move.key.name.as_str());
            self.0.update(counter_move.key.benefit_year.to_be_bytes());
            self.amount(counter_move.before);
            self.amount(counter_move.after);
        }
        self.0.finalize().into()
    }
}
