//! The number itself.

use std::fmt;

use chrono::NaiveDate;
use zeroize::Zeroizing;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// An identity-card number of 18 characters whose check character is right.
///
/// # Basis
/// GB 11643-1999.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityNumber(Zeroizing<String>);

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityNumber(..)")
    }
}

/// Why a text is no identity number. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNumber {
    /// Not 17 digits and a digit or X.
    #[error("is no identity number: 17 digits and a digit or X")]
    Shape,
    /// The seventh to fourteenth digits are no date.
    #[error("is no identity number: its date of birth is no date")]
    Date,
    /// The last character does not fit to the others.
    #[error("is no identity number: its check character is wrong")]
    Check,
}

impl IdentityNumber {
    /// Takes a number as it is printed on the card; a small x is as good as a large one.
    ///
    /// # Errors
    /// A text that is no identity number.
    pub fn new(text: &str) -> Result<Self, InvalidNumber> {
        let text = Zeroizing::new(text.to_ascii_uppercase());
        if !has_shape(&text) {
            return Err(InvalidNumber::Shape);
        }
        if !has_date(&text) {
            return Err(InvalidNumber::Date);
        }
        let digits = text.chars().filter_map(|c| c.to_digit(10));
        let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        let check = usize::try_from(sum % 11).ok().and_then(|index| CHECK_CHARACTERS.get(index)).copied();
        if check.is_some() && text.chars().last() == check { Ok(Self(text)) } else { Err(InvalidNumber::Check) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Whether a text is written like an identity number.
pub(crate) fn has_shape(text: &str) -> bool {
    let ends_well = text.ends_with(|c: char| c.is_ascii_digit() || matches!(c, 'X' | 'x'));
    text.len() == 18 && ends_well && text.chars().take(17).all(|c| c.is_ascii_digit())
}

/// Whether the seventh to fourteenth characters are a date.
pub(crate) fn has_date(text: &str) -> bool {
    text.get(6..14).is_some_and(|date| NaiveDate::parse_from_str(date, "%Y%m%d").is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_its_shape_its_date_and_its_check_character() {
        assert!(IdentityNumber::new("11010519491231002X").is_ok());
        assert!(IdentityNumber::new("11010519491231002x").is_ok());
        for (text, fault) in [
            ("", InvalidNumber::Shape),
            ("1101051949123100", InvalidNumber::Shape),
            ("1101051949123100X2", InvalidNumber::Shape),
            ("110105194902310023", InvalidNumber::Date),
            ("110105194912310021", InvalidNumber::Check),
        ] {
            assert_eq!(IdentityNumber::new(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_number_is_not_told_by_debug_or_by_a_fault() {
        let number = IdentityNumber::new("11010519491231002X").unwrap();
        assert_eq!(format!("{number:?}"), "IdentityNumber(..)");
        assert!(!InvalidNumber::Check.to_string().contains("1101"));
    }
}
