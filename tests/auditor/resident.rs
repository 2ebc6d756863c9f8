//! Residents: assumed basic insurance, critical illness insurance over the year, the top-up of the registered poor.

use claim::AssistanceCategory;

use crate::audit::{Auditor, Part, Service, SharedDeductible, Year};
use crate::bill::{Bill, Person};
use crate::rules;

pub(crate) fn pay(books: &mut Auditor, person: &Person, bill: &Bill, parts: &mut [Part]) {
    for part in parts.iter_mut() {
        match part.service {
            Service::Ordinary => ordinary(books.year(bill.date), bill, part),
            Service::Stay => stay(books, bill, part),
            // Chronic and special diseases: no parameter has been entered. The others have no rule in force.
            Service::Chronic
            | Service::Special
            | Service::ExemptSpecial
            | Service::Drug(_)
            | Service::Rescue
            | Service::Ambulance
            | Service::DaySurgery
            | Service::Unprescribed => {}
        }
    }
    critical_illness(books.year(bill.date), person, parts);
    for part in parts.iter_mut().filter(|part| part.service == Service::Stay) {
        if person.is(AssistanceCategory::RegisteredPoor) {
            let wanted = rules::share(part.eligible, rules::TOP_UP_RATE);
            part.top_up = (wanted - part.basic_inpatient - part.critical_illness).max(0);
        }
    }
}

fn ordinary(year: &mut Year, bill: &Bill, part: &mut Part) {
    let rate = (rules::resident_ordinary_rate(bill.level()) - rules::points_off(bill)).max(0);
    let room = rules::RESIDENT_ORDINARY_CEILING - year.resident_ordinary_paid;
    part.basic_outpatient = rules::share(part.eligible, rate).min(room);
    year.resident_ordinary_paid += part.basic_outpatient;
}

fn stay(books: &mut Auditor, bill: &Bill, part: &mut Part) {
    let left = rules::resident_stay_deductible(bill.level()) - books.borne(SharedDeductible::ResidentStay, bill);
    part.deductible = part.eligible.min(left);
    books.bear(SharedDeductible::ResidentStay, bill, part.deductible);
    let rate = (rules::resident_stay_rate(bill.level()) - rules::points_off(bill)).max(0);
    let year = books.year(bill.date);
    let room = rules::RESIDENT_STAY_CEILING - year.resident_stays_paid;
    part.basic_inpatient = rules::share(part.eligible - part.deductible, rate).min(room);
    year.resident_stays_paid += part.basic_inpatient;
}

/// The banded rates on what the person bears over the year of stays, chronic and special diseases: one payment, rounded
/// once; each part's is what the sum up to it adds.
fn critical_illness(year: &mut Year, person: &Person, parts: &mut [Part]) {
    let concession = [
        AssistanceCategory::ExtremePoverty,
        AssistanceCategory::SubsistenceAllowance,
        AssistanceCategory::RegisteredPoor,
    ]
    .into_iter()
    .any(|category| person.is(category));
    let room = if concession { i64::MAX } else { (rules::CRITICAL_CEILING - year.critical_paid).max(0) };
    let before = banded(year.critical_burden, concession);
    let mut paid = 0;
    for part in parts.iter_mut().filter(|part| counts_as_critical(part.service)) {
        year.critical_burden += part.left();
        let due = rules::share(1, banded(year.critical_burden, concession) - before);
        part.critical_illness = due.min(room) - paid;
        paid += part.critical_illness;
    }
    year.critical_paid += paid;
}

const fn counts_as_critical(service: Service) -> bool {
    match service {
        Service::Stay | Service::Chronic | Service::Special | Service::ExemptSpecial => true,
        Service::Ordinary
        | Service::Drug(_)
        | Service::Rescue
        | Service::Ambulance
        | Service::DaySurgery
        | Service::Unprescribed => false,
    }
}

/// What the bands give on `burden`, in ten-thousandths of a fen so that nothing is rounded yet.
fn banded(burden: i64, concession: bool) -> i64 {
    let threshold = if concession { rules::CRITICAL_THRESHOLD / 2 } else { rules::CRITICAL_THRESHOLD };
    let more = if concession { rules::CRITICAL_CONCESSION } else { 0 };
    let in_band = |(from, to, rate): (i64, i64, i64)| (burden.min(to) - from.max(threshold)).max(0) * (rate + more);
    rules::CRITICAL_BANDS.into_iter().map(in_band).sum()
}
