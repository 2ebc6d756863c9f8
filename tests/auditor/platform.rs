//! The side under audit: the platform's own rulebook and payers, as one pure chain.

use std::sync::{Arc, OnceLock};

use claim::{
    Amounts, DiagnosisCode, DiseaseCode, DiseaseFiling, DiseaseKind, DrugCode, Employment, Fund, InstitutionFacts,
    InstitutionId, Insurance, ItemTerms, LineSplit, PersonFacts, PricedCase, PricedLine, RegistrationNumber, Service,
    Visit,
};
use money::{Fen, Rate};
use rulebook::{InForce, Lookup, Rulebook};
use worked_case::{Chain, PersonCounters};

use crate::bill::{Bill, Figures, Insured, Line, Outcome, Person};

/// The rules as shipped and the payers.
pub(crate) struct Platform {
    chain: Chain,
    rules: Lookup,
}

/// What the payers remember of one person.
#[derive(Clone, Default)]
pub(crate) struct Memory(PersonCounters);

/// What one fund pays under one benefit.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) fund: Fund,
    pub(crate) service: Service,
    pub(crate) benefit: String,
    pub(crate) fen: i64,
}

/// The platform's answer to one bill.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) payments: Vec<Payment>,
}

impl Platform {
    /// One for all tests: the rules of a day are remembered.
    pub(crate) fn shipped() -> &'static Self {
        static PLATFORM: OnceLock<Platform> = OnceLock::new();
        PLATFORM.get_or_init(|| {
            let rules = Lookup::new(Rulebook::kunming().expect("the shipped rules are sound"));
            Self { chain: Chain::new(), rules }
        })
    }

    /// Settles a bill as a worked case would.
    pub(crate) fn settle(&self, memory: &mut Memory, person: &Person, bill: &Bill) -> Answer {
        let refused = Answer { outcome: Outcome::RuleNotInForce, payments: Vec::new() };
        let rules = self.rules.in_force(bill.date);
        let Some(case) = priced(&rules, person, bill) else { return refused };
        let settled = match self.chain.settle(&rules, &case, &mut memory.0) {
            Ok(settled) => settled,
            Err(error) if error.reason_name() == "RULE_NOT_IN_FORCE" => return refused,
            Err(error) => panic!("{}: {error}\n{person:?}\n{bill:?}", error.reason_name()),
        };
        let portions = settled.adjudications.iter().flat_map(|adjudication| &adjudication.portions);
        let payments = portions.map(|portion| Payment {
            fund: portion.fund,
            service: portion.service,
            benefit: portion.benefit.to_string(),
            fen: portion.paid.get(),
        });
        Answer { outcome: Outcome::Settled(figures(&settled.amounts)), payments: payments.collect() }
    }
}

fn priced(rules: &InForce, person: &Person, bill: &Bill) -> Option<PricedCase> {
    Some(PricedCase {
        person: person_facts(person, bill),
        visit: visit(bill),
        lines: bill.lines.iter().map(|line| priced_line(rules, line)).collect(),
        split_citations: rules.split_citations()?.clone(),
    })
}

fn person_facts(person: &Person, bill: &Bill) -> PersonFacts {
    let mut categories = person.categories.clone();
    categories.sort_unstable();
    categories.dedup();
    let approved = person.diseases.iter().filter(|disease| disease.approved <= bill.date);
    PersonFacts {
        insurance: match person.insured {
            Insured::EmployeeInService => Insurance::Employee(Employment::Active),
            Insured::EmployeeRetired => Insurance::Employee(Employment::Retired),
            Insured::Resident => Insurance::Resident,
        },
        birth_date: person.birth,
        sex: None,
        kunming_household: person.kunming_household,
        disability_level: person.disability,
        categories,
        diseases: approved
            .map(|disease| DiseaseFiling {
                code: code(disease.code),
                kind: if disease.special { DiseaseKind::Special } else { DiseaseKind::Chronic },
                approved_date: disease.approved,
            })
            .collect(),
    }
}

fn visit(bill: &Bill) -> Visit {
    Visit {
        kind: bill.kind,
        service_date: bill.date,
        service_time_of_day: None,
        admission_date: bill.admission,
        admission_time_of_day: None,
        institution: InstitutionFacts {
            id: InstitutionId::new(&bill.institution).expect("an id"),
            level: bill.institution_level,
            kind: bill.institution_kind,
            special_exempt_allowed: bill.exempt_special_allowed(),
        },
        prescriber_level: bill.prescriber,
        host_level: bill.host,
        disease: bill.lines.first().and_then(|line| line.disease).map(code),
        diagnosis: bill.diagnosis.map(|diagnosis| DiagnosisCode::new(diagnosis).expect("a code")),
        disease_price: None,
        treatment_region: bill.region,
        filing: bill.filing,
        registration: bill.registration.map(|number| RegistrationNumber::new(&format!("R{number}")).expect("a number")),
        use_individual_account: bill.use_account,
        family_accounts: Vec::new(),
    }
}

fn code(disease: &str) -> DiseaseCode {
    DiseaseCode::new(disease).expect("a code")
}

fn priced_line(rules: &InForce, line: &Line) -> PricedLine {
    let drug = line.drug.map(|drug| DrugCode::new(drug).expect("a code"));
    let terms = ItemTerms {
        class: line.class,
        self_pay_rate: Rate::new(line.self_pay_bp).expect("a rate"),
        price_cap: line.unit_price_cap.map(Fen::new),
    };
    let terms = rules.terms_of(terms, drug.as_ref());
    let amount = Fen::new(line.amount);
    let split: LineSplit = rules.price(amount, line.quantity, terms);
    let disease = line.disease.map(code);
    PricedLine {
        item_code: None,
        name: Arc::default(),
        quantity: line.quantity,
        amount,
        split,
        disease,
        drug,
        violates_rules: line.breaks_rules,
        service_date: None,
    }
}

fn figures(amounts: &Amounts) -> Figures {
    Figures {
        total: amounts.total.get(),
        excluded: amounts.excluded.get(),
        above_price_cap: amounts.above_price_cap.get(),
        initial_self_pay: amounts.initial_self_pay.get(),
        eligible: amounts.eligible.get(),
        deductible: amounts.deductible.get(),
        basic: amounts.basic.get(),
        basic_outpatient: amounts.basic_outpatient.get(),
        basic_inpatient: amounts.basic_inpatient.get(),
        large_expense: amounts.large_expense.get(),
        critical_illness: amounts.critical_illness.get(),
        civil_servant: amounts.civil_servant.get(),
        top_up: amounts.top_up.get(),
        assistance: amounts.assistance.get(),
        account: amounts.account.get(),
        cash: amounts.cash.get(),
    }
}
