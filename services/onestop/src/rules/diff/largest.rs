//! The few persons to whom a change of rules does the most.

use money::Fen;

use super::shares::Pair;

/// One person of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The file of the case, with its line.
    pub(super) place: String,
    /// The name of the case.
    pub(super) name: String,
    /// What the person bears.
    pub(super) borne: Pair,
    weight: Fen,
}

/// The persons with the greatest weight, greatest first; of equal ones those that came first.
#[derive(Clone, Debug, Default)]
pub(super) struct Largest(Vec<Person>);

impl Largest {
    const KEPT: usize = 10;

    /// Keeps the person if its `weight` is above zero and among the greatest so far.
    pub(super) fn offer(&mut self, weight: Fen, place: &str, name: &str, borne: Pair) {
        let rank = self.0.partition_point(|kept| kept.weight >= weight);
        if weight > Fen::ZERO && rank < Self::KEPT {
            self.0.insert(rank, Person { place: place.to_owned(), name: name.to_owned(), borne, weight });
            self.0.truncate(Self::KEPT);
        }
    }

    pub(super) fn persons(&self) -> &[Person] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_greatest_are_kept_in_order_and_of_equal_ones_the_first() {
        let mut largest = Largest::default();
        for (name, weight) in (0..30).map(|index| (format!("case {index}"), Fen::new(index % 15))) {
            largest.offer(weight, "cases.jsonl:1", &name, Pair::default());
        }
        let names: Vec<_> = largest.persons().iter().map(|person| person.name.as_str()).collect();
        let expected = [14, 29, 13, 28, 12, 27, 11, 26, 10, 25].map(|index| format!("case {index}"));
        assert_eq!(names, expected);
    }

    #[test]
    fn nobody_who_is_not_touched_is_kept() {
        let mut largest = Largest::default();
        largest.offer(Fen::ZERO, "case.toml", "unchanged", Pair::default());
        assert!(largest.persons().is_empty());
    }
}
