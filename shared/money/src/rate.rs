//! [`Rate`] in basis points, and [`Unrounded`], what a rate makes of an amount.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Fen;

/// A share in basis points (万分之一), 0 to 10,000: `Rate::new(8_500)` is 85 %.
///
/// In text it is a percentage, `"85%"` or `"62.5%"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u16);

const WHOLE_BP: u16 = 10_000;

impl Rate {
    /// Nothing, 0 %.
    pub const ZERO: Self = Self(0);
    /// Everything, 100 %.
    pub const WHOLE: Self = Self(WHOLE_BP);

    /// A rate of `basis_points`, or `None` above 10,000.
    #[must_use]
    pub const fn new(basis_points: u16) -> Option<Self> {
        if basis_points <= WHOLE_BP { Some(Self(basis_points)) } else { None }
    }

    /// The rate in basis points.
    #[must_use]
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// The rate lowered by `points` (percentage points, not a share of the rate), not below zero.
    #[must_use]
    pub const fn lowered_by(self, points: Self) -> Self {
        Self(self.0.saturating_sub(points.0))
    }

    /// The rate raised by `points` (percentage points), not above the whole.
    #[must_use]
    pub fn raised_by(self, points: Self) -> Self {
        Self(self.0.saturating_add(points.0).min(WHOLE_BP))
    }

    /// The expense whose payment at this rate is `payment`, or `None` for a rate of zero.
    #[must_use]
    pub fn expense_paying(self, payment: Fen) -> Option<Unrounded> {
        let dividend = i128::from(payment.get()) * i128::from(WHOLE_BP);
        (self.0 != 0).then(|| Unrounded { dividend, divisor: i64::from(self.0) })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", Decimal::new(i64::from(self.0), 2).normalize())
    }
}

/// Why a text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a rate: write a percentage from \"0%\" to \"100%\" with at most two decimals")]
pub struct ParseRateError(String);

impl Rate {
    fn from_decimal(basis_points: Decimal, text: &str) -> Result<Self, ParseRateError> {
        Some(basis_points)
            .filter(Decimal::is_integer)
            .and_then(|whole| u16::try_from(whole).ok())
            .and_then(Self::new)
            .ok_or_else(|| ParseRateError(text.to_owned()))
    }

    /// Reads a share of one written as a decimal fraction, `"0.10"` for 10 %.
    ///
    /// # Errors
    /// What is not a plain decimal from 0 to 1 in whole basis points.
    pub fn from_fraction(text: &str) -> Result<Self, ParseRateError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let share = Decimal::from_str_exact(text).ok().filter(|share| plain && *share <= Decimal::ONE);
        let share = share.ok_or_else(|| ParseRateError(text.to_owned()))?;
        Self::from_decimal(share * Decimal::from(WHOLE_BP), text)
    }
}

impl FromStr for Rate {
    type Err = ParseRateError;

    /// Reads a percentage, `"85%"`.
    ///
    /// # Errors
    /// What has no percent sign, is outside 0 % to 100 %, or is finer than a basis point.
    fn from_str(text: &str) -> Result<Self, ParseRateError> {
        let percent =
            text.strip_suffix('%').filter(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
        let percent = percent
            .and_then(|number| Decimal::from_str_exact(number).ok())
            .filter(|number| *number <= Decimal::ONE_HUNDRED);
        let percent = percent.ok_or_else(|| ParseRateError(text.to_owned()))?;
        Self::from_decimal(percent * Decimal::ONE_HUNDRED, text)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An exact amount that may hold a fraction of a fen, in fen.
///
/// It is what a rate makes of an amount. The named roundings are the only ways out of it.
#[derive(Clone, Copy, Debug)]
pub struct Unrounded {
    dividend: i128,
    /// At least one; ten thousand in whatever rates make, so that their sums need no common divisor.
    divisor: i64,
}

impl Unrounded {
    /// `amount` in the proportion of `part` to `whole`, or `None` for a whole of zero or less.
    #[must_use]
    pub fn in_proportion(amount: Fen, part: Fen, whole: Fen) -> Option<Self> {
        let dividend = i128::from(amount.get()) * i128::from(part.get());
        (whole > Fen::ZERO).then(|| Self { dividend, divisor: whole.get() })
    }

    /// Rounds to the fen, halves away from zero (四舍五入): the one rounding of every payment.
    ///
    /// # Panics
    /// Beyond the range of an `i64`, which amounts up to [`Fen::MAX`] cannot reach.
    #[must_use]
    pub fn round_half_up(self) -> Fen {
        self.round_narrow().unwrap_or_else(|| self.round_wide())
    }

    /// The rounding in machine words, which nearly every amount fits.
    fn round_narrow(self) -> Option<Fen> {
        let half = self.divisor / 2 + self.divisor % 2;
        let dividend = i64::try_from(self.dividend).ok()?;
        let (whole, left) = (dividend / self.divisor, dividend % self.divisor);
        let away = i64::from(left.unsigned_abs() >= half.unsigned_abs());
        Some(Fen::new(whole.checked_add(away * dividend.signum())?))
    }

    #[expect(clippy::expect_used, reason = "an overflowed amount is a bug that must not become a settlement")]
    fn round_wide(self) -> Fen {
        let divisor = i128::from(self.divisor);
        let (whole, left) = (self.dividend / divisor, self.dividend % divisor);
        let away = i128::from(left.abs() * 2 >= divisor);
        Fen::new(i64::try_from(whole + away * self.dividend.signum()).expect("rounded amount within an i64"))
    }

    /// Both dividends over one divisor.
    #[expect(clippy::expect_used, reason = "an overflowed amount is a bug that must not become a settlement")]
    fn over_one_divisor(self, other: Self) -> (i128, i128, i64) {
        if self.divisor == other.divisor {
            return (self.dividend, other.dividend, self.divisor);
        }
        let times = |dividend: i128, divisor: i64| dividend.checked_mul(i128::from(divisor));
        let one = times(self.dividend, other.divisor).expect("a dividend within an i128");
        let two = times(other.dividend, self.divisor).expect("a dividend within an i128");
        (one, two, self.divisor.checked_mul(other.divisor).expect("a divisor within an i64"))
    }
}

impl Default for Unrounded {
    fn default() -> Self {
        Self::from(Fen::ZERO)
    }
}

impl PartialEq for Unrounded {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Unrounded {}

impl PartialOrd for Unrounded {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Unrounded {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two, _) = self.over_one_divisor(*other);
        one.cmp(&two)
    }
}

impl std::ops::Mul<Rate> for Fen {
    type Output = Unrounded;

    fn mul(self, rate: Rate) -> Unrounded {
        Unrounded { dividend: i128::from(self.get()) * i128::from(rate.0), divisor: i64::from(WHOLE_BP) }
    }
}

impl std::ops::Add for Unrounded {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (one, two, divisor) = self.over_one_divisor(other);
        Self { dividend: one + two, divisor }
    }
}

impl std::ops::Sub for Unrounded {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        let (one, two, divisor) = self.over_one_divisor(other);
        Self { dividend: one - two, divisor }
    }
}

impl From<Fen> for Unrounded {
    fn from(amount: Fen) -> Self {
        amount * Rate::WHOLE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::RoundingStrategy;

    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn half_a_fen_rounds_up_where_half_to_even_would_not() {
        assert_eq!((Fen::new(1) * rate("50%")).round_half_up(), Fen::new(1));
        assert_eq!((Fen::new(5) * rate("50%")).round_half_up(), Fen::new(3));
        assert_eq!((Fen::new(1) * rate("49.99%")).round_half_up(), Fen::ZERO);
    }

    #[test]
    fn a_rate_is_read_and_written_as_a_percentage() {
        assert_eq!(rate("62.5%").basis_points(), 6_250);
        assert_eq!(rate("62.5%").to_string(), "62.5%");
        assert_eq!(rate("100%"), Rate::WHOLE);
        for text in ["0.85", "85", "101%", "100.01%", "-1%", "8.555%", "%", "1e1%"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_rate_in_json_is_a_percentage_and_no_number() {
        assert_eq!(serde_json::from_str::<Rate>("\"62.5%\"").ok(), Some(rate("62.5%")));
        assert!(serde_json::from_str::<Rate>("0.625").is_err());
    }

    #[test]
    fn a_fraction_is_read_exactly() {
        assert_eq!(Rate::from_fraction("0.10").unwrap().basis_points(), 1_000);
        assert_eq!(Rate::from_fraction("1").unwrap(), Rate::WHOLE);
        for text in ["1.0001", "0.00001", "-0.1", "+0.1", "10%", ""] {
            assert!(Rate::from_fraction(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_expense_of_a_payment_at_half_is_twice_the_payment() {
        assert_eq!(rate("50%").expense_paying(Fen::new(10_000)).unwrap().round_half_up(), Fen::new(20_000));
        assert_eq!(Rate::ZERO.expense_paying(Fen::new(1)), None);
    }

    #[test]
    fn a_proportion_is_exact_up_to_its_rounding() {
        let of = |amount, part, whole| Unrounded::in_proportion(Fen::new(amount), Fen::new(part), Fen::new(whole));
        assert_eq!(of(100, 1, 3).map(Unrounded::round_half_up), Some(Fen::new(33)));
        assert_eq!(of(1, 1, 2).map(Unrounded::round_half_up), Some(Fen::new(1)));
        assert_eq!(of(Fen::MAX.get(), Fen::MAX.get(), Fen::MAX.get()).map(Unrounded::round_half_up), Some(Fen::MAX));
        assert_eq!(of(1, 1, 0), None);
    }

    proptest! {
        #[test]
        fn rounding_moves_an_amount_by_half_a_fen_at_most(fen in 0_i64..1_000_000_000_000, bp in 0_u16..=10_000) {
            let exact = i128::from(fen) * i128::from(bp);
            let rounded = i128::from((Fen::new(fen) * Rate::new(bp).unwrap()).round_half_up().get()) * 10_000;
            prop_assert!(rounded - exact <= 5_000 && exact - rounded < 5_000);
        }

        #[test]
        fn a_product_rounds_as_decimals_do(fen in -1_000_000_000_000_000_i64..1_000_000_000_000_000, bp in 0_u16..=10_000) {
            let product = Decimal::from(fen) * Decimal::new(i64::from(bp), 4);
            let named = product.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
            let rounded = (Fen::new(fen) * Rate::new(bp).unwrap()).round_half_up();
            prop_assert_eq!(Decimal::from(rounded.get()), named);
        }

        #[test]
        fn a_proportion_rounds_halves_away_from_zero(
            amount in -10_000_000_000_000_i64..=10_000_000_000_000,
            part in 0_i64..=10_000_000_000_000,
            whole in 1_i64..=10_000_000_000_000,
        ) {
            let exact = Unrounded::in_proportion(Fen::new(amount), Fen::new(part), Fen::new(whole)).unwrap();
            let twice = i128::from(amount) * i128::from(part) * 2;
            let wide = i128::from(whole);
            let rounded = (twice.abs() + wide) / (wide * 2) * twice.signum();
            prop_assert_eq!(i128::from(exact.round_wide().get()), rounded);
            prop_assert_eq!(i128::from(exact.round_half_up().get()), rounded);
        }

        #[test]
        fn sums_of_products_and_amounts_are_exact(one in 0_i64..1_000_000_000, two in 0_i64..1_000_000_000, bp in 0_u16..=10_000) {
            let rate = Rate::new(bp).unwrap();
            let (one, two) = (Fen::new(one), Fen::new(two));
            prop_assert_eq!(one * rate + two * rate, (one + two) * rate);
            prop_assert_eq!((one + two) * rate - two * rate, one * rate);
            prop_assert!(one * rate <= Unrounded::from(one));
            let half = Unrounded::in_proportion(one, Fen::new(1), Fen::new(2)).unwrap();
            prop_assert_eq!(half + half, Unrounded::from(one));
        }

        #[test]
        fn text_of_an_amount_reads_back(fen in -10_000_000_000_000_i64..=10_000_000_000_000) {
            prop_assert_eq!(Fen::new(fen).to_string().parse(), Ok(Fen::new(fen)));
        }
    }
}
