//! Choices made from random numbers: zero always gives the plainest choice, so that shrinking gives plain cases.

/// Numbers to choose by. When they run out, every further choice is the plainest.
pub(crate) struct Dice<'a> {
    faces: std::slice::Iter<'a, u16>,
}

impl<'a> Dice<'a> {
    pub(crate) fn new(faces: &'a [u16]) -> Self {
        Self { faces: faces.iter() }
    }

    /// A number from 0 to `count − 1`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let face = self.faces.next().copied().unwrap_or(0);
        usize::from(face) * count / (usize::from(u16::MAX) + 1)
    }

    /// A number from 0 to `most`, for ranges wider than one face of the dice.
    pub(crate) fn up_to(&mut self, most: i64) -> i64 {
        let (high, low) = (self.faces.next().copied().unwrap_or(0), self.faces.next().copied().unwrap_or(0));
        let number = i128::from(high) * 65_536 + i128::from(low);
        i64::try_from(number * (i128::from(most) + 1) / (1 << 32)).expect("within the range")
    }

    /// One of `choices`; the first is the plainest.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// True in one of `times` cases.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of `choices`, each as often as its weight says; the first is the plainest.
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
