//! The facts of one case from the register, and the case priced with them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use claim::{
    Case, CaseLine, DiseaseCode, DrugCode, Filing, InstitutionFacts, InstitutionId, ItemTerms, Level, PersonFacts,
    PricedCase, PricedLine, SplitCitations, TreatmentRegion, Violations, Visit,
};
use host::{MAX_MESSAGE_BYTES, Transport};
use rulebook::InForce;
use wire::register_v1::register_client::RegisterClient;
use wire::register_v1::{GatherFactsRequest, GatherFactsResponse, Institution, Item};
use wire::{ErrorReason, Failure};

use crate::failures;

/// The line's disease that says: none, although the visit has one.
const NO_DISEASE: &str = "none";

/// The register, as the orchestrator uses it. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Register(RegisterClient<Transport>);

impl Register {
    pub(crate) fn new(transport: Transport) -> Self {
        Self(
            RegisterClient::new(transport)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES),
        )
    }

    /// `case` with its facts, every line split.
    pub(crate) async fn price(&self, case: &Case, rules: &InForce) -> Result<PricedCase, Failure> {
        let answer = self.0.clone().gather_facts(question(case)).await;
        let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::RegisterUnavailable))?;
        let facts = Facts::of(case, answer.into_inner())?;
        let Some(citations) = rules.split_citations() else { return Err(failures::no_rule(case)) };
        let priced = facts.price(case, rules, citations.clone());
        priced.ok_or_else(|| Failure::invariant_violated("a fact that was there is gone"))
    }
}

fn question(case: &Case) -> GatherFactsRequest {
    let item_codes: BTreeSet<&str> = case.lines.iter().map(|line| line.item_code.as_str()).collect();
    GatherFactsRequest {
        person_id: case.person_id.to_string(),
        institution_ids: institutions_of(case).into_iter().map(|(_, id)| id.to_string()).collect(),
        item_codes: item_codes.into_iter().map(str::to_owned).collect(),
        service_date: Some(case.service_date.into()),
    }
}

/// The institutions that a case names, with the fields that name them; each institution once.
fn institutions_of(case: &Case) -> Vec<(&'static str, &InstitutionId)> {
    let mut named = vec![("institution_id", &case.institution_id)];
    for (field, id) in [("prescriber_id", &case.prescriber_id), ("host_id", &case.host_id)] {
        if let Some(id) = id.as_ref().filter(|id| named.iter().all(|(_, other)| other != id)) {
            named.push((field, id));
        }
    }
    named
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
    filing: Filing,
    institutions: HashMap<InstitutionId, KnownInstitution>,
    items: HashMap<String, KnownItem>,
}

impl Facts {
    /// Reads the register's answer; all that is missing is told at once.
    fn of(case: &Case, answer: GatherFactsResponse) -> Result<Self, Failure> {
        if let Some(failure) = missing(case, &answer) {
            return Err(failure);
        }
        let unreadable = |fault: &dyn std::fmt::Display| Failure::invariant_violated(format_args!("register: {fault}"));
        let filing = wire::read(|reader| reader.listed("filing", answer.filing)).map_err(|fault| unreadable(&fault))?;
        let person = answer.person.ok_or_else(|| unreadable(&"no person"))?;
        let institutions = answer.institutions.into_iter().map(known_institution).collect::<Result<_, _>>();
        let items = answer.items.into_iter().map(known_item).collect::<Result<_, _>>();
        Ok(Self {
            person: PersonFacts::try_from(person).map_err(|fault| unreadable(&fault))?,
            filing,
            institutions: institutions.map_err(|fault| unreadable(&fault))?,
            items: items.map_err(|fault| unreadable(&fault))?,
        })
    }

    fn level(&self, id: Option<&InstitutionId>) -> Option<Level> {
        id.and_then(|id| self.institutions.get(id)).map(|institution| institution.facts.level)
    }

    fn price(&self, case: &Case, rules: &InForce, split_citations: SplitCitations) -> Option<PricedCase> {
        let institution = self.institutions.get(&case.institution_id)?;
        let lines = case.lines.iter().map(|line| self.price_line(case, line, rules)).collect::<Option<_>>()?;
        Some(PricedCase {
            person: self.person.clone(),
            visit: Visit {
                kind: case.kind,
                service_date: case.service_date,
                admission_date: case.admission_date,
                institution: institution.facts.clone(),
                prescriber_level: self.level(case.prescriber_id.as_ref()),
                host_level: self.level(case.host_id.as_ref()),
                disease: case.disease.clone(),
                diagnosis: case.diagnosis.clone(),
                treatment_region: institution.treatment_region,
                filing: self.filing,
                registration: case.registration.clone(),
                use_individual_account: case.use_individual_account,
            },
            lines,
            split_citations,
        })
    }

    fn price_line(&self, case: &Case, line: &CaseLine, rules: &InForce) -> Option<PricedLine> {
        let item = self.items.get(line.item_code.as_str())?;
        Some(PricedLine {
            item_code: Some(line.item_code.clone()),
            name: Arc::clone(&item.name),
            quantity: line.quantity,
            amount: line.amount,
            split: rules.price(line.amount, line.quantity, rules.terms_of(item.terms, item.drug.as_ref())),
            disease: disease_of(case, line),
            drug: item.drug.clone(),
            violates_rules: line.violates_rules,
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

/// What the register does not know of a case; `None` where nothing is missing. The first fault gives the reason, the
/// violations name all of them.
fn missing(case: &Case, answer: &GatherFactsResponse) -> Option<Failure> {
    let mut reason = None;
    let mut violations = Violations::new();
    let mut note = |of_field: ErrorReason, field: String, description: &str| {
        violations.add(field, description);
        reason.get_or_insert(of_field);
    };
    if !answer.person_known {
        note(ErrorReason::PersonNotFound, "person_id".to_owned(), "is not in the register");
    } else if answer.person.is_none() {
        note(ErrorReason::CoverNotActive, "person_id".to_owned(), "is not insured on the service date");
    }
    let designated = |id: &InstitutionId| {
        let facts = answer.institutions.iter().filter_map(|institution| institution.facts.as_ref());
        facts.into_iter().any(|facts| facts.id == id.as_str())
    };
    for (field, id) in institutions_of(case).into_iter().filter(|(_, id)| !designated(id)) {
        if answer.undesignated_institution_ids.iter().any(|known| known == id.as_str()) {
            note(ErrorReason::InstitutionNotDesignated, field.to_owned(), "is not designated on the service date");
        } else {
            note(ErrorReason::InstitutionNotFound, field.to_owned(), "is not in the register");
        }
    }
    let known: BTreeSet<&str> = answer.items.iter().map(|item| item.code.as_str()).collect();
    for (index, line) in case.lines.iter().enumerate() {
        if !known.contains(line.item_code.as_str()) {
            let field = format!("lines[{index}].item_code");
            note(ErrorReason::ItemNotFound, field, "is not in the catalogue on the service date");
        }
    }
    reason.map(|first| Failure::missing(first, &violations))
}
