//! A person outside any case, with a name: one line of a list of people.

use chrono::NaiveDate;
use claim::Violations;
use rulebook::PremiumPayer;
use serde_json::Value;

use crate::fields::{Faults, Fields};
use crate::person::Person;

/// A person of a list.
#[derive(Clone, Debug)]
pub struct NamedPerson {
    /// The name, or any text that tells the person from others.
    pub name: String,
    person: Person,
}

impl NamedPerson {
    /// Reads a person written in JSON: the fields of a worked case's person, and `name`.
    ///
    /// # Errors
    /// Every fault of the person at once.
    pub fn from_json(text: &str) -> Result<Self, Violations> {
        let faults = Faults::default();
        let person = match text.parse::<Value>() {
            Ok(value) => Fields::of(&value, String::new(), &faults).and_then(read),
            Err(error) => {
                faults.borrow_mut().add("person", format_args!("is not JSON: {error}"));
                None
            }
        };
        let mut faults = faults.into_inner();
        if person.is_none() && faults.is_empty() {
            faults.add("person", "cannot be read");
        }
        let person = person.ok_or_else(|| faults.clone())?;
        faults.into_result().map(|()| person)
    }

    /// The person as a payer of a premium on `date`; `None` where no employment covers it.
    #[must_use]
    pub fn premium_payer_on(&self, date: NaiveDate) -> Option<PremiumPayer> {
        self.person.premium_payer_on(date)
    }
}

fn read(fields: Fields<'_>) -> Option<NamedPerson> {
    fields.require("name");
    let name = fields.text("name").map(str::to_owned);
    let person = Person::read(fields)?;
    Some(NamedPerson { name: name?, person })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_a_name_and_flags_that_no_register_holds() {
        let text = r#"{"name": "甲", "scheme": "resident", "birth_date": "1980-01-01", "unable_to_work": true}"#;
        let person = NamedPerson::from_json(text).unwrap();
        let payer = person.premium_payer_on(NaiveDate::from_ymd_opt(2021, 1, 1).unwrap()).unwrap();
        assert!(payer.unable_to_work && !payer.rural_mental_disability);
        assert_eq!(person.name, "甲");
    }

    #[test]
    fn every_fault_of_a_person_is_told() {
        let text = r#"{"scheme": "other", "birth_date": "1980-02-30", "unable_to_work": 1, "age": 7}"#;
        let faults = NamedPerson::from_json(text).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        for field in ["name", "scheme", "birth_date", "unable_to_work", "age"] {
            assert!(fields.contains(&field), "{field} is not in {fields:?}");
        }
        assert!(NamedPerson::from_json("{").is_err() && NamedPerson::from_json("[]").is_err());
    }
}
