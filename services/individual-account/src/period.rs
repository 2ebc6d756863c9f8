//! The period that a contribution is for: a month or a year.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2100;

/// A month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditPeriod {
    year: i32,
    month: Option<u32>,
}

/// A text that is no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a month such as 2023-05 or a year such as 2023")]
pub struct InvalidPeriod;

impl CreditPeriod {
    /// Its first day, whose rules apply.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month.unwrap_or(1), 1).unwrap_or_default()
    }

    /// The other periods that share a month with it.
    #[must_use]
    pub fn overlapping(self) -> Vec<Self> {
        match self.month {
            Some(_) => vec![Self { month: None, ..self }],
            None => (1..=12).map(|month| Self { month: Some(month), ..self }).collect(),
        }
    }
}

impl fmt::Display for CreditPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.month {
            Some(month) => write!(f, "{:04}-{month:02}", self.year),
            None => write!(f, "{:04}", self.year),
        }
    }
}

impl FromStr for CreditPeriod {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, InvalidPeriod> {
        let (year, month) = text.split_once('-').map_or((text, None), |(year, month)| (year, Some(month)));
        let period = Self {
            year: year.parse().map_err(|_| InvalidPeriod)?,
            month: month.map(|month| month.parse().map_err(|_| InvalidPeriod)).transpose()?,
        };
        let sound = (FIRST_YEAR..=LAST_YEAR).contains(&period.year)
            && period.month.is_none_or(|month| (1..=12).contains(&month))
            && period.to_string() == text;
        if sound { Ok(period) } else { Err(InvalidPeriod) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_read_back_from_its_text_and_nothing_else_is_one() {
        for text in ["2023-05", "2023-12", "2023"] {
            assert_eq!(text.parse::<CreditPeriod>().unwrap().to_string(), text);
        }
        for text in ["", "2023-13", "2023-00", "2023-5", "23", "2023-05-01", "2101", "May"] {
            assert_eq!(text.parse::<CreditPeriod>(), Err(InvalidPeriod), "{text}");
        }
    }

    #[test]
    fn the_rules_of_the_first_day_apply() {
        for (text, first) in [("2023-05", "2023-05-01"), ("2023", "2023-01-01"), ("1900-12", "1900-12-01")] {
            assert_eq!(text.parse::<CreditPeriod>().unwrap().first_day().to_string(), first);
        }
    }

    #[test]
    fn a_month_overlaps_its_year_and_a_year_its_months() {
        let month: CreditPeriod = "2023-05".parse().unwrap();
        assert_eq!(month.overlapping(), ["2023".parse().unwrap()]);
        let year: CreditPeriod = "2023".parse().unwrap();
        assert!(year.overlapping().contains(&month) && year.overlapping().len() == 12);
    }
}
