//! Banded rates on an expense that cumulates over the year.

use claim::{CounterKey, InputName, Operation, Reason};
use money::{Fen, Rate, Unrounded};
use std::sync::Arc;

use crate::benefit::{Bands, Concession};
use crate::document::BandRounding;
use crate::draft::Draft;
use crate::formula::Working;
use crate::steps::{amount, rate};
use crate::value::Band;

impl Draft<'_> {
    /// Pays what the banded sum grows by with this bill: `F(after) - F(before)`, rounded once, both ends with
    /// today's terms. What lies below the threshold is the person's. Answers whether the ceiling holds.
    pub(crate) fn apply_bands(&self, terms: &Bands, working: &mut Working) -> bool {
        let (insurance, level) = (self.case.person.insurance, self.case.visit.level());
        let concession = terms.concession.as_ref().filter(|concession| self.is_granted(concession));
        let points = concession.map_or(Rate::ZERO, |concession| concession.points.value.at(insurance, level));
        let full = terms.threshold.value.at(level);
        let share = concession.map(|concession| concession.threshold_share.value.at(insurance, level));
        let threshold = share.map_or(full, |share| (full * share).round_half_up());

        let key = CounterKey { name: terms.counter.clone(), benefit_year: self.year().year() };
        let before = self.counter(&key);
        let after = before + working.base;
        let sum = |expense| banded_sum(&terms.rates.value, threshold, points, expense);
        working.deductible = after.min(threshold) - before.min(threshold);
        let above = working.base - working.deductible;
        let paid_before = terms.less_paid.as_ref().map(|name| CounterKey { name: name.clone(), ..key.clone() });
        let sum_before = paid_before.map_or_else(|| sum(before), |key| Unrounded::from(self.counter(&key)));
        let growth = match terms.rounding {
            BandRounding::Growth => (sum(after) - sum_before).round_half_up(),
            BandRounding::EachSum => sum(after).round_half_up() - sum_before.round_half_up(),
        };
        working.paid = growth.max(Fen::ZERO).min(above);

        if let (Some(concession), Some(share)) = (concession, share) {
            let inputs = [amount(InputName::Deductible, full), rate(InputName::Rate, share)];
            working.steps.rounded(
                Operation::ReduceDeductible,
                &concession.threshold_share.citation,
                &inputs,
                threshold,
            );
            let inputs = [rate(InputName::PointsAdded, points)];
            working.steps.exact(Operation::RaiseRate, &concession.points.citation, &inputs, above);
        }
        let inputs = [amount(InputName::CumulativeBefore, before), amount(InputName::Deductible, threshold)];
        working.steps.exact(Operation::ApplyDeductible, &terms.threshold.citation, &inputs, above);
        let inputs = [amount(InputName::CumulativeBefore, before), amount(InputName::CumulativeAfter, after)];
        working.steps.rounded(Operation::ApplyBands, &terms.rates.citation, &inputs, working.paid);
        if after <= threshold {
            working.shortfall = Some((Reason::WithinDeductible, Arc::clone(&terms.threshold.citation)));
        }
        if !working.base.is_zero() {
            working.moves_by(key, before, working.base);
        }
        concession.is_none_or(|concession| !concession.without_ceiling)
    }

    fn is_granted(&self, concession: &Concession) -> bool {
        self.case.person.categories.iter().any(|category| concession.categories.contains(category))
    }
}

fn banded_sum(bands: &[Band], threshold: Fen, points: Rate, expense: Fen) -> Unrounded {
    let mut sum = Unrounded::default();
    let mut lower = threshold;
    for band in bands {
        let upper = band.up_to.map_or(expense, |up_to| up_to.min(expense));
        sum = sum + upper.less(lower) * band.rate.raised_by(points);
        lower = lower.max(upper);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_band_takes_only_the_part_of_the_expense_inside_it() {
        let fen = |text: &str| text.parse::<Fen>().unwrap();
        let rate = |text: &str| text.parse::<Rate>().unwrap();
        let bands = [
            Band { up_to: Some(fen("50000")), rate: rate("60%") },
            Band { up_to: Some(fen("100000")), rate: rate("70%") },
            Band { up_to: None, rate: rate("80%") },
        ];
        let sum =
            |points, expense| banded_sum(&bands, fen("12000"), rate(points), fen(expense)).round_half_up().to_string();
        assert_eq!(sum("0%", "12000"), "0.00");
        assert_eq!(sum("0%", "12000.01"), "0.01");
        assert_eq!(sum("0%", "50000"), "22800.00");
        assert_eq!(sum("0%", "100000"), "57800.00");
        assert_eq!(sum("5%", "110000"), "70700.00");
    }
}
