//! Who is better placed never gets less: one more eligible fen, a higher rate or a further category never lowers what
//! the funds pay together, but for the exceptions that the law itself makes.

use std::cell::RefCell;
use std::collections::BTreeSet;

use claim::{AssistanceCategory as Category, Filing, Fund, ItemClass, TreatmentRegion};

use crate::bill::{Bill, Insured, Outcome, Person};
use crate::life::{Moment, walk};
use crate::platform::{Answer, Payment, Platform};

/// How a case is made better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Betterment {
    MoreEligibleFen(i64),
    MoreFenThatBreakTheRules(i64),
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
    name: &'static str,
    #[expect(dead_code, reason = "the reason is there to be read")]
    reason: &'static str,
    holds: fn(Betterment, &Moment<'_>, &Answer) -> bool,
}

const EXCEPTIONS: [Exception; 3] = [
    Exception {
        name: "the registered poor have their own programme",
        reason: "四(四): who is also registered poor gets that programme only, unless in extreme poverty",
        holds: |betterment, moment, _| {
            betterment == Betterment::Category(Category::RegisteredPoor) && !moment.person.is(Category::ExtremePoverty)
        },
    },
    Exception {
        name: "a line that breaks the rules dilutes",
        reason: "七(三), CH-20: the assistance base loses the share of such lines, and one more fen raises the share",
        holds: |betterment, _, _| matches!(betterment, Betterment::MoreFenThatBreakTheRules(_)),
    },
    Exception {
        name: "parts of a bill share the ceilings but not the assistance",
        reason: "第九条, 第十一条, 第十四条: one ceiling for all; what an assisted part draws leaves less for a part without",
        holds: |_, _, better| {
            let employees = |payment: &&Payment| matches!(payment.fund, Fund::BasicInpatient | Fund::LargeExpense);
            let services: BTreeSet<_> = better.payments.iter().filter(employees).map(|payment| payment.service).collect();
            let ceiling_reached = better.payments.iter().any(|payment| payment.fund == Fund::LargeExpense);
            services.len() > 1 && ceiling_reached
        },
    },
];

#[test]
fn who_is_better_placed_never_gets_less_but_for_the_named_exceptions() {
    let met = RefCell::new(BTreeSet::new());
    let visits = walk(3, 4000, 40, |_: &mut (), moment| {
        let Outcome::Settled(figures) = moment.answer.outcome else { return Ok(()) };
        for (betterment, person, bill) in betterments(moment.person, moment.bill) {
            let answer = Platform::shipped().settle(&mut moment.memory.clone(), &person, &bill);
            let Outcome::Settled(better) = answer.outcome else { return Err(format!("{betterment:?} is refused")) };
            if better.funds() >= figures.funds() {
                continue;
            }
            match EXCEPTIONS.iter().find(|exception| (exception.holds)(betterment, moment, &answer)) {
                Some(exception) => {
                    met.borrow_mut().insert(exception.name);
                }
                None => {
                    let less = figures.funds() - better.funds();
                    return Err(format!("{betterment:?} gets {less} fen less: {better:?}\n{:?}", answer.payments));
                }
            }
        }
        Ok(())
    });
    let named: BTreeSet<_> = EXCEPTIONS.iter().map(|exception| exception.name).collect();
    assert_eq!(named, *met.borrow(), "exceptions named and exceptions met in {visits} visits");
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
            let betterment = if line.breaks_rules {
                Betterment::MoreFenThatBreakTheRules(more)
            } else {
                Betterment::MoreEligibleFen(more)
            };
            bill_with(betterment, &|bill| bill.lines[index].amount += more);
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
                Filing::None => Filing::Referred,
                Filing::Referred | Filing::Emergency | Filing::LongTerm => Filing::LongTerm,
            }
        });
    }
    better
}
