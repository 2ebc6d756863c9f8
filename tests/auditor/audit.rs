//! The auditor: takes a bill apart, lets every rule pay in order, and keeps the sums of each natural year.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use claim::{ItemClass, Level, VisitKind};

use crate::bill::{Bill, Figures, Insured, Line, Outcome, Person};
use crate::{assistance, employee, resident, rules};

/// What a part of a bill settles as. The order is the order in which parts draw on what they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Rescue,
    Ambulance,
    DaySurgery,
    Stay,
    Special,
    ExemptSpecial,
    Drug(&'static str),
    Chronic,
    Ordinary,
    /// Bought at a pharmacy without a prescription: nobody pays.
    Unprescribed,
}

/// One part of a bill and who has paid of it so far.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) service: Service,
    pub(crate) eligible: i64,
    /// The eligible expense of lines that break the rules of treatment.
    pub(crate) breaking: i64,
    pub(crate) deductible: i64,
    pub(crate) basic_outpatient: i64,
    pub(crate) basic_inpatient: i64,
    /// The expense that the pooling ceiling cut off.
    pub(crate) beyond_pooling: i64,
    pub(crate) large_expense: i64,
    pub(crate) critical_illness: i64,
    pub(crate) top_up: i64,
    pub(crate) assistance: i64,
}

impl Part {
    const fn of(service: Service) -> Self {
        Self {
            service,
            eligible: 0,
            breaking: 0,
            deductible: 0,
            basic_outpatient: 0,
            basic_inpatient: 0,
            beyond_pooling: 0,
            large_expense: 0,
            critical_illness: 0,
            top_up: 0,
            assistance: 0,
        }
    }

    /// The eligible expense that nobody has paid yet.
    pub(crate) const fn left(&self) -> i64 {
        self.eligible
            - self.basic_outpatient
            - self.basic_inpatient
            - self.large_expense
            - self.critical_illness
            - self.top_up
            - self.assistance
    }
}

/// The sums of one natural year.
#[derive(Clone, Debug, Default)]
pub(crate) struct Year {
    pub(crate) ordinary_paid: i64,
    pub(crate) chronic_borne: i64,
    pub(crate) chronic_paid: i64,
    pub(crate) special_borne: i64,
    pub(crate) drug_borne: BTreeMap<&'static str, i64>,
    pub(crate) pooled: i64,
    pub(crate) large_expense_paid: i64,
    pub(crate) resident_ordinary_paid: i64,
    pub(crate) resident_stays_paid: i64,
    pub(crate) critical_burden: i64,
    pub(crate) critical_paid: i64,
    pub(crate) aid_ordinary: i64,
    pub(crate) aid_chronic: i64,
    pub(crate) aid_special: i64,
    pub(crate) aid_stay: i64,
    pub(crate) aid_major: i64,
    pub(crate) major_burden: i64,
}

/// A rescue, kept for the admission that may follow.
#[derive(Clone, Debug)]
pub(crate) struct Rescue {
    pub(crate) date: NaiveDate,
    pub(crate) institution: String,
    pub(crate) borne: i64,
    pub(crate) merged: bool,
}

/// A deductible that the bills of one registration share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SharedDeductible {
    Ordinary,
    Rescue,
    DaySurgery,
    EmployeeStay,
    ResidentStay,
}

/// Everything that the auditor remembers of one person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Auditor {
    years: BTreeMap<i32, Year>,
    pub(crate) rescues: Vec<Rescue>,
    borne: BTreeMap<(SharedDeductible, i32, u32), i64>,
}

impl Auditor {
    pub(crate) fn year(&mut self, date: NaiveDate) -> &mut Year {
        self.years.entry(date.year()).or_default()
    }

    /// What earlier bills of the same registration bore in the year of this one.
    pub(crate) fn borne(&self, what: SharedDeductible, bill: &Bill) -> i64 {
        bill.registration.and_then(|number| self.borne.get(&(what, bill.date.year(), number))).copied().unwrap_or(0)
    }

    pub(crate) fn bear(&mut self, what: SharedDeductible, bill: &Bill, amount: i64) {
        if let Some(number) = bill.registration {
            *self.borne.entry((what, bill.date.year(), number)).or_default() += amount;
        }
    }

    /// Settles the bill, or says that no rule covers it; then nothing of it counts.
    pub(crate) fn settle(&mut self, person: &Person, bill: &Bill) -> Outcome {
        if !rules::covers(person.insured, bill) {
            return Outcome::RuleNotInForce;
        }
        let mut parts = take_apart(person, bill);
        match person.insured {
            Insured::EmployeeInService | Insured::EmployeeRetired => {
                employee::pay(self, person, bill, &mut parts);
            }
            Insured::Resident => resident::pay(self, person, bill, &mut parts),
        }
        assistance::pay(self.year(bill.date), person, bill, &mut parts);
        Outcome::Settled(figures(bill, &parts))
    }
}

/// One line: total = excluded + above the price cap + initial self-pay + eligible.
struct Split {
    excluded: i64,
    above_price_cap: i64,
    initial_self_pay: i64,
    eligible: i64,
}

fn split(line: &Line, date: NaiveDate) -> Split {
    let temporarily_a = line.drug == Some(rules::CLASS_A_DRUG) && date >= rules::class_a_list_from();
    let class = if temporarily_a { ItemClass::A } else { line.class };
    if class == ItemClass::Excluded {
        return Split { excluded: line.amount, above_price_cap: 0, initial_self_pay: 0, eligible: 0 };
    }
    let covered = line.unit_price_cap.map_or(line.amount, |cap| line.amount.min(cap * line.quantity));
    let self_pay_rate = if class == ItemClass::B { i64::from(line.self_pay_bp) } else { 0 };
    let initial_self_pay = rules::share(covered, self_pay_rate);
    let above_price_cap = line.amount - covered;
    Split { excluded: 0, above_price_cap, initial_self_pay, eligible: covered - initial_self_pay }
}

/// The parts of the bill, in the order in which they are paid.
fn take_apart(person: &Person, bill: &Bill) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in &bill.lines {
        let service = service_of(person, bill, line);
        let index = parts.iter().position(|part| part.service == service).unwrap_or_else(|| {
            parts.push(Part::of(service));
            parts.len() - 1
        });
        let eligible = split(line, bill.date).eligible;
        parts[index].eligible += eligible;
        parts[index].breaking += if line.breaks_rules { eligible } else { 0 };
    }
    // A stable sort: several drugs stay in the order in which they appear.
    parts.sort_by_key(|part| match part.service {
        Service::Rescue | Service::Ambulance | Service::DaySurgery | Service::Stay | Service::Unprescribed => 0,
        Service::Special => 1,
        Service::ExemptSpecial => 2,
        Service::Drug(_) => 3,
        Service::Chronic => 4,
        Service::Ordinary => 5,
    });
    parts
}

fn service_of(person: &Person, bill: &Bill, line: &Line) -> Service {
    match bill.kind {
        VisitKind::EmergencyRescue => return Service::Rescue,
        VisitKind::Ambulance120 => return Service::Ambulance,
        VisitKind::DaySurgery => return Service::DaySurgery,
        VisitKind::Inpatient => return Service::Stay,
        VisitKind::Outpatient
        | VisitKind::OutpatientChronic
        | VisitKind::OutpatientSpecial
        | VisitKind::NegotiatedDrug
        | VisitKind::Pharmacy => {}
    }
    if bill.is_at_pharmacy() && bill.prescriber.is_none() {
        return Service::Unprescribed;
    }
    let employee = person.insured != Insured::Resident;
    let level_two_or_above = bill.level() != Level::One;
    let exempt = rules::EXEMPT_SPECIAL.iter().any(|code| line.disease == Some(code));
    // The demand for level 2 is one of 第十一条, which is about employees; an institution can be allowed what is exempt.
    let level_suffices = level_two_or_above || !employee || exempt && bill.exempt_special_allowed();
    if level_suffices && person.has_approved(line.disease, true, bill.date) {
        return if exempt { Service::ExemptSpecial } else { Service::Special };
    }
    if let Some(drug) = line.drug.filter(|drug| *drug != rules::CLASS_A_DRUG)
        && level_two_or_above
        && employee
    {
        return Service::Drug(drug);
    }
    if person.has_approved(line.disease, false, bill.date) { Service::Chronic } else { Service::Ordinary }
}

fn figures(bill: &Bill, parts: &[Part]) -> Figures {
    let mut figures = Figures::default();
    for line in &bill.lines {
        let split = split(line, bill.date);
        figures.total += line.amount;
        figures.excluded += split.excluded;
        figures.above_price_cap += split.above_price_cap;
        figures.initial_self_pay += split.initial_self_pay;
        figures.eligible += split.eligible;
    }
    for part in parts {
        figures.deductible += part.deductible;
        figures.basic_outpatient += part.basic_outpatient;
        figures.basic_inpatient += part.basic_inpatient;
        figures.large_expense += part.large_expense;
        figures.critical_illness += part.critical_illness;
        figures.top_up += part.top_up;
        figures.assistance += part.assistance;
    }
    figures.basic = figures.basic_outpatient + figures.basic_inpatient;
    figures.cash = figures.total - figures.funds();
    figures
}
