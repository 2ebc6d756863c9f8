//! Which facts of a priced case differ from those of another, field by field.
//!
//! Every field is taken apart by name, so that a fact that is added to the contract cannot be forgotten here.

use std::collections::BTreeMap;
use std::fmt::Display;

use wire::claim_v1::{
    AssistanceCategory, DiseaseFiling, DiseaseKind, Filing, InstitutionFacts, InstitutionKind, InstitutionLevel,
    LineSplit, PersonFacts, PricedCase, PricedLine, Scheme, Sex, TreatmentRegion, Visit, VisitKind,
};
use wire::journal_v1::FactChange;
use wire::proto::google::r#type::{Date, TimeOfDay};

/// The facts of `after` that differ from those of `before`, in the order of their names.
pub(crate) fn fact_changes(before: &PricedCase, after: &PricedCase) -> Vec<FactChange> {
    let (before, after) = (Facts::of(before).0, Facts::of(after).0);
    let fields: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let text = |facts: &BTreeMap<String, String>, field: &String| facts.get(field).cloned().unwrap_or_default();
    let changes = fields.into_iter().map(|field| FactChange {
        field: field.clone(),
        before: text(&before, field),
        after: text(&after, field),
    });
    changes.filter(|change| change.before != change.after).collect()
}

/// Facts as text, by field.
#[derive(Default)]
struct Facts(BTreeMap<String, String>);

impl Facts {
    fn of(case: &PricedCase) -> Self {
        // The law behind the split is the rulebook's and no fact.
        let PricedCase { person, visit, lines, split_citations: _ } = case;
        let mut facts = Self::default();
        if let Some(person) = person {
            facts.add_person(person);
        }
        if let Some(visit) = visit {
            facts.add_visit(visit);
        }
        for (index, line) in lines.iter().enumerate() {
            facts.add_line(&format!("lines[{index}]"), line);
        }
        facts
    }

    fn add(&mut self, place: &str, field: &str, value: impl Display) {
        self.0.insert(format!("{place}.{field}"), value.to_string());
    }

    fn add_person(&mut self, person: &PersonFacts) {
        const AT: &str = "person";
        let PersonFacts { scheme, birth_date, sex, kunming_household, disability_level, categories, diseases } = person;
        self.add(AT, "scheme", listed(Scheme::try_from(*scheme).map(|scheme| scheme.as_str_name())));
        self.add(AT, "birth_date", date(birth_date.as_ref()));
        self.add(AT, "sex", listed(Sex::try_from(*sex).map(|sex| sex.as_str_name())));
        self.add(AT, "kunming_household", kunming_household);
        self.add(AT, "disability_level", disability_level);
        let category = |number: &i32| listed(AssistanceCategory::try_from(*number).map(|known| known.as_str_name()));
        self.add(AT, "categories", joined(categories.iter().map(category)));
        let disease = |DiseaseFiling { code, kind, approved_date }: &DiseaseFiling| {
            let kind = listed(DiseaseKind::try_from(*kind).map(|kind| kind.as_str_name()));
            format!("{code} {kind} {}", date(approved_date.as_ref()))
        };
        self.add(AT, "diseases", joined(diseases.iter().map(disease)));
    }

    fn add_visit(&mut self, visit: &Visit) {
        const AT: &str = "visit";
        let Visit {
            kind,
            service_date,
            admission_date,
            institution,
            prescriber_level,
            host_level,
            disease,
            diagnosis,
            treatment_region,
            filing,
            registration,
            use_individual_account,
            service_time_of_day,
            admission_time_of_day,
            family_account_person_ids,
            disease_price_fen,
        } = visit;
        let level = |number: i32| listed(InstitutionLevel::try_from(number).map(|level| level.as_str_name()));
        self.add(AT, "kind", listed(VisitKind::try_from(*kind).map(|kind| kind.as_str_name())));
        self.add(AT, "service_date", date(service_date.as_ref()));
        self.add(AT, "service_time_of_day", time_of_day(service_time_of_day.as_ref()));
        self.add(AT, "admission_date", date(admission_date.as_ref()));
        self.add(AT, "admission_time_of_day", time_of_day(admission_time_of_day.as_ref()));
        if let Some(InstitutionFacts { id, level: of, kind, special_exempt_allowed }) = institution {
            self.add(AT, "institution.special_exempt_allowed", special_exempt_allowed);
            self.add(AT, "institution.id", id);
            self.add(AT, "institution.level", level(*of));
            let kind = InstitutionKind::try_from(*kind).map(|kind| kind.as_str_name());
            self.add(AT, "institution.kind", listed(kind));
        }
        self.add(AT, "prescriber_level", level(*prescriber_level));
        self.add(AT, "host_level", level(*host_level));
        self.add(AT, "disease", disease);
        self.add(AT, "diagnosis", diagnosis);
        self.add(AT, "disease_price_fen", disease_price_fen.map_or_else(String::new, |price| price.to_string()));
        let region = TreatmentRegion::try_from(*treatment_region).map(|region| region.as_str_name());
        self.add(AT, "treatment_region", listed(region));
        self.add(AT, "filing", listed(Filing::try_from(*filing).map(|filing| filing.as_str_name())));
        self.add(AT, "registration", registration);
        self.add(AT, "use_individual_account", use_individual_account);
        self.add(AT, "family_account_person_ids", joined(family_account_person_ids.iter().cloned()));
    }

    fn add_line(&mut self, at: &str, line: &PricedLine) {
        let PricedLine { item_code, name, quantity, amount_fen, split, disease, drug, violates_rules, service_date } =
            line;
        self.add(at, "item_code", item_code);
        self.add(at, "name", name);
        self.add(at, "quantity", quantity);
        self.add(at, "amount_fen", amount_fen);
        if let Some(LineSplit { excluded_fen, above_price_cap_fen, initial_self_pay_fen, eligible_fen }) = split {
            self.add(at, "split.excluded_fen", excluded_fen);
            self.add(at, "split.above_price_cap_fen", above_price_cap_fen);
            self.add(at, "split.initial_self_pay_fen", initial_self_pay_fen);
            self.add(at, "split.eligible_fen", eligible_fen);
        }
        self.add(at, "disease", disease);
        self.add(at, "drug", drug);
        self.add(at, "violates_rules", violates_rules);
        self.add(at, "service_date", date(service_date.as_ref()));
    }
}

/// The name of a member of a closed list as the contract has it.
fn listed(name: Result<&'static str, prost::UnknownEnumValue>) -> String {
    name.map_or_else(|unknown| unknown.0.to_string(), str::to_owned)
}

fn date(date: Option<&Date>) -> String {
    date.map_or_else(String::new, |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}

fn time_of_day(time: Option<&TimeOfDay>) -> String {
    time.map_or_else(String::new, |time| format!("{:02}:{:02}:{:02}", time.hours, time.minutes, time.seconds))
}

fn joined(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_that_differs_is_named_with_both_values() {
        let line = |eligible_fen| PricedLine {
            split: Some(LineSplit { eligible_fen, ..LineSplit::default() }),
            ..PricedLine::default()
        };
        let person = PersonFacts::default();
        let before = PricedCase { person: Some(person.clone()), lines: vec![line(5), line(7)], ..Default::default() };
        let categories =
            vec![AssistanceCategory::SubsistenceAllowance.into(), AssistanceCategory::RegisteredPoor.into()];
        let person = Some(PersonFacts { categories, ..person });
        let after = PricedCase { person, lines: vec![line(5), line(6)], ..before.clone() };
        let told: Vec<_> = fact_changes(&before, &after)
            .into_iter()
            .map(|change| (change.field, change.before, change.after))
            .collect();
        let told: Vec<_> = told.iter().map(|(field, old, new)| (field.as_str(), old.as_str(), new.as_str())).collect();
        let categories = "ASSISTANCE_CATEGORY_SUBSISTENCE_ALLOWANCE, ASSISTANCE_CATEGORY_REGISTERED_POOR";
        assert_eq!(told, [("lines[1].split.eligible_fen", "7", "6"), ("person.categories", "", categories)]);
        assert!(fact_changes(&before, &before).is_empty());
    }
}
