//! Basic medical insurance: which benefit each line of a bill settles under, and what the pooling fund pays.
//!
//! The formula is the rulebook's. What this payer adds is the assignment of lines to benefits. It keeps no ledger
//! and knows nothing of individual accounts.

use std::sync::Arc;

use claim::{Adjudication, CounterKey, DiseaseCode, DrugCode, PayerId, PricedCase, PricedLine, Reason, Service};
use money::Fen;
use rulebook::{Benefit, Counters, Detail, Draft, InForce, Part, PayerRules, RuleNotInForce, benefit_taking};
use smallvec::SmallVec;

/// Room for the counters that most bills ask for.
const USUAL_KEYS: usize = 16;

/// Basic insurance of employees and residents.
#[derive(Clone, Debug)]
pub struct BasicInsurance {
    id: PayerId,
}

impl BasicInsurance {
    /// The payer's name in the rulebook.
    pub const ID: &str = "basic-insurance";

    /// The payer.
    #[must_use]
    #[expect(clippy::missing_panics_doc, clippy::expect_used, reason = "the name is a literal that is an identifier")]
    pub fn new() -> Self {
        Self { id: PayerId::new(Self::ID).expect("a payer's name") }
    }

    /// Gives every line of the draft's year to the first benefit that takes it, telling `draft` which refused it.
    /// Assignments come in the order in which benefits draw on shared ceilings; a benefit per drug has one for each
    /// drug, in order of appearance.
    fn assign<'r>(
        &self,
        rules: &'r InForce,
        benefits: &'r [Arc<Benefit>],
        case: &'r PricedCase,
        draft: &mut Draft<'_>,
    ) -> Assignments<'r> {
        let mut assignments = Assignments::new();
        for (index, line) in (0_u32..).zip(&case.lines) {
            if !draft.year().has(case, line) {
                continue;
            }
            if let Some(citation) = rules.line_exclusion(&self.id, line) {
                for benefit in benefits {
                    draft.refuse(benefit, Reason::BreaksRules, citation);
                }
                continue;
            }
            let refuse = |benefit: &Benefit, reason, citation: &Arc<_>| draft.refuse(benefit, reason, citation);
            let Some((order, benefit)) = benefit_taking(benefits, case, line, refuse) else { continue };
            let drug = line.drug.as_ref().filter(|_| benefit.is_per_drug());
            let disease = line.disease.as_ref().filter(|_| benefit.is_per_disease());
            let same = |of: &&mut Assignment<'_>| of.order == order && of.drug == drug && of.disease == disease;
            if let Some(assignment) = assignments.iter_mut().find(same) {
                assignment.add(index, line);
            } else if let Some(service) = benefit.line_service() {
                let (lines, eligible) = (SmallVec::new(), Fen::ZERO);
                let mut assignment = Assignment { order, benefit, service, drug, disease, lines, eligible };
                assignment.add(index, line);
                assignments.push(assignment);
            }
        }
        assignments.sort_by_key(|assignment| assignment.order);
        assignments
    }
}

impl Default for BasicInsurance {
    fn default() -> Self {
        Self::new()
    }
}

/// The assignments of a bill, nearly always one.
type Assignments<'r> = SmallVec<[Assignment<'r>; 1]>;

struct Assignment<'r> {
    order: usize,
    benefit: &'r Benefit,
    service: Service,
    drug: Option<&'r DrugCode>,
    disease: Option<&'r DiseaseCode>,
    /// By index; more than a few are rare.
    lines: SmallVec<[u32; 4]>,
    eligible: Fen,
}

impl Assignment<'_> {
    fn add(&mut self, index: u32, line: &PricedLine) {
        self.lines.push(index);
        self.eligible += line.split.eligible;
    }

    fn into_part(self, case: &PricedCase) -> Part {
        let Self { order: _, benefit: _, service, drug, disease, lines, eligible } = self;
        let is_whole = lines.len() == case.lines.len();
        let lines = if is_whole { Vec::new() } else { lines.into_vec() };
        Part { service, lines, drug: drug.cloned(), disease: disease.cloned(), eligible, base: eligible }
    }
}

impl PayerRules for BasicInsurance {
    fn id(&self) -> PayerId {
        self.id.clone()
    }

    fn counter_keys(&self, rules: &InForce, case: &PricedCase, earlier: &[Adjudication]) -> Vec<CounterKey> {
        let counters = Counters::default();
        let mut draft = Draft::new(self.id(), rules, case, earlier, &counters, Detail::AmountsOnly);
        let benefits = rules.benefits_for(&self.id, case);
        let mut keys = Vec::with_capacity(USUAL_KEYS);
        for year in &rules.benefit_years(case) {
            draft.turn_to(*year);
            for assignment in self.assign(rules, benefits, case, &mut draft) {
                let benefit = assignment.benefit;
                benefit.add_counter_keys(case, *year, Some(&assignment.into_part(case)), &mut keys);
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
        let benefits = rules.benefits_for(&self.id, case);
        if benefits.is_empty() {
            return Err(RuleNotInForce { kind: case.visit.kind, date: case.visit.service_date });
        }
        let mut draft = Draft::new(self.id(), rules, case, earlier, counters, detail);
        for year in &rules.benefit_years(case) {
            draft.turn_to(*year);
            for assignment in self.assign(rules, benefits, case, &mut draft) {
                let benefit = assignment.benefit;
                draft.settle(benefit, &[assignment.into_part(case)]);
            }
        }
        Ok(draft.finish())
    }
}
