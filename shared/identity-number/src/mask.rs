//! Texts that may hold an identity number by mistake, such as a cell in the wrong column.

use crate::number::{has_date, has_shape};

/// The text with what looks like an identity number, of 18 characters or of the old 15 digits, replaced by stars.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, run) = rest.split_at(start);
        let end = run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len());
        let with_check = run.get(..=end).filter(|with| end == 17 && with.ends_with(['X', 'x']));
        let (run, after) = run.split_at(with_check.map_or(end, str::len));
        masked.push_str(before);
        if is_identity(run) {
            masked.push_str("***");
        } else {
            masked.push_str(run);
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

fn is_identity(run: &str) -> bool {
    has_shape(run) && has_date(run) || run.len() == 15 && has_old_date(run)
}

fn has_old_date(run: &str) -> bool {
    run.get(6..12).is_some_and(|date| has_date(&format!("00000019{date}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_numbers_are_masked_and_nothing_else_is() {
        for (text, expected) in [
            ("\"11010519491231002X\" is not a date", "\"***\" is not a date"),
            ("110105194912310021", "***"),
            ("a110105491231002b", "a***b"),
            ("530100000000000001", "530100000000000001"),
            ("1101051949123100212", "1101051949123100212"),
            ("2024-05-06 12.50", "2024-05-06 12.50"),
            ("人1人", "人1人"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
