//! The visits of a worked case and the lines of their bills.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use claim::{
    Case, DiseaseCode, DrugCode, Filing, InstitutionFacts, InstitutionKind, ItemClass, ItemCode, ItemTerms, PersonId,
    TreatmentRegion, Visit, VisitKind,
};
use money::{Fen, Rate};
use rulebook::UnpricedLine;

use crate::expect::Expected;
use crate::fields::Fields;

/// What a line writes to have no tag although the visit has one.
const NO_TAG: &str = "none";

/// A line before it is split, with what the catalogue says of its item.
#[derive(Clone, Debug)]
pub struct WorkedLine {
    /// What it costs.
    pub amount: Fen,
    /// How many units, at least 1.
    pub quantity: i64,
    /// How the catalogue treats the item.
    pub terms: ItemTerms,
    /// The catalogue item, where it matters which one it is.
    pub item: Option<ItemCode>,
    /// The registered disease that it is for; the visit's where the line names none of its own and does not opt out.
    pub disease: Option<DiseaseCode>,
    /// The negotiated drug that the item is; inherited from the visit as the disease is.
    pub drug: Option<DrugCode>,
    /// Whether it breaks the rules of treatment (不按规定用药、诊疗).
    pub violates_rules: bool,
    /// The day on which it arose, from admission to discharge; the visit's where absent.
    pub service_date: Option<NaiveDate>,
}

impl WorkedLine {
    /// The line as the rules of the day split it.
    pub(super) fn unpriced(&self) -> UnpricedLine {
        UnpricedLine {
            item_code: self.item.clone(),
            name: Arc::default(),
            amount: self.amount,
            quantity: self.quantity,
            terms: self.terms,
            disease: self.disease.clone(),
            drug: self.drug.clone(),
            violates_rules: self.violates_rules,
            service_date: self.service_date,
        }
    }
}

/// Reads one visit with its lines and what is expected of it.
pub(super) fn read_visit(fields: Fields<'_>) -> Option<(Visit, Vec<WorkedLine>, Expected)> {
    let kind: Option<VisitKind> = fields.required("kind");
    fields.require("date");
    let service_date = fields.date("date");
    let admission_date = admission_date(&fields, kind, service_date);
    let service_time_of_day: Option<NaiveTime> = fields.parsed("time");
    let admission_time_of_day: Option<NaiveTime> = fields.parsed("admission_time");
    if admission_time_of_day.is_some() && admission_date.is_none() {
        fields.fault("admission_time", "is given without a day of admission");
    }
    fields.require("institution");
    let institution = fields.table("institution").and_then(institution);
    let (prescriber_level, host_level) = (fields.level("prescriber_level"), fields.level("host_level"));
    let disease: Option<DiseaseCode> = tag(&fields, "disease", None);
    let drug: Option<DrugCode> = tag(&fields, "drug", None);
    let diagnosis = fields.parsed("diagnosis");
    let disease_price = disease_price(&fields, kind, diagnosis.is_some());
    let treatment_region = fields.parsed("region").unwrap_or(TreatmentRegion::Local);
    let filing = fields.parsed("filing").unwrap_or(Filing::None);
    let registration = fields.parsed("registration");
    let use_individual_account = fields.flag("use_individual_account", false);
    let family_accounts = family_accounts(&fields, use_individual_account);
    let lines = lines(&fields, disease.as_ref(), drug.as_ref());
    if let Some(last) = service_date {
        check_days_of_lines(&fields, &lines, admission_date.unwrap_or(last)..=last);
    }
    let expected = fields.table("expect").map_or_else(Expected::default, Expected::read);
    fields.finish();
    let visit = Visit {
        kind: kind?,
        service_date: service_date?,
        service_time_of_day,
        admission_date,
        admission_time_of_day,
        institution: institution?,
        prescriber_level,
        host_level,
        disease,
        diagnosis,
        disease_price,
        treatment_region,
        filing,
        registration,
        use_individual_account,
        family_accounts,
    };
    Some((visit, lines, expected))
}

/// The published price of the diagnosis, which only day surgery is paid by.
fn disease_price(fields: &Fields<'_>, kind: Option<VisitKind>, has_diagnosis: bool) -> Option<Fen> {
    const KEY: &str = "disease_price";
    let price = fields.amount(KEY)?;
    if kind.is_some_and(|kind| kind != VisitKind::DaySurgery) || !has_diagnosis {
        fields.fault(KEY, "is for day surgery with a diagnosis only");
    }
    Some(price)
}

/// The family members whose accounts pay after the own one, in order.
fn family_accounts(fields: &Fields<'_>, used: bool) -> Vec<PersonId> {
    const KEY: &str = "family_accounts";
    let mut members: Vec<PersonId> = Vec::new();
    for value in fields.list(KEY).into_iter().flatten() {
        match value.as_str().and_then(|name| name.parse().ok()) {
            Some(member) if !members.contains(&member) => members.push(member),
            Some(_) | None => fields.fault(KEY, format_args!("{value} is not the name of another family member")),
        }
    }
    if !members.is_empty() && !used {
        fields.fault(KEY, "is given although use_individual_account is not");
    }
    members
}

fn admission_date(fields: &Fields<'_>, kind: Option<VisitKind>, service: Option<NaiveDate>) -> Option<NaiveDate> {
    let admission = fields.date("admission_date")?;
    if kind.is_some_and(|kind| kind != VisitKind::Inpatient) {
        fields.fault("admission_date", "is for stays only");
    }
    if service.is_some_and(|service| admission > service) {
        fields.fault("admission_date", "is after the date of discharge");
    }
    Some(admission)
}

fn check_days_of_lines(fields: &Fields<'_>, lines: &[WorkedLine], days: RangeInclusive<NaiveDate>) {
    for (index, line) in lines.iter().enumerate() {
        if line.service_date.is_some_and(|day| !days.contains(&day)) {
            fields.fault(&format!("lines[{index}].date"), "is not a day of the visit");
        }
    }
}

fn institution(fields: Fields<'_>) -> Option<InstitutionFacts> {
    let id = fields.required("id");
    fields.require("level");
    let level = fields.level("level");
    let kind = fields.parsed("kind").unwrap_or(InstitutionKind::Hospital);
    let special_exempt_allowed = fields.flag("special_exempt_allowed", false);
    fields.finish();
    Some(InstitutionFacts { id: id?, level: level?, kind, special_exempt_allowed })
}

/// A tag: what the field says, nothing where it opts out, `inherited` where it is absent.
fn tag<T>(fields: &Fields<'_>, key: &'static str, inherited: Option<&T>) -> Option<T>
where
    T: Clone + std::str::FromStr<Err: std::fmt::Display>,
{
    match fields.text(key) {
        None => inherited.cloned(),
        Some(NO_TAG) => None,
        Some(_) => fields.parsed(key),
    }
}

fn lines(fields: &Fields<'_>, disease: Option<&DiseaseCode>, drug: Option<&DrugCode>) -> Vec<WorkedLine> {
    let shorthand = fields.amount("eligible");
    let tables = fields.tables("lines");
    if fields.has("eligible") == fields.has("lines") {
        fields.fault("lines", "give either lines or eligible");
    }
    if let Some(amount) = shorthand {
        let terms = ItemTerms { class: ItemClass::A, self_pay_rate: Rate::ZERO, price_cap: None };
        let (disease, drug) = (disease.cloned(), drug.cloned());
        let (violates_rules, service_date) = (false, None);
        return vec![WorkedLine {
            amount,
            quantity: 1,
            terms,
            item: None,
            disease,
            drug,
            violates_rules,
            service_date,
        }];
    }
    if fields.has("lines") && !(1..=Case::MAX_LINES).contains(&tables.len()) {
        fields.fault("lines", format_args!("has not 1 to {} lines", Case::MAX_LINES));
    }
    tables.into_iter().filter_map(|fields| line(fields, disease, drug)).collect()
}

fn line(fields: Fields<'_>, disease: Option<&DiseaseCode>, drug: Option<&DrugCode>) -> Option<WorkedLine> {
    let quantity = fields.whole("quantity", 1..=Case::MAX_QUANTITY).unwrap_or(1);
    let unit_price = fields.amount("unit_price");
    let amount = fields.amount("amount").or_else(|| unit_price?.checked_times(quantity).filter(|sum| *sum <= Fen::MAX));
    if amount.is_none() && !fields.has("amount") {
        fields.fault("amount", "is missing");
    }
    let class = fields.parsed("class").unwrap_or(ItemClass::A);
    if class == ItemClass::B {
        fields.require("self_pay_rate");
    }
    let self_pay_rate = fields.text("self_pay_rate").map(Rate::from_fraction);
    let self_pay_rate = self_pay_rate.and_then(|rate| rate.map_err(|error| fields.fault("self_pay_rate", error)).ok());
    let price_cap = fields.amount("price_cap");
    let (disease, drug) = (tag(&fields, "disease", disease), tag(&fields, "drug", drug));
    let violates_rules = fields.flag("violates_rules", false);
    let (item, service_date) = (fields.parsed("item"), fields.date("date"));
    fields.finish();
    let terms = ItemTerms { class, self_pay_rate: self_pay_rate.unwrap_or_default(), price_cap };
    Some(WorkedLine { amount: amount?, quantity, terms, item, disease, drug, violates_rules, service_date })
}
