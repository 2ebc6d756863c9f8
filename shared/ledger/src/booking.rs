//! What posting a decision writes: its amounts by fund, its counter moves, and a digest of both.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use claim::{Adjudication, CounterMove, Fund, PayerId, PersonId, SettlementId};
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

/// An SM3 digest.
pub(crate) type Digest = [u8; 32];

/// A [`Post`] reduced to what is written.
#[derive(Debug)]
pub(crate) struct Booking {
    pub(crate) person_id: PersonId,
    pub(crate) settlement_id: SettlementId,
    pub(crate) recorded_time: DateTime<Utc>,
    /// The funds that pay anything.
    pub(crate) paid: BTreeMap<Fund, Fen>,
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
        let digest = digest(&adjudication.payer, &paid, &moves);
        Self { person_id, settlement_id, recorded_time: recorded_time.trunc_subsecs(6), paid, moves, digest }
    }
}

fn digest(payer: &PayerId, paid: &BTreeMap<Fund, Fen>, moves: &[CounterMove]) -> Digest {
    let mut content = Content(Sm3::new());
    content.text(payer.as_str());
    content.count(paid.len());
    for (fund, paid) in paid {
        content.text(fund.as_str());
        content.amount(*paid);
    }
    content.count(moves.len());
    for counter_move in moves {
        content.text(counter_move.key.name.as_str());
        content.0.update(counter_move.key.benefit_year.to_be_bytes());
        content.amount(counter_move.before);
        content.amount(counter_move.after);
    }
    content.0.finalize().into()
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
}
