//! Ceilings: the room that is left under each, and the exact split of an expense at the one that binds.

use std::sync::Arc;

use claim::{Citation, CounterKey, InputName, Operation, Reason};
use money::{Fen, Rate, Unrounded};
use smallvec::SmallVec;

use crate::Benefit;
use crate::benefit::{Ceiling, CeilingAmount, DiseaseCeiling};
use crate::conditions::counts;
use crate::document::{Counted, Crossing};
use crate::draft::{Draft, Part};
use crate::formula::Working;
use crate::steps::amount;

/// As many ceilings as most benefits have at most.
const USUAL: usize = 3;

struct Room<'a> {
    ceiling: Fen,
    citation: &'a Arc<Citation>,
    used: Fen,
    key: CounterKey,
    own_used: Fen,
    counts: Counted,
}

impl Room<'_> {
    fn left(&self) -> Fen {
        self.ceiling.less(self.used)
    }
}

/// The cut beyond which more lies; of equals the one that pays less.
fn deeper(one: Option<Cut>, other: Option<Cut>) -> Option<Cut> {
    let (Some(cut), Some(next)) = (one, other) else { return one.or(other) };
    let is_deeper = (next.above, cut.paid) > (cut.above, next.paid);
    Some(if is_deeper { next } else { cut })
}

/// A payment before any ceiling.
struct Uncut {
    payment: Fen,
    expense: Fen,
    rate: Option<Rate>,
}

/// What a ceiling leaves of a payment, and the expense that lies beyond it.
#[derive(Clone, Copy)]
struct Cut {
    above: Fen,
    paid: Fen,
}

impl Uncut {
    /// What the room leaves; none where everything fits.
    fn cut(&self, room: &Room<'_>, crossing: Crossing) -> Option<Cut> {
        let Self { payment, expense, rate } = *self;
        let left = room.left();
        let fits = match room.counts {
            Counted::Payment => payment <= left && !(left.is_zero() && rate.is_some()),
            Counted::Expense => expense <= left,
        };
        if expense.is_zero() || fits {
            return None;
        }
        let Some(rate) = rate else { return Some(Cut { above: payment - left, paid: left }) };
        match (crossing, room.counts) {
            (Crossing::Beyond, Counted::Payment | Counted::Expense) => Some(Cut { above: expense, paid: Fen::ZERO }),
            (Crossing::Split, Counted::Payment) => {
                let filling = rate.expense_paying(left).map_or(Fen::ZERO, Unrounded::round_half_up);
                Some(Cut { above: expense - filling, paid: left })
            }
            (Crossing::Split, Counted::Expense) => {
                Some(Cut { above: expense - left, paid: (left * rate).round_half_up() })
            }
        }
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
    pub(crate) fn apply_ceilings<'a>(
        &self,
        benefit: &'a Benefit,
        part: Option<&Part>,
        rate: Option<Rate>,
        working: &mut Working,
    ) {
        let uncut = Uncut { payment: working.paid, expense: working.base - working.deductible, rate };
        let mut rooms: SmallVec<[(Room<'a>, Option<Cut>); USUAL]> = SmallVec::new();
        let mut binding: Option<Cut> = None;
        for ceiling in &benefit.ceilings {
            let Some(room) = self.room(ceiling, part) else { continue };
            let cut = uncut.cut(&room, benefit.crossing);
            binding = deeper(binding, cut);
            rooms.push((room, cut));
        }
        if let Some(cut) = binding {
            working.above_ceiling = cut.above;
            working.paid = cut.paid;
        }
        let binds = binding.is_some();
        for (room, cut) in rooms {
            let looked_at = match room.counts {
                Counted::Payment => amount(InputName::Payment, uncut.payment),
                Counted::Expense => amount(InputName::Expense, uncut.expense),
            };
            let inputs =
                [looked_at, amount(InputName::Ceiling, room.ceiling), amount(InputName::CeilingUsed, room.used)];
            let fitting = cut.map_or(uncut.payment, |cut| cut.paid);
            working.steps.exact(Operation::ApplyCeiling, room.citation, &inputs, fitting);
            if cut.is_some_and(|cut| cut.paid.is_zero()) {
                working.shortfall = Some((Reason::CeilingReached, Arc::clone(room.citation)));
            }
            let counted = match room.counts {
                Counted::Payment => working.paid,
                Counted::Expense => uncut.expense - working.above_ceiling,
            };
            // A counter that cut a payment off is reported even where it stands still: later payers count with it.
            if binds || !counted.is_zero() {
                working.moves_by(room.key, room.own_used, counted);
            }
        }
    }

    /// Counts a payment under ceilings that do not hold for it: once they hold again in the year, it was paid.
    pub(crate) fn count_under_ceilings(&self, benefit: &Benefit, part: Option<&Part>, working: &mut Working) {
        if working.paid.is_zero() {
            return;
        }
        for room in self.rooms(benefit, part) {
            working.moves_by(room.key, room.own_used, working.paid);
        }
    }

    fn rooms<'a>(&self, benefit: &'a Benefit, part: Option<&Part>) -> impl Iterator<Item = Room<'a>> {
        benefit.ceilings.iter().filter_map(move |ceiling| self.room(ceiling, part))
    }

    fn room<'a>(&self, ceiling: &'a Ceiling, part: Option<&Part>) -> Option<Room<'a>> {
        let year = self.year().year();
        let key = ceiling.counter_key(year, part)?;
        let own_used = self.counter(&key);
        let together = ceiling.together_with.iter().map(|together| {
            let key = CounterKey { name: together.counter.clone(), benefit_year: year };
            if together.own { self.counter(&key) } else { self.earlier_counter(&key).unwrap_or_default() }
        });
        let used = own_used + together.sum();
        let level = self.case.visit.level();
        let (amount, citation) = match &ceiling.amount {
            CeilingAmount::Level(amount) => (amount.value.at(level), &amount.citation),
            CeilingAmount::Diseases(diseases) => (self.disease_ceiling(diseases), &diseases.first.citation),
            CeilingAmount::OneDisease(one) => {
                let is_raised = part.and_then(|part| part.disease.as_ref()) == Some(&one.raised_for);
                let amount = if is_raised { &one.raised } else { &one.amount };
                (amount.value.at(level), &amount.citation)
            }
        };
        Some(Room { ceiling: amount, citation, used, key, own_used, counts: ceiling.counts })
    }

    fn disease_ceiling(&self, ceiling: &DiseaseCeiling) -> Fen {
        let level = self.case.visit.level();
        let filings =
            self.case.person.diseases.iter().filter(|filing| filing.kind == ceiling.kind && counts(filing, self.case));
        let mut codes: Vec<_> = filings.map(|filing| &filing.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let is_raised = codes.contains(&&ceiling.raised_for) && !(ceiling.raised_alone && codes.len() > 1);
        let first = if is_raised { &ceiling.raised } else { &ceiling.first };
        let further = i64::try_from(codes.len().saturating_sub(1)).ok();
        let most = ceiling.most.value.at(level);
        let more = further.and_then(|count| ceiling.further.value.at(level).checked_times(count));
        more.and_then(|more| first.value.at(level).checked_add(more)).map_or(most, |sum| sum.min(most))
    }
}
