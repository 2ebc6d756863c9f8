//! The values that a parameter can have: amounts and rates, alone or by level and employment, numbers, bands.

use std::fmt;
use std::sync::Arc;

use claim::{Citation, Employment, Insurance, Level};
use money::{Fen, Rate};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A value with the law that gives it.
#[derive(Clone, Debug)]
pub(crate) struct Cited<T> {
    pub(crate) value: T,
    pub(crate) citation: Arc<Citation>,
}

/// One value for each level of institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByLevel<T> {
    one: T,
    two: T,
    three: T,
}

impl<T: Copy> ByLevel<T> {
    pub(crate) const fn at(&self, level: Level) -> T {
        match level {
            Level::One => self.one,
            Level::Two => self.two,
            Level::Three => self.three,
        }
    }
}

impl<T: Copy + PartialEq + fmt::Display> fmt::Display for ByLevel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.one == self.two && self.two == self.three {
            return write!(f, "{}", self.one);
        }
        write!(f, "{} / {} / {}", self.one, self.two, self.three)
    }
}

/// One value for each level and each state of employment. Residents read what is the same for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByPerson<T> {
    active: ByLevel<T>,
    retired: ByLevel<T>,
}

impl<T: Copy> ByPerson<T> {
    /// Of those in service, and of residents.
    pub(crate) const fn active(&self) -> &ByLevel<T> {
        &self.active
    }

    /// Of the retired.
    pub(crate) const fn retired(&self) -> &ByLevel<T> {
        &self.retired
    }

    pub(crate) const fn at(&self, insurance: Insurance, level: Level) -> T {
        match insurance {
            Insurance::Employee(Employment::Retired) => self.retired.at(level),
            Insurance::Employee(Employment::Active) | Insurance::Resident => self.active.at(level),
        }
    }
}

impl<T: Copy + PartialEq + fmt::Display> fmt::Display for ByPerson<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.active == self.retired {
            return write!(f, "{}", self.active);
        }
        write!(f, "active {}, retired {}", self.active, self.retired)
    }
}

/// One band of a cumulative amount: the rate up to an upper end, the last band being open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    pub(crate) up_to: Option<Fen>,
    pub(crate) rate: Rate,
}

/// What a parameter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Amount(ByLevel<Fen>),
    Rate(ByPerson<Rate>),
    Number(u32),
    Bands(Vec<Band>),
}

impl Value {
    pub(crate) const fn sort(&self) -> &'static str {
        match self {
            Self::Amount(_) => "an amount",
            Self::Rate(_) => "a rate",
            Self::Number(_) => "a number",
            Self::Bands(_) => "bands",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => write!(f, "{amount}"),
            Self::Rate(rate) => write!(f, "{rate}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bands(bands) => {
                for (index, band) in bands.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    match band.up_to {
                        Some(up_to) => write!(f, "{separator}{} up to {up_to}", band.rate)?,
                        None => write!(f, "{separator}{} above", band.rate)?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// A parameter as it is written in a document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParameterText {
    value: Option<ScalarText>,
    levels: Option<LevelsText>,
    active: Option<LevelsText>,
    retired: Option<LevelsText>,
    bands: Option<Vec<BandText>>,
}

#[derive(Debug)]
enum ScalarText {
    Text(String),
    Number(u32),
}

impl<'de> Deserialize<'de> for ScalarText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refused = |what: &str| {
            let message = "money is a string of yuan such as \"30.00\", a rate a percentage such as \"60%\"";
            D::Error::custom(format_args!("value is {what}: {message}"))
        };
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self::Text(text)),
            toml::Value::Integer(number) => {
                u32::try_from(number).map(Self::Number).map_err(|_| refused("no number of days or years"))
            }
            toml::Value::Float(_) => Err(refused("a float")),
            toml::Value::Boolean(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                Err(refused("neither a string nor a whole number"))
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelsText {
    #[serde(rename = "1")]
    one: String,
    #[serde(rename = "2")]
    two: String,
    #[serde(rename = "3")]
    three: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BandText {
    up_to: Option<String>,
    rate: String,
}

impl ParameterText {
    /// The value that the text says.
    ///
    /// # Errors
    /// What is neither one scalar, three levels, levels by employment nor bands, or mixes amounts and rates.
    pub(crate) fn parse(&self) -> Result<Value, String> {
        match (&self.value, &self.levels, &self.active, &self.retired, &self.bands) {
            (Some(ScalarText::Number(number)), None, None, None, None) => Ok(Value::Number(*number)),
            (Some(ScalarText::Text(text)), None, None, None, None) => parse_levels([text, text, text]),
            (None, Some(levels), None, None, None) => parse_levels(levels.texts()),
            (None, None, Some(active), Some(retired), None) => parse_employment(active, retired),
            (None, None, None, None, Some(bands)) => parse_bands(bands),
            _ => Err("give exactly one of value, levels, active with retired, or bands".to_owned()),
        }
    }
}

impl LevelsText {
    fn texts(&self) -> [&str; 3] {
        [&self.one, &self.two, &self.three]
    }
}

fn parse_levels(texts: [&str; 3]) -> Result<Value, String> {
    if texts.iter().all(|text| text.ends_with('%')) {
        let levels = by_level(texts, |text| text.parse().map_err(|error: money::ParseRateError| error.to_string()))?;
        return Ok(Value::Rate(ByPerson { active: levels, retired: levels }));
    }
    by_level(texts, parse_amount).map(Value::Amount)
}

fn parse_employment(active: &LevelsText, retired: &LevelsText) -> Result<Value, String> {
    match (parse_levels(active.texts())?, parse_levels(retired.texts())?) {
        (Value::Rate(active), Value::Rate(retired)) => {
            Ok(Value::Rate(ByPerson { active: active.active, retired: retired.active }))
        }
        _ => Err("only rates differ by employment".to_owned()),
    }
}

fn by_level<T>(texts: [&str; 3], parse: impl Fn(&str) -> Result<T, String>) -> Result<ByLevel<T>, String> {
    let [one, two, three] = texts;
    Ok(ByLevel { one: parse(one)?, two: parse(two)?, three: parse(three)? })
}

fn parse_amount(text: &str) -> Result<Fen, String> {
    let amount: Fen = text.parse().map_err(|error: money::ParseFenError| error.to_string())?;
    if amount.is_negative() { Err(format!("{text:?} is below zero")) } else { Ok(amount) }
}

fn parse_bands(texts: &[BandText]) -> Result<Value, String> {
    let mut bands = Vec::with_capacity(texts.len());
    for text in texts {
        let up_to = text.up_to.as_deref().map(parse_amount).transpose()?;
        let rate = text.rate.parse().map_err(|error: money::ParseRateError| error.to_string())?;
        bands.push(Band { up_to, rate });
    }
    let open = bands.iter().position(|band| band.up_to.is_none());
    let ascending = bands.is_sorted_by(|lower, upper| upper.up_to.is_none() || lower.up_to < upper.up_to);
    if open.is_none_or(|index| index + 1 != bands.len()) || !ascending {
        return Err("bands ascend and only the last one has no up_to".to_owned());
    }
    Ok(Value::Bands(bands))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Value, String> {
        toml::from_str::<ParameterText>(text).map_err(|error| error.to_string())?.parse()
    }

    #[test]
    fn a_rate_by_employment_and_level_is_read_at_the_person_and_the_level() {
        let text = "active = { 1 = '60%', 2 = '55%', 3 = '50%' }\nretired = { 1 = '65%', 2 = '60%', 3 = '55%' }";
        let Ok(Value::Rate(rates)) = parse(text) else { panic!("not a rate") };
        let at = |insurance, level| rates.at(insurance, level).to_string();
        assert_eq!(at(Insurance::Employee(Employment::Retired), Level::Three), "55%");
        assert_eq!(at(Insurance::Employee(Employment::Active), Level::One), "60%");
    }

    #[test]
    fn what_is_not_exact_or_not_one_value_is_refused() {
        for text in [
            "value = 0.6",
            "value = '0.001'",
            "value = '-1.00'",
            "value = '1.00'\nlevels = { 1 = '1', 2 = '1', 3 = '1' }",
            "levels = { 1 = '60%', 2 = '55.00', 3 = '50%' }",
            "bands = [{ up_to = '50000.00', rate = '60%' }]",
            "bands = [{ rate = '60%' }, { up_to = '5.00', rate = '70%' }]",
            "bands = [{ up_to = '6.00', rate = '60%' }, { up_to = '5.00', rate = '70%' }, { rate = '1%' }]",
            "",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
