//! What large-expense, critical illness insurance and the top-up decide at their boundaries.

#![expect(clippy::unwrap_used, reason = "a test fails where its premises do not hold")]

#[path = "../../../shared/rulebook/tests/given/mod.rs"]
mod given;

use claim::{
    Adjudication, AssistanceCategory, BenefitId, CounterMove, Fund, Insurance, Level, Operation, PayerId, Portion,
    PricedCase, Service, VisitKind,
};
use critical_illness::CriticalIllness;
use given::{asked, case, fen, key, refusals, rules_of};
use money::Fen;
use proptest::prelude::*;
use rulebook::{Counters, Detail, Draft, PayerRules};

/// What is decided with the counters that are asked for and no others.
fn decide(case: &PricedCase, earlier: &Adjudication, counters: &Counters) -> Adjudication {
    let (payer, rules, earlier) = (CriticalIllness::new(), rules_of(case), std::slice::from_ref(earlier));
    payer
        .adjudicate(
            &rules,
            case,
            earlier,
            &asked(&payer.counter_keys(&rules, case, earlier), counters),
            Detail::Explained,
        )
        .unwrap()
}

/// Basic insurance's decision on `base`, of which it paid a part and could not place another.
fn basic(benefit: &str, service: Service, base: Fen, paid: Fen, above_ceiling: Fen) -> Adjudication {
    let portion = Portion {
        benefit: BenefitId::new(benefit).unwrap(),
        service,
        fund: Fund::BasicInpatient,
        lines: Vec::new(),
        base,
        deductible: Fen::ZERO,
        coinsurance: base - paid - above_ceiling,
        above_ceiling,
        hospital_share: Fen::ZERO,
        paid,
        steps: Vec::new(),
        family_account: None,
    };
    let basic = PayerId::new("basic-insurance").unwrap();
    Adjudication { portions: vec![portion], ..Adjudication::nothing(basic) }
}

fn resident(personal: &str) -> (PricedCase, Adjudication) {
    let mut case = case(VisitKind::Inpatient, Level::Three, personal);
    case.person.insurance = Insurance::Resident;
    let earlier = basic("resident.inpatient", Service::Stay, fen(personal), Fen::ZERO, Fen::ZERO);
    (case, earlier)
}

#[test]
fn large_expense_fills_the_yearly_maximum_together_with_the_pooling_fund() {
    let case = case(VisitKind::Inpatient, Level::Three, "1000");
    let paid = |pooling: &str, used: &str| {
        let mut earlier = basic("employee.inpatient", Service::Stay, fen("1000"), Fen::ZERO, fen("1000"));
        let (before, after) = (fen(pooling), fen(pooling));
        earlier.moves.push(CounterMove { key: key("employee.pooling.paid", 2022), before, after });
        let counters = [(key("employee.large-expense.paid", 2022), fen(used))].into_iter().collect();
        decide(&case, &earlier, &counters).paid_by(Fund::LargeExpense)
    };
    assert_eq!(paid("60000", "349100"), fen("900"));
    assert_eq!(paid("60000", "349100.01"), fen("899.99"));
    assert_eq!(paid("60000", "350000"), fen("0"));
    assert_eq!(paid("59000", "350000"), fen("900"));
}

/// What is decided for each part: service, base, deductible, coinsurance, above the ceiling, paid.
fn parts(decided: &Adjudication) -> Vec<(Service, [Fen; 5])> {
    let amounts = |of: &Portion| [of.base, of.deductible, of.coinsurance, of.above_ceiling, of.paid];
    decided.portions.iter().map(|of| (of.service, amounts(of))).collect()
}

#[test]
fn one_payment_for_two_services_is_shared_out_in_their_order() {
    let case = case(VisitKind::Inpatient, Level::Three, "1500");
    let mut earlier = basic("employee.special", Service::Special, fen("1000"), Fen::ZERO, fen("1000"));
    earlier.portions.extend(basic("employee.inpatient", Service::Stay, fen("500"), Fen::ZERO, fen("500")).portions);
    let (before, after) = (fen("60000"), fen("60000"));
    earlier.moves.push(CounterMove { key: key("employee.pooling.paid", 2022), before, after });
    let counters = [(key("employee.large-expense.paid", 2022), fen("349550"))].into_iter().collect();
    let decided = decide(&case, &earlier, &counters);
    let special = ["1000", "0", "50", "500", "450"].map(fen);
    let stay = ["500", "0", "0", "500", "0"].map(fen);
    assert_eq!(parts(&decided), [(Service::Special, special), (Service::Stay, stay)]);
    assert!(decided.portions.iter().all(|portion| !portion.steps.is_empty()), "each part is explained");

    let (case, mut earlier) = resident("14000");
    earlier.portions = basic("resident.inpatient", Service::Stay, fen("7000"), Fen::ZERO, Fen::ZERO).portions;
    earlier.portions.extend(basic("resident.chronic", Service::Chronic, fen("7000"), Fen::ZERO, Fen::ZERO).portions);
    let stay = ["7000", "7000", "0", "0", "0"].map(fen);
    let chronic = ["7000", "5000", "800", "0", "1200"].map(fen);
    assert_eq!(
        parts(&decide(&case, &earlier, &Counters::default())),
        [(Service::Stay, stay), (Service::Chronic, chronic)]
    );
}

#[test]
fn parts_of_one_service_are_one_part_with_the_lines_of_both() {
    let case = case(VisitKind::NegotiatedDrug, Level::Three, "1000");
    let mut earlier = basic("employee.negotiated-drug", Service::NegotiatedDrug, fen("600"), Fen::ZERO, fen("600"));
    earlier.portions.extend(earlier.portions.clone());
    for (portion, line) in earlier.portions.iter_mut().zip([2, 0]) {
        portion.lines = vec![line];
    }
    let decided = decide(&case, &earlier, &Counters::default());
    let (rules, counters) = (rules_of(&case), Counters::default());
    let earlier = std::slice::from_ref(&earlier);
    let draft = Draft::new(CriticalIllness::new().id(), &rules, &case, earlier, &counters, Detail::Explained);
    let large_expense = rules.benefit(&BenefitId::new("employee.large-expense").unwrap()).unwrap();
    let looked_at: Vec<_> = draft.parts(large_expense).into_iter().map(|part| (part.eligible, part.base)).collect();
    assert_eq!(looked_at, [(fen("1200"), fen("1200"))]);
    assert_eq!(decided.portions[0].lines, [0, 2]);
    assert_eq!(parts(&decided), [(Service::NegotiatedDrug, ["1200", "0", "120", "0", "1080"].map(fen))]);
}

#[test]
fn nothing_beyond_a_ceiling_is_nothing_for_large_expense() {
    let case = case(VisitKind::Inpatient, Level::Three, "1000");
    let earlier = basic("employee.inpatient", Service::Stay, fen("1000"), fen("850"), Fen::ZERO);
    let rules = rules_of(&case);
    assert!(CriticalIllness::new().counter_keys(&rules, &case, std::slice::from_ref(&earlier)).is_empty());
    assert!(decide(&case, &earlier, &Counters::default()).portions.is_empty());
}

#[test]
fn the_threshold_is_borne_once_a_year_on_the_cumulative_expense() {
    let (case, earlier) = resident("100");
    let portion = |before: &str| {
        let counters = [(key("resident.critical-illness.expense", 2022), fen(before))].into_iter().collect();
        let decided = decide(&case, &earlier, &counters);
        let portion = decided.portions.into_iter().next().unwrap();
        let step = portion.steps.iter().find(|step| step.operation == Operation::ApplyDeductible).unwrap();
        assert_eq!(step.result, portion.base - portion.deductible);
        (portion.deductible, portion.paid)
    };
    assert_eq!(portion("11900"), (fen("100"), fen("0")));
    assert_eq!(portion("11900.01"), (fen("99.99"), fen("0.01")));
    assert_eq!(portion("12000"), (fen("0"), fen("60")));
    assert_eq!(portion("49950"), (fen("0"), fen("65")));
    assert_eq!(portion("99950"), (fen("0"), fen("75")));
}

#[test]
fn what_the_ceiling_cuts_off_is_the_persons_and_the_concession_has_none() {
    let (mut case, earlier) = resident("1000");
    let counters: Counters = [
        (key("resident.critical-illness.expense", 2022), fen("402000")),
        (key("resident.critical-illness.paid", 2022), fen("299400")),
    ]
    .into_iter()
    .collect();
    let decided = decide(&case, &earlier, &counters);
    assert_eq!((decided.portions[0].paid, decided.portions[0].above_ceiling), (fen("600"), fen("200")));
    case.person.categories = vec![AssistanceCategory::SubsistenceAllowance];
    assert_eq!(decide(&case, &earlier, &counters).portions[0].paid, fen("850"));
}

#[test]
fn below_the_threshold_the_reason_is_told() {
    let (case, earlier) = resident("12000");
    let decided = decide(&case, &earlier, &Counters::default());
    assert_eq!(refusals(&decided), ["resident.critical-illness: within-deductible"]);
}

#[test]
fn ordinary_outpatient_expense_does_not_count() {
    let (case, mut earlier) = resident("20000");
    earlier.portions[0].benefit = BenefitId::new("resident.outpatient").unwrap();
    earlier.portions[0].service = Service::OrdinaryOutpatient;
    assert!(decide(&case, &earlier, &Counters::default()).portions.is_empty());
}

#[test]
fn the_top_up_raises_what_was_paid_to_nine_tenths() {
    let (mut case, _) = resident("10000");
    case.person.categories = vec![AssistanceCategory::RegisteredPoor];
    let topped_up = |paid: &str| {
        let earlier = basic("resident.inpatient", Service::Stay, fen("10000"), fen(paid), Fen::ZERO);
        decide(&case, &earlier, &Counters::default()).paid_by(Fund::TopUp)
    };
    assert_eq!(topped_up("8999.99"), fen("0.01"));
    assert_eq!(topped_up("9000"), fen("0"));
    assert_eq!(topped_up("9500"), fen("0"));
}

proptest! {
    #[test]
    fn bills_of_a_year_pay_what_one_bill_of_their_sum_would_up_to_half_a_fen_each(
        bills in proptest::collection::vec(1_i64..20_000_000, 1..6),
    ) {
        let mut counters = Counters::default();
        let mut paid = Fen::ZERO;
        for bill in &bills {
            let (case, earlier) = resident(&Fen::new(*bill).to_string());
            let decided = decide(&case, &earlier, &counters);
            prop_assert!(decided.portions.iter().all(Portion::is_closed));
            counters.apply(&decided.moves);
            paid += decided.paid();
        }
        let (case, earlier) = resident(&bills.iter().copied().map(Fen::new).sum::<Fen>().to_string());
        let whole = decide(&case, &earlier, &Counters::default()).paid();
        prop_assert!(paid <= fen("300000"));
        prop_assert!((paid - whole).get().abs() <= i64::try_from(bills.len()).unwrap());
    }
}
