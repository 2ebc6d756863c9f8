//! Rule documents with other choices, and the people and visits that show what they change.

use std::path::Path;

use claim::Amounts;
use rulebook::{LoadFaults, Lookup, Rulebook};
use serde_json::{Value, json};
use worked_case::{Chain, NotSettled, PersonCounters, WorkedCase, run_case};

/// The documents of this release with the reading `id` changed to `option`.
pub(crate) fn documents(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulebook/kunming");
    let mut documents: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    documents.sort();
    for (id, option) in changes {
        let readings = &mut documents.iter_mut().find(|(file, _)| file == "readings.toml").unwrap().1;
        let at = readings.find(&format!("[[reading]]\nid = \"{id}\"")).unwrap();
        let start = at + readings.get(at..).unwrap().find("chosen = ").unwrap();
        let end = start + readings.get(start..).unwrap().find('\n').unwrap();
        readings.replace_range(start..end, &format!("chosen = \"{option}\""));
    }
    documents
}

pub(crate) fn load(documents: &[(String, String)]) -> Result<Rulebook, LoadFaults> {
    let files: Vec<_> = documents.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    Rulebook::load(&files)
}

pub(crate) fn rules(changes: &[(&str, &str)]) -> Lookup {
    Lookup::new(load(&documents(changes)).unwrap_or_else(|faults| panic!("{changes:?}: {faults}")))
}

/// Settles the visits, each with what it must come to, explained or not.
pub(crate) fn settles(rules: &Lookup, person: &Value, visits: &[(Value, Value)]) {
    let visits: Vec<Value> = visits
        .iter()
        .map(|(visit, expect)| {
            let mut visit = visit.clone();
            let fields = visit.as_object_mut().unwrap();
            fields.insert("expect".to_owned(), expect.clone());
            fields.entry("date").or_insert_with(|| json!("2022-05-04"));
            visit
        })
        .collect();
    let case = json!({ "name": "alternative", "person": person, "visits": visits }).to_string();
    let case = WorkedCase::from_json(&case).unwrap_or_else(|faults| panic!("{faults}"));
    let report = run_case(&Chain::new(), rules, &case);
    let told: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{told:#?}");
    let settled = report.visits.into_iter().map(|visit| visit.map(|settled| settled.amounts));
    assert_eq!(settled.collect::<Vec<_>>(), unexplained(rules, &case));
}

/// What each visit comes to where no explanation is asked for.
fn unexplained(rules: &Lookup, case: &WorkedCase) -> Vec<Result<Amounts, NotSettled>> {
    let (chain, mut counters) = (Chain::new(), PersonCounters::with_accounts(case.accounts.clone()));
    let amounts = case.visits.iter().map(|worked| {
        let rules = rules.in_force(worked.visit.service_date);
        chain.amounts(&rules, &worked.price(&rules).unwrap(), &mut counters)
    });
    amounts.collect()
}

/// Visits that come to the first expectation by default and to the second under the option.
pub(crate) fn differ(id: &str, option: &str, person: &Value, visits: &[(Value, Value, Value)]) {
    let by_default: Vec<_> = visits.iter().map(|(visit, expect, _)| (visit.clone(), expect.clone())).collect();
    settles(&rules(&[]), person, &by_default);
    let under: Vec<_> = visits.iter().map(|(visit, _, expect)| (visit.clone(), expect.clone())).collect();
    settles(&rules(&[(id, option)]), person, &under);
}

pub(crate) fn employee() -> Value {
    json!({ "scheme": "employee", "employment": "active", "birth_date": "1980-01-01", "kunming_household": true })
}

pub(crate) fn resident(categories: &[&str]) -> Value {
    json!({ "scheme": "resident", "birth_date": "1980-01-01", "kunming_household": true, "categories": categories })
}

pub(crate) fn with_diseases(kind: &str, codes: &[&str]) -> Value {
    let mut person = employee();
    let diseases: Vec<_> =
        codes.iter().map(|code| json!({ "code": code, "kind": kind, "approved_date": "2022-01-01" })).collect();
    person.as_object_mut().unwrap().insert("diseases".to_owned(), json!(diseases));
    person
}

pub(crate) fn visit(kind: &str, level: u8, eligible: &str) -> Value {
    let institution = json!({ "id": "H", "level": level });
    json!({ "kind": kind, "institution": institution, "eligible": eligible })
}

pub(crate) fn with(mut visit: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().unwrap() {
        visit.as_object_mut().unwrap().insert(key.clone(), value.clone());
    }
    visit
}

pub(crate) fn basic(amount: &str) -> Value {
    json!({ "basic": amount })
}

pub(crate) fn assistance(amount: &str) -> Value {
    json!({ "assistance": amount })
}
