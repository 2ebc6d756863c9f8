//! What medical assistance decides at its boundaries: who qualifies, which item applies, and why the others do not.

#![expect(clippy::unwrap_used, reason = "a test fails where its premises do not hold")]

#[path = "../../../shared/rulebook/tests/given/mod.rs"]
mod given;

use claim::{
    Adjudication, AssistanceCategory, BenefitId, CounterKey, DiagnosisCode, Fund, InputName, InputValue, Level,
    Operation, PayerId, Portion, PricedCase, Service, VisitKind,
};
use given::{asked, case, fen, key, refusals, rules_of};
use medical_assistance::MedicalAssistance;
use money::Fen;
use proptest::prelude::*;
use rulebook::{Counters, Detail, PayerRules};

const CATEGORIES: [AssistanceCategory; 3] =
    [AssistanceCategory::OtherHardship, AssistanceCategory::SubsistenceAllowance, AssistanceCategory::ExtremePoverty];

/// A stay of which basic insurance left everything.
fn left(amount: &str, category: AssistanceCategory, diagnosis: &str) -> PricedCase {
    let mut case = case(VisitKind::Inpatient, Level::Three, amount);
    case.person.categories = vec![category];
    case.visit.diagnosis = Some(DiagnosisCode::new(diagnosis).unwrap());
    case
}

/// What basic insurance decided: nothing is paid of the stay.
fn unpaid(case: &PricedCase) -> [Adjudication; 1] {
    let base = case.split().eligible;
    let portion = Portion {
        benefit: BenefitId::new("employee.inpatient").unwrap(),
        service: Service::Stay,
        fund: Fund::BasicInpatient,
        lines: Vec::new(),
        base,
        deductible: base,
        coinsurance: Fen::ZERO,
        above_ceiling: Fen::ZERO,
        hospital_share: Fen::ZERO,
        paid: Fen::ZERO,
        steps: Vec::new(),
        family_account: None,
    };
    let basic = PayerId::new("basic-insurance").unwrap();
    [Adjudication { portions: vec![portion], ..Adjudication::nothing(basic) }]
}

fn keys(case: &PricedCase) -> Vec<CounterKey> {
    MedicalAssistance::new().counter_keys(&rules_of(case), case, &unpaid(case))
}

/// What is decided with the counters that are asked for and no others.
fn decide(case: &PricedCase, counters: &Counters) -> Adjudication {
    let payer = MedicalAssistance::new();
    payer.adjudicate(&rules_of(case), case, &unpaid(case), &asked(&keys(case), counters), Detail::Explained).unwrap()
}

fn fresh(case: &PricedCase) -> Adjudication {
    decide(case, &Counters::default())
}

#[test]
fn the_inpatient_ceiling_of_20_000_holds_to_the_fen() {
    let paid = |amount| fresh(&left(amount, AssistanceCategory::SubsistenceAllowance, "pneumonia")).paid();
    assert_eq!(paid("28571.42"), fen("19999.99"));
    assert_eq!(paid("28571.43"), fen("20000"));
    assert_eq!(paid("28571.44"), fen("20000"));
    assert_eq!(paid("30000"), fen("20000"));
}

#[test]
fn a_low_income_person_with_a_major_disease_gets_the_larger_of_both_items() {
    let paid = |amount: &str| {
        let decided = fresh(&left(amount, AssistanceCategory::LowIncomeElderly, "lung-cancer"));
        let [portion] = decided.portions.as_slice() else { panic!("one item applies") };
        (portion.benefit.to_string(), portion.paid)
    };
    assert_eq!(paid("20000.01"), ("assistance.inpatient".to_owned(), fen("14000.01")));
    assert_eq!(paid("48571.42"), ("assistance.inpatient".to_owned(), fen("20000")));
    assert_eq!(paid("48571.45"), ("assistance.major-disease.low-income".to_owned(), fen("20000.02")));
}

#[test]
fn of_equal_items_the_one_that_matches_the_diagnosis_applies() {
    let decided = fresh(&left("10000", AssistanceCategory::SubsistenceAllowance, "lung-cancer"));
    assert_eq!(decided.portions[0].benefit.as_str(), "assistance.major-disease.subsistence-allowance");
    let told = refusals(&decided);
    assert_eq!(told, ["assistance.inpatient: higher-applies"]);
    let chosen = decided.portions[0].steps.last().unwrap();
    assert_eq!(chosen.operation, Operation::ChooseHighest);
    assert_eq!(&*chosen.citation.article, "四（三）");
}

#[test]
fn an_item_that_stands_alone_was_chosen_over_nothing() {
    let decided = fresh(&left("10000", AssistanceCategory::SubsistenceAllowance, "pneumonia"));
    assert_eq!(decided.portions[0].benefit.as_str(), "assistance.inpatient");
    assert!(decided.portions[0].steps.iter().all(|step| step.operation != Operation::ChooseHighest));
}

#[test]
fn when_the_major_ceiling_is_used_up_the_ordinary_item_may_pay_more() {
    let used = [(key("assistance.major-disease.paid", 2022), fen("100000"))].into_iter().collect();
    let decided = decide(&left("10000", AssistanceCategory::SubsistenceAllowance, "lung-cancer"), &used);
    assert_eq!(decided.portions[0].benefit.as_str(), "assistance.inpatient");
    assert_eq!(decided.paid(), fen("7000"));
    let chosen = decided.portions[0].steps.last().unwrap();
    let inputs: Vec<_> = chosen.inputs.iter().map(|input| (input.name, input.value)).collect();
    let of = |name, amount| (name, InputValue::Amount(fen(amount)));
    assert_eq!(inputs, [of(InputName::Payment, "7000"), of(InputName::Alternative, "0")]);
}

#[test]
fn only_the_counters_of_items_that_apply_are_asked_for() {
    let ordinary = left("1000", AssistanceCategory::SubsistenceAllowance, "pneumonia");
    assert_eq!(keys(&ordinary), [key("assistance.inpatient.paid", 2022)]);
    let major = left("1000", AssistanceCategory::SubsistenceAllowance, "lung-cancer");
    assert!(keys(&major).contains(&key("assistance.major-disease.paid", 2022)));
}

#[test]
fn every_major_disease_stay_counts_toward_the_threshold_whichever_item_paid() {
    let tally = |case: &PricedCase| {
        let decided = fresh(case);
        let tally = decided.moves.iter().find(|of| of.key == key("assistance.major-disease.expense", 2022)).unwrap();
        assert_eq!(tally.before, fen("0"));
        tally.after
    };
    let mut case = left("15000", AssistanceCategory::LowIncomeElderly, "lung-cancer");
    assert_eq!(tally(&case), fen("15000"));
    case.person.categories.push(AssistanceCategory::SubsistenceAllowance);
    assert_eq!(tally(&case), fen("15000"));
    assert_eq!(tally(&left("60000", AssistanceCategory::LowIncomeElderly, "lung-cancer")), fen("60000"));
    let ordinary = fresh(&left("15000", AssistanceCategory::LowIncomeElderly, "pneumonia"));
    assert!(ordinary.moves.iter().all(|of| of.key != key("assistance.major-disease.expense", 2022)));
}

#[test]
fn who_is_in_no_category_is_not_looked_at() {
    let mut case = left("1000", AssistanceCategory::OtherHardship, "pneumonia");
    case.person.categories.clear();
    let payer = MedicalAssistance::new();
    assert_eq!(fresh(&case), Adjudication::nothing(payer.id()));
    assert!(keys(&case).is_empty());
}

#[test]
fn exclusions_are_told_with_their_reason() {
    let mut elsewhere = left("1000", AssistanceCategory::ExtremePoverty, "pneumonia");
    elsewhere.person.kunming_household = false;
    assert!(
        refusals(&fresh(&elsewhere)).contains(&"assistance.inpatient.extreme-poverty: household-not-local".to_owned())
    );

    let mut registered_poor = left("1000", AssistanceCategory::RegisteredPoor, "pneumonia");
    registered_poor.person.categories.push(AssistanceCategory::SubsistenceAllowance);
    let decided = fresh(&registered_poor);
    assert!(decided.portions.is_empty());
    assert!(refusals(&decided)[0].ends_with("excluded-by-programme"));
    assert!(keys(&registered_poor).is_empty());
    registered_poor.person.categories.push(AssistanceCategory::ExtremePoverty);
    assert_eq!(fresh(&registered_poor).paid(), fen("1000"));
}

#[test]
fn a_childhood_disease_counts_until_the_fifteenth_birthday_and_cites_the_age() {
    let on = |birth_date: &str| {
        let mut case = left("1000", AssistanceCategory::SubsistenceAllowance, "childhood-leukaemia");
        case.person.birth_date = birth_date.parse().unwrap();
        fresh(&case)
    };
    let child = on("2007-05-05");
    assert_eq!(child.portions[0].benefit.as_str(), "assistance.major-disease.subsistence-allowance");
    assert!(child.portions[0].steps.iter().any(|step| &*step.citation.rule == "assistance.major-disease.child-age"));
    let grown = on("2007-05-04");
    assert_eq!(grown.portions[0].benefit.as_str(), "assistance.inpatient");
    assert!(refusals(&grown).contains(&"assistance.major-disease.subsistence-allowance: age-not-covered".to_owned()));
}

#[test]
fn the_age_of_a_childhood_disease_means_nothing_for_any_other() {
    let of = |diagnosis: &str| {
        let mut case = left("1000", AssistanceCategory::SubsistenceAllowance, diagnosis);
        case.person.birth_date = "2015-01-01".parse().unwrap();
        fresh(&case)
    };
    let listed = of("lung-cancer");
    assert_eq!(listed.portions[0].benefit.as_str(), "assistance.major-disease.subsistence-allowance");
    assert!(listed.portions[0].steps.iter().all(|step| &*step.citation.rule != "assistance.major-disease.child-age"));
    let unlisted = of("pneumonia");
    assert_eq!(unlisted.portions[0].benefit.as_str(), "assistance.inpatient");
    assert_eq!(refusals(&unlisted), ["assistance.major-disease.subsistence-allowance: diagnosis-not-listed"]);
}

#[test]
fn lines_that_break_the_rules_leave_the_base_in_proportion() {
    let mut case = left("2", AssistanceCategory::ExtremePoverty, "pneumonia");
    let mut violating = given::line("1");
    violating.violates_rules = true;
    case.lines.push(violating);
    let decided = fresh(&case);
    assert_eq!((decided.portions[0].base, decided.paid()), (fen("2"), fen("2")));
    let step = &decided.portions[0].steps[0];
    assert_eq!((step.operation, &*step.citation.rule), (Operation::LeaveOutViolations, "assistance.violations"));
    case.lines.remove(0);
    assert_eq!(fresh(&case).paid(), fen("0"));
}

proptest! {
    #[test]
    fn a_higher_category_never_gets_less_and_no_ceiling_is_passed(
        fens in 0_i64..30_000_000,
        ordinary_used in 0_i64..=2_000_000,
        major_used in 0_i64..=10_000_000,
        listed in any::<bool>(),
    ) {
        let counters: Counters = [
            (key("assistance.inpatient.paid", 2022), Fen::new(ordinary_used)),
            (key("assistance.major-disease.paid", 2022), Fen::new(major_used)),
        ].into_iter().collect();
        let diagnosis = if listed { "lung-cancer" } else { "pneumonia" };
        let mut lower = Fen::ZERO;
        for category in CATEGORIES {
            let case = left(&Fen::new(fens).to_string(), category, diagnosis);
            let decided = decide(&case, &counters);
            prop_assert!(decided.portions.iter().all(Portion::is_closed));
            let mut after = counters.clone();
            after.apply(&decided.moves);
            prop_assert!(after.get(&key("assistance.inpatient.paid", 2022)) <= fen("20000"));
            prop_assert!(after.get(&key("assistance.major-disease.paid", 2022)) <= fen("100000"));
            prop_assert!(decided.paid() >= lower);
            lower = decided.paid();
        }
    }
}
