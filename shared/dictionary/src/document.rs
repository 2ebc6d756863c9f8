//! One dictionary and its file.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::known::members;

/// What the codes and words of one province mean, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dictionary {
    /// The name by which it is chosen.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// The region, six digits; empty where it is of none.
    pub region: String,
    /// The first day on which it holds.
    pub in_force_from: NaiveDate,
    /// The dictionary that says what this one does not.
    pub extends: Option<String>,
    /// Its lists.
    pub lists: Vec<List>,
}

/// The codes and words of one closed list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The list: one of [`crate::LISTS`].
    pub id: String,
    /// The field of the national interface, where it has one.
    #[serde(default)]
    pub field: String,
    /// The list's name, for people.
    pub title: String,
    /// The codes and words.
    pub members: Vec<Member>,
}

/// One code, or one word, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The code; empty for a word that has none.
    #[serde(default)]
    pub code: String,
    /// The code's name, which means the same.
    pub title: String,
    /// Other words that mean the same.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it means: a member of the list. Empty for a code that is known and has no meaning here.
    #[serde(default)]
    pub means: String,
}

impl Member {
    /// Everything that is written for it.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let all = [self.code.as_str(), &self.title].into_iter().chain(self.also.iter().map(String::as_str));
        all.filter(|text| !text.is_empty())
    }
}

/// One thing that is wrong with a dictionary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct DictionaryFault {
    /// The file, or the list in it.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentText {
    dictionary: HeadText,
    #[serde(default, rename = "list")]
    lists: Vec<List>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadText {
    name: String,
    title: String,
    #[serde(default)]
    region: String,
    in_force_from: toml::value::Datetime,
    extends: Option<String>,
}

impl Dictionary {
    /// Reads a dictionary's file, which is called `file` in faults.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<DictionaryFault>> {
        let fault = |message: String| DictionaryFault { place: file.to_owned(), message };
        let DocumentText { dictionary: head, lists } =
            toml::from_str(text).map_err(|error| vec![fault(error.to_string())])?;
        let in_force_from = head.in_force_from.to_string().parse();
        let mut faults: Vec<DictionaryFault> = in_force_from
            .is_err()
            .then(|| fault("in_force_from is not a date such as 2021-08-08".to_owned()))
            .into_iter()
            .collect();
        let mut seen = BTreeSet::new();
        for list in &lists {
            let place = format!("{file} {}", list.id);
            let told = list.faults().into_iter().map(|message| DictionaryFault { place: place.clone(), message });
            faults.extend(told);
            if !seen.insert(&list.id) {
                faults.push(DictionaryFault { place, message: "is there twice".to_owned() });
            }
        }
        let HeadText { name, title, region, in_force_from: _, extends } = head;
        match in_force_from {
            Ok(in_force_from) if faults.is_empty() => Ok(Self { name, title, region, in_force_from, extends, lists }),
            Ok(_) | Err(_) => Err(faults),
        }
    }

    /// The codes and words of a list, where it has any.
    #[must_use]
    pub fn list(&self, id: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.id == id)
    }

    /// What `text` means in the list `id`; `None` where it is no code or word of the list or has no meaning here.
    #[must_use]
    pub fn meaning(&self, id: &str, text: &str) -> Option<&str> {
        let member = self.list(id)?.members.iter().find(|member| member.written().any(|written| written == text))?;
        Some(member.means.as_str()).filter(|means| !means.is_empty())
    }

    /// This dictionary, and after it what `base` says that it does not.
    #[must_use]
    pub(crate) fn over(mut self, base: &Self) -> Self {
        for list in &base.lists {
            let Some(own) = self.lists.iter_mut().find(|own| own.id == list.id) else {
                self.lists.push(list.clone());
                continue;
            };
            let written: BTreeSet<String> = own.members.iter().flat_map(Member::written).map(str::to_owned).collect();
            for member in &list.members {
                let also: Vec<String> = member.also.iter().filter(|word| !written.contains(*word)).cloned().collect();
                if written.contains(&member.title) || written.contains(&member.code) {
                    continue;
                }
                own.members.push(Member { also, ..member.clone() });
            }
        }
        self
    }
}

impl List {
    fn faults(&self) -> Vec<String> {
        let Some(known) = members(&self.id) else {
            return vec![format!("is no list: one of {}", crate::LISTS.join(", "))];
        };
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        for member in &self.members {
            if !member.means.is_empty() && !known.contains(&member.means.as_str()) {
                faults.push(format!(
                    "{} means {:?}, which is none of {}",
                    member.title,
                    member.means,
                    known.join(", ")
                ));
            }
            let twice = member.written().filter(|written| !seen.insert(*written));
            faults.extend(twice.map(|written| format!("{written:?} is there twice")));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[dictionary]\nname = \"x\"\ntitle = \"X\"\nin_force_from = 2021-01-01\n";

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let lists = r#"
            [[list]]
            id = "sex"
            title = "性别"
            members = [{ code = "1", title = "男", means = "man" }, { code = "1", title = "女", means = "female" }]
            [[list]]
            id = "colour"
            title = "颜色"
            members = []
        "#;
        let faults = Dictionary::read("x.toml", &format!("{HEAD}{lists}")).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("\"man\", which is none of female, male"), "{told:?}");
        assert!(told[1].contains("\"1\" is there twice") && told[2].contains("is no list"), "{told:?}");
        assert!(Dictionary::read("x.toml", "[dictionary]\nname = 1").is_err());
        assert!(Dictionary::read("x.toml", &HEAD.replace("2021-01-01", "2021-01-01T00:00:00Z")).is_err());
    }

    #[test]
    fn a_code_its_name_and_other_words_mean_the_same_and_an_unknown_one_nothing() {
        let list = r#"
            [[list]]
            id = "scheme"
            title = "险种"
            members = [{ code = "310", title = "职工医保", also = ["职工"], means = "employee" }, { code = "340", title = "离休" }]
        "#;
        let dictionary = Dictionary::read("x.toml", &format!("{HEAD}{list}")).unwrap();
        for text in ["310", "职工医保", "职工"] {
            assert_eq!(dictionary.meaning("scheme", text), Some("employee"), "{text}");
        }
        for text in ["340", "390", ""] {
            assert_eq!(dictionary.meaning("scheme", text), None, "{text}");
        }
    }
}
