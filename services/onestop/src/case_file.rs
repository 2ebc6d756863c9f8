//! Case files: one case as a JSON object, or one a line.
//!
//! Amounts are decimal yuan in strings, dates ISO, names those of the worked cases. Reading collects every fault of a
//! case, those of the contract included, so that a file is mended in one go.

use chrono::{NaiveDate, NaiveTime};
use claim::{RequestId, Violation, Violations, VisitKind};
use dictionary::Dictionary;
use money::Fen;
use serde_json::{Map, Value};
use wire::claim_v1 as proto;

/// A case with the name of its request.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    /// The caller's name for the request; a preview does without.
    pub request_id: Option<RequestId>,
    /// The case as it is sent.
    pub case: proto::Case,
}

/// A text that is no case as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultyCase {
    /// What is wrong with it, by the fields of the file.
    pub faults: Violations,
    /// The case as far as it can be read; `None` where the text is no JSON object.
    pub readable: Option<Box<proto::Case>>,
}

impl FaultyCase {
    /// Adds what the platform says of the readable part beyond what is known: a field keeps its first fault, and
    /// amounts that could not be read are not summed.
    pub fn add_faults(&mut self, told: Vec<Violation>) {
        let known: Vec<String> = self.faults.iter().map(|fault| fault.field.clone()).collect();
        let unsummed = known.iter().any(|field| field == "total" || is_amount_of_line(field));
        for violation in told {
            let field = violation.field.replace("_fen", "").replace("family_account_person_ids", "family_accounts");
            let is_told = known.contains(&field) || unsummed && field == "total";
            if !is_told {
                self.faults.add(field, violation.description);
            }
        }
    }
}

fn is_amount_of_line(field: &str) -> bool {
    field == "lines" || field.starts_with("lines") && (field.ends_with(".amount") || field.ends_with(']'))
}

/// Reads one case; a kind of visit may be a code or word of `dictionary`.
///
/// # Errors
/// Everything that is wrong with it; for text that is not JSON, where it stops being so.
pub fn read(text: &str, dictionary: &Dictionary) -> Result<CaseFile, FaultyCase> {
    let mut faults = Violations::new();
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            faults.add("case", format_args!("is not JSON: {error}"));
            return Err(FaultyCase { faults, readable: None });
        }
    };
    let Some(mut object) = Object::of("", &value, &mut faults) else {
        return Err(FaultyCase { faults, readable: None });
    };
    let request_id = object.text("request_id");
    let case = case_of(&mut object, dictionary);
    object.nothing_else();
    let request_id = request_id.and_then(|text| faults.take("request_id", RequestId::new(&text)));
    let mut refused = FaultyCase { faults, readable: None };
    if let Err(failure) = wire::case_from(case.clone()) {
        refused.add_faults(failure.violations);
    }
    if refused.faults.is_empty() {
        return Ok(CaseFile { request_id, case });
    }
    Err(FaultyCase { readable: Some(Box::new(case)), ..refused })
}

fn case_of(object: &mut Object<'_, '_>, dictionary: &Dictionary) -> proto::Case {
    proto::Case {
        person_id: object.text("person_id").unwrap_or_default(),
        institution_id: object.text("institution_id").unwrap_or_default(),
        kind: object.visit_kind(dictionary).map_or(0, |kind| i32::from(proto::VisitKind::from(kind))),
        service_date: object.parsed::<NaiveDate>("service_date").map(Into::into),
        admission_date: object.parsed::<NaiveDate>("admission_date").map(Into::into),
        registration: object.text("registration").unwrap_or_default(),
        prescriber_id: object.text("prescriber_id").unwrap_or_default(),
        host_id: object.text("host_id").unwrap_or_default(),
        disease: object.text("disease").unwrap_or_default(),
        diagnosis: object.text("diagnosis").unwrap_or_default(),
        use_individual_account: object.flag("use_individual_account"),
        total_fen: object.parsed("total").map_or(0, Fen::get),
        lines: object.objects("lines", line_of),
        service_time_of_day: object.parsed::<NaiveTime>("service_time_of_day").map(Into::into),
        admission_time_of_day: object.parsed::<NaiveTime>("admission_time_of_day").map(Into::into),
        family_account_person_ids: object.texts("family_accounts"),
    }
}

fn line_of(object: &mut Object<'_, '_>) -> proto::CaseLine {
    proto::CaseLine {
        item_code: object.text("item_code").unwrap_or_default(),
        quantity: object.whole("quantity").unwrap_or(1),
        amount_fen: object.parsed("amount").map_or(0, Fen::get),
        disease: object.text("disease").unwrap_or_default(),
        violates_rules: object.flag("violates_rules"),
        service_date: object.parsed::<NaiveDate>("service_date").map(Into::into),
    }
}

/// A JSON object that is taken apart field by field.
struct Object<'v, 'f> {
    path: String,
    fields: &'v Map<String, Value>,
    taken: Vec<&'static str>,
    faults: &'f mut Violations,
}

impl<'v, 'f> Object<'v, 'f> {
    fn of(path: &str, value: &'v Value, faults: &'f mut Violations) -> Option<Self> {
        let Some(fields) = value.as_object() else {
            faults.add(if path.is_empty() { "case" } else { path }, "is not a JSON object");
            return None;
        };
        let path = if path.is_empty() { String::new() } else { format!("{path}.") };
        Some(Self { path, fields, taken: Vec::new(), faults })
    }

    /// The field's value; `null` is as good as absent.
    fn take(&mut self, field: &'static str) -> Option<&'v Value> {
        self.taken.push(field);
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn fault(&mut self, field: &str, description: impl std::fmt::Display) {
        self.faults.add(format!("{}{field}", self.path), description);
    }

    fn text(&mut self, field: &'static str) -> Option<String> {
        let value = self.take(field)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.fault(field, "must be a string in quotes");
        }
        text
    }

    fn texts(&mut self, field: &'static str) -> Vec<String> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let texts: Option<Vec<String>> =
            value.as_array().and_then(|values| values.iter().map(|value| value.as_str().map(str::to_owned)).collect());
        texts.unwrap_or_else(|| {
            self.fault(field, "must be an array of strings");
            Vec::new()
        })
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, field: &'static str) -> Option<T> {
        let text = self.text(field)?;
        text.parse().map_err(|error| self.fault(field, format_args!("{text:?}: {error}"))).ok()
    }

    fn visit_kind(&mut self, dictionary: &Dictionary) -> Option<VisitKind> {
        const FIELD: &str = "kind";
        let text = self.text(FIELD)?;
        let meant = dictionary.meaning("visit-kind", &text).unwrap_or(&text);
        meant.parse().map_err(|error| self.fault(FIELD, format_args!("{text:?}: {error}"))).ok()
    }

    fn flag(&mut self, field: &'static str) -> bool {
        match self.take(field).map(Value::as_bool) {
            None => false,
            Some(Some(flag)) => flag,
            Some(None) => {
                self.fault(field, "must be true or false");
                false
            }
        }
    }

    fn whole(&mut self, field: &'static str) -> Option<i64> {
        let value = self.take(field)?;
        let number = value.as_i64();
        if number.is_none() {
            self.fault(field, "must be a whole number");
        }
        number
    }

    fn objects<T>(&mut self, field: &'static str, read: impl Fn(&mut Object<'_, '_>) -> T) -> Vec<T> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Some(values) = value.as_array() else {
            self.fault(field, "must be an array");
            return Vec::new();
        };
        let mut list = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let path = format!("{}{field}[{index}]", self.path);
            if let Some(mut object) = Object::of(&path, value, self.faults) {
                list.push(read(&mut object));
                object.nothing_else();
            }
        }
        list
    }

    /// Notes the fields that nobody asked for.
    fn nothing_else(&mut self) {
        let unknown = self.fields.keys().filter(|field| !self.taken.contains(&field.as_str()));
        for field in unknown {
            self.faults.add(format!("{}{field}", self.path), "is not a field of a case");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = r#"{
        "request_id": "r-1", "person_id": "p", "institution_id": "h", "kind": "inpatient",
        "service_date": "2023-05-10", "admission_date": "2023-05-01", "total": "90.01",
        "lines": [{"item_code": "a", "amount": "90.00"}, {"item_code": "b", "quantity": 2, "amount": "0.01"}]
    }"#;

    fn read_as(dictionary: &str, text: &str) -> Result<CaseFile, FaultyCase> {
        let all = dictionary::Dictionaries::built_in().unwrap();
        read(text, &all.on(dictionary, NaiveDate::MAX).unwrap())
    }

    fn faults_of(text: &str) -> Vec<String> {
        read_as("kunming", text).unwrap_err().faults.iter().map(|fault| fault.field.clone()).collect()
    }

    #[test]
    fn a_case_is_read_in_the_words_of_the_worked_cases() {
        let file = read_as("kunming", CASE).unwrap();
        assert_eq!(file.request_id.unwrap().as_str(), "r-1");
        assert_eq!(file.case.total_fen, 9_001);
        assert_eq!(file.case.kind(), proto::VisitKind::Inpatient);
        assert_eq!(file.case.lines[1].quantity, 2);
    }

    #[test]
    fn a_kind_of_visit_may_be_a_code_of_the_province() {
        let kind = |dictionary, code: &str| {
            read_as(dictionary, &CASE.replace("inpatient", code)).map(|file| file.case.kind()).ok()
        };
        assert_eq!(kind("kunming", "21"), Some(proto::VisitKind::Inpatient));
        assert_eq!(kind("kunming", "普通住院"), Some(proto::VisitKind::Inpatient));
        assert_eq!((kind("hunan", "2101"), kind("hunan", "21")), (Some(proto::VisitKind::Inpatient), None));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let text = CASE
            .replace("\"p\"", "\"a b\"")
            .replace("inpatient", "holiday")
            .replace("2023-05-10", "2023-02-30")
            .replace("\"90.00\"", "90.0")
            .replace("\"quantity\"", "\"colour\"");
        let mut faults = faults_of(&text);
        faults.sort();
        assert_eq!(faults, ["kind", "lines[0].amount", "lines[1].colour", "person_id", "service_date"]);
    }

    #[test]
    fn lines_that_do_not_sum_are_a_fault_of_the_total() {
        assert_eq!(faults_of(&CASE.replace("90.01", "90.02")), ["total"]);
    }

    #[test]
    fn text_that_is_not_json_is_told_with_its_place() {
        let faults = read_as("kunming", "{\"person_id\": ").unwrap_err().faults;
        assert!(faults.to_string().contains("line 1 column"), "{faults}");
        assert_eq!(faults_of("[1]"), ["case"]);
    }
}
