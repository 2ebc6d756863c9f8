//! Closed lists whose members have one written name each.

/// A text that is not a member of a closed list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}: one of {}", known.join(", "))]
pub struct UnknownSlug {
    /// The list's name.
    pub what: &'static str,
    /// The text that was given.
    pub text: String,
    /// All members.
    pub known: Vec<&'static str>,
}

/// Declares an enum whose members are written as the given slugs in text and JSON.
macro_rules! slugs {
    (
        $(#[$meta:meta])*
        $name:ident, $what:literal { $( $(#[$member_meta:meta])* $member:ident = $slug:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$member_meta])* $member, )+ }

        impl $name {
            /// Every member, in the order of the list.
            pub const ALL: &'static [Self] = &[$( Self::$member, )+];

            /// The member's written name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$member => $slug, )+ }
            }
        }

        const _: () = assert!($name::ALL.len() <= $crate::MEMBERS_MAX);

        impl $crate::Listed for $name {
            #[expect(clippy::as_conversions, reason = "a member without fields is its place")]
            fn place(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownSlug;

            fn from_str(text: &str) -> Result<Self, $crate::UnknownSlug> {
                match text {
                    $( $slug => Ok(Self::$member), )+
                    other => Err($crate::UnknownSlug {
                        what: $what,
                        text: other.to_owned(),
                        known: Self::ALL.iter().map(|member| member.as_str()).collect(),
                    }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use slugs;
