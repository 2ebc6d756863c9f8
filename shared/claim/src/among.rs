//! Some members of a closed list, in one word.

use std::fmt;
use std::marker::PhantomData;

/// How many members a list has at most whose members are asked about in one word.
pub(crate) const MEMBERS_MAX: usize = 32;

/// A member of a closed list.
pub trait Listed: Copy {
    /// The member's place in the list.
    fn place(self) -> usize;
}

/// Some members of a closed list of at most 32, asked about without a search.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Among<T> {
    places: u32,
    of: PhantomData<fn() -> T>,
}

impl<T: Listed> Among<T> {
    /// No member.
    #[must_use]
    pub const fn none() -> Self {
        Self { places: 0, of: PhantomData }
    }

    /// Every member.
    #[must_use]
    pub const fn all() -> Self {
        Self { places: u32::MAX, of: PhantomData }
    }

    /// Whether no member is in it.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.places == 0
    }

    /// Whether a member is in it.
    #[must_use]
    pub fn contains(self, member: T) -> bool {
        self.places >> member.place() & 1 == 1
    }

    /// Adds a member.
    pub fn insert(&mut self, member: T) {
        self.places |= 1 << member.place();
    }

    /// Whether they have a member in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.places & other.places != 0
    }
}

impl<T: Listed> FromIterator<T> for Among<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        members.into_iter().fold(Self::none(), |mut among, member| {
            among.insert(member);
            among
        })
    }
}

impl<T> fmt::Debug for Among<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#b}", self.places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Service;

    #[test]
    fn a_member_is_among_those_that_were_put_in_and_no_others() {
        let among: Among<Service> = [Service::Chronic, Service::Stay].into_iter().collect();
        for service in Service::ALL {
            assert_eq!(among.contains(*service), matches!(service, Service::Chronic | Service::Stay), "{service}");
            assert!(Among::all().contains(*service) && !Among::none().contains(*service));
        }
        assert!(among.meets([Service::Stay].into_iter().collect()));
        assert!(!among.meets([Service::Special].into_iter().collect()));
        assert!(Among::<Service>::none().is_none() && !among.is_none());
    }
}
