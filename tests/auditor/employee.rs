//! Employees: 昆政办〔2022〕15号, the stay, the pooling ceiling and the large-expense scheme above it.

use crate::audit::{Auditor, Part, Service, SharedDeductible, Year};
use crate::bill::{Bill, Insured, Person};
use crate::rules;

pub(crate) fn pay(books: &mut Auditor, person: &Person, bill: &Bill, parts: &mut [Part]) {
    let retired = person.insured == Insured::EmployeeRetired;
    let off = rules::points_off(bill);
    let stay_rate = (rules::employee_stay_rate(bill.level(), retired) - off).max(0);
    for part in parts.iter_mut() {
        match part.service {
            Service::Unprescribed => {}
            Service::Special => {
                let left = rules::SPECIAL_DEDUCTIBLE - books.year(bill.date).special_borne;
                part.deductible = part.eligible.min(left);
                books.year(bill.date).special_borne += part.deductible;
                pool(books.year(bill.date), part, part.eligible - part.deductible, stay_rate);
            }
            Service::ExemptSpecial => {
                let rate = (rules::EXEMPT_SPECIAL_RATE - off).max(0);
                pool(books.year(bill.date), part, part.eligible, rate);
            }
            Service::Drug(drug) => {
                let borne = books.year(bill.date).drug_borne.entry(drug).or_default();
                part.deductible = part.eligible.min(rules::DRUG_DEDUCTIBLE - *borne);
                *borne += part.deductible;
                pool(books.year(bill.date), part, part.eligible - part.deductible, stay_rate);
            }
            Service::Chronic => chronic(books.year(bill.date), person, bill, part),
            Service::Ordinary => ordinary(books, bill, part, retired),
            Service::Rescue => rescue(books, bill, part, stay_rate),
            Service::Ambulance => {
                let rate = (rules::employee_stay_rate(claim::Level::One, retired) - off).max(0);
                pool(books.year(bill.date), part, part.eligible, rate);
            }
            Service::DaySurgery => {
                let left = rules::DAY_SURGERY_DEDUCTIBLE - books.borne(SharedDeductible::DaySurgery, bill);
                part.deductible = part.eligible.min(left);
                books.bear(SharedDeductible::DaySurgery, bill, part.deductible);
                pool(books.year(bill.date), part, part.eligible - part.deductible, stay_rate);
            }
            Service::Stay => stay(books, bill, part, stay_rate),
        }
    }
    large_expense(books.year(bill.date), parts);
}

/// Pays what counts against the pooling ceiling; what does not fit is left for the large-expense scheme.
fn pool(year: &mut Year, part: &mut Part, expense: i64, rate: i64) {
    let room = rules::POOLING_CEILING - year.pooled;
    let full = rules::share(expense, rate);
    let (paid, beyond) = if room == 0 {
        (0, expense)
    } else if full <= room {
        (full, 0)
    } else {
        (room, expense - rules::expense_paying(room, rate))
    };
    year.pooled += paid;
    part.basic_inpatient += paid;
    part.beyond_pooling += beyond;
}

/// One payment on everything that the pooling ceiling cut off, rounded once; each part's is what the sum up to it adds.
fn large_expense(year: &mut Year, parts: &mut [Part]) {
    let room = rules::EMPLOYEE_TOTAL_CEILING - year.pooled - year.large_expense_paid;
    let (mut beyond, mut paid) = (0, 0);
    for part in parts {
        beyond += part.beyond_pooling;
        part.large_expense = rules::share(beyond, rules::LARGE_EXPENSE_RATE).min(room) - paid;
        paid += part.large_expense;
    }
    year.large_expense_paid += paid;
}

/// 第九条: the visit's own deductible, the outpatient rate up to 6,000 a year, the inpatient rate beyond.
fn ordinary(books: &mut Auditor, bill: &Bill, part: &mut Part, retired: bool) {
    let off = rules::points_off(bill);
    let rate = (rules::ordinary_rate(bill.level(), retired) - off).max(0);
    let stay_rate = (rules::employee_stay_rate(bill.level(), retired) - off).max(0);
    let left = rules::ordinary_deductible(bill.level()) - books.borne(SharedDeductible::Ordinary, bill);
    part.deductible = part.eligible.min(left.max(0));
    books.bear(SharedDeductible::Ordinary, bill, part.deductible);
    let expense = part.eligible - part.deductible;
    let year = books.year(bill.date);
    let room = rules::ORDINARY_CEILING - year.ordinary_paid;
    let full = rules::share(expense, rate);
    if room > 0 && full <= room {
        year.ordinary_paid += full;
        part.basic_outpatient = full;
        return;
    }
    year.ordinary_paid += room;
    part.basic_outpatient = room;
    pool(year, part, expense - rules::expense_paying(room, rate), stay_rate);
}

/// 第十条: 300 a year, 80 %, a ceiling by the number of diseases; what is beyond it is the person's.
fn chronic(year: &mut Year, person: &Person, bill: &Bill, part: &mut Part) {
    part.deductible = part.eligible.min(rules::CHRONIC_DEDUCTIBLE - year.chronic_borne);
    year.chronic_borne += part.deductible;
    let rate = (rules::CHRONIC_RATE - rules::points_off(bill)).max(0);
    let room = (chronic_ceiling(person, bill) - year.chronic_paid).max(0);
    part.basic_outpatient = rules::share(part.eligible - part.deductible, rate).min(room);
    year.chronic_paid += part.basic_outpatient;
}

/// The chronic diseases that are approved on the day decide.
pub(crate) fn chronic_ceiling(person: &Person, bill: &Bill) -> i64 {
    let approved = person.diseases.iter().filter(|disease| !disease.special && disease.approved <= bill.date);
    let count = i64::try_from(approved.count()).expect("a small number");
    rules::chronic_ceiling(count, person.has_approved(Some(rules::PSYCHOSIS), false, bill.date))
}

/// 第十三条: the stay's deductible and rate; remembered for an admission within three days.
fn rescue(books: &mut Auditor, bill: &Bill, part: &mut Part, stay_rate: i64) {
    let left = rules::employee_stay_deductible(bill.level()) - books.borne(SharedDeductible::Rescue, bill);
    part.deductible = part.eligible.min(left);
    books.bear(SharedDeductible::Rescue, bill, part.deductible);
    books.rescues.push(crate::audit::Rescue {
        date: bill.date,
        institution: bill.institution.clone(),
        borne: part.deductible,
        merged: false,
    });
    pool(books.year(bill.date), part, part.eligible - part.deductible, stay_rate);
}

/// A stay, with what the rescues of the three days before the admission bore at the same institution.
fn stay(books: &mut Auditor, bill: &Bill, part: &mut Part, stay_rate: i64) {
    let admission = bill.admission.unwrap_or(bill.date);
    let mut before = books.borne(SharedDeductible::EmployeeStay, bill);
    let mut merged = 0;
    for rescue in &mut books.rescues {
        let days = (admission - rescue.date).num_days();
        let close = (0..=rules::RESCUE_DAYS).contains(&days) && rescue.institution == bill.institution;
        if close && !rescue.merged {
            rescue.merged = true;
            merged += rescue.borne;
        }
    }
    before += merged;
    let left = (rules::employee_stay_deductible(bill.level()) - before).max(0);
    part.deductible = part.eligible.min(left);
    books.bear(SharedDeductible::EmployeeStay, bill, merged + part.deductible);
    pool(books.year(bill.date), part, part.eligible - part.deductible, stay_rate);
}
