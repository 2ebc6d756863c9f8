//! Who is better placed never gets less: one more eligible fen, a higher rate or a further category never lowers what
//! the funds pay together, but for the exceptions that the law itself makes.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use claim::{AssistanceCategory as Category, Filing, Fund, ItemClass, TreatmentRegion, VisitKind};

use crate::bill::{Bill, Disease, Insured, Line, Outcome, Person};
use crate::life::walk;
use crate::platform::{Answer, Memory, Payment, Platform};

/// How a case is made better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Betterment {
    MoreEligibleFen(i64),
    Retirement,
    BetterFiling,
    Category(Category),
    SevereDisability,
    KunmingHousehold,
    NoLineBreaksTheRules,
    LowerInitialSelfPay,
}

/// A case in which the law itself pays less for the better place.
struct Exception {
    #[expect(dead_code, reason = "the name is there to be read")]
    name: &'static str,
    #[expect(dead_code, reason = "the reason is there to be read")]
    reason: &'static str,
    holds: fn(Betterment, &Person, &Answer) -> bool,
}

const EXCEPTIONS: [Exception; 2] = [
    Exception {
        name: "the registered poor have their own programme",
        reason: "四(四): who is also registered poor gets that programme only, unless in extreme poverty",
        holds: |betterment, person, _| {
            betterment == Betterment::Category(Category::RegisteredPoor) && !person.is(Category::ExtremePoverty)
        },
    },
    Exception {
        name: "parts of a bill share the ceilings but not the assistance",
        reason: "第九条, 第十一条, 第十四条: one ceiling for all; what an assisted part draws leaves less for a part without",
        holds: |_, _, better| {
            let employees = |payment: &&Payment| matches!(payment.fund, Fund::BasicInpatient | Fund::LargeExpense);
            let services: BTreeSet<_> =
                better.payments.iter().filter(employees).map(|payment| payment.service).collect();
            let ceiling_reached = better.payments.iter().any(|payment| payment.fund == Fund::LargeExpense);
            services.len() > 1 && ceiling_reached
        },
    },
];

#[test]
fn who_is_better_placed_never_gets_less_but_for_the_named_exceptions() {
    walk(&[3, 4], 150, 40, |(): &mut (), moment| {
        let Outcome::Settled(figures) = moment.answer.outcome else { return Ok(()) };
        for (betterment, person, bill) in betterments(moment.person, moment.bill) {
            let answer = Platform::shipped().settle(&mut moment.memory.clone(), &person, &bill);
            let Outcome::Settled(better) = answer.outcome else { return Err(format!("{betterment:?} is refused")) };
            let excepted = EXCEPTIONS.iter().any(|exception| (exception.holds)(betterment, moment.person, &answer));
            if better.funds() < figures.funds() && !excepted {
                let less = figures.funds() - better.funds();
                return Err(format!("{betterment:?} gets {less} fen less: {better:?}\n{:?}", answer.payments));
            }
        }
        Ok(())
    });
}

/// What the funds pay for `bill` as the person's first one.
fn funds(person: &Person, bill: &Bill) -> i64 {
    match Platform::shipped().settle(&mut Memory::default(), person, bill).outcome {
        Outcome::Settled(figures) => figures.funds(),
        Outcome::RuleNotInForce => panic!("no rule covers {bill:?}"),
    }
}

fn on_allowance() -> Person {
    let start = NaiveDate::from_ymd_opt(2022, 4, 1).expect("a date");
    Person {
        insured: Insured::EmployeeInService,
        birth: NaiveDate::from_ymd_opt(1982, 4, 1).expect("a date"),
        kunming_household: true,
        disability: 0,
        categories: vec![Category::SubsistenceAllowance],
        diseases: vec![Disease { code: "malignant-tumour", special: true, approved: start }],
    }
}

#[test]
fn the_registered_poor_lose_the_assistance_for_a_stay() {
    let person = on_allowance();
    let mut poor = person.clone();
    poor.categories.push(Category::RegisteredPoor);
    let stay = Bill::of(VisitKind::Inpatient, vec![Line::plain(100_000)]);
    assert_eq!((funds(&person, &stay), funds(&poor, &stay)), (70_000, 0));
}

#[test]
fn a_retired_person_can_get_a_fen_less_where_an_assisted_part_and_another_share_a_used_up_ceiling() {
    let person = on_allowance();
    let retired = Person { insured: Insured::EmployeeRetired, ..person.clone() };
    let special = Line { disease: Some("malignant-tumour"), ..Line::plain(92_649) };
    let both = Bill::of(VisitKind::Outpatient, vec![special, Line::plain(47_151_919)]);
    assert_eq!(funds(&person, &both) - funds(&retired, &both), 1);
}

/// The case made better in every way that applies.
fn betterments(person: &Person, bill: &Bill) -> Vec<(Betterment, Person, Bill)> {
    let mut better = Vec::new();
    let mut person_with = |betterment, change: &dyn Fn(&mut Person)| {
        let mut changed = person.clone();
        change(&mut changed);
        if changed != *person {
            better.push((betterment, changed, bill.clone()));
        }
    };
    if person.insured == Insured::EmployeeInService {
        person_with(Betterment::Retirement, &|person| person.insured = Insured::EmployeeRetired);
    }
    for category in [
        Category::ExtremePoverty,
        Category::SubsistenceAllowance,
        Category::LowIncomeSeriouslyIll,
        Category::OtherHardship,
        Category::RegisteredPoor,
    ] {
        person_with(Betterment::Category(category), &|person| {
            if !person.is(category) {
                person.categories.push(category);
            }
        });
    }
    person_with(Betterment::SevereDisability, &|person| person.disability = 1);
    person_with(Betterment::KunmingHousehold, &|person| person.kunming_household = true);
    let mut bill_with = |betterment, change: &dyn Fn(&mut Bill)| {
        let mut changed = bill.clone();
        change(&mut changed);
        if changed != *bill {
            better.push((betterment, person.clone(), changed));
        }
    };
    for index in 0..bill.lines.len() {
        let line = &bill.lines[index];
        if line.class != ItemClass::A || line.unit_price_cap.is_some() {
            continue;
        }
        for more in [1, 12_345] {
            bill_with(Betterment::MoreEligibleFen(more), &|bill| bill.lines[index].amount += more);
        }
    }
    bill_with(Betterment::NoLineBreaksTheRules, &|bill| {
        bill.lines.iter_mut().for_each(|line| line.breaks_rules = false);
    });
    bill_with(Betterment::LowerInitialSelfPay, &|bill| {
        bill.lines.iter_mut().filter(|line| line.class == ItemClass::B).for_each(|line| line.self_pay_bp = 0);
    });
    if bill.region == TreatmentRegion::OtherProvince {
        bill_with(Betterment::BetterFiling, &|bill| {
            bill.filing = match bill.filing {
                Filing::None | Filing::OtherTemporary => Filing::Referred,
                Filing::Referred | Filing::Emergency | Filing::LongTerm => Filing::LongTerm,
            }
        });
    }
    better
}
