//! The kinds of files of facts and their columns.

use wire::register_v1::FactKind;

use crate::rows::{
    AgreementRow, CategoryRow, DiseasePriceRow, DiseaseRow, FactRow, FilingRow, InstitutionRow, ItemRow, PersonRow,
};

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Its name in files of Chinese offices.
    pub(crate) chinese_name: &'static str,
    /// Whether the file must have it. A column that may be missing may also be empty.
    pub(crate) required: bool,
    /// Whether its cells are sealed before anything else is done with them.
    pub(crate) is_secret: bool,
    /// The list of a dictionary that its codes and words are of.
    pub(crate) list: Option<&'static str>,
}

/// A column that a file must have.
pub(crate) const fn required(name: &'static str, chinese_name: &'static str) -> Column {
    Column { name, chinese_name, required: true, is_secret: false, list: None }
}

/// A column that a file may leave out.
pub(crate) const fn optional(name: &'static str, chinese_name: &'static str) -> Column {
    Column { name, chinese_name, required: false, is_secret: false, list: None }
}

impl Column {
    /// The column with codes and words of a dictionary's list.
    pub(crate) const fn listed(self, list: &'static str) -> Self {
        Self { list: Some(list), ..self }
    }

    /// The column with cells that nobody may read.
    pub(crate) const fn kept_secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// Whether a file calls the column so.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        [self.name, self.chinese_name].contains(&column_name(name))
    }
}

/// A column that only one kind of file has, for each kind.
const TELLING: [(&str, FactKind); 8] = [
    ("scheme", FactKind::Person),
    ("category", FactKind::Category),
    ("disease", FactKind::Disease),
    ("treatment_region", FactKind::Institution),
    ("state", FactKind::Agreement),
    ("item_code", FactKind::Item),
    ("diagnosis", FactKind::DiseasePrice),
    ("filing", FactKind::Filing),
];

/// The kind of a file, told from the column names in its header, English or Chinese. White space around a name and a
/// byte order mark do not count. A file of the kind may still lack columns; the import says which.
#[must_use]
pub fn fact_kind_of(columns: &[String]) -> Option<FactKind> {
    let has = |telling: &str, kind: FactKind| {
        let column = specified(kind).iter().find(|column| column.name == telling);
        column.is_some_and(|column| columns.iter().any(|name| column.is_called(name)))
    };
    let mut kinds = TELLING.iter().filter(|(name, kind)| has(name, *kind)).map(|(_, kind)| *kind);
    let kind = kinds.next()?;
    kinds.next().is_none().then_some(kind)
}

/// The names of all columns that a file of `kind` may have; none for the unspecified kind.
#[must_use]
pub fn columns_of(kind: FactKind) -> Vec<&'static str> {
    specified(kind).iter().map(|column| column.name).collect()
}

const fn specified(kind: FactKind) -> &'static [Column] {
    match kind {
        FactKind::Unspecified => &[],
        FactKind::Person => PersonRow::COLUMNS,
        FactKind::Category => CategoryRow::COLUMNS,
        FactKind::Disease => DiseaseRow::COLUMNS,
        FactKind::Institution => InstitutionRow::COLUMNS,
        FactKind::Item => ItemRow::COLUMNS,
        FactKind::Filing => FilingRow::COLUMNS,
        FactKind::Agreement => AgreementRow::COLUMNS,
        FactKind::DiseasePrice => DiseasePriceRow::COLUMNS,
    }
}

/// A column's name as it is meant.
fn column_name(column: &str) -> &str {
    column.trim_start_matches('\u{feff}').trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_from_its_own_header_in_any_order() {
        for (_, kind) in TELLING {
            let mut columns: Vec<String> = columns_of(kind).into_iter().map(str::to_owned).collect();
            assert_eq!(fact_kind_of(&columns), Some(kind));
            columns.reverse();
            assert_eq!(fact_kind_of(&columns), Some(kind));
        }
    }

    #[test]
    fn the_guide_to_importing_has_every_column_and_marks_those_that_may_be_missing() {
        let guide = include_str!("../../../docs/import.md");
        for (telling, kind) in TELLING {
            let columns = specified(kind);
            let section = guide.split("\n## ").find(|section| section.contains(&format!("`{telling}`"))).unwrap();
            for Column { name, required, chinese_name, .. } in columns {
                let lines: Vec<_> = section.lines().filter(|line| line.contains(&format!("`{name}`"))).collect();
                assert!(!lines.is_empty(), "{kind:?} {name}");
                assert!(lines.iter().any(|line| line.contains(chinese_name)), "{kind:?} {chinese_name}");
                let told = *required
                    || lines.iter().any(|line| {
                        line.contains("optional") || line.contains("empty") || line.contains("required for")
                    });
                assert!(told, "{kind:?} {name}");
            }
        }
    }

    #[test]
    fn every_list_of_a_column_is_one_of_a_dictionary_and_has_the_words_of_the_guide() {
        let guide = include_str!("../../../docs/import.md");
        let dictionaries = dictionary::Dictionaries::built_in().unwrap();
        let words = dictionaries.on("words", chrono::NaiveDate::MAX).unwrap();
        for (_, kind) in TELLING {
            for column in specified(kind) {
                let Some(list) = column.list else { continue };
                assert!(dictionary::LISTS.contains(&list), "{list}");
                for member in words.list(list).into_iter().flat_map(|list| &list.members) {
                    assert!(guide.contains(&member.title), "{list}: {}", member.title);
                }
            }
        }
    }

    #[test]
    fn a_byte_order_mark_and_blanks_do_not_hide_a_header() {
        let columns = ["\u{feff}item_code", " name", "class "].map(str::to_owned);
        assert_eq!(fact_kind_of(&columns), Some(FactKind::Item));
    }

    #[test]
    fn a_header_of_no_kind_or_of_two_is_not_guessed() {
        for header in [&["person_id", "from"][..], &["disease", "category"], &[]] {
            let columns: Vec<String> = header.iter().map(|column| (*column).to_owned()).collect();
            assert_eq!(fact_kind_of(&columns), None, "{columns:?}");
        }
    }
}
