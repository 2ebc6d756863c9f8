//! What holds for every bill: figures close, no ceiling is passed, a higher category never leaves more to the person.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails where its premises do not hold"
)]

use std::sync::LazyLock;

use claim::{Amounts, CounterKey, CounterName, Portion};
use money::Fen;
use proptest::prelude::*;
use rulebook::{Detail, Lookup, PayerRules, Rulebook};
use serde_json::{Value, json};
use worked_case::{Chain, PersonCounters, WorkedCase};

static RULES: LazyLock<Lookup> = LazyLock::new(|| Lookup::new(Rulebook::kunming().unwrap()));

const KINDS: [&str; 9] = [
    "outpatient",
    "outpatient-chronic",
    "outpatient-special",
    "emergency-rescue",
    "ambulance-120",
    "inpatient",
    "day-surgery",
    "negotiated-drug",
    "pharmacy",
];

const CATEGORIES: [&str; 8] = [
    "extreme-poverty",
    "subsistence-allowance",
    "low-income-elderly",
    "low-income-minor",
    "low-income-severely-disabled",
    "low-income-seriously-ill",
    "other-hardship",
    "registered-poor",
];

/// Yearly ceilings of counters that no concession lifts.
const CEILINGS: [(&str, &str, i64); 9] = [
    ("basic-insurance", "employee.outpatient.paid", 600_000),
    ("basic-insurance", "employee.chronic.paid", 500_000),
    ("basic-insurance", "employee.pooling.paid", 6_000_000),
    ("basic-insurance", "resident.pooling.paid", 6_000_000),
    ("basic-insurance", "resident.outpatient.paid", 40_000),
    ("critical-illness", "employee.large-expense.paid", 41_000_000),
    ("medical-assistance", "assistance.outpatient.paid", 20_000),
    ("medical-assistance", "assistance.inpatient.paid", 2_000_000),
    ("medical-assistance", "assistance.major-disease.paid", 10_000_000),
];

fn amount() -> impl Strategy<Value = String> {
    // Small amounts meet deductibles, large ones meet ceilings.
    prop_oneof![0_i64..20_000, 0_i64..2_000_000, 0_i64..80_000_000].prop_map(|fen| Fen::new(fen).to_string())
}

fn line() -> impl Strategy<Value = Value> {
    let class = prop_oneof![Just("A"), Just("B"), Just("excluded")];
    let disease = prop_oneof![Just("none"), Just("d1"), Just("s1"), Just("chronic-renal-failure"), Just("unknown")];
    let drug = prop_oneof![3 => Just("none"), 1 => Just("X"), 1 => Just("Y")];
    (amount(), class, 0_u32..=100, disease, drug, any::<bool>(), proptest::option::of(amount())).prop_map(
        |(amount, class, percent, disease, drug, violates_rules, cap)| {
            json!({
                "amount": amount, "class": class, "self_pay_rate": format!("{}.{:02}", percent / 100, percent % 100),
                "disease": disease, "drug": drug, "violates_rules": violates_rules, "price_cap": cap,
            })
        },
    )
}

fn visit() -> impl Strategy<Value = Value> {
    let kind = proptest::sample::select(KINDS.to_vec());
    let place = (1_i64..=3, proptest::sample::select(vec!["hospital", "village-clinic", "pharmacy"]));
    let region = proptest::sample::select(vec!["local", "province", "other-province"]);
    let filing = proptest::sample::select(vec!["none", "long-term", "referred", "emergency"]);
    let diagnosis = proptest::sample::select(vec!["lung-cancer", "childhood-leukaemia", "pneumonia"]);
    let lines = proptest::collection::vec(line(), 1..5);
    (kind, place, region, filing, diagnosis, lines, 1_u32..28).prop_map(
        |(kind, (level, of_kind), region, filing, diagnosis, lines, day)| {
            let mut visit = json!({
                "kind": kind, "date": format!("2022-05-{day:02}"), "region": region, "filing": filing,
                "institution": { "id": format!("{of_kind}{level}"), "level": level, "kind": of_kind },
                "diagnosis": diagnosis, "lines": lines,
            });
            if kind == "inpatient" {
                visit["admission_date"] = json!("2022-05-01");
            }
            visit
        },
    )
}

fn person() -> impl Strategy<Value = Value> {
    let scheme = prop_oneof![Just(("employee", "active")), Just(("employee", "retired")), Just(("resident", "active"))];
    let categories = proptest::sample::subsequence(CATEGORIES.to_vec(), 0..3);
    let birth = proptest::sample::select(vec!["1940-01-01", "1980-01-01", "2012-01-01"]);
    (scheme, categories, birth, any::<bool>(), 0_i64..=4).prop_map(
        |((scheme, employment), categories, birth, household, disability)| {
            json!({
                "scheme": scheme, "employment": employment, "birth_date": birth, "categories": categories,
                "kunming_household": household, "disability_level": disability,
                "diseases": [
                    { "code": "d1", "kind": "chronic", "approved_date": "2022-01-01" },
                    { "code": "s1", "kind": "special", "approved_date": "2022-01-01" },
                    { "code": "chronic-renal-failure", "kind": "special", "approved_date": "2022-01-01" },
                ],
            })
        },
    )
}

fn worked(person: &Value, visits: &[Value]) -> WorkedCase {
    let case = json!({ "name": "any", "person": person, "visits": visits });
    WorkedCase::from_json(&case.to_string()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The figures of every visit that settled, with everything checked on the way.
fn settle(case: &WorkedCase) -> Result<(Vec<Amounts>, PersonCounters), TestCaseError> {
    let chain = Chain::new();
    let mut counters = PersonCounters::default();
    let mut figures = Vec::new();
    for visit in &case.visits {
        let rules = RULES.in_force(visit.visit.service_date);
        let priced = visit.price(&rules).unwrap();
        let before = counters.clone();
        let settled = chain.settle(&rules, &priced, &mut counters);
        let mut unexplained = before.clone();
        let amounts = chain.amounts(&rules, &priced, &mut unexplained);
        prop_assert_eq!(amounts, settled.clone().map(|settled| settled.amounts));
        prop_assert_eq!(&unexplained, &counters);
        match settled {
            Err(refused) => {
                prop_assert_eq!(refused.reason_name(), "RULE_NOT_IN_FORCE");
                prop_assert_eq!(&before, &counters);
            }
            Ok(settled) => {
                let amounts = settled.amounts;
                prop_assert_eq!(amounts.total, amounts.funds() + amounts.hospital_share + amounts.cash);
                prop_assert!(settled.adjudications.iter().flat_map(|of| &of.portions).all(Portion::is_closed));
                let again = chain.settle(&rules, &priced, &mut before.clone()).unwrap();
                prop_assert_eq!(&again, &settled);
                figures.push(amounts);
            }
        }
    }
    Ok((figures, counters))
}

fn standing(counters: &PersonCounters, payer: &str, name: &str) -> i64 {
    let key = CounterKey { name: CounterName::new(name), benefit_year: 2022 };
    counters.of(&payer.parse().unwrap()).map_or(0, |of| of.get(&key).get())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_statement_closes_and_no_ceiling_is_passed(
        person in person(),
        visits in proptest::collection::vec(visit(), 1..6),
    ) {
        let (_, counters) = settle(&worked(&person, &visits))?;
        for (payer, name, ceiling) in CEILINGS {
            let stands = standing(&counters, payer, name);
            prop_assert!((0..=ceiling).contains(&stands), "{} stands at {}", name, stands);
        }
        let pooling = standing(&counters, "basic-insurance", "employee.pooling.paid");
        let large = standing(&counters, "critical-illness", "employee.large-expense.paid");
        prop_assert!(pooling + large <= 41_000_000);
    }

    #[test]
    fn a_higher_category_never_leaves_more_to_the_person(mut person in person(), visit in visit()) {
        let mut left = None;
        for categories in [&[][..], &["other-hardship"], &["subsistence-allowance"], &["extreme-poverty"]] {
            person["categories"] = json!(categories);
            let (figures, _) = settle(&worked(&person, std::slice::from_ref(&visit)))?;
            let Some(cash) = figures.first().map(|amounts| amounts.cash) else { continue };
            prop_assert!(left.is_none_or(|lower| cash <= lower), "{:?} leaves {} after {:?}", categories, cash, left);
            left = Some(cash);
        }
    }

    #[test]
    fn a_payer_moves_only_counters_that_it_asked_for(person in person(), visit in visit()) {
        let case = worked(&person, &[visit]);
        let visit = &case.visits[0];
        let rules = RULES.in_force(visit.visit.service_date);
        let priced = visit.price(&rules).unwrap();
        let payer = basic_insurance::BasicInsurance::new();
        let asked = payer.counter_keys(&rules, &priced, &[]);
        if let Ok(decided) = payer.adjudicate(&rules, &priced, &[], &rulebook::Counters::default(), Detail::Explained) {
            for counter_move in &decided.moves {
                prop_assert!(asked.contains(&counter_move.key), "{:?}", counter_move.key);
            }
        }
    }
}
