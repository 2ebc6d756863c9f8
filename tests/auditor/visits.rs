//! Random visits of a person, each with an eye on what the auditor already knows: amounts are often chosen so that a
//! deductible or a ceiling is missed, met or passed by one fen.

use chrono::{Duration, NaiveDate};
use claim::{Filing, InstitutionKind, ItemClass, Level, TreatmentRegion, VisitKind};

use crate::aim::{self, Aim};
use crate::audit::Auditor;
use crate::bill::{Bill, Insured, Line, Person};
use crate::dice::Dice;
use crate::people::REGISTERABLE;
use crate::rules;

/// How many numbers make a visit.
pub(crate) const FACES: usize = 64;

/// Where a person stands between two visits.
pub(crate) struct Course {
    today: NaiveDate,
    last: Option<Bill>,
    last_rescue: Option<Bill>,
    registrations: u32,
}

impl Course {
    pub(crate) const fn starting(on: NaiveDate) -> Self {
        Self { today: on, last: None, last_rescue: None, registrations: 0 }
    }

    /// The next visit.
    pub(crate) fn next(&mut self, faces: &[u16], auditor: &Auditor, person: &Person) -> Bill {
        let dice = &mut Dice::new(faces);
        let gap =
            dice.weighted(&[(8, 0), (5, 1), (3, 2), (3, 3), (3, 4), (6, 12), (4, 30), (2, 80), (1, -4), (1, -25)]);
        let mut bill = Self::visit(dice, person, after(self.today, gap));
        if bill.kind == VisitKind::Inpatient {
            self.admit(dice, &mut bill);
        }
        self.register(dice, person, &mut bill);
        self.today = self.today.max(bill.date);
        bill.lines = (0..dice.weighted(&[(6, 1), (3, 2), (2, 3), (1, 4)])).map(|_| line(dice, person)).collect();
        aimed(dice, auditor, person, &mut bill);
        if bill.kind == VisitKind::EmergencyRescue {
            self.last_rescue = Some(bill.clone());
        }
        self.last = Some(bill.clone());
        bill
    }

    fn visit(dice: &mut Dice<'_>, person: &Person, date: NaiveDate) -> Bill {
        let kind = kind(dice, person);
        let (institution_kind, institution_level) = institution(dice, kind, person);
        let prescriber = match institution_kind {
            InstitutionKind::Pharmacy => {
                dice.weighted(&[(3, Some(Level::Two)), (3, Some(Level::Three)), (2, Some(Level::One)), (2, None)])
            }
            InstitutionKind::Hospital
            | InstitutionKind::TownshipHealthCentre
            | InstitutionKind::VillageClinic
            | InstitutionKind::CommunityHealthCentre => None,
        };
        let can_be_on_line = institution_kind == InstitutionKind::Hospital && is_by_lines(kind);
        let host = dice
            .weighted(&[(16, None), (1, Some(Level::One)), (1, Some(Level::Two)), (1, Some(Level::Three))])
            .filter(|_| can_be_on_line);
        Bill {
            kind,
            date,
            admission: None,
            institution: format!("{institution_kind}-{institution_level}-{}", dice.below(2)),
            institution_level,
            institution_kind,
            prescriber,
            host,
            diagnosis: diagnosis(dice, kind),
            region: dice.weighted(&[
                (9, TreatmentRegion::Local),
                (1, TreatmentRegion::Province),
                (3, TreatmentRegion::OtherProvince),
            ]),
            filing: dice.weighted(&[
                (3, Filing::None),
                (2, Filing::LongTerm),
                (2, Filing::Referred),
                (1, Filing::Emergency),
                (1, Filing::OtherTemporary),
            ]),
            registration: None,
            use_account: dice.once_in(8),
            lines: Vec::new(),
        }
    }

    /// Chooses the day of admission, often some days after the last rescue, and the day of discharge.
    fn admit(&self, dice: &mut Dice<'_>, bill: &mut Bill) {
        let days = dice.one_of(&[3, 4, 0, 2, 1, 5]);
        let long = dice.weighted(&[(2, 0), (2, 1), (2, 7), (1, 20)]);
        let back = dice.weighted(&[(1, 0), (1, 3), (1, 10)]);
        let mut admission = after(bill.date, -back);
        if let Some(rescue) = self.last_rescue.as_ref().filter(|_| dice.below(4) < 3) {
            admission = after(rescue.date, days);
            if dice.below(4) < 3 {
                bill.institution.clone_from(&rescue.institution);
                (bill.institution_kind, bill.institution_level) = (rescue.institution_kind, rescue.institution_level);
            }
        }
        bill.date = after(admission.max(bill.date), long);
        bill.admission = Some(admission);
    }

    /// Sometimes the bill is one more of the last visit.
    fn register(&mut self, dice: &mut Dice<'_>, person: &Person, bill: &mut Bill) {
        match dice.weighted(&[(5, 0), (2, 1), (3, 2)]) {
            0 => {}
            1 => {
                self.registrations += 1;
                bill.registration = Some(self.registrations);
            }
            _ => {
                let Some(last) = self.last.as_ref().filter(|last| last.registration.is_some()) else { return };
                let resident = person.insured == Insured::Resident;
                if resident && !matches!(last.kind, VisitKind::Outpatient | VisitKind::Inpatient) {
                    return;
                }
                let date = bill.date.max(last.date);
                *bill = Bill { date, lines: Vec::new(), ..last.clone() };
            }
        }
    }
}

fn after(date: NaiveDate, days: i64) -> NaiveDate {
    date.checked_add_signed(Duration::days(days)).expect("a date")
}

/// Whether the lines decide what such a visit settles as.
const fn is_by_lines(kind: VisitKind) -> bool {
    match kind {
        VisitKind::Outpatient
        | VisitKind::OutpatientChronic
        | VisitKind::OutpatientSpecial
        | VisitKind::NegotiatedDrug
        | VisitKind::Pharmacy => true,
        VisitKind::EmergencyRescue | VisitKind::Ambulance120 | VisitKind::Inpatient | VisitKind::DaySurgery => false,
    }
}

fn kind(dice: &mut Dice<'_>, person: &Person) -> VisitKind {
    match person.insured {
        Insured::EmployeeInService | Insured::EmployeeRetired => dice.weighted(&[
            (5, VisitKind::Outpatient),
            (4, VisitKind::Inpatient),
            (3, VisitKind::OutpatientChronic),
            (3, VisitKind::OutpatientSpecial),
            (3, VisitKind::EmergencyRescue),
            (1, VisitKind::Ambulance120),
            (1, VisitKind::DaySurgery),
            (2, VisitKind::NegotiatedDrug),
            (2, VisitKind::Pharmacy),
        ]),
        Insured::Resident => dice.weighted(&[
            (40, VisitKind::Outpatient),
            (60, VisitKind::Inpatient),
            (30, VisitKind::OutpatientChronic),
            (30, VisitKind::OutpatientSpecial),
            (1, VisitKind::EmergencyRescue),
            (1, VisitKind::Ambulance120),
            (1, VisitKind::DaySurgery),
            (1, VisitKind::NegotiatedDrug),
            (1, VisitKind::Pharmacy),
        ]),
    }
}

fn institution(dice: &mut Dice<'_>, kind: VisitKind, person: &Person) -> (InstitutionKind, Level) {
    let level = dice.weighted(&[(4, Level::Three), (3, Level::One), (2, Level::Two)]);
    let near_home = dice.one_of(&[
        InstitutionKind::CommunityHealthCentre,
        InstitutionKind::TownshipHealthCentre,
        InstitutionKind::VillageClinic,
    ]);
    let is_near_home = if level == Level::One { dice.below(3) > 0 } else { dice.once_in(10) };
    let sells_to_employees = is_by_lines(kind) && person.insured != Insured::Resident;
    if kind == VisitKind::Pharmacy || (dice.once_in(20) && sells_to_employees) {
        (InstitutionKind::Pharmacy, Level::One)
    } else if is_near_home {
        (near_home, level)
    } else {
        (InstitutionKind::Hospital, level)
    }
}

fn diagnosis(dice: &mut Dice<'_>, kind: VisitKind) -> Option<&'static str> {
    let listed = dice.one_of(&rules::MAJOR_DISEASES);
    let often = dice.one_of(&["lung-cancer", "childhood-leukaemia", "pneumonia", "childhood-hypospadias", "C34.9"]);
    match dice.weighted(&[(3, 0), (4, 1), (3, 2)]) {
        1 if kind == VisitKind::Inpatient => Some(often),
        2 if kind == VisitKind::Inpatient => Some(listed),
        1 => Some("lung-cancer"),
        _ => None,
    }
}

fn line(dice: &mut Dice<'_>, person: &Person) -> Line {
    let amount = amount(dice);
    let class = dice.weighted(&[(5, ItemClass::A), (3, ItemClass::B), (1, ItemClass::Excluded)]);
    let self_pay_bp = dice.one_of(&[1_000, 2_000, 0, 10_000, 3_333, 500]);
    let quantity = dice.weighted(&[(5, 1), (1, 2), (1, 3), (1, 30)]);
    let capped = dice.once_in(4);
    let per_unit = amount / quantity;
    let cap = match dice.below(5) {
        0 => per_unit / 2,
        1 => per_unit - 1,
        2 => per_unit,
        3 => per_unit + 1,
        _ => 0,
    };
    let own = dice.below(person.diseases.len().max(1));
    let disease = match dice.weighted(&[(2, 0), (6, 1), (1, 2)]) {
        1 => person.diseases.get(own).map(|disease| disease.code),
        2 => Some(dice.one_of(&REGISTERABLE).0),
        _ => None,
    };
    let drug = dice.weighted(&[
        (12, None),
        (2, Some("drug-x")),
        (2, Some("drug-y")),
        (1, Some("drug-z")),
        (1, Some(rules::CLASS_A_DRUG)),
    ]);
    Line {
        amount,
        quantity,
        class,
        self_pay_bp,
        unit_price_cap: capped.then_some(cap.max(0)),
        disease,
        drug,
        breaks_rules: dice.once_in(9),
    }
}

/// From one fen to ten million yuan.
fn amount(dice: &mut Dice<'_>) -> i64 {
    let most = dice.weighted(&[
        (4, 100_000),
        (4, 1_000_000),
        (4, 10_000_000),
        (2, 100_000_000),
        (1, 1_000_000_000),
        (2, 9_999),
        (1, 4),
    ]);
    1 + dice.up_to(most - 1)
}

/// Often gives the last line the amount at which something is just reached, or one fen less or more.
fn aimed(dice: &mut Dice<'_>, auditor: &Auditor, person: &Person, bill: &mut Bill) {
    let aim = dice.weighted(&[(2, false), (3, true)]).then(|| dice.one_of(Aim::for_insured(person.insured)));
    let beside = dice.one_of(&[0, -1, 1]);
    let (Some(aim), Some(last)) = (aim, bill.lines.last_mut()) else { return };
    let Line { disease, drug, amount: found_before, .. } = *last;
    *last = Line { disease, drug, ..Line::plain(found_before) };
    let amount = aim::least_amount(aim, auditor, person, bill);
    if let (Some(amount), Some(last)) = (amount, bill.lines.last_mut()) {
        last.amount = (amount + beside).max(1);
    }
}
