//! The benefit formula: deductible, rate or bands, ceilings, and what lies beyond them, every step written down.

use std::borrow::Cow;
use std::sync::Arc;

use claim::{Citation, CounterKey, CounterMove, InputName, Operation, Portion, PricedLine, Reason, Step};
use money::{Fen, Rate, Unrounded};

use crate::Benefit;
use crate::benefit::{Again, Base, Deductible, Formula, Per};
use crate::draft::{Draft, Outcome, Part, take_move};
use crate::steps::{Detail, Steps, amount, rate};
use crate::value::{ByPerson, Cited};

/// A computation of one benefit on one expense, as far as it went.
#[derive(Debug)]
pub(crate) struct Working {
    /// What is computed with: the expense, without the institution's part of it.
    pub(crate) base: Fen,
    pub(crate) hospital_share: Fen,
    pub(crate) deductible: Fen,
    pub(crate) coinsurance: Fen,
    pub(crate) above_ceiling: Fen,
    pub(crate) paid: Fen,
    pub(crate) steps: Steps,
    pub(crate) moves: Vec<CounterMove>,
    pub(crate) shortfall: Option<(Reason, Arc<Citation>)>,
}

/// Room for the portions of most adjudications.
const USUAL_PORTIONS: usize = 2;
/// Room for the moves of most benefits.
const USUAL_MOVES: usize = 4;

impl Working {
    fn on(base: Fen, detail: Detail) -> Self {
        Self {
            base,
            hospital_share: Fen::ZERO,
            deductible: Fen::ZERO,
            coinsurance: Fen::ZERO,
            above_ceiling: Fen::ZERO,
            paid: Fen::ZERO,
            steps: Steps::new(detail),
            moves: Vec::with_capacity(USUAL_MOVES),
            shortfall: None,
        }
    }

    /// What is neither deductible, paid nor beyond a ceiling is the person's share.
    fn close(&mut self, benefit: &Benefit) {
        self.coinsurance = self.base - self.deductible - self.above_ceiling - self.paid;
        if self.above_ceiling.is_zero() {
            return;
        }
        let Some(next) = &benefit.beyond else { return };
        let expense = amount(InputName::Expense, self.base - self.deductible);
        self.steps.exact(Operation::PassOn, &next.citation, &[expense], self.above_ceiling);
    }

    pub(crate) fn moves_by(&mut self, key: CounterKey, before: Fen, by: Fen) {
        take_move(&mut self.moves, CounterMove { key, before, after: before + by });
    }
}

impl Draft<'_> {
    /// What `benefit` would decide on `parts`, in one payment rounded once.
    #[must_use]
    pub fn evaluate(&self, benefit: &Benefit, parts: &[Part]) -> Outcome {
        let parts = self.without_violations(benefit, parts);
        let mut whole = Working::on(parts.iter().map(|part| part.base).sum(), self.detail);
        self.work(benefit, &parts, &mut whole);
        let expected = whole.paid.is_zero() && !whole.base.is_zero();
        let portions = match &*parts {
            [part] => {
                let burden = [whole.hospital_share, whole.deductible, whole.coinsurance, whole.above_ceiling];
                let mut portions = Vec::with_capacity(USUAL_PORTIONS);
                portions.push(portion(benefit, part, whole.steps.into_vec(), burden, whole.paid));
                portions
            }
            _ => self.share_out(benefit, &parts, &whole),
        };
        let shortfall = whole.shortfall.filter(|_| expected);
        Outcome { portions, moves: whole.moves, shortfall, detail: self.detail }
    }

    /// One payment over several services: each gets what the payment grows by with its expense, in their order.
    fn share_out(&self, benefit: &Benefit, parts: &[Part], whole: &Working) -> Vec<Portion> {
        let mut left = [whole.hospital_share, whole.deductible, whole.coinsurance, whole.above_ceiling];
        let (mut expense, mut paid_before) = (Fen::ZERO, Fen::ZERO);
        let mut portions = Vec::with_capacity(parts.len());
        for part in parts {
            expense += part.base;
            let mut with = Working::on(expense, Detail::AmountsOnly);
            self.work(benefit, parts, &mut with);
            let paid_with = with.paid;
            let paid = paid_with - paid_before;
            paid_before = paid_with;
            let mut unpaid = part.base - paid;
            let burden = left.map(|burden| {
                let taken = burden.min(unpaid);
                unpaid -= taken;
                taken
            });
            for (left, taken) in left.iter_mut().zip(burden) {
                *left -= taken;
            }
            portions.push(portion(benefit, part, whole.steps.to_vec(), burden, paid));
        }
        portions
    }

    fn work(&self, benefit: &Benefit, parts: &[Part], working: &mut Working) {
        if self.detail == Detail::Explained {
            self.open(benefit, parts, working);
        }
        self.apply_disease_price(benefit, working);
        match &benefit.formula {
            Formula::Rate { rate, level } => {
                let level = level.unwrap_or_else(|| self.case.visit.level());
                self.apply_deductible(benefit, parts.first(), working);
                let rate = self.apply_rate(benefit, rate, level, working);
                self.apply_ceilings(benefit, parts.first(), Some(rate), working);
            }
            Formula::Bands(bands) => {
                let has_ceiling = self.apply_bands(bands, working);
                if has_ceiling {
                    self.apply_ceilings(benefit, parts.first(), None, working);
                } else {
                    self.count_under_ceilings(benefit, parts.first(), working);
                }
            }
            Formula::TopUp(share) => self.top_up(share, parts, working),
            // Nothing is drawn on an account here: that needs a balance, see `Draft::draw`.
            Formula::Account(_) => {}
            Formula::NotPayableYet => {
                working.shortfall = Some((Reason::NotPayableYet, Arc::clone(&benefit.citation)));
            }
        }
        working.close(benefit);
    }

    /// Says what is computed with.
    fn open(&self, benefit: &Benefit, parts: &[Part], working: &mut Working) {
        let eligible: Fen = parts.iter().map(|part| part.eligible).sum();
        let inputs = [amount(InputName::Eligible, eligible)];
        match benefit.base {
            Base::Lines(_) => working.steps.exact(Operation::TakeBase, &benefit.citation, &inputs, working.base),
            Base::Remainder | Base::EligibleRemainder => {}
            Base::Overflow => {
                let inputs = [amount(InputName::Expense, working.base)];
                working.steps.exact(Operation::TakeBase, &benefit.citation, &inputs, working.base);
            }
            Base::Personal(_) => {
                let violating: Fen = parts.iter().map(|part| self.violating(benefit, part)).sum();
                if let Some(citation) = benefit.violations.as_ref().filter(|_| !violating.is_zero()) {
                    let inputs = [inputs[0], amount(InputName::Violating, violating)];
                    working.steps.rounded(Operation::LeaveOutViolations, citation, &inputs, working.base);
                } else {
                    let paid = amount(InputName::PaidEarlier, eligible.less(working.base));
                    working.steps.exact(Operation::TakeBase, &benefit.citation, &[inputs[0], paid], working.base);
                }
            }
        }
        if let Some(split_by) = self.year().split_by() {
            working.steps.exact(Operation::TakeBase, split_by, &[], working.base);
        }
        if let Some(age) = benefit.age_citation(self.case) {
            working.steps.exact(Operation::TakeBase, age, &[], working.base);
        }
    }

    /// What lies beyond the register's published price of the disease is the institution's; the person and the fund
    /// share the rest. Bills of one registration come under one price.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第十五条 (已公布病种结算标准的日间手术实行按病种付费).
    fn apply_disease_price(&self, benefit: &Benefit, working: &mut Working) {
        let visit = &self.case.visit;
        let Some(price) = benefit.disease_price(visit) else { return };
        let key = benefit.priced_key(visit);
        let before = key.as_ref().map_or(Fen::ZERO, |key| self.counter(key));
        let inputs = [
            amount(InputName::Expense, working.base),
            amount(InputName::DiseasePrice, price),
            amount(InputName::CumulativeBefore, before),
        ];
        let shared = working.base.min(price.less(before));
        working.hospital_share = working.base - shared;
        working.base = shared;
        working.steps.exact(Operation::ApplyDiseasePrice, &benefit.citation, &inputs, shared);
        if let Some(key) = key.filter(|_| !shared.is_zero()) {
            working.moves_by(key, before, shared);
        }
    }

    /// The deductible that is left comes off the expense and is the person's.
    fn apply_deductible(&self, benefit: &Benefit, part: Option<&Part>, working: &mut Working) {
        let Some(deductible) = &benefit.deductible else { return };
        let visit = &self.case.visit;
        let key = deductible.counter_key(visit, self.year().year(), part);
        let borne_before = key.as_ref().map_or_else(|| self.borne_on_this_bill(deductible), |key| self.counter(key));
        let merged = self.merged(deductible, key.is_some());
        let standard = self.nominal(deductible, borne_before + merged.borne, working);
        let nominal = standard + merged.added;
        let is_first = || key.as_ref().is_none_or(|key| self.counter_before(key).is_zero());
        let is_settled = deductible.first_bill_only && !is_first();
        let left = if is_settled { Fen::ZERO } else { nominal.less(borne_before + merged.borne) };
        working.deductible = left.min(working.base);

        let citation = &deductible.amount.citation;
        let inputs = [
            amount(InputName::Expense, working.base),
            amount(InputName::Deductible, nominal),
            amount(InputName::DeductibleBorne, borne_before + merged.borne),
        ];
        let expense = working.base - working.deductible;
        working.steps.exact(Operation::ApplyDeductible, citation, &inputs, expense);
        for (by, borne, added) in &merged.found {
            let added = (!added.is_zero()).then(|| amount(InputName::Deductible, *added));
            let inputs: Vec<_> = added.into_iter().chain([amount(InputName::DeductibleBorne, *borne)]).collect();
            working.steps.exact(Operation::ApplyDeductible, by, &inputs, expense);
        }
        if expense.is_zero() {
            working.shortfall = Some((Reason::WithinDeductible, Arc::clone(citation)));
        }
        if let Some(citation) = self.rules.conventions.nominal_deductible.as_ref().filter(|_| benefit.fund.is_basic()) {
            let inputs =
                [amount(InputName::Deductible, nominal), amount(InputName::DeductibleBorne, working.deductible)];
            let reported = if self.is_borne_with_another(deductible) { Fen::ZERO } else { nominal };
            working.steps.exact(Operation::ReportDeductible, citation, &inputs, reported);
        }

        let is_tally = benefit.tally.as_ref() == Some(&deductible.counter) && deductible.per == Per::Year;
        let counted = working.deductible + merged.borne;
        if let Some(key) = key.filter(|_| !is_tally && !counted.is_zero()) {
            working.moves_by(key, borne_before, counted);
        }
        // What is borne on the terms of a step counts for that step and for the next, which holds from the next time.
        let steps = self.steps_met(deductible, borne_before + merged.borne) + 1;
        let borne = working.deductible;
        for again in deductible.again.iter().take(steps).filter(|_| !borne.is_zero()) {
            let key = again.counter_key(self.case.benefit_year());
            let borne_before = self.counter(&key);
            working.moves_by(key, borne_before, borne);
        }
        for counter_move in merged.moves {
            take_move(&mut working.moves, counter_move);
        }
        if let Some(notes) = deductible.notes.as_ref().filter(|_| !working.deductible.is_zero()) {
            let (borne, full) = notes.keys(visit);
            let noted = self.counter(&borne);
            working.moves_by(borne, noted, working.deductible);
            // The bills of one visit have one deductible.
            if let Some(full) = full.filter(|_| borne_before.is_zero()) {
                let noted = self.counter(&full);
                working.moves_by(full, noted, standard);
            }
        }
    }

    /// How many steps of better terms hold, of what was borne before in the year beside `own`.
    fn steps_met(&self, deductible: &Deductible, own: Fen) -> usize {
        let is_met = |again: &&Again| self.counter(&again.counter_key(self.case.benefit_year())) > own;
        deductible.again.iter().take_while(is_met).count()
    }

    /// The deductible of this visit before anything was borne of it, of which `own` was.
    fn nominal(&self, deductible: &Deductible, own: Fen, working: &mut Working) -> Fen {
        let visit = &self.case.visit;
        let level = deductible.level.unwrap_or_else(|| visit.level());
        let mut nominal = deductible.amount.value.at(level);
        let steps = self.steps_met(deductible, own);
        let again = deductible.again.iter().take(steps).next_back().map(|again| &again.share);
        for share in deductible.share.iter().chain(again) {
            let (full, share_of) = (nominal, share.value.at(self.case.person.insurance, level));
            nominal = (full * share_of).round_half_up();
            let inputs = [amount(InputName::Deductible, full), rate(InputName::Rate, share_of)];
            working.steps.rounded(Operation::ReduceDeductible, &share.citation, &inputs, nominal);
        }
        let most = deductible.at_most.as_ref().map(|most| (most.value.at(visit.level()), &most.citation));
        if let Some((most, citation)) = most.filter(|(most, _)| *most < nominal) {
            let inputs = [amount(InputName::Deductible, nominal), amount(InputName::Ceiling, most)];
            working.steps.exact(Operation::ReduceDeductible, citation, &inputs, most);
            nominal = most;
        }
        nominal
    }

    /// The rate, lowered for care elsewhere, makes the payment before ceilings.
    fn apply_rate(
        &self,
        benefit: &Benefit,
        full: &Cited<ByPerson<Rate>>,
        level: claim::Level,
        working: &mut Working,
    ) -> Rate {
        let insurance = self.case.person.insurance;
        let mut applied = full.value.at(insurance, level);
        let expense = working.base - working.deductible;
        if let Some(points) = self.rules.reduction(&benefit.payer, &self.case.visit) {
            let off = points.value.at(insurance, level);
            let inputs = [rate(InputName::Rate, applied), rate(InputName::Points, off)];
            working.steps.exact(Operation::LowerRate, &points.citation, &inputs, expense);
            applied = applied.lowered_by(off);
        }
        let inputs = [amount(InputName::Expense, expense), rate(InputName::Rate, applied)];
        working.paid = (expense * applied).round_half_up();
        working.steps.rounded(Operation::ApplyRate, &full.citation, &inputs, working.paid);
        applied
    }

    /// What earlier payers paid is raised to a share of the eligible expense.
    fn top_up(&self, share: &Cited<ByPerson<Rate>>, parts: &[Part], working: &mut Working) {
        let eligible: Fen = parts.iter().map(|part| part.eligible).sum();
        let paid_earlier = eligible - working.base;
        let share_of = share.value.at(self.case.person.insurance, self.case.visit.level());
        working.paid = (eligible * share_of).round_half_up().less(paid_earlier).min(working.base);
        let inputs = [
            amount(InputName::Eligible, eligible),
            rate(InputName::Rate, share_of),
            amount(InputName::PaidEarlier, paid_earlier),
        ];
        working.steps.rounded(Operation::TopUp, &share.citation, &inputs, working.paid);
    }

    /// The parts with the share of lines that break the rules of treatment left out of their base.
    fn without_violations<'p>(&self, benefit: &Benefit, parts: &'p [Part]) -> Cow<'p, [Part]> {
        if benefit.violations.is_none() || !self.case.lines.iter().any(|line| line.violates_rules) {
            return Cow::Borrowed(parts);
        }
        let mut parts = parts.to_vec();
        for part in &mut parts {
            let violating = self.violating(benefit, part);
            if !violating.is_zero() {
                let kept = Unrounded::in_proportion(part.base, part.eligible.less(violating), part.eligible);
                part.base = kept.map_or(Fen::ZERO, Unrounded::round_half_up);
            }
        }
        Cow::Owned(parts)
    }

    fn violating(&self, benefit: &Benefit, part: &Part) -> Fen {
        let eligible = |line: &PricedLine| if line.violates_rules { benefit.expense_of(line) } else { Fen::ZERO };
        if part.lines.is_empty() {
            return self.case.lines.iter().map(eligible).sum();
        }
        let lines = part.lines.iter().filter_map(|index| self.case.lines.get(usize::try_from(*index).ok()?));
        lines.map(eligible).sum()
    }
}

fn portion(benefit: &Benefit, part: &Part, steps: Vec<Step>, burden: [Fen; 4], paid: Fen) -> Portion {
    let [hospital_share, deductible, coinsurance, above_ceiling] = burden;
    Portion {
        benefit: benefit.id.clone(),
        service: part.service,
        fund: benefit.fund,
        lines: part.lines.clone(),
        base: part.base,
        hospital_share,
        deductible,
        coinsurance,
        above_ceiling,
        paid,
        steps,
        family_account: None,
    }
}
