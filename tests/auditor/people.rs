//! Random persons: who they are, and what becomes of them in the course of their visits.

use chrono::{Days, Months, NaiveDate};
use claim::AssistanceCategory as Category;

use crate::bill::{Disease, Insured, Person};
use crate::dice::Dice;

/// How many numbers make a person.
pub(crate) const FACES: usize = 48;

/// A person before and after a turn of life, and the day of the first visit.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) start: NaiveDate,
    /// The visit from which the person is the second one.
    turn: usize,
    persons: [Person; 2],
}

impl Life {
    pub(crate) fn person_at(&self, visit: usize) -> &Person {
        &self.persons[usize::from(visit >= self.turn)]
    }

    pub(crate) fn read(faces: &[u16]) -> Self {
        let dice = &mut Dice::new(faces);
        let start = start(dice);
        let first = person(dice, start);
        let mut second = first.clone();
        let turn = dice.weighted(&[(3, usize::MAX), (1, 3), (2, 6), (2, 10), (1, 15)]);
        match dice.below(4) {
            0 => {}
            1 => second.categories = vec![dice.one_of(&[Category::LowIncomeSeriouslyIll, Category::OtherHardship])],
            _ => second.categories = categories(dice),
        }
        if dice.once_in(3) {
            second.insured = insured(dice);
        }
        Self { start, turn, persons: [first, second] }
    }
}

/// Days from which visits run into the dates at which something begins.
fn start(dice: &mut Dice<'_>) -> NaiveDate {
    let (year, month, day) = dice.weighted(&[
        (6, (2022, 4, 1)),
        (4, (2022, 12, 15)),
        (3, (2022, 3, 31)),
        (3, (2023, 1, 5)),
        (2, (2023, 3, 20)),
        (2, (2022, 7, 1)),
        (2, (2024, 1, 20)),
        (2, (2020, 12, 31)),
        (1, (2021, 11, 1)),
        (2, (2019, 11, 30)),
        (1, (2016, 12, 31)),
    ]);
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn insured(dice: &mut Dice<'_>) -> Insured {
    dice.weighted(&[(3, Insured::EmployeeInService), (2, Insured::EmployeeRetired), (4, Insured::Resident)])
}

fn person(dice: &mut Dice<'_>, start: NaiveDate) -> Person {
    let insured = insured(dice);
    let age = dice.weighted(&[(4, 40), (3, 60), (2, 59), (2, 15), (2, 14), (1, 18), (1, 0), (1, 90)]);
    // The birthday falls within the visits, on their first day, or shortly before.
    let days_to_birthday = dice.weighted(&[(2, 0), (1, 1), (1, 10), (2, 40), (2, 150), (2, 300)]);
    let birth = start
        .checked_sub_months(Months::new(12 * age))
        .and_then(|date| date.checked_add_days(Days::new(days_to_birthday)));
    Person {
        insured,
        birth: birth.expect("a date").min(start),
        kunming_household: !dice.once_in(12),
        disability: dice.weighted(&[(5, 0), (1, 1), (2, 2), (1, 3), (1, 4)]),
        categories: categories(dice),
        diseases: diseases(dice, start),
    }
}

fn categories(dice: &mut Dice<'_>) -> Vec<Category> {
    let mut categories = Vec::new();
    for _ in 0..dice.weighted(&[(4, 0), (6, 1), (3, 2), (1, 3)]) {
        let category = dice.weighted(&[
            (4, Category::SubsistenceAllowance),
            (3, Category::ExtremePoverty),
            (3, Category::RegisteredPoor),
            (2, Category::LowIncomeSeriouslyIll),
            (1, Category::LowIncomeElderly),
            (1, Category::LowIncomeMinor),
            (1, Category::LowIncomeSeverelyDisabled),
            (1, Category::OtherHardship),
        ]);
        if !categories.contains(&category) {
            categories.push(category);
        }
    }
    categories
}

/// Diseases that can be registered, each with the register it is on. One name is on both.
pub(crate) const REGISTERABLE: [(&str, bool); 12] = [
    ("hypertension", false),
    ("malignant-tumour", true),
    ("psychosis", false),
    ("chronic-renal-failure", true),
    ("severe-psychosis", true),
    ("diabetes", false),
    ("asthma", false),
    ("organ-transplant", true),
    ("coronary-heart-disease", false),
    ("tuberculosis", false),
    ("epilepsy", false),
    ("tuberculosis", true),
];

fn diseases(dice: &mut Dice<'_>, start: NaiveDate) -> Vec<Disease> {
    let mut diseases: Vec<Disease> = Vec::new();
    for _ in 0..dice.weighted(&[(3, 0), (4, 1), (4, 2), (2, 3), (1, 6), (1, 9)]) {
        let (code, special) = dice.one_of(&REGISTERABLE);
        let days_after_start = dice.weighted(&[(6, None), (1, Some(0)), (1, Some(1)), (2, Some(20)), (1, Some(90))]);
        let approved = match days_after_start {
            None => start.checked_sub_days(Days::new(100)),
            Some(days) => start.checked_add_days(Days::new(days)),
        };
        if !diseases.iter().any(|disease| disease.code == code && disease.special == special) {
            diseases.push(Disease { code, special, approved: approved.expect("a date") });
        }
    }
    diseases
}
