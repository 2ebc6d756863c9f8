//! Identifiers and codes: short texts that are never mixed up with one another.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest text that an identifier or a code may have, in characters.
pub(crate) const MAX_TEXT_CHARS: usize = 64;

/// Why a text cannot be an identifier or a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing was given.
    #[error("is empty")]
    Empty,
    /// More than 64 characters.
    #[error("is longer than 64 characters")]
    TooLong,
    /// White space or a control character.
    #[error("contains white space or a control character")]
    NotPrintable,
}

fn check_text(text: &str) -> Result<(), InvalidText> {
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(InvalidText::TooLong);
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(InvalidText::NotPrintable);
    }
    Ok(())
}

macro_rules! text_ids {
    ($( $(#[$meta:meta])* $name:ident, )+) => { $(
        $(#[$meta])*
        ///
        /// One to 64 characters without white space or control characters.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text as it is.
            ///
            /// # Errors
            /// A text that is empty, too long or not printable.
            pub fn new(text: &str) -> Result<Self, InvalidText> {
                check_text(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;
            fn from_str(text: &str) -> Result<Self, InvalidText> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    )+ };
}

text_ids! {
    /// A person's national person number (人员编号, `psn_no`). Never an identity-card number.
    PersonId,
    /// A designated institution's code (定点医药机构编号, `fixmedins_code`).
    InstitutionId,
    /// A catalogue item's code: a drug, a service or a consumable.
    ItemCode,
    /// The caller's name for one request to write. The same id with the same body is the same request.
    RequestId,
    /// The platform's name for one settlement.
    SettlementId,
    /// The platform's name for whatever makes a link and is booked: a settlement or an adjustment.
    EntryId,
    /// The caller's name for one visit; bills with the same number are one visit.
    RegistrationNumber,
    /// A registered outpatient disease, such as `psychosis` or `chronic-renal-failure`.
    DiseaseCode,
    /// A negotiated drug (国家谈判药品).
    DrugCode,
    /// A main diagnosis: a slug of the major-disease list or any other code.
    DiagnosisCode,
    /// A household's number (户号).
    HouseholdNumber,
    /// A benefit of the rulebook, such as `employee.inpatient`.
    BenefitId,
    /// A payer: a service that decides and books what its funds owe.
    PayerId,
}

impl From<&SettlementId> for EntryId {
    fn from(settlement_id: &SettlementId) -> Self {
        Self(Arc::clone(&settlement_id.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_short_and_printable() {
        assert!(PersonId::new("530100000001").is_ok());
        assert!(PersonId::new(&"人".repeat(64)).is_ok());
        assert_eq!(PersonId::new(&"人".repeat(65)), Err(InvalidText::TooLong));
        assert_eq!(PersonId::new(""), Err(InvalidText::Empty));
        assert_eq!(PersonId::new("a b"), Err(InvalidText::NotPrintable));
        assert_eq!(PersonId::new("a\u{7f}"), Err(InvalidText::NotPrintable));
    }
}
