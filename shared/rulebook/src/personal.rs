//! What earlier payers left to the person of single lines, for a benefit that asks for some lines only.
//!
//! A payment is made for all lines of a portion together. Each line is taken to have been paid in proportion to what
//! was left of it, so that the lines sum to what was left of the portion, to the fen.

use claim::{Among, Portion, PricedCase, Service};
use money::{Fen, Unrounded};

use crate::draft::{Part, Parts};
use crate::{Benefit, InForce};

/// The parts that `benefit` finds in earlier portions of `services`: of each service the lines that it asks for.
pub(crate) fn personal_by_line<'p>(
    rules: &InForce,
    case: &PricedCase,
    benefit: &Benefit,
    services: Among<Service>,
    portions: impl Iterator<Item = &'p Portion>,
) -> Parts {
    let mut lines: Vec<Line> = vec![Line::default(); case.lines.len()];
    for portion in portions.filter(|portion| services.contains(portion.service)) {
        let Some(of) = rules.benefit(&portion.benefit) else { continue };
        let is_held = |index: u32| portion.lines.is_empty() || portion.lines.contains(&index);
        let held = lines.iter_mut().zip(&case.lines).zip(0_u32..).filter(|(_, index)| is_held(*index));
        let mut held: Vec<_> = held.map(|(line, _)| line).collect();
        if of.line_service().is_some() {
            for (line, priced) in &mut held {
                **line = Line { service: Some(portion.service), left: priced.split.eligible };
            }
        }
        let mut held: Vec<_> = held.into_iter().map(|(line, _)| line).collect();
        take(&mut held, portion.paid + portion.hospital_share);
    }
    let mut parts = Parts::new();
    for ((line, priced), index) in lines.iter().zip(&case.lines).zip(0_u32..) {
        let Some(service) = line.service.filter(|_| benefit.asks_for_line(case, priced)) else { continue };
        let expense = benefit.expense_of(priced);
        let base = line.left + (expense - priced.split.eligible);
        match parts.iter_mut().find(|part| part.service == service) {
            Some(part) => {
                part.lines.push(index);
                part.eligible += expense;
                part.base += base;
            }
            None => {
                parts.push(Part { service, lines: vec![index], drug: None, disease: None, eligible: expense, base });
            }
        }
    }
    parts.retain(|part| !part.eligible.is_zero());
    parts
}

/// A line as earlier portions left it.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// What it settled as; none where no benefit took it.
    service: Option<Service>,
    left: Fen,
}

/// Takes a payment off the lines in proportion to what is left of each.
fn take(lines: &mut [&mut Line], paid: Fen) {
    let whole: Fen = lines.iter().map(|line| line.left).sum();
    let (mut sum, mut taken_before) = (Fen::ZERO, Fen::ZERO);
    for line in lines {
        sum += line.left;
        let taken = Unrounded::in_proportion(paid, sum, whole).map_or(Fen::ZERO, Unrounded::round_half_up);
        line.left = line.left.less(taken - taken_before);
        taken_before = taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_off_the_lines_is_the_payment_to_the_fen() {
        let mut lines = [1, 1, 1, 0, 7].map(|fen| Line { service: None, left: Fen::new(fen) });
        let mut held: Vec<&mut Line> = lines.iter_mut().collect();
        take(&mut held, Fen::new(5));
        let left: Vec<i64> = lines.iter().map(|line| line.left.get()).collect();
        assert_eq!(left.iter().sum::<i64>(), 5);
        assert!(left.iter().zip([1, 1, 1, 0, 7]).all(|(left, before)| (0..=before).contains(left)), "{left:?}");
        take(&mut [], Fen::ZERO);
    }
}
