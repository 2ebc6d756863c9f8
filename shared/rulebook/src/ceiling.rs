//! Ceilings: the room that is left under each, and the exact split of an expense at the one that binds.

use std::sync::Arc;

use claim::{Citation, CounterKey, InputName, Operation, Reason};
use money::{Fen, Rate, Unrounded};

use crate::Benefit;
use crate::benefit::{Ceiling, CeilingAmount, DiseaseCeiling};
use crate::conditions::counts;
use crate::draft::Draft;
use crate::formula::{Working, amount};

struct Room<'a> {
    ceiling: Fen,
    citation: &'a Arc<Citation>,
    used: Fen,
    key: CounterKey,
    own_used: Fen,
}

impl Room<'_> {
    fn left(&self) -> Fen {
        self.ceiling.less(self.used)
    }
}

impl Draft<'_> {
    /// Cuts the payment to the room under the benefit's ceilings.
    ///
    /// With a rate, the expense that fills the room is `room / rate` rounded half up to the fen and the rest lies
    /// beyond the ceiling; where there is no room, all of it does. Without a rate, what is cut off lies beyond.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第九条 (超过6000元的普通门诊政策范围内费用).
    pub(crate) fn apply_ceilings(&self, benefit: &Benefit, rate: Option<Rate>, working: &mut Working) {
        let rooms: Vec<Room<'_>> = benefit.ceilings.iter().map(|ceiling| self.room(ceiling)).collect();
        let payment = working.paid;
        let expense = working.base - working.deductible;
        let Some(room) = rooms.iter().map(Room::left).min() else { return };
        let binds = !expense.is_zero() && (payment > room || (room.is_zero() && rate.is_some()));
        if binds {
            let filling = rate.map(|rate| rate.expense_paying(room).map_or(Fen::ZERO, Unrounded::round_half_up));
            working.above_ceiling = filling.map_or_else(|| payment - room, |filling| expense - filling);
            working.paid = room;
        }
        for room in rooms {
            let inputs = [
                amount(InputName::Payment, payment),
                amount(InputName::Ceiling, room.ceiling),
                amount(InputName::CeilingUsed, room.used),
            ];
            working.step(Operation::ApplyCeiling, room.citation, &inputs, payment.min(room.left()));
            if binds && room.left().is_zero() {
                working.shortfall = Some((Reason::CeilingReached, Arc::clone(room.citation)));
            }
            // A counter that cut a payment off is reported even where it stands still: later payers count with it.
            if binds || !working.paid.is_zero() {
                working.moves_by(room.key, room.own_used, working.paid);
            }
        }
    }

    /// Counts a payment under ceilings that do not hold for it: once they hold again in the year, it was paid.
    pub(crate) fn count_under_ceilings(&self, benefit: &Benefit, working: &mut Working) {
        if working.paid.is_zero() {
            return;
        }
        for ceiling in &benefit.ceilings {
            let room = self.room(ceiling);
            working.moves_by(room.key, room.own_used, working.paid);
        }
    }

    fn room<'a>(&self, ceiling: &'a Ceiling) -> Room<'a> {
        let year = self.case.benefit_year();
        let key = CounterKey { name: ceiling.counter.clone(), benefit_year: year };
        let own_used = self.counter(&key);
        let together = ceiling.together_with.iter().map(|together| {
            let key = CounterKey { name: together.counter.clone(), benefit_year: year };
            if together.own { self.counter(&key) } else { self.earlier_counter(&key).unwrap_or_default() }
        });
        let used = own_used + together.sum();
        let (amount, citation) = match &ceiling.amount {
            CeilingAmount::Level(amount) => (amount.value.at(self.case.visit.level()), &amount.citation),
            CeilingAmount::Diseases(diseases) => (self.disease_ceiling(diseases), &diseases.first.citation),
        };
        Room { ceiling: amount, citation, used, key, own_used }
    }

    fn disease_ceiling(&self, ceiling: &DiseaseCeiling) -> Fen {
        let level = self.case.visit.level();
        let filings =
            self.case.person.diseases.iter().filter(|filing| filing.kind == ceiling.kind && counts(filing, self.case));
        let mut codes: Vec<_> = filings.map(|filing| &filing.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let first = if codes.contains(&&ceiling.raised_for) { &ceiling.raised } else { &ceiling.first };
        let further = i64::try_from(codes.len().saturating_sub(1)).ok();
        let most = ceiling.most.value.at(level);
        let more = further.and_then(|count| ceiling.further.value.at(level).checked_times(count));
        more.and_then(|more| first.value.at(level).checked_add(more)).map_or(most, |sum| sum.min(most))
    }
}
