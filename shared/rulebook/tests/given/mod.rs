//! Cases to decide on: an employee in service at a hospital, one class A line, nothing else known.

use std::sync::{Arc, LazyLock};

use claim::{
    Adjudication, CounterKey, CounterName, Employment, Filing, InstitutionFacts, InstitutionId, InstitutionKind,
    Insurance, Level, LineSplit, PersonFacts, PricedCase, PricedLine, Refusal, TreatmentRegion, Visit, VisitKind,
};
use money::Fen;
use rulebook::{Counters, InForce, Lookup, Rulebook};

pub(crate) fn fen(yuan: &str) -> Fen {
    yuan.parse().unwrap()
}

static KUNMING: LazyLock<Lookup> = LazyLock::new(|| Lookup::new(Rulebook::kunming().unwrap()));

pub(crate) fn rules_of(case: &PricedCase) -> Arc<InForce> {
    KUNMING.in_force(case.visit.service_date)
}

pub(crate) fn key(name: &str, benefit_year: i32) -> CounterKey {
    CounterKey { name: CounterName::new(name), benefit_year }
}

pub(crate) fn line(eligible: &str) -> PricedLine {
    let split = LineSplit { eligible: fen(eligible), ..LineSplit::default() };
    let (amount, name) = (split.total(), Arc::default());
    PricedLine {
        item_code: None,
        name,
        quantity: 1,
        amount,
        split,
        disease: None,
        drug: None,
        violates_rules: false,
        service_date: None,
    }
}

pub(crate) fn case(kind: VisitKind, level: Level, eligible: &str) -> PricedCase {
    let date = "2022-05-04".parse().unwrap();
    let institution = InstitutionFacts {
        id: InstitutionId::new("H").unwrap(),
        level,
        kind: InstitutionKind::Hospital,
        special_exempt_allowed: false,
    };
    let visit = Visit {
        kind,
        service_date: date,
        service_time_of_day: None,
        admission_date: None,
        admission_time_of_day: None,
        institution,
        prescriber_level: None,
        host_level: None,
        disease: None,
        diagnosis: None,
        disease_price: None,
        treatment_region: TreatmentRegion::Local,
        filing: Filing::None,
        registration: None,
        use_individual_account: false,
        family_accounts: Vec::new(),
    };
    let person = PersonFacts {
        insurance: Insurance::Employee(Employment::Active),
        birth_date: "1980-01-01".parse().unwrap(),
        sex: None,
        kunming_household: true,
        disability_level: 0,
        categories: Vec::new(),
        diseases: Vec::new(),
    };
    let split_citations = KUNMING.in_force(date).split_citations().unwrap().clone();
    PricedCase { person, visit, lines: vec![line(eligible)], split_citations }
}

/// The counters of `keys` and no others, as a service reads them.
pub(crate) fn asked(keys: &[CounterKey], counters: &Counters) -> Counters {
    keys.iter().map(|key| (key.clone(), counters.get(key))).collect()
}

/// The refusals as `benefit: reason`.
pub(crate) fn refusals(adjudication: &Adjudication) -> Vec<String> {
    let told = |refusal: &Refusal| format!("{}: {}", refusal.benefit, refusal.reason);
    adjudication.refusals.iter().map(told).collect()
}
