//! People: who insures them, since when, and what entitles them.

use chrono::{Datelike, Days, Months, NaiveDate};
use claim::{AssistanceCategory, Employment, Filing, Insurance, Sex};

use crate::dice::Dice;
use crate::health::{self, Approval};
use crate::{DAYS, NEW_YEAR, day};

/// How old employees are when they retire: women at 55, men at 60.
const RETIREMENT_AGE: (u32, u32) = (55, 60);

/// A first and perhaps a last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: NaiveDate,
    pub(crate) to: Option<NaiveDate>,
}

impl Span {
    pub(crate) fn since(from: NaiveDate) -> Self {
        Self { from, to: None }
    }

    pub(crate) fn has(self, date: NaiveDate) -> bool {
        self.from <= date && self.to.is_none_or(|to| date <= to)
    }
}

/// One person with everything that the register is told about them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) birth_date: NaiveDate,
    pub(crate) sex: Option<Sex>,
    pub(crate) kunming_household: bool,
    pub(crate) disability_level: u8,
    /// Times of cover without overlaps, the earliest first.
    pub(crate) cover: Vec<(Insurance, Span)>,
    /// The time after it for which cover is suspended and not terminated.
    pub(crate) suspended: Option<(Insurance, Span)>,
    /// Three people in a row are a household.
    pub(crate) household_id: String,
    pub(crate) categories: Vec<(AssistanceCategory, Span)>,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) filing: Option<(Filing, Span)>,
}

impl Person {
    /// The person with `index`. The first person stays insured all year, so that on every day somebody is.
    pub(crate) fn new(index: u64, mut dice: Dice) -> Self {
        let dice = &mut dice;
        let age = age(dice);
        let years = Months::new(12 * age);
        let birth_date = NEW_YEAR - years - Days::new(dice.below(DAYS));
        let sex = if dice.in_thousand(510) { Sex::Male } else { Sex::Female };
        let disability_level = dice.choose(&[(8, 1), (12, 2), (15, 3), (15, 4)], 0);
        let leaves = (index > 0 && dice.in_thousand(15)).then(|| day(dice.between(30, DAYS - 1)));
        let cover = cover(dice, age, birth_date, sex, leaves);
        let suspended = cover.last().filter(|_| index.is_multiple_of(2)).and_then(|(insurance, span)| {
            let first = span.to?.succ_opt()?;
            Some((*insurance, Span::since(first)))
        });
        Self {
            id: format!("S{:09}", index + 1),
            suspended,
            household_id: format!("F{:08}", index / 3 + 1),
            birth_date,
            sex: (!dice.in_thousand(30)).then_some(sex),
            kunming_household: !dice.in_thousand(120),
            disability_level,
            cover,
            categories: categories(dice, age, disability_level),
            approvals: health::approvals(dice, age),
            filing: filing(dice),
        }
    }

    /// Who insures the person on a day.
    pub(crate) fn insurance_on(&self, date: NaiveDate) -> Option<Insurance> {
        self.cover.iter().find(|(_, span)| span.has(date)).map(|(insurance, _)| *insurance)
    }

    /// The filing in force on a day.
    pub(crate) fn filing_on(&self, date: NaiveDate) -> Option<Filing> {
        self.filing.filter(|(_, span)| span.has(date)).map(|(filing, _)| filing)
    }

    /// How much medicine the person needs, 1 to 1,000: the old and the ill most.
    pub(crate) fn need(&self) -> u64 {
        let age = NEW_YEAR.years_since(self.birth_date).unwrap_or(0);
        let by_age = match age {
            6..=39 => 100,
            0..=5 | 40..=59 => 200,
            60..=74 => 400,
            _ => 550,
        };
        let by_illness = self.approvals.len().min(3) * 150;
        by_age + u64::try_from(by_illness).unwrap_or(0)
    }

    /// Completed years of age on a day.
    pub(crate) fn age_on(&self, date: NaiveDate) -> u32 {
        date.years_since(self.birth_date).unwrap_or(0)
    }
}

fn age(dice: &mut Dice) -> u32 {
    let (least, most) = dice.choose(
        &[
            (60, (0, 5)),
            (95, (6, 14)),
            (90, (15, 22)),
            (260, (23, 39)),
            (155, (40, 49)),
            (165, (50, 59)),
            (95, (60, 69)),
            (55, (70, 79)),
        ],
        (80, 96),
    );
    u32::try_from(dice.between(least, most)).unwrap_or(0)
}

fn cover(
    dice: &mut Dice,
    age: u32,
    birth_date: NaiveDate,
    sex: Sex,
    leaves: Option<NaiveDate>,
) -> Vec<(Insurance, Span)> {
    let chance_of_employment = match age {
        0..=17 => 0,
        18..=22 => 180,
        23..=59 => 520,
        _ => 360,
    };
    let mut cover = if dice.in_thousand(chance_of_employment) {
        employee_cover(birth_date, sex)
    } else {
        let since = NaiveDate::from_ymd_opt(2017, 1, 1).unwrap_or(NEW_YEAR).max(birth_date);
        vec![(Insurance::Resident, Span::since(since))]
    };
    if let Some(last) = leaves {
        cover.retain(|(_, span)| span.from <= last);
        if let Some((_, span)) = cover.last_mut() {
            span.to = Some(last);
        }
    }
    cover
}

/// Employees work until they reach the age of retirement, and are retired from the first of the next month on.
fn employee_cover(birth_date: NaiveDate, sex: Sex) -> Vec<(Insurance, Span)> {
    let since = NaiveDate::from_ymd_opt(2019, 12, 1).unwrap_or(NEW_YEAR);
    let age = if sex == Sex::Female { RETIREMENT_AGE.0 } else { RETIREMENT_AGE.1 };
    let birthday = birth_date + Months::new(12 * age);
    let retired_from = birthday.with_day(1).unwrap_or(birthday) + Months::new(1);
    let (active, retired) = (Insurance::Employee(Employment::Active), Insurance::Employee(Employment::Retired));
    if retired_from <= since {
        return vec![(retired, Span::since(since))];
    }
    if retired_from > day(DAYS) {
        return vec![(active, Span::since(since))];
    }
    let last_day_at_work = retired_from.pred_opt();
    vec![(active, Span { from: since, to: last_day_at_work }), (retired, Span::since(retired_from))]
}

fn categories(dice: &mut Dice, age: u32, disability_level: u8) -> Vec<(AssistanceCategory, Span)> {
    let mut categories = Vec::new();
    let low_income = match (age, disability_level) {
        (60.., _) => AssistanceCategory::LowIncomeElderly,
        (..18, _) => AssistanceCategory::LowIncomeMinor,
        (_, 1 | 2) => AssistanceCategory::LowIncomeSeverelyDisabled,
        _ => AssistanceCategory::LowIncomeSeriouslyIll,
    };
    let poor = [
        (4, Some(AssistanceCategory::ExtremePoverty)),
        (26, Some(AssistanceCategory::SubsistenceAllowance)),
        (10, Some(low_income)),
        (2, Some(AssistanceCategory::OtherHardship)),
    ];
    if let Some(category) = dice.choose(&poor, None) {
        categories.push((category, span_of_category(dice)));
    }
    if dice.in_thousand(22) {
        categories.push((AssistanceCategory::RegisteredPoor, span_of_category(dice)));
    }
    categories
}

/// Most are in a category all year; some enter or leave it in the middle of the year.
fn span_of_category(dice: &mut Dice) -> Span {
    let before = NaiveDate::from_ymd_opt(2021, 1, 1).unwrap_or(NEW_YEAR);
    let turn = day(dice.between(31, 330));
    dice.choose(&[(60, Span::since(turn)), (50, Span { from: before, to: Some(turn) })], Span::since(before))
}

fn filing(dice: &mut Dice) -> Option<(Filing, Span)> {
    let long_term = Span::since(NaiveDate::from_ymd_opt(2021, 1, 1).unwrap_or(NEW_YEAR));
    let from = dice.below(300);
    let referred = Span { from: day(from), to: Some(day(from + 59)) };
    let emergency = Span { from: day(from), to: Some(day(from + 9)) };
    let filings = [
        (25, Some((Filing::LongTerm, long_term))),
        (8, Some((Filing::Referred, referred))),
        (2, Some((Filing::Emergency, emergency))),
    ];
    dice.choose(&filings, None)
}
