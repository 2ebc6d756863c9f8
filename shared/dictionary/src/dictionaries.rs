//! All dictionaries that a process knows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::built_in::FILES;
use crate::{Dictionary, DictionaryFault};

/// Dictionaries by name, each in its versions by the day from which they hold. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dictionaries(Arc<BTreeMap<String, BTreeMap<NaiveDate, Arc<Dictionary>>>>);

/// Why dictionaries cannot be used. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Unusable(pub Vec<DictionaryFault>);

impl Dictionaries {
    /// The dictionary that is used where none is named.
    pub const DEFAULT: &str = "kunming";

    /// Those that are compiled in.
    ///
    /// # Errors
    /// [`Unusable`] where one of them is faulty, which a test rules out.
    pub fn built_in() -> Result<Self, Unusable> {
        Self::of(FILES.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect())
    }

    /// Those that are compiled in, and the files `*.toml` of a directory: one of the same name and day takes the place of
    /// the former.
    ///
    /// # Errors
    /// A directory or file that cannot be read, and everything that is wrong with the files.
    pub fn with_directory(directory: &Path) -> Result<Self, Unusable> {
        let unreadable = |error: std::io::Error| {
            Unusable(vec![DictionaryFault { place: directory.display().to_string(), message: error.to_string() }])
        };
        let mut files: Vec<(String, String)> =
            FILES.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        let mut own = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path).map_err(unreadable)?;
                own.push((path.display().to_string(), text));
            }
        }
        own.sort();
        files.extend(own);
        Self::of(files)
    }

    fn of(files: Vec<(String, String)>) -> Result<Self, Unusable> {
        let mut faults = Vec::new();
        let mut read: BTreeMap<String, BTreeMap<NaiveDate, Dictionary>> = BTreeMap::new();
        for (file, text) in files {
            match Dictionary::read(&file, &text) {
                Ok(dictionary) => {
                    let versions = read.entry(dictionary.name.clone()).or_default();
                    versions.insert(dictionary.in_force_from, dictionary);
                }
                Err(found) => faults.extend(found),
            }
        }
        let mut known: BTreeMap<String, BTreeMap<NaiveDate, Arc<Dictionary>>> = BTreeMap::new();
        for (name, versions) in &read {
            for (from, dictionary) in versions {
                let whole = match &dictionary.extends {
                    None => dictionary.clone(),
                    Some(base) => match read.get(base).and_then(|versions| versions.range(..=*from).next_back()) {
                        Some((_, base)) if base.extends.is_none() => dictionary.clone().over(base),
                        Some(_) | None => {
                            let message =
                                format!("extends {base:?}, which is no dictionary of that day or extends another");
                            faults.push(DictionaryFault { place: name.clone(), message });
                            continue;
                        }
                    },
                };
                known.entry(name.clone()).or_default().insert(*from, Arc::new(whole));
            }
        }
        if faults.is_empty() { Ok(Self(Arc::new(known))) } else { Err(Unusable(faults)) }
    }

    /// The dictionary `name` as it holds on `date`; its first version on earlier days.
    #[must_use]
    pub fn on(&self, name: &str, date: NaiveDate) -> Option<Arc<Dictionary>> {
        let versions = self.0.get(name)?;
        let version = versions.range(..=date).next_back().or_else(|| versions.first_key_value());
        version.map(|(_, dictionary)| Arc::clone(dictionary))
    }

    /// The names of all of them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn one_code_means_what_its_province_says() {
        let all = Dictionaries::built_in().unwrap();
        let meaning = |name: &str, list: &str, text: &str| {
            let dictionary = all.on(name, day("2023-01-01")).unwrap();
            dictionary.meaning(list, text).map(str::to_owned)
        };
        assert_eq!(meaning("jiangxi", "employment", "21").as_deref(), Some("retired"));
        assert_eq!(meaning("hunan", "employment", "21"), None);
        assert_eq!(meaning("hunan", "employment", "12").as_deref(), Some("retired"));
        assert_eq!(meaning("jiangxi", "item-class", "3").as_deref(), Some("excluded"));
        assert_eq!(meaning("hunan", "item-class", "03").as_deref(), Some("excluded"));
        for name in ["chongqing", "hunan", "jiangxi", "kunming"] {
            assert_eq!(meaning(name, "scheme", "310").as_deref(), Some("employee"), "{name}");
            assert_eq!(meaning(name, "scheme", "居民").as_deref(), Some("resident"), "{name}");
        }
    }

    #[test]
    fn a_file_of_a_directory_adds_a_version_from_its_day_on() {
        let directory = tempfile::tempdir().unwrap();
        let text = "[dictionary]\nname = \"hunan\"\ntitle = \"新版\"\nin_force_from = 2024-07-01\nextends = \"words\"\n\
            [[list]]\nid = \"employment\"\ntitle = \"人员类别\"\nmembers = [{ code = \"21\", title = \"退休\", means = \"retired\" }]\n";
        std::fs::write(directory.path().join("hunan-2024.toml"), text).unwrap();
        let all = Dictionaries::with_directory(directory.path()).unwrap();
        let on = |date| all.on("hunan", day(date)).unwrap();
        assert_eq!(on("2024-06-30").meaning("employment", "21"), None);
        assert_eq!(on("2024-07-01").meaning("employment", "21"), Some("retired"));
        assert_eq!(on("2024-07-01").meaning("employment", "在职"), Some("active"));
        assert_eq!(on("1999-01-01").title, on("2024-06-30").title);
        std::fs::write(directory.path().join("broken.toml"), "[dictionary]").unwrap();
        assert!(Dictionaries::with_directory(directory.path()).unwrap_err().to_string().contains("broken.toml"));
        assert!(Dictionaries::with_directory(&directory.path().join("nowhere")).is_err());
    }
}
