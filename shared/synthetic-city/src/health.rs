//! What people suffer from: diseases approved for outpatient treatment, and what they are admitted for.

use chrono::NaiveDate;
use claim::DiseaseKind;

use crate::dice::Dice;
use crate::person::Span;
use crate::{NEW_YEAR, day};

/// An outpatient disease of a person, approved from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Approval {
    pub(crate) disease: &'static str,
    pub(crate) kind: DiseaseKind,
    pub(crate) span: Span,
}

/// Each disease with the number of people in a thousand of 65 and more who have it.
const DISEASES: [(&str, DiseaseKind, u64); 9] = [
    ("hypertension", DiseaseKind::Chronic, 300),
    ("diabetes", DiseaseKind::Chronic, 130),
    ("coronary-heart-disease", DiseaseKind::Chronic, 70),
    ("asthma", DiseaseKind::Chronic, 20),
    ("psychosis", DiseaseKind::Chronic, 6),
    ("malignant-tumour", DiseaseKind::Special, 18),
    ("chronic-renal-failure", DiseaseKind::Special, 4),
    ("severe-psychosis", DiseaseKind::Special, 3),
    ("organ-transplant", DiseaseKind::Special, 1),
];

pub(crate) fn approvals(dice: &mut Dice, age: u32) -> Vec<Approval> {
    let in_hundred = match age {
        0..=39 => 5,
        40..=64 => 45,
        _ => 100,
    };
    let before = NaiveDate::from_ymd_opt(2022, 4, 1).unwrap_or(NEW_YEAR);
    let mut approvals = Vec::new();
    for (disease, kind, chance) in DISEASES {
        // The chance is in a thousand of the old; a hundred times finer for the young.
        if dice.below(100_000) < chance * in_hundred {
            let during_the_year = day(dice.below(330));
            let from = dice.choose(&[(120, during_the_year)], before);
            let to = dice.in_thousand(30).then(|| day(dice.between(330, 360)));
            approvals.push(Approval { disease, kind, span: Span { from, to } });
        }
    }
    approvals
}

const DIAGNOSES: [&str; 6] = ["pneumonia", "fracture", "appendicitis", "cholecystitis", "copd", "J18.9"];
const MAJOR_DISEASES: [&str; 8] = [
    "lung-cancer",
    "breast-cancer",
    "gastric-cancer",
    "colon-cancer",
    "acute-myocardial-infarction",
    "cerebral-infarction",
    "end-stage-renal-disease",
    "hyperthyroidism",
];
const CHILDREN: [&str; 4] = ["pneumonia", "childhood-leukaemia", "childhood-congenital-heart-disease", "fracture"];

/// The main diagnosis of a stay.
pub(crate) fn diagnosis(dice: &mut Dice, age: u32) -> &'static str {
    match age {
        0..=14 => dice.one_of(&CHILDREN),
        15..=39 => dice.one_of(&DIAGNOSES),
        _ if dice.in_thousand(300) => dice.one_of(&MAJOR_DISEASES),
        _ => dice.one_of(&DIAGNOSES),
    }
}
