//! An adjudication while it is computed: what was decided so far and where the counters stand by it.

use std::sync::Arc;

use claim::{
    Adjudication, Among, Citation, CounterKey, CounterMove, CounterName, DiseaseCode, DrugCode, InputName, Operation,
    PayerId, Portion, PricedCase, Reason, Refusal, Service, Step,
};
use money::Fen;
use smallvec::SmallVec;

use crate::benefit::{Base, Deductible, Per};
use crate::personal::personal_by_line;
use crate::steps::{Detail, amount};
use crate::{Benefit, BenefitYear, Counters, InForce};

/// The part of a bill that a benefit looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it settles as.
    pub service: Service,
    /// Its lines, by index; empty for the whole bill.
    pub lines: Vec<u32>,
    /// The negotiated drug that it is.
    pub drug: Option<DrugCode>,
    /// The disease that it is for, where each disease is a part of its own.
    pub disease: Option<DiseaseCode>,
    /// The eligible expense of its lines.
    pub eligible: Fen,
    /// The expense that the benefit looks at, at most what is eligible.
    pub base: Fen,
}

/// The parts of a bill that a benefit looks at, nearly always one.
pub type Parts = SmallVec<[Part; 1]>;

/// What a benefit would decide; nothing is moved until it is committed.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(crate) portions: Vec<Portion>,
    pub(crate) moves: Vec<CounterMove>,
    pub(crate) shortfall: Option<(Reason, Arc<Citation>)>,
    pub(crate) detail: Detail,
}

impl Outcome {
    /// What the benefit would pay.
    #[must_use]
    pub fn paid(&self) -> Fen {
        self.portions.iter().map(|portion| portion.paid).sum()
    }

    /// The same, with a step that says which payments of other entitlements it was chosen over.
    #[must_use]
    pub fn chosen_over(mut self, alternatives: &[Fen], by: &Arc<Citation>) -> Self {
        if alternatives.is_empty() || self.detail == Detail::AmountsOnly {
            return self;
        }
        for portion in &mut self.portions {
            let payment = std::iter::once(amount(InputName::Payment, portion.paid));
            let others = alternatives.iter().map(|other| amount(InputName::Alternative, *other));
            portion.steps.push(Step {
                operation: Operation::ChooseHighest,
                citation: Arc::clone(by),
                inputs: payment.chain(others).collect(),
                result: portion.paid,
                rounded: false,
            });
        }
        self
    }

    /// The expense that the benefit would look at.
    #[must_use]
    pub fn base(&self) -> Fen {
        self.portions.iter().map(|portion| portion.base).sum()
    }
}

/// An adjudication in the making.
#[derive(Debug)]
pub struct Draft<'a> {
    pub(crate) rules: &'a InForce,
    pub(crate) case: &'a PricedCase,
    pub(crate) earlier: &'a [Adjudication],
    counters: &'a Counters,
    pub(crate) detail: Detail,
    year: BenefitYear<'a>,
    settled: Settled,
    pub(crate) adjudication: Adjudication,
}

/// What is known of all portions together, earlier payers' and own.
#[derive(Debug)]
struct Settled {
    services: Among<Service>,
    passes_on: bool,
}

impl Settled {
    fn of<'p>(portions: impl Iterator<Item = &'p Portion>) -> Self {
        let mut settled = Self { services: Among::none(), passes_on: false };
        portions.for_each(|portion| settled.add(portion));
        settled
    }

    fn add(&mut self, portion: &Portion) {
        self.services.insert(portion.service);
        self.passes_on |= !portion.above_ceiling.is_zero();
    }

    /// Whether a benefit may find parts at all.
    fn can_leave_to(&self, benefit: &Benefit) -> bool {
        match &benefit.base {
            Base::Lines(_) | Base::Remainder | Base::EligibleRemainder => false,
            Base::Overflow => self.passes_on,
            Base::Personal(services) => services.meets(self.services),
        }
    }
}

impl<'a> Draft<'a> {
    /// Nothing decided yet; the whole bill is of the year of its service date.
    #[must_use]
    pub fn new(
        payer: PayerId,
        rules: &'a InForce,
        case: &'a PricedCase,
        earlier: &'a [Adjudication],
        counters: &'a Counters,
        detail: Detail,
    ) -> Self {
        let year = BenefitYear::of_service(case);
        let settled = Settled::of(earlier.iter().flat_map(|adjudication| &adjudication.portions));
        Self { rules, case, earlier, counters, detail, year, settled, adjudication: Adjudication::nothing(payer) }
    }

    /// Turns to what of the bill belongs to `year`.
    pub fn turn_to(&mut self, year: BenefitYear<'a>) {
        self.year = year;
    }

    /// The year that is being decided.
    #[must_use]
    pub const fn year(&self) -> BenefitYear<'a> {
        self.year
    }

    /// The adjudication as decided.
    #[must_use]
    pub fn finish(self) -> Adjudication {
        self.adjudication
    }

    /// Notes that a benefit does not apply; each reason once.
    pub fn refuse(&mut self, benefit: &Benefit, reason: Reason, citation: &Arc<Citation>) {
        if self.detail == Detail::AmountsOnly {
            return;
        }
        let refusals = &mut self.adjudication.refusals;
        if !refusals.iter().any(|refusal| refusal.benefit == benefit.id && refusal.reason == reason) {
            refusals.push(Refusal { benefit: benefit.id.clone(), reason, citation: Arc::clone(citation) });
        }
    }

    /// The parts of the year's bill that a benefit looks at by what was decided before it, one for each service.
    /// Empty for a benefit that lines are assigned to.
    #[must_use]
    pub fn parts(&self, benefit: &Benefit) -> Parts {
        if !self.settled.can_leave_to(benefit) {
            return Parts::new();
        }
        let earlier = self.earlier.iter().chain(std::iter::once(&self.adjudication));
        let portions = earlier.flat_map(|adjudication| &adjudication.portions);
        let portions = portions.filter(|portion| self.year.has_portion(self.case, portion));
        match &benefit.base {
            Base::Personal(services) if benefit.asks_for_lines() => {
                personal_by_line(self.rules, self.case, benefit, *services, portions)
            }
            Base::Lines(_) | Base::Overflow | Base::Personal(_) | Base::Remainder | Base::EligibleRemainder => {
                parts_left(self.rules, self.case, benefit, portions)
            }
        }
    }

    /// Decides `parts` under `benefit`, and what does not fit under its ceilings under the next layer of this payer.
    pub fn settle(&mut self, benefit: &Benefit, parts: &[Part]) {
        let outcome = self.evaluate(benefit, parts);
        self.commit(benefit, outcome);
    }

    /// Takes an outcome as decided.
    pub fn commit(&mut self, benefit: &Benefit, outcome: Outcome) {
        if let Some((reason, citation)) = &outcome.shortfall {
            self.refuse(benefit, *reason, citation);
        }
        take_moves(&mut self.adjudication.moves, outcome.moves);
        let next = benefit.beyond.as_ref().filter(|next| next.payer == benefit.payer);
        let rest = next.map_or_else(Parts::new, |_| rest_of(&outcome.portions));
        self.take_portions(outcome.portions);
        if let Some(next) = next.filter(|_| !rest.is_empty()) {
            self.settle(next, &rest);
        }
    }

    pub(crate) fn take_portions(&mut self, portions: Vec<Portion>) {
        for portion in &portions {
            self.settled.add(portion);
        }
        if self.adjudication.portions.is_empty() {
            self.adjudication.portions = portions;
        } else {
            self.adjudication.portions.extend(portions);
        }
    }

    /// Moves the benefit's tally, where it has one, by the expense it looked at. Each tally moves once, and some only
    /// where the benefit is the one that pays.
    pub fn tally(&mut self, benefit: &Benefit, expense: Fen, pays: bool) {
        let Some(name) = benefit.tally.as_ref().filter(|_| pays || !benefit.tally_when_paid) else { return };
        let key = CounterKey { name: name.clone(), benefit_year: self.year.year() };
        if expense.is_zero() || self.pending(&key).is_some() {
            return;
        }
        let before = self.counter(&key);
        take_move(&mut self.adjudication.moves, CounterMove { key, before, after: before + expense });
    }

    /// Where one of this payer's counters stands by what was decided so far.
    pub(crate) fn counter(&self, key: &CounterKey) -> Fen {
        self.pending(key).map_or_else(|| self.counters.get(key), |counter_move| counter_move.after)
    }

    /// Whether a counter whose name begins with `name` stands elsewhere than at zero, before this bill or by it.
    pub(crate) fn has_moved(&self, name: &CounterName) -> bool {
        let pending = self.adjudication.moves.iter().map(|counter_move| (&counter_move.key, counter_move.after));
        let mut counters = self.counters.iter().chain(pending);
        counters.any(|(key, value)| !value.is_zero() && key.name.as_str().starts_with(name.as_str()))
    }

    /// Where one of this payer's counters stood before this bill.
    pub(crate) fn counter_before(&self, key: &CounterKey) -> Fen {
        self.counters.get(key)
    }

    /// What this bill has borne already of a deductible that its visit bears once.
    pub(crate) fn borne_on_this_bill(&self, deductible: &Deductible) -> Fen {
        let same = |portion: &&Portion| {
            let of = self.rules.benefit(&portion.benefit).and_then(|benefit| benefit.deductible.as_ref());
            of.is_some_and(|of| of.counter == deductible.counter)
        };
        self.adjudication.portions.iter().filter(same).map(|portion| portion.deductible).sum()
    }

    /// Whether a portion of this bill has borne the same deductible already.
    pub(crate) fn is_borne_with_another(&self, deductible: &Deductible) -> bool {
        let shared = match deductible.per {
            Per::Visit | Per::Bill | Per::Year => true,
            Per::Drug | Per::Disease => false,
        };
        let same = |portion: &Portion| {
            let of = self.rules.benefit(&portion.benefit).and_then(|benefit| benefit.deductible.as_ref());
            of.is_some_and(|of| of.counter == deductible.counter)
        };
        shared && self.adjudication.portions.iter().any(same)
    }

    /// Where an earlier payer's counter stands after its adjudication, where that looked at it.
    pub(crate) fn earlier_counter(&self, key: &CounterKey) -> Option<Fen> {
        let mut moves = self.earlier.iter().flat_map(|adjudication| &adjudication.moves);
        moves.find(|counter_move| counter_move.key == *key).map(|counter_move| counter_move.after)
    }

    fn pending(&self, key: &CounterKey) -> Option<&CounterMove> {
        self.adjudication.moves.iter().find(|counter_move| counter_move.key == *key)
    }
}

/// Takes a move as decided. One from where the counter stands by what was decided so far goes on with the move that
/// brought it there.
pub(crate) fn take_move(moves: &mut Vec<CounterMove>, counter_move: CounterMove) {
    match moves.iter_mut().find(|pending| pending.key == counter_move.key) {
        Some(pending) => pending.after = counter_move.after,
        None => moves.push(counter_move),
    }
}

fn take_moves(moves: &mut Vec<CounterMove>, more: Vec<CounterMove>) {
    if moves.is_empty() {
        *moves = more;
    } else {
        for counter_move in more {
            take_move(moves, counter_move);
        }
    }
}

/// The parts that a benefit on an overflow or on the personal expense finds in earlier portions.
pub(crate) fn parts_left<'p>(
    rules: &InForce,
    case: &PricedCase,
    benefit: &Benefit,
    portions: impl Iterator<Item = &'p Portion>,
) -> Parts {
    let mut parts = Parts::new();
    match &benefit.base {
        // What is drawn on an individual account looks at the whole bill and not at parts.
        Base::Lines(_) | Base::Remainder | Base::EligibleRemainder => {}
        Base::Overflow => {
            let passes_on = |of: &Arc<Benefit>| of.beyond.as_ref().is_some_and(|next| next.id == benefit.id);
            portions.filter(|portion| !portion.above_ceiling.is_zero()).for_each(|portion| {
                if rules.benefit(&portion.benefit).is_some_and(passes_on) {
                    let part = part_for(&mut parts, portion);
                    part.eligible += portion.above_ceiling;
                    part.base += portion.above_ceiling;
                }
            });
        }
        Base::Personal(services) => {
            portions.filter(|portion| services.contains(portion.service)).for_each(|portion| {
                let Some(of) = rules.benefit(&portion.benefit) else { return };
                let part = part_for(&mut parts, portion);
                if of.line_service().is_some() {
                    let shared = portion.base - portion.hospital_share;
                    part.eligible += shared;
                    part.base += shared;
                }
                part.base -= portion.paid;
            });
        }
    }
    if benefit.with_initial_self_pay {
        for part in &mut parts {
            add_initial_self_pay(case, part);
        }
    }
    parts.retain(|part| !part.eligible.is_zero());
    parts
}

fn add_initial_self_pay(case: &PricedCase, part: &mut Part) {
    let lines = (0_u32..).zip(&case.lines).filter(|(index, _)| part.lines.is_empty() || part.lines.contains(index));
    let self_pay: Fen = lines.map(|(_, line)| line.split.initial_self_pay).sum();
    part.eligible += self_pay;
    part.base += self_pay;
}

fn part_for<'v>(parts: &'v mut Parts, portion: &Portion) -> &'v mut Part {
    let at = parts.iter().position(|part| part.service == portion.service);
    let at = at.unwrap_or(parts.len());
    if at == parts.len() {
        let (service, lines) = (portion.service, portion.lines.clone());
        parts.push(Part { service, lines, drug: None, disease: None, eligible: Fen::ZERO, base: Fen::ZERO });
    } else if let Some(part) = parts.get_mut(at) {
        join_lines(&mut part.lines, &portion.lines);
    }
    #[expect(clippy::indexing_slicing, reason = "the part was found or pushed just above")]
    &mut parts[at]
}

fn join_lines(lines: &mut Vec<u32>, more: &[u32]) {
    if lines.is_empty() {
        return;
    }
    if more.is_empty() {
        lines.clear();
        return;
    }
    lines.extend_from_slice(more);
    lines.sort_unstable();
    lines.dedup();
}

/// What of the portions lies beyond their ceilings.
fn rest_of(portions: &[Portion]) -> Parts {
    let cut = portions.iter().filter(|portion| !portion.above_ceiling.is_zero());
    let rest = cut.map(|portion| Part {
        service: portion.service,
        lines: portion.lines.clone(),
        drug: None,
        disease: None,
        eligible: portion.above_ceiling,
        base: portion.above_ceiling,
    });
    rest.collect()
}
