//! How a comparison names people, payers, rulebooks and differences.

use money::Fen;

use super::comparison::Group;
use crate::render::{Lang, Words, yuan};

impl Words for Group {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Insurance(insurance) => insurance.words(),
            Self::Category(Some(category)) => category.words(),
            Self::Category(None) => ("非救助对象", "in no category of assistance"),
        }
    }
}

/// A rulebook's name.
pub(super) fn rulebook_name(name: &str, lang: Lang) -> &str {
    if name == "built-in" { lang.pick(("内置规则", "built-in rules")) } else { name }
}

/// A difference in yuan with its sign.
pub(super) fn signed(difference: Fen) -> String {
    let sign = if difference > Fen::ZERO { "+" } else { "" };
    format!("{sign}{}", yuan(difference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_carries_its_sign() {
        for (fen, text) in [(1, "+0.01"), (0, "0.00"), (-123_456, "-1,234.56")] {
            assert_eq!(signed(Fen::new(fen)), text);
        }
    }
}
