//! Bills: who is treated when, where, for what, and what it costs.

use chrono::{Days, NaiveDate};
use claim::{DiseaseKind, Filing, Insurance, VisitKind};

use crate::catalogue::{CONSUMABLES, DRUGS, Item, NEGOTIATED, OPERATIONS, SERVICES};
use crate::dice::Dice;
use crate::health::{self, Approval};
use crate::institution::{self as place, Group};
use crate::person::Person;
use crate::{City, DAYS, day};

/// How many people are looked at for one bill before the first one gets it.
const LOOKS: u32 = 64;

/// One bill as a caller sends it. Texts are identifiers, amounts fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The caller's name for the request; no other bill of the city has it.
    pub request_id: String,
    /// Who was treated.
    pub person_id: String,
    /// Where.
    pub institution_id: String,
    /// What kind of visit.
    pub kind: VisitKind,
    /// The day of service; for a stay the day of discharge.
    pub service_date: NaiveDate,
    /// The day of admission, for a stay.
    pub admission_date: Option<NaiveDate>,
    /// The visit's registration number.
    pub registration: Option<String>,
    /// Who prescribed what a pharmacy sold.
    pub prescriber_id: Option<String>,
    /// The registered disease that the visit is for.
    pub disease: Option<&'static str>,
    /// The main diagnosis of a stay.
    pub diagnosis: Option<&'static str>,
    /// At least one line.
    pub lines: Vec<BillLine>,
}

/// One line of a [`Bill`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// The catalogue item.
    pub item_code: String,
    /// How many units.
    pub quantity: u64,
    /// What they cost, in fen.
    pub amount_fen: u64,
}

impl Bill {
    /// The sum of the lines, in fen.
    #[must_use]
    pub fn total_fen(&self) -> u64 {
        self.lines.iter().map(|line| line.amount_fen).sum()
    }
}

/// The bill with `index` of `bills`.
pub(crate) fn bill(city: City, index: u64, bills: u64) -> Bill {
    let dice = &mut Dice::new(city.seed, "bill", index);
    let service_date = day((index * DAYS / bills).min(DAYS - 1));
    let (person, insurance) = patient(city, dice, service_date);
    let (kind, approval) = kind(dice, &person, insurance, service_date);
    let group = group(dice, kind, person.filing_on(service_date));
    let institutions = city.institutions();
    let sells = kind == VisitKind::Pharmacy;
    let prescriber = if dice.in_thousand(700) { place::HOSPITAL_2 } else { place::HOSPITAL_3 };
    let is_prescribed = sells && dice.in_thousand(350);
    let is_stay = kind == VisitKind::Inpatient;
    let bedded = is_stay || kind == VisitKind::DaySurgery;
    let length_of_stay = dice.between(1, dice.clone().choose(&[(700, 9)], 28));
    let is_registered = kind == VisitKind::Outpatient && dice.in_thousand(250);
    Bill {
        request_id: format!("synthetic-{}-{}", city.seed, index + 1),
        institution_id: institutions.one_of(group, dice),
        kind,
        service_date,
        admission_date: is_stay.then(|| service_date - Days::new(length_of_stay)),
        registration: is_registered.then(|| format!("SR{:09}", index + 1)),
        prescriber_id: is_prescribed.then(|| institutions.one_of(prescriber, dice)),
        disease: approval.map(|approval| approval.disease),
        diagnosis: bedded.then(|| health::diagnosis(dice, person.age_on(service_date))),
        lines: lines(city, dice, kind, length_of_stay),
        person_id: person.id,
    }
}

/// Somebody who is insured on the day; those who need more medicine are found more often.
fn patient(city: City, dice: &mut Dice, date: NaiveDate) -> (Person, Insurance) {
    for _ in 0..LOOKS {
        let person = city.person(dice.below(city.persons));
        if let Some(insurance) = person.insurance_on(date)
            && dice.in_thousand(person.need())
        {
            return (person, insurance);
        }
    }
    let first = city.person(0);
    let insurance = first.insurance_on(date).unwrap_or(Insurance::Resident);
    (first, insurance)
}

fn kind(dice: &mut Dice, person: &Person, insurance: Insurance, date: NaiveDate) -> (VisitKind, Option<Approval>) {
    let approved = |kind| {
        let mut approvals = person.approvals.iter().filter(|approval| approval.span.has(date));
        approvals.find(|approval| approval.kind == kind).copied()
    };
    if let Some(special) = approved(DiseaseKind::Special).filter(|_| dice.in_thousand(450)) {
        return (VisitKind::OutpatientSpecial, Some(special));
    }
    if let Some(chronic) = approved(DiseaseKind::Chronic).filter(|_| dice.in_thousand(400)) {
        return (VisitKind::OutpatientChronic, Some(chronic));
    }
    let kind = match insurance {
        Insurance::Employee(_) => dice.choose(
            &[
                (95, VisitKind::Inpatient),
                (12, VisitKind::EmergencyRescue),
                (5, VisitKind::Ambulance120),
                (12, VisitKind::DaySurgery),
                (12, VisitKind::NegotiatedDrug),
                (210, VisitKind::Pharmacy),
            ],
            VisitKind::Outpatient,
        ),
        Insurance::Resident => dice.choose(&[(160, VisitKind::Inpatient)], VisitKind::Outpatient),
    };
    (kind, None)
}

fn group(dice: &mut Dice, kind: VisitKind, filing: Option<Filing>) -> Group {
    if kind == VisitKind::Pharmacy {
        return place::PHARMACY;
    }
    let elsewhere = if dice.in_thousand(500) { place::IN_PROVINCE } else { place::ELSEWHERE };
    let chance_elsewhere = match filing {
        Some(Filing::LongTerm | Filing::Referred | Filing::Emergency | Filing::OtherTemporary) => 600,
        Some(Filing::None) | None => 10,
    };
    if dice.in_thousand(chance_elsewhere) {
        return elsewhere;
    }
    let near_home = [
        (120, place::VILLAGE_CLINIC),
        (200, place::COMMUNITY),
        (80, place::TOWNSHIP),
        (130, place::HOSPITAL_1),
        (240, place::HOSPITAL_2),
    ];
    let hospitals = [(80, place::TOWNSHIP), (160, place::HOSPITAL_1), (380, place::HOSPITAL_2)];
    match kind {
        VisitKind::Outpatient | VisitKind::OutpatientChronic => dice.choose(&near_home, place::HOSPITAL_3),
        VisitKind::Inpatient => dice.choose(&hospitals, place::HOSPITAL_3),
        VisitKind::OutpatientSpecial
        | VisitKind::EmergencyRescue
        | VisitKind::Ambulance120
        | VisitKind::DaySurgery
        | VisitKind::NegotiatedDrug
        | VisitKind::Pharmacy => dice.choose(&[(450, place::HOSPITAL_2)], place::HOSPITAL_3),
    }
}

fn lines(city: City, dice: &mut Dice, kind: VisitKind, length_of_stay: u64) -> Vec<BillLine> {
    let basket = match kind {
        VisitKind::Outpatient | VisitKind::OutpatientChronic => vec![(SERVICES, 1, 1), (DRUGS, 1, 4)],
        VisitKind::Pharmacy => vec![(DRUGS, 1, 3)],
        VisitKind::OutpatientSpecial => vec![(SERVICES, 1, 4), (DRUGS, 2, 6), (CONSUMABLES, 0, 2)],
        VisitKind::EmergencyRescue => vec![(SERVICES, 3, 8), (DRUGS, 2, 8), (CONSUMABLES, 0, 3)],
        VisitKind::Ambulance120 => vec![(SERVICES, 1, 3)],
        VisitKind::DaySurgery => vec![(OPERATIONS, 1, 1), (SERVICES, 2, 5), (DRUGS, 1, 5), (CONSUMABLES, 1, 3)],
        VisitKind::NegotiatedDrug => vec![(NEGOTIATED, 1, 1)],
        VisitKind::Inpatient => vec![
            (SERVICES, 3, 5 + length_of_stay),
            (DRUGS, 3, 8 + length_of_stay),
            (CONSUMABLES, 0, 6),
            (OPERATIONS, 0, dice.choose(&[(400, 1), (50, 2)], 0)),
            (NEGOTIATED, 0, dice.choose(&[(30, 1)], 0)),
        ],
    };
    let mut lines = Vec::new();
    for (group, least, most) in basket {
        for _ in 0..dice.between(least, most) {
            let item = city.catalogue().one_of(group, dice);
            lines.push(line(dice, item, if group == OPERATIONS { 1 } else { length_of_stay.min(6) }));
        }
    }
    lines
}

/// Some units of an item at about its usual price.
fn line(dice: &mut Dice, item: Item, most: u64) -> BillLine {
    let quantity = dice.between(1, most);
    let in_hundred = dice.choose(&[(150, 90), (100, 110)], 100);
    let unit = (item.price * in_hundred / 100).max(1);
    BillLine { item_code: item.code, quantity, amount_fen: unit * quantity }
}
