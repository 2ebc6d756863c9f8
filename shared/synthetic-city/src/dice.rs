//! Choices by chance that are the same for the same seed on every machine (`SplitMix64`).

/// Numbers that follow from a seed, a purpose and an index.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64, purpose: &str, index: u64) -> Self {
        let purpose = purpose.bytes().fold(0, |state, byte| mixed(state ^ u64::from(byte)));
        Self(mixed(mixed(seed) ^ purpose) ^ mixed(index))
    }

    /// A number from 0 to `count − 1`, for a count of at most 2³²; 0 for a count of 0.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mixed(self.0) >> 32).wrapping_mul(count) >> 32
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True in `chance` of a thousand cases.
    pub(crate) fn in_thousand(&mut self, chance: u64) -> bool {
        self.below(1_000) < chance
    }

    /// One of `choices`, each with its chance in a thousand; `otherwise` for what is left of the thousand.
    pub(crate) fn choose<T: Copy>(&mut self, choices: &[(u64, T)], otherwise: T) -> T {
        let mut face = self.below(1_000);
        for (chance, choice) in choices {
            if face < *chance {
                return *choice;
            }
            face -= chance;
        }
        otherwise
    }

    /// One of `texts`, all with the same chance.
    pub(crate) fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        let count = u64::try_from(texts.len()).unwrap_or(0);
        usize::try_from(self.below(count)).ok().and_then(|index| texts.get(index)).copied().unwrap_or_default()
    }
}

const fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_gives_others() {
        let numbers = |seed| {
            let mut dice = Dice::new(seed, "test", 7);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
        assert!(numbers(3).iter().all(|number| *number < 1_000_000));
    }

    #[test]
    fn choices_come_about_as_often_as_their_chances_say() {
        let mut dice = Dice::new(1, "test", 0);
        let chosen = (0..100_000).filter(|_| dice.choose(&[(250, true)], false)).count();
        assert!((24_000..26_000).contains(&chosen), "{chosen}");
    }
}
