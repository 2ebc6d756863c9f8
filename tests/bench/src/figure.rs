//! Figures: rates, ratios, percentiles and medians, in decimals.

use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

/// Digits behind the point of a rate, a duration or a ratio.
const DIGITS: u32 = 3;

/// `count` a second.
#[must_use]
pub(crate) fn rate(count: u64, elapsed: Duration) -> Decimal {
    ratio(Decimal::from(count), seconds(elapsed))
}

/// `part / whole`; 0 where there is no whole.
#[must_use]
pub(crate) fn ratio(part: Decimal, whole: Decimal) -> Decimal {
    rounded(part.checked_div(whole).unwrap_or_default())
}

/// A duration in seconds.
#[must_use]
pub(crate) fn seconds(duration: Duration) -> Decimal {
    Decimal::from(duration.as_micros()).checked_div(Decimal::from(1_000_000)).unwrap_or_default()
}

/// A duration in milliseconds.
#[must_use]
pub(crate) fn milliseconds(duration: Duration) -> Decimal {
    rounded(seconds(duration) * Decimal::from(1_000))
}

/// To three digits behind the point.
#[must_use]
pub(crate) fn rounded(figure: Decimal) -> Decimal {
    figure.round_dp_with_strategy(DIGITS, RoundingStrategy::MidpointAwayFromZero)
}

/// The middle one, or of an even number the mean of the two in the middle; 0 of none.
#[must_use]
pub(crate) fn median(figures: &[Decimal]) -> Decimal {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable();
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    rounded((lower + upper) / Decimal::TWO)
}

/// A figure as a JSON number.
#[must_use]
pub(crate) fn json(figure: Decimal) -> Value {
    serde_json::from_str(&figure.normalize().to_string()).unwrap_or(Value::Null)
}

/// How long calls took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies {
    sorted: Vec<Duration>,
}

impl Latencies {
    /// Of these calls, in any order.
    pub(crate) fn of(mut taken: Vec<Duration>) -> Self {
        taken.sort_unstable();
        Self { sorted: taken }
    }

    /// What `per_thousand` of a thousand calls did not exceed; zero of none.
    pub(crate) fn percentile(&self, per_thousand: usize) -> Duration {
        let place = self.sorted.len().saturating_mul(per_thousand).div_ceil(1_000).saturating_sub(1);
        self.sorted.get(place).copied().unwrap_or_default()
    }

    /// The mean; zero of none.
    pub(crate) fn mean(&self) -> Duration {
        let count = u32::try_from(self.sorted.len()).unwrap_or(u32::MAX);
        self.sorted.iter().sum::<Duration>().checked_div(count).unwrap_or_default()
    }

    /// Mean and percentiles in milliseconds, each by its name; nothing where no single call was timed.
    pub(crate) fn named(&self) -> Vec<(&'static str, Decimal)> {
        if self.sorted.is_empty() {
            return Vec::new();
        }
        let percentile = |per_thousand| milliseconds(self.percentile(per_thousand));
        vec![
            ("mean_ms", milliseconds(self.mean())),
            ("p50_ms", percentile(500)),
            ("p99_ms", percentile(990)),
            ("p999_ms", percentile(999)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(
            median(&[Decimal::from(4), Decimal::from(1), Decimal::from(2), Decimal::from(3)]),
            Decimal::new(25, 1)
        );
        assert_eq!(median(&[Decimal::from(9), Decimal::from(1), Decimal::from(2)]), Decimal::from(2));
        assert_eq!(median(&[]), Decimal::ZERO);
    }

    #[test]
    fn a_percentile_is_the_call_that_so_many_did_not_exceed() {
        let latencies = Latencies::of((1..=1_000).rev().map(Duration::from_millis).collect());
        let at = |per_thousand| latencies.percentile(per_thousand).as_millis();
        assert_eq!([at(500), at(990), at(999), at(1_000)], [500, 990, 999, 1_000]);
        assert_eq!(Latencies::default().percentile(990), Duration::ZERO);
    }

    #[test]
    fn a_ratio_has_three_digits_and_none_of_it_is_a_float() {
        assert_eq!(ratio(Decimal::from(2), Decimal::from(3)), Decimal::new(667, 3));
        assert_eq!(json(Decimal::new(2_500, 3)).to_string(), "2.5");
        assert_eq!(ratio(Decimal::ONE, Decimal::ZERO), Decimal::ZERO);
    }
}
