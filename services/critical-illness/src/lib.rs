//! Employees' large-expense scheme, residents' critical illness insurance and the top-up of the registered poor.
//!
//! All three look at what basic insurance left: what its ceiling cut off, or the eligible expense still borne by the
//! person. The formulas are the rulebook's; this payer asks them in their order.

use claim::{Adjudication, CounterKey, PayerId, PricedCase, Reason};
use rulebook::{Benefit, Counters, Detail, Draft, InForce, PayerRules, RuleNotInForce, Verdict};

/// The payer of large and critical expenses.
#[derive(Clone, Debug)]
pub struct CriticalIllness {
    id: PayerId,
}

impl CriticalIllness {
    /// The payer's name in the rulebook.
    pub const ID: &str = "critical-illness";

    /// The payer.
    #[must_use]
    #[expect(clippy::missing_panics_doc, clippy::expect_used, reason = "the name is a literal that is an identifier")]
    pub fn new() -> Self {
        Self { id: PayerId::new(Self::ID).expect("a payer's name") }
    }
}

impl Default for CriticalIllness {
    fn default() -> Self {
        Self::new()
    }
}

impl PayerRules for CriticalIllness {
    fn id(&self) -> PayerId {
        self.id.clone()
    }

    fn counter_keys(&self, rules: &InForce, case: &PricedCase, earlier: &[Adjudication]) -> Vec<CounterKey> {
        let counters = Counters::default();
        let mut draft = Draft::new(self.id(), rules, case, earlier, &counters, Detail::AmountsOnly);
        let mut keys = Vec::new();
        for year in &rules.benefit_years(case) {
            draft.turn_to(*year);
            for benefit in rules.benefits_for(&self.id, case) {
                if !draft.parts(benefit).is_empty() && benefit.verdict(case, None) == Verdict::Meets {
                    benefit.add_counter_keys(case, *year, None, &mut keys);
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn adjudicate(
        &self,
        rules: &InForce,
        case: &PricedCase,
        earlier: &[Adjudication],
        counters: &Counters,
        detail: Detail,
    ) -> Result<Adjudication, RuleNotInForce> {
        let mut draft = Draft::new(self.id(), rules, case, earlier, counters, detail);
        for year in &rules.benefit_years(case) {
            draft.turn_to(*year);
            for benefit in rules.benefits_for(&self.id, case) {
                settle(benefit, case, &mut draft);
            }
        }
        Ok(draft.finish())
    }
}

fn settle(benefit: &Benefit, case: &PricedCase, draft: &mut Draft<'_>) {
    match benefit.verdict(case, None) {
        // Nobody expects the benefit of a category that the person is not in.
        Verdict::NotMeant | Verdict::Refused(Reason::NotInCategory, _) => {}
        Verdict::Refused(reason, citation) => draft.refuse(benefit, reason, citation),
        Verdict::Meets => {
            let parts = draft.parts(benefit);
            if !parts.is_empty() {
                draft.settle(benefit, &parts);
            }
        }
    }
}
