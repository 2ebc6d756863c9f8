//! The facts of one case from the register, and the case priced with them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use claim::{
    AssistanceCategory, Case, CaseLine, DiseaseCode, DrugCode, Filing, InstitutionFacts, InstitutionId, ItemTerms,
    Level, PersonFacts, PricedCase, TreatmentRegion, Violation, Violations, Visit,
};
use money::Fen;
use rulebook::{InForce, UnpricedCase, UnpricedLine};
use tonic::Request;
use wire::register_v1::{GatherFactsResponse, Institution, Item};
use wire::{ErrorReason, Failure};

use crate::failures;
use crate::question::Question;
use crate::way::{RegisterWay, answer_of};

/// The line's disease that says: none, although the visit has one.
const NO_DISEASE: &str = "none";

/// The register, as the orchestrator uses it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Register(pub(crate) RegisterWay);

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Register").finish_non_exhaustive()
    }
}

impl Register {
    pub(crate) fn new(way: RegisterWay) -> Self {
        Self(way)
    }

    /// `case` with its facts, every line split.
    ///
    /// # Errors
    /// All facts that are missing, at once.
    pub(crate) async fn price(&self, case: &Case, rules: &InForce) -> Result<PricedCase, Failure> {
        let question = Question::of(case);
        let answer = self.ask(&question).await?;
        if let Some(failure) = question.missing_in(&answer, rules) {
            return Err(failure);
        }
        let priced = Facts::of(answer)?.unpriced(case).and_then(|bill| rules.price_case(bill));
        priced.ok_or_else(|| Failure::invariant_violated("a fact that was there is gone"))
    }

    /// What is missing of a case that has other faults, so that its sender learns of everything at once. Nothing where
    /// the register cannot be asked.
    pub(crate) async fn missing(&self, question: &Question<'_>, rules: &InForce) -> Vec<Violation> {
        let Ok(answer) = self.ask(question).await else { return Vec::new() };
        question.missing_in(&answer, rules).map(|failure| failure.violations).unwrap_or_default()
    }

    async fn ask(&self, question: &Question<'_>) -> Result<GatherFactsResponse, Failure> {
        let answer = answer_of(self.0.gather_facts(Request::new(question.message()))).await;
        answer.map_err(|status| failures::of_service(&status, ErrorReason::RegisterUnavailable))
    }
}

struct KnownItem {
    name: Arc<str>,
    terms: ItemTerms,
    drug: Option<DrugCode>,
}

struct KnownInstitution {
    facts: InstitutionFacts,
    treatment_region: TreatmentRegion,
}

/// Everything that the register knows for one case.
struct Facts {
    person: PersonFacts,
    categories_ending: Vec<AssistanceCategory>,
    filing: Filing,
    institutions: HashMap<InstitutionId, KnownInstitution>,
    items: HashMap<String, KnownItem>,
    disease_price: Option<Fen>,
}

impl Facts {
    /// Reads an answer in which nothing is missing.
    fn of(answer: GatherFactsResponse) -> Result<Self, Failure> {
        let unreadable = |fault: &dyn std::fmt::Display| Failure::invariant_violated(format_args!("register: {fault}"));
        let filing = wire::read(|reader| reader.listed("filing", answer.filing)).map_err(|fault| unreadable(&fault))?;
        let ending = wire::read(|reader| wire::read_categories("categories_ending", answer.categories_ending, reader));
        let person = answer.person.ok_or_else(|| unreadable(&"no person"))?;
        let institutions = answer.institutions.into_iter().map(known_institution).collect::<Result<_, _>>();
        let items = answer.items.into_iter().map(known_item).collect::<Result<_, _>>();
        Ok(Self {
            person: PersonFacts::try_from(person).map_err(|fault| unreadable(&fault))?,
            categories_ending: ending.map_err(|fault| unreadable(&fault))?,
            filing,
            institutions: institutions.map_err(|fault| unreadable(&fault))?,
            items: items.map_err(|fault| unreadable(&fault))?,
            disease_price: answer.disease_price_fen.map(Fen::new),
        })
    }

    fn level(&self, id: Option<&InstitutionId>) -> Option<Level> {
        id.and_then(|id| self.institutions.get(id)).map(|institution| institution.facts.level)
    }

    fn unpriced(&self, case: &Case) -> Option<UnpricedCase> {
        let institution = self.institutions.get(&case.institution_id)?;
        let lines = case.lines.iter().map(|line| self.unpriced_line(case, line)).collect::<Option<_>>()?;
        Some(UnpricedCase {
            person: self.person.clone(),
            categories_ending: self.categories_ending.clone(),
            visit: Visit {
                kind: case.kind,
                service_date: case.service_date,
                service_time_of_day: case.service_time_of_day,
                admission_date: case.admission_date,
                admission_time_of_day: case.admission_time_of_day,
                institution: institution.facts.clone(),
                prescriber_level: self.level(case.prescriber_id.as_ref()),
                host_level: self.level(case.host_id.as_ref()),
                disease: case.disease.clone(),
                diagnosis: case.diagnosis.clone(),
                disease_price: self.disease_price,
                treatment_region: institution.treatment_region,
                filing: self.filing,
                registration: case.registration.clone(),
                use_individual_account: case.use_individual_account,
                family_accounts: case.family_accounts.clone(),
            },
            lines,
        })
    }

    fn unpriced_line(&self, case: &Case, line: &CaseLine) -> Option<UnpricedLine> {
        let item = self.items.get(line.item_code.as_str())?;
        Some(UnpricedLine {
            item_code: Some(line.item_code.clone()),
            name: Arc::clone(&item.name),
            quantity: line.quantity,
            amount: line.amount,
            terms: item.terms,
            disease: disease_of(case, line),
            drug: item.drug.clone(),
            violates_rules: line.violates_rules,
            service_date: line.service_date,
        })
    }
}

fn disease_of(case: &Case, line: &CaseLine) -> Option<DiseaseCode> {
    let disease = line.disease.as_ref().or(case.disease.as_ref());
    disease.filter(|disease| disease.as_str() != NO_DISEASE).cloned()
}

fn known_institution(institution: Institution) -> Result<(InstitutionId, KnownInstitution), Violations> {
    wire::read(|reader| {
        let facts: InstitutionFacts = reader.message("facts", institution.facts)?;
        let treatment_region = reader.listed("treatment_region", institution.treatment_region)?;
        Some((facts.id.clone(), KnownInstitution { facts, treatment_region }))
    })
}

fn known_item(item: Item) -> Result<(String, KnownItem), Violations> {
    wire::read(|reader| {
        let terms = reader.message("terms", item.terms)?;
        let drug = reader.optional_id("drug", &item.drug)?;
        Some((item.code, KnownItem { name: Arc::from(item.name), terms, drug }))
    })
}
