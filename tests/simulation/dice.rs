//! Choices that follow from a seed (`SplitMix64`), the same on every machine.

/// Numbers that follow from a seed and from what they are for.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        Self(purpose.bytes().fold(mixed(seed), |state, byte| mixed(state ^ u64::from(byte))))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number from 0 to `count − 1`, for a count of at least 1.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(count).unwrap()).unwrap()
    }

    /// True in `chance` of a thousand cases.
    pub(crate) fn in_thousand(&mut self, chance: usize) -> bool {
        self.below(1_000) < chance
    }

    /// One of `choices`.
    pub(crate) fn one_of<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len())]
    }

    /// One of `choices`, each as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let mut face = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            if face < *weight {
                return *choice;
            }
            face -= weight;
        }
        choices[0].1
    }
}

const fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
