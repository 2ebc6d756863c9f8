//! Where a field of an item stands in its file. Items are read without places, so this looks only after a fault.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// What is wrong with an item, and the keys that lead to the field at fault; none where it is the item as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemFault {
    pub(crate) message: String,
    pub(crate) keys: Vec<String>,
}

impl ItemFault {
    /// A fault of one field.
    pub(crate) fn at(key: &str, message: String) -> Self {
        Self { message, keys: vec![key.to_owned()] }
    }

    /// A fault that reading found; the item is called `named`.
    pub(crate) fn of(named: &str, error: &Error) -> Self {
        let told = error.to_string();
        // An error of a value has no place; it ends with the keys that lead to it.
        let keys = told.trim_end().lines().last().and_then(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let mut keys: Vec<_> = keys.into_iter().flat_map(|keys| keys.split('.')).map(str::to_owned).collect();
        let unknown = error.message().strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
        keys.extend(unknown.map(str::to_owned));
        Self { message: format!("{named}{}", error.message()), keys }
    }

    /// The same fault of a table that stands under more keys.
    pub(crate) fn under(mut self, keys: &[&str]) -> Self {
        self.keys.splice(0..0, keys.iter().map(|key| (*key).to_owned()));
        self
    }
}

impl From<String> for ItemFault {
    fn from(message: String) -> Self {
        Self { message, keys: Vec::new() }
    }
}

/// The offset of the field that `keys` lead to, in the item at `index` among those of one sort: of the last key that is
/// there.
pub(crate) fn offset_of(text: &str, sort: &str, index: usize, keys: &[String]) -> Option<usize> {
    let file = DeTable::parse(text).ok()?;
    let DeValue::Array(items) = file.get_ref().get(sort)?.get_ref() else { return None };
    offset_in(items.get(index)?, keys)
}

fn offset_in(value: &Spanned<DeValue<'_>>, keys: &[String]) -> Option<usize> {
    let (first, rest) = keys.split_first()?;
    match value.get_ref() {
        DeValue::Table(table) => {
            let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
            offset_in(value, rest).or_else(|| Some(key.span().start))
        }
        DeValue::Array(values) => values.iter().find_map(|value| offset_in(value, keys)),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_that_is_there_is_found_in_the_item() {
        let text = "[[a]]\nx = 1\n[[a]]\nx = 1\ny = [{ z = 1 },\n{ q = 2 }]\n[a.under.P.b]\nw = 1\n";
        let line = |keys: &str| {
            let keys: Vec<_> = keys.split('.').map(str::to_owned).collect();
            offset_of(text, "a", 1, &keys)
                .and_then(|offset| text.get(..offset))
                .map(|before| before.split('\n').count())
        };
        assert_eq!(["x", "y.q", "y.none", "under.P.b.w", "none"].map(line), [Some(4), Some(6), Some(5), Some(8), None]);
        assert_eq!(offset_of(text, "b", 0, &["x".to_owned()]), None);
    }
}
