//! [`Fen`]: an amount of money in hundredths of a yuan.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount in fen (分), one hundredth of a yuan.
///
/// In text and in JSON it is a decimal string of yuan with two decimals, `"90.01"`.
/// Sums are checked: one that leaves the range of an `i64` is a bug and stops the computation,
/// because a settlement with a wrapped amount must never be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that one bill, ceiling or counter may hold: a hundred billion yuan.
    /// Every amount that comes from outside is held below it, so that sums cannot overflow.
    pub const MAX: Self = Self(10_000_000_000_000);

    /// An amount of `fen` fen.
    #[must_use]
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount as a whole number of fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether the amount is exactly nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether the amount is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The sum, or `None` where it leaves the range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// This amount `count` times, or `None` where it leaves the range.
    #[must_use]
    pub fn checked_times(self, count: i64) -> Option<Self> {
        self.0.checked_mul(count).map(Self)
    }

    /// This amount less `other`, but never below zero.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        (self - other).max(Self::ZERO)
    }
}

#[expect(clippy::expect_used, reason = "an overflowed amount is a bug that must not become a settlement")]
impl std::ops::Add for Fen {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.checked_add(other).expect("sum of amounts within an i64")
    }
}

#[expect(clippy::expect_used, reason = "an overflowed amount is a bug that must not become a settlement")]
impl std::ops::Sub for Fen {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("difference of amounts within an i64"))
    }
}

impl std::ops::AddAssign for Fen {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Fen {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, amount| sum + amount)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.0, 2).fmt(f)
    }
}

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseFenError {
    /// Not a decimal number at all.
    #[error("{0:?} is not an amount: write yuan with at most two decimals, such as \"90.01\"")]
    NotANumber(String),
    /// A fraction of a fen.
    #[error("{0:?} has a fraction of a fen: at most two decimals")]
    FractionOfFen(String),
    /// Beyond [`Fen::MAX`] either way.
    #[error("{0:?} is out of range")]
    OutOfRange(String),
}

impl FromStr for Fen {
    type Err = ParseFenError;

    /// Reads yuan, `"90"`, `"90.0"` or `"90.01"`.
    ///
    /// # Errors
    /// What is not a plain decimal, has a fraction of a fen, or is beyond [`Fen::MAX`].
    fn from_str(text: &str) -> Result<Self, ParseFenError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
        let yuan = Decimal::from_str_exact(text).ok().filter(|_| plain);
        let yuan = yuan.ok_or_else(|| ParseFenError::NotANumber(text.to_owned()))?;
        let fen = yuan * Decimal::ONE_HUNDRED;
        if !fen.is_integer() {
            return Err(ParseFenError::FractionOfFen(text.to_owned()));
        }
        i64::try_from(fen)
            .ok()
            .map(Self)
            .filter(|amount| (Self(-Self::MAX.0)..=Self::MAX).contains(amount))
            .ok_or_else(|| ParseFenError::OutOfRange(text.to_owned()))
    }
}

impl Serialize for Fen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_yuan() {
        for (text, fen) in [("90", 9_000), ("90.0", 9_000), ("90.01", 9_001), ("0.01", 1), ("-0.5", -50)] {
            assert_eq!(text.parse(), Ok(Fen::new(fen)), "{text}");
        }
        assert_eq!(Fen::new(9_001).to_string(), "90.01");
        assert_eq!(Fen::new(-50).to_string(), "-0.50");
        assert_eq!(Fen::new(100).to_string(), "1.00");
    }

    #[test]
    fn refuses_what_is_not_an_exact_amount() {
        for text in
            ["", "abc", "1,000.00", "1e3", " 1", "0.001", "90.010000000001", "100000000000.01", "NaN", "+1", "1_0"]
        {
            assert!(text.parse::<Fen>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_json_number_is_not_an_amount() {
        assert!(serde_json::from_str::<Fen>("90.01").is_err());
        assert_eq!(serde_json::from_str::<Fen>("\"90.01\"").ok(), Some(Fen::new(9_001)));
    }

    #[test]
    fn less_stops_at_zero() {
        assert_eq!(Fen::new(5).less(Fen::new(7)), Fen::ZERO);
        assert_eq!(Fen::new(7).less(Fen::new(5)), Fen::new(2));
    }
}
