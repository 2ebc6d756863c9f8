//! What every statement of the platform must satisfy by itself: it closes, and no fund passes a yearly ceiling.

use std::collections::BTreeMap;

use chrono::Datelike;
use claim::{AssistanceCategory, Fund, Service};

use crate::bill::{Figures, Insured, Outcome, Person};
use crate::life::{Moment, walk};
use crate::platform::Payment;
use crate::{employee, rules};

#[test]
fn every_statement_closes_to_the_fen() {
    walk(&[1, 2], 150, 40, |(): &mut (), moment| match moment.answer.outcome {
        Outcome::RuleNotInForce => Ok(()),
        Outcome::Settled(figures) => closes(moment, &figures),
    });
}

fn closes(moment: &Moment<'_>, figures: &Figures) -> Result<(), String> {
    let Figures { total, excluded, above_price_cap, initial_self_pay, eligible, account, cash, .. } = *figures;
    let lines: i64 = moment.bill.lines.iter().map(|line| line.amount).sum();
    let paid: i64 = moment.answer.payments.iter().map(|payment| payment.fen).sum();
    let parts = [
        excluded,
        above_price_cap,
        initial_self_pay,
        eligible,
        figures.deductible,
        figures.basic_outpatient,
        figures.basic_inpatient,
        figures.large_expense,
        figures.critical_illness,
        figures.civil_servant,
        figures.top_up,
        figures.assistance,
        account,
        cash,
    ];
    let identities = [
        ("the total is that of the lines", total == lines),
        ("total = excluded + above cap + self-pay + eligible", {
            total == excluded + above_price_cap + initial_self_pay + eligible
        }),
        ("total = funds + account + cash", total == figures.funds() + account + cash),
        ("basic = outpatient + inpatient", figures.basic == figures.basic_outpatient + figures.basic_inpatient),
        ("the funds pay what their benefits pay", paid == figures.funds() + account),
        ("the funds pay no more than is eligible", figures.funds() <= eligible),
        ("the deductible is part of what basic insurance leaves", figures.deductible <= eligible - figures.basic),
        ("no part is below zero", parts.iter().all(|part| *part >= 0)),
    ];
    identities.iter().find(|(_, holds)| !holds).map_or(Ok(()), |(name, _)| Err(format!("does not hold: {name}")))
}

/// What shares one ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pot {
    Ordinary,
    Chronic,
    Pooling,
    EmployeeTotal,
    ResidentOrdinary,
    ResidentStays,
    CriticalIllness,
    AidOrdinary,
    AidChronic,
    AidSpecial,
    AidStay,
    AidMajor,
}

impl Pot {
    /// The pots that a payment comes from.
    fn of(insured: Insured, payment: &Payment) -> Vec<Self> {
        let resident = insured == Insured::Resident;
        match payment.fund {
            Fund::BasicOutpatient if resident => vec![Self::ResidentOrdinary],
            Fund::BasicOutpatient if payment.service == Service::Chronic => vec![Self::Chronic],
            Fund::BasicOutpatient => vec![Self::Ordinary],
            Fund::BasicInpatient if resident => vec![Self::ResidentStays],
            Fund::BasicInpatient => vec![Self::Pooling, Self::EmployeeTotal],
            Fund::LargeExpense => vec![Self::EmployeeTotal],
            Fund::CriticalIllness => vec![Self::CriticalIllness],
            Fund::Assistance => vec![match payment.service {
                Service::Chronic => Self::AidChronic,
                Service::Special => Self::AidSpecial,
                Service::Stay if payment.benefit.contains("major-disease") => Self::AidMajor,
                Service::Stay => Self::AidStay,
                Service::OrdinaryOutpatient
                | Service::NegotiatedDrug
                | Service::EmergencyRescue
                | Service::Ambulance
                | Service::DaySurgery => Self::AidOrdinary,
            }],
            Fund::CivilServant | Fund::TopUp | Fund::Account => Vec::new(),
        }
    }

    /// None where there is no ceiling for the person on the day.
    fn ceiling(self, moment: &Moment<'_>) -> Option<i64> {
        Some(match self {
            Self::Ordinary => rules::ORDINARY_CEILING,
            Self::Chronic => employee::chronic_ceiling(moment.person, moment.bill),
            Self::Pooling => rules::POOLING_CEILING,
            Self::EmployeeTotal => rules::EMPLOYEE_TOTAL_CEILING,
            Self::ResidentOrdinary => rules::RESIDENT_ORDINARY_CEILING,
            Self::ResidentStays => rules::RESIDENT_STAY_CEILING,
            Self::CriticalIllness if has_concession(moment.person) => return None,
            Self::CriticalIllness => rules::CRITICAL_CEILING,
            Self::AidOrdinary => rules::AID_ORDINARY_CEILING,
            Self::AidChronic => rules::AID_CHRONIC_CEILING,
            Self::AidSpecial => rules::AID_SPECIAL_CEILING,
            Self::AidStay => rules::AID_STAY_CEILING,
            Self::AidMajor => rules::AID_MAJOR_CEILING,
        })
    }
}

fn has_concession(person: &Person) -> bool {
    [AssistanceCategory::ExtremePoverty, AssistanceCategory::SubsistenceAllowance, AssistanceCategory::RegisteredPoor]
        .into_iter()
        .any(|category| person.is(category))
}

#[test]
fn no_fund_pays_more_in_a_year_than_its_ceiling() {
    walk(&[5, 6], 200, 60, |paid: &mut BTreeMap<(i32, Pot), i64>, moment| {
        let year = moment.bill.date.year();
        for payment in moment.answer.payments.iter().filter(|payment| payment.fen > 0) {
            for pot in Pot::of(moment.person.insured, payment) {
                let sum = paid.entry((year, pot)).or_default();
                *sum += payment.fen;
                if pot.ceiling(moment).is_some_and(|ceiling| *sum > ceiling) {
                    return Err(format!("{pot:?} of {year} has paid {sum}"));
                }
            }
        }
        Ok(())
    });
}
