//! Medical assistance (医疗救助): of the items that a person in need qualifies for, the one that pays most.
//!
//! It looks at the eligible expense that basic insurance and critical illness insurance left to the person. The
//! formulas are the rulebook's; what this payer adds is the choice between entitlements.

mod premium;

use std::sync::Arc;

use claim::{Adjudication, Citation, CounterKey, PayerId, PricedCase, Reason};
use rulebook::{
    Benefit, Counters, Detail, Draft, HighestApplies, InForce, Outcome, Part, PayerRules, RuleNotInForce, Verdict,
};
use smallvec::SmallVec;

pub use premium::{NoSubsidyRule, Subsidy, SubsidyReason, SubsidyRefusal, premium_subsidy};

/// Groups of more entitlements are rare.
const FEW: usize = 3;

/// Medical assistance.
#[derive(Clone, Debug)]
pub struct MedicalAssistance {
    id: PayerId,
}

impl MedicalAssistance {
    /// The payer's name in the rulebook.
    pub const ID: &str = "medical-assistance";

    /// The payer.
    #[must_use]
    #[expect(clippy::missing_panics_doc, clippy::expect_used, reason = "the name is a literal that is an identifier")]
    pub fn new() -> Self {
        Self { id: PayerId::new(Self::ID).expect("a payer's name") }
    }
}

impl Default for MedicalAssistance {
    fn default() -> Self {
        Self::new()
    }
}

impl PayerRules for MedicalAssistance {
    fn id(&self) -> PayerId {
        self.id.clone()
    }

    fn counter_keys(&self, rules: &InForce, case: &PricedCase, earlier: &[Adjudication]) -> Vec<CounterKey> {
        if case.person.categories.is_empty() || exclusion(&self.id, rules, case).is_some() {
            return Vec::new();
        }
        let mut keys = Vec::new();
        let counters = Counters::default();
        let mut draft = Draft::new(self.id(), rules, case, earlier, &counters, Detail::AmountsOnly);
        for year in &rules.benefit_years(case) {
            draft.turn_to(*year);
            for benefit in rules.highest_applies_of(&self.id).iter().flat_map(|group| &group.members) {
                if !draft.parts(benefit).is_empty() && benefit.verdict(case, None) == Verdict::Meets {
                    benefit.add_counter_keys(case, *year, None, &mut keys);
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// # Basis
    /// 昆明市城乡医疗救助管理实施办法 三, 四（三）, 四（四）.
    fn adjudicate(
        &self,
        rules: &InForce,
        case: &PricedCase,
        earlier: &[Adjudication],
        counters: &Counters,
        detail: Detail,
    ) -> Result<Adjudication, RuleNotInForce> {
        if case.person.categories.is_empty() {
            return Ok(Adjudication::nothing(self.id()));
        }
        let mut draft = Draft::new(self.id(), rules, case, earlier, counters, detail);
        let exclusion = exclusion(&self.id, rules, case);
        for year in &rules.benefit_years(case) {
            draft.turn_to(*year);
            for group in rules.highest_applies_of(&self.id) {
                let Some(first) = group.members.first() else { continue };
                let parts = draft.parts(first);
                if parts.is_empty() {
                    continue;
                }
                match exclusion {
                    Some((reason, citation)) => draft.refuse(first, reason, citation),
                    None => settle_highest(group, first, &parts, case, &mut draft),
                }
            }
        }
        Ok(draft.finish())
    }
}

/// Why this payer gives nothing for the case at all.
fn exclusion<'r>(id: &PayerId, rules: &'r InForce, case: &PricedCase) -> Option<(Reason, &'r Arc<Citation>)> {
    let person = rules.exclusion(id, &case.person).map(|citation| (Reason::ExcludedByProgramme, citation));
    person.or_else(|| Some((Reason::NotFiled, rules.visit_exclusion(id, &case.visit)?)))
}

/// Evaluates every entitlement of the group that the person qualifies for and takes the one that pays most now. The
/// first one's parts are those of all that look at the same.
fn settle_highest(group: &HighestApplies, first: &Benefit, parts: &[Part], case: &PricedCase, draft: &mut Draft<'_>) {
    let mut candidates: SmallVec<[(&Arc<Benefit>, Outcome); FEW]> = SmallVec::new();
    let mut refused: SmallVec<[_; FEW]> = SmallVec::new();
    for benefit in &group.members {
        match benefit.verdict(case, None) {
            Verdict::NotMeant => {}
            Verdict::Meets if benefit.looks_at_same(first) => {
                candidates.push((benefit, draft.evaluate(benefit, parts)));
            }
            Verdict::Meets => candidates.push((benefit, draft.evaluate(benefit, &draft.parts(benefit)))),
            Verdict::Refused(reason, citation) => refused.push((benefit, reason, citation)),
        }
    }
    let qualifies = !candidates.is_empty();
    for (benefit, reason, citation) in refused {
        // Who qualifies for one item does not ask why another category's item is not theirs.
        if !(qualifies && reason == Reason::NotInCategory) {
            draft.refuse(benefit, reason, citation);
        }
    }
    let Some(chosen) = highest(&candidates) else { return };
    for (index, (benefit, outcome)) in candidates.iter().enumerate() {
        if index != chosen {
            draft.refuse(benefit, Reason::HigherApplies, &group.citation);
        }
        draft.tally(benefit, outcome.base(), index == chosen);
    }
    let alternatives = candidates.iter().enumerate().filter(|(index, _)| *index != chosen);
    let alternatives: SmallVec<[_; FEW]> = alternatives.map(|(_, (_, outcome))| outcome.paid()).collect();
    if let Some((benefit, outcome)) = candidates.into_iter().nth(chosen) {
        if outcome.base().is_zero() {
            return draft.refuse(benefit, Reason::NothingLeft, benefit.citation());
        }
        draft.commit(benefit, outcome.chosen_over(&alternatives, &group.citation));
    }
}

/// The candidate that pays most; of equals the first.
fn highest(candidates: &[(&Arc<Benefit>, Outcome)]) -> Option<usize> {
    let by_paid = candidates.iter().enumerate().rev().max_by_key(|(_, (_, outcome))| outcome.paid());
    by_paid.map(|(index, _)| index)
}
