//! What basic insurance decides at its boundaries, which counters it asks for, and why it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails where its premises do not hold")]

#[path = "../../../shared/rulebook/tests/given/mod.rs"]
mod given;

use basic_insurance::BasicInsurance;
use claim::{
    Adjudication, CounterKey, DiseaseCode, DiseaseFiling, DiseaseKind, DrugCode, Fund, Input, InputName, InputValue,
    Insurance, Level, Operation, PricedCase, RegistrationNumber, VisitKind,
};
use given::{asked, case, fen, key, line, refusals, rules_of};
use rulebook::{Counters, Detail, PayerRules};

/// What is decided with the counters that are asked for and no others.
fn decide(case: &PricedCase, counters: &Counters) -> Adjudication {
    let (payer, rules) = (BasicInsurance::new(), rules_of(case));
    payer
        .adjudicate(&rules, case, &[], &asked(&payer.counter_keys(&rules, case, &[]), counters), Detail::Explained)
        .unwrap()
}

fn standing<const N: usize>(counters: [(CounterKey, &str); N]) -> Counters {
    counters.into_iter().map(|(key, value)| (key, fen(value))).collect()
}

fn outpatient_paid(value: &str) -> Counters {
    standing([(key("employee.outpatient.paid", 2022), value)])
}

fn approved(code: &str, kind: DiseaseKind) -> DiseaseFiling {
    DiseaseFiling { code: DiseaseCode::new(code).unwrap(), kind, approved_date: "2022-01-01".parse().unwrap() }
}

fn input(name: InputName, amount: &str) -> Input {
    Input { name, value: InputValue::Amount(fen(amount)) }
}

#[test]
fn the_crossing_visit_is_split_and_explains_itself() {
    let case = case(VisitKind::Outpatient, Level::Three, "1090");
    let decided = decide(&case, &outpatient_paid("5900"));
    let [outpatient, overflow] = decided.portions.as_slice() else { panic!("two layers") };
    assert_eq!((outpatient.deductible, outpatient.coinsurance), (fen("90"), fen("100")));
    assert_eq!((outpatient.above_ceiling, outpatient.paid), (fen("800"), fen("100")));
    assert_eq!((overflow.base, overflow.coinsurance, overflow.paid), (fen("800"), fen("120"), fen("680")));
    assert_eq!((outpatient.fund, overflow.fund), (Fund::BasicOutpatient, Fund::BasicInpatient));
    let steps: Vec<_> =
        outpatient.steps.iter().map(|step| (step.operation, &*step.citation.rule, step.result)).collect();
    assert_eq!(
        steps,
        [
            (Operation::TakeBase, "employee.outpatient", fen("1090")),
            (Operation::ApplyDeductible, "employee.outpatient.deductible", fen("1000")),
            (Operation::ApplyRate, "employee.outpatient.rate", fen("500")),
            (Operation::ApplyCeiling, "employee.outpatient.ceiling", fen("100")),
            (Operation::PassOn, "employee.outpatient.overflow", fen("800")),
        ]
    );
    assert_eq!(outpatient.steps[0].inputs[..], [input(InputName::Eligible, "1090")]);
    assert_eq!(outpatient.steps[4].inputs[..], [input(InputName::Expense, "1000")]);
    let moves: Vec<_> = decided.moves.iter().map(|of| (of.key.name.as_str(), of.before, of.after)).collect();
    assert_eq!(
        moves,
        [("employee.outpatient.paid", fen("5900"), fen("6000")), ("employee.pooling.paid", fen("0"), fen("680")),]
    );
}

#[test]
fn one_fen_of_room_is_paid_and_the_rest_goes_on() {
    let case = case(VisitKind::Outpatient, Level::Three, "190");
    let paid = |used| decide(&case, &outpatient_paid(used)).portions.iter().map(|of| of.paid).collect::<Vec<_>>();
    assert_eq!(paid("5950"), [fen("50")]);
    assert_eq!(paid("5950.01"), [fen("49.99"), fen("0.02")]);
    assert_eq!(paid("5999.99"), [fen("0.01"), fen("84.98")]);
    assert_eq!(paid("6000"), [fen("0"), fen("85")]);
}

#[test]
fn a_counter_that_cut_a_payment_off_is_reported_where_it_stands() {
    let case = case(VisitKind::Inpatient, Level::Three, "2200");
    let decided = decide(&case, &standing([(key("employee.pooling.paid", 2022), "60000")]));
    let pooling = decided.moves.iter().find(|of| of.key == key("employee.pooling.paid", 2022)).unwrap();
    assert_eq!((pooling.before, pooling.after), (fen("60000"), fen("60000")));
    assert_eq!(decided.portions[0].above_ceiling, fen("1000"));
    assert_eq!(refusals(&decided), ["employee.inpatient: ceiling-reached"]);
}

#[test]
fn a_stay_asks_for_the_rescues_of_four_days_and_for_nothing_else() {
    let mut case = case(VisitKind::Inpatient, Level::Three, "10000");
    case.visit.admission_date = Some("2022-01-02".parse().unwrap());
    let mut asked = BasicInsurance::new().counter_keys(&rules_of(&case), &case, &[]);
    asked.sort();
    let mut expected = vec![
        key("employee.rescue.borne:H:2021-12-30", 2021),
        key("employee.rescue.borne:H:2021-12-31", 2021),
        key("employee.rescue.borne:H:2022-01-01", 2022),
        key("employee.rescue.borne:H:2022-01-02", 2022),
        key("employee.pooling.paid", 2022),
    ];
    expected.sort();
    assert_eq!(asked, expected);
}

#[test]
fn what_was_borne_at_the_registration_and_at_a_rescue_counts_toward_a_stay_and_is_told() {
    let mut case = case(VisitKind::Inpatient, Level::Three, "2000");
    case.visit.admission_date = Some(case.visit.service_date);
    case.visit.registration = Some(RegistrationNumber::new("R1").unwrap());
    let (borne, noted) =
        (key("employee.inpatient.deductible:R1", 2022), key("employee.rescue.borne:H:2022-05-04", 2022));
    let decided = decide(&case, &standing([(borne.clone(), "100"), (noted, "300")]));
    assert_eq!((decided.portions[0].deductible, decided.paid()), (fen("800"), fen("1020")));
    let inputs = [
        input(InputName::Expense, "2000"),
        input(InputName::Deductible, "1200"),
        input(InputName::DeductibleBorne, "400"),
    ];
    assert_eq!(
        (&decided.portions[0].steps[1].inputs[..], decided.portions[0].steps[1].result),
        (&inputs[..], fen("1200"))
    );
    let moved = decided.moves.iter().find(|of| of.key == borne).unwrap();
    assert_eq!((moved.before, moved.after), (fen("100"), fen("1200")));
}

#[test]
fn a_bill_without_eligible_expense_is_refused_nothing() {
    let decided = decide(&case(VisitKind::Outpatient, Level::Three, "0"), &Counters::default());
    assert_eq!((decided.paid(), refusals(&decided)), (fen("0"), Vec::new()));
}

#[test]
fn counters_of_a_registration_and_of_a_drug_carry_their_name() {
    let mut case = case(VisitKind::Outpatient, Level::Two, "500");
    case.visit.registration = Some(RegistrationNumber::new("R1").unwrap());
    let mut drug = line("3000");
    drug.drug = Some(DrugCode::new("X").unwrap());
    case.lines.push(drug);
    let asked = BasicInsurance::new().counter_keys(&rules_of(&case), &case, &[]);
    for name in ["employee.outpatient.deductible:R1", "employee.negotiated-drug.deductible:X"] {
        assert!(asked.contains(&key(name, 2022)), "{name} in {asked:?}");
    }
}

#[test]
fn lines_of_one_bill_settle_under_their_own_benefits_in_the_order_of_shared_ceilings() {
    let mut case = case(VisitKind::Outpatient, Level::Three, "500");
    case.person.diseases = vec![approved("d1", DiseaseKind::Chronic), approved("s1", DiseaseKind::Special)];
    for (code, eligible) in [("d1", "500"), ("s1", "1880")] {
        let mut tagged = line(eligible);
        tagged.disease = Some(DiseaseCode::new(code).unwrap());
        case.lines.push(tagged);
    }
    let decided = decide(&case, &Counters::default());
    let parts: Vec<_> = decided.portions.iter().map(|of| (of.benefit.as_str(), &*of.lines, of.paid)).collect();
    assert_eq!(
        parts,
        [
            ("employee.special", &[2][..], fen("850")),
            ("employee.chronic", &[1][..], fen("160")),
            ("employee.outpatient", &[0][..], fen("205")),
        ]
    );
}

#[test]
fn benefits_of_one_bill_share_the_room_that_is_left_under_one_ceiling() {
    let mut case = case(VisitKind::Outpatient, Level::Three, "1090");
    case.person.diseases = vec![approved("s1", DiseaseKind::Special)];
    let mut special = line("1880");
    special.disease = Some(DiseaseCode::new("s1").unwrap());
    case.lines.push(special);
    let counters =
        standing([(key("employee.outpatient.paid", 2022), "6000"), (key("employee.pooling.paid", 2022), "59000")]);
    let decided = decide(&case, &counters);
    let paid: Vec<_> = decided.portions.iter().map(|of| (of.benefit.as_str(), of.paid)).collect();
    let [special, ordinary, beyond] = ["850", "0", "150"].map(fen);
    assert_eq!(
        paid,
        [("employee.special", special), ("employee.outpatient", ordinary), ("employee.outpatient.overflow", beyond)]
    );
}

#[test]
fn a_disease_counts_from_the_day_of_its_approval() {
    let mut case = case(VisitKind::OutpatientChronic, Level::Two, "500");
    case.lines[0].disease = Some(DiseaseCode::new("d1").unwrap());
    let mut paid_as = |day: &str| {
        let approved_date = day.parse().unwrap();
        case.person.diseases = vec![DiseaseFiling { approved_date, ..approved("d1", DiseaseKind::Chronic) }];
        decide(&case, &Counters::default()).portions[0].benefit.to_string()
    };
    assert_eq!(paid_as("2022-05-04"), "employee.chronic");
    assert_eq!(paid_as("2022-05-05"), "employee.outpatient");
}

#[test]
fn a_refusal_is_told_once_for_all_lines_and_each_of_its_reasons() {
    let mut case = case(VisitKind::OutpatientSpecial, Level::One, "500");
    case.person.diseases = vec![approved("s1", DiseaseKind::Special)];
    case.lines = vec![line("100"), line("100"), line("100")];
    for (line, code) in case.lines.iter_mut().zip(["s1", "s1", "s2"]) {
        line.disease = Some(DiseaseCode::new(code).unwrap());
    }
    let told = refusals(&decide(&case, &Counters::default()));
    assert_eq!(told, ["employee.special: level-too-low", "employee.special: disease-not-approved"]);
}

#[test]
fn what_could_be_expected_but_does_not_pay_says_why() {
    let mut special = case(VisitKind::OutpatientSpecial, Level::One, "500");
    special.person.diseases = vec![approved("s1", DiseaseKind::Special)];
    special.lines[0].disease = Some(DiseaseCode::new("s1").unwrap());
    assert_eq!(refusals(&decide(&special, &Counters::default())), ["employee.special: level-too-low"]);

    let mut chronic = case(VisitKind::OutpatientChronic, Level::Two, "50");
    chronic.lines[0].disease = Some(DiseaseCode::new("d1").unwrap());
    let told = refusals(&decide(&chronic, &Counters::default()));
    assert_eq!(told, ["employee.chronic: disease-not-approved", "employee.outpatient: within-deductible"]);

    let pharmacy = case(VisitKind::Pharmacy, Level::One, "50");
    let decided = decide(&pharmacy, &Counters::default());
    assert_eq!(refusals(&decided), ["employee.outpatient: no-prescription"]);
    assert!(decided.portions.is_empty());

    let mut resident = case(VisitKind::OutpatientChronic, Level::Two, "50");
    resident.person.insurance = Insurance::Resident;
    resident.person.diseases = vec![approved("d1", DiseaseKind::Chronic)];
    resident.lines[0].disease = Some(DiseaseCode::new("d1").unwrap());
    assert_eq!(refusals(&decide(&resident, &Counters::default())), ["resident.chronic: not-payable-yet"]);
}

#[test]
fn kinds_without_a_rule_are_refused() {
    let payer = BasicInsurance::new();
    let refused = |case: &PricedCase| {
        payer.adjudicate(&rules_of(case), case, &[], &Counters::default(), Detail::Explained).is_err()
    };
    let mut resident = case(VisitKind::EmergencyRescue, Level::Three, "100");
    assert!(!refused(&resident));
    resident.person.insurance = Insurance::Resident;
    assert!(refused(&resident));
    let mut early = case(VisitKind::Outpatient, Level::Three, "100");
    early.visit.service_date = "2022-03-31".parse().unwrap();
    assert!(refused(&early));
}
