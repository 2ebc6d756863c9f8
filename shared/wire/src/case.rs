//! The case as a caller sends it.

use std::ops::RangeInclusive;

use chrono::{NaiveDate, NaiveTime};
use claim::{Case, CaseLine, VisitKind};
use money::Fen;

use crate::claim_v1 as proto;
use crate::reader::readable;
use crate::{ErrorReason, Failure, FromMessage, Reader};

const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2100;

readable!(Case);

/// Reads a caller's case.
///
/// # Errors
/// All faults at once: `CASE_TOTAL_MISMATCH` where the lines do not sum to the total and nothing else is wrong,
/// `FIELD_VIOLATION` otherwise.
pub fn case_from(message: proto::Case) -> Result<Case, Failure> {
    let mismatched = total_mismatch(&message).is_some();
    Case::try_from(message).map_err(|violations| {
        let reason = if mismatched && violations.iter().count() == 1 {
            ErrorReason::CaseTotalMismatch
        } else {
            ErrorReason::FieldViolation
        };
        Failure { reason, ..Failure::violations(&violations) }
    })
}

/// How the lines fail to sum to a total that is itself sound. A case without lines has another fault.
fn total_mismatch(message: &proto::Case) -> Option<String> {
    let sum: i128 = message.lines.iter().map(|line| i128::from(line.amount_fen)).sum();
    let sound = (1..=Fen::MAX.get()).contains(&message.total_fen) && !message.lines.is_empty();
    (sound && sum != i128::from(message.total_fen))
        .then(|| format!("is {} fen, but the lines sum to {sum} fen", message.total_fen))
}

impl FromMessage for Case {
    type Message = proto::Case;

    fn read(message: proto::Case, at: &Reader<'_>) -> Option<Self> {
        let person_id = at.id("person_id", &message.person_id);
        let institution_id = at.id("institution_id", &message.institution_id);
        let kind = at.listed("kind", message.kind);
        let service_date =
            at.date("service_date", message.service_date).and_then(|date| near("service_date", date, at));
        let admission_date = read_admission(&message, kind, service_date, at);
        let service_time_of_day = at.optional_time_of_day("service_time_of_day", message.service_time_of_day);
        let admission_time_of_day = read_admission_time(&message, service_time_of_day.flatten(), at);
        let registration = at.optional_id("registration", &message.registration);
        let prescriber_id = at.optional_id("prescriber_id", &message.prescriber_id);
        let host_id = at.optional_id("host_id", &message.host_id);
        let disease = at.optional_id("disease", &message.disease);
        let diagnosis = at.optional_id("diagnosis", &message.diagnosis);
        let total = at.number("total_fen", message.total_fen, 1..=Fen::MAX.get()).map(Fen::new);
        if let Some(mismatch) = total_mismatch(&message) {
            at.fault("total_fen", mismatch);
        }
        let lines = at.messages("lines", message.lines, 1..=Self::MAX_LINES);
        if let (Some(lines), Some(service_date), Some(admission_date)) = (&lines, service_date, admission_date) {
            check_days_of_lines(lines, admission_date.unwrap_or(service_date)..=service_date, at);
        }
        Some(Self {
            person_id: person_id?,
            institution_id: institution_id?,
            kind: kind?,
            service_date: service_date?,
            service_time_of_day: service_time_of_day?,
            admission_date: admission_date?,
            admission_time_of_day: admission_time_of_day?,
            registration: registration?,
            prescriber_id: prescriber_id?,
            host_id: host_id?,
            disease: disease?,
            diagnosis: diagnosis?,
            use_individual_account: message.use_individual_account,
            total: total?,
            lines: lines?,
        })
    }
}

fn near(field: &str, date: NaiveDate, at: &Reader<'_>) -> Option<NaiveDate> {
    let near = (FIRST_YEAR..=LAST_YEAR).contains(&chrono::Datelike::year(&date));
    at.check(field, near, format_args!("is {date}: must be in the years {FIRST_YEAR} to {LAST_YEAR}"))?;
    Some(date)
}

#[expect(
    clippy::option_option,
    reason = "the outer one tells whether the field is sound, the inner one whether it is there"
)]
fn read_admission(
    message: &proto::Case,
    kind: Option<VisitKind>,
    service_date: Option<NaiveDate>,
    at: &Reader<'_>,
) -> Option<Option<NaiveDate>> {
    const FIELD: &str = "admission_date";
    let is_stay = kind.map(|kind| kind == VisitKind::Inpatient);
    let Some(date) = message.admission_date else {
        at.check(FIELD, is_stay != Some(true), "is required for a stay")?;
        return Some(None);
    };
    at.check(FIELD, is_stay != Some(false), "is given although the visit is no stay")?;
    let date = at.date(FIELD, Some(date)).and_then(|date| near(FIELD, date, at))?;
    let in_order = service_date.is_none_or(|service_date| date <= service_date);
    at.check(FIELD, in_order, format_args!("is {date}: must not be after the service date"))?;
    Some(Some(date))
}

#[expect(
    clippy::option_option,
    reason = "the outer one tells whether the field is sound, the inner one whether it is there"
)]
fn read_admission_time(
    message: &proto::Case,
    service_time: Option<NaiveTime>,
    at: &Reader<'_>,
) -> Option<Option<NaiveTime>> {
    const FIELD: &str = "admission_time_of_day";
    let time = at.optional_time_of_day(FIELD, message.admission_time_of_day)?;
    let Some(time) = time else { return Some(None) };
    at.check(FIELD, message.admission_date.is_some(), "is given without a day of admission")?;
    let on_one_day = message.admission_date == message.service_date;
    let in_order = service_time.is_none_or(|end| !on_one_day || time <= end);
    at.check(FIELD, in_order, format_args!("is {time}: must not be after the end of the service"))?;
    Some(Some(time))
}

fn check_days_of_lines(lines: &[CaseLine], days: RangeInclusive<NaiveDate>, at: &Reader<'_>) {
    for (index, line) in lines.iter().enumerate() {
        if let Some(day) = line.service_date.filter(|day| !days.contains(day)) {
            let (first, last) = (days.start(), days.end());
            at.fault(&format!("lines[{index}].service_date"), format_args!("is {day}: must be {first} to {last}"));
        }
    }
}

impl FromMessage for CaseLine {
    type Message = proto::CaseLine;

    fn read(message: proto::CaseLine, at: &Reader<'_>) -> Option<Self> {
        let item_code = at.id("item_code", &message.item_code);
        let quantity = if message.quantity == 0 { 1 } else { message.quantity };
        let quantity = at.number("quantity", quantity, 1..=Case::MAX_QUANTITY);
        let amount = at.amount("amount_fen", message.amount_fen);
        let disease = at.optional_id("disease", &message.disease);
        let service_date = at.optional_date("service_date", message.service_date);
        Some(Self {
            item_code: item_code?,
            quantity: quantity?,
            amount: amount?,
            disease: disease?,
            violates_rules: message.violates_rules,
            service_date: service_date?,
        })
    }
}

impl From<&Case> for proto::Case {
    fn from(case: &Case) -> Self {
        Self {
            person_id: case.person_id.to_string(),
            institution_id: case.institution_id.to_string(),
            kind: proto::VisitKind::from(case.kind).into(),
            service_date: Some(case.service_date.into()),
            admission_date: case.admission_date.map(Into::into),
            registration: optional_text(case.registration.as_ref()),
            prescriber_id: optional_text(case.prescriber_id.as_ref()),
            host_id: optional_text(case.host_id.as_ref()),
            disease: optional_text(case.disease.as_ref()),
            diagnosis: optional_text(case.diagnosis.as_ref()),
            use_individual_account: case.use_individual_account,
            total_fen: case.total.get(),
            lines: case.lines.iter().map(Into::into).collect(),
            service_time_of_day: case.service_time_of_day.map(Into::into),
            admission_time_of_day: case.admission_time_of_day.map(Into::into),
        }
    }
}

impl From<&CaseLine> for proto::CaseLine {
    fn from(line: &CaseLine) -> Self {
        Self {
            item_code: line.item_code.to_string(),
            quantity: line.quantity,
            amount_fen: line.amount.get(),
            disease: optional_text(line.disease.as_ref()),
            violates_rules: line.violates_rules,
            service_date: line.service_date.map(Into::into),
        }
    }
}

/// The text of what may be absent, which an empty text means.
pub(crate) fn optional_text<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(String::new, ToString::to_string)
}

/// The name of the first of the given fields in which two messages differ. Naming every field is checked by the
/// compiler.
macro_rules! first_differing {
    ($message:path { $($field:ident),+ $(; $other:ident)? }, $a:expr, $b:expr) => {{
        let $message { $($field,)+ $($other: _)? } = $a;
        [$( (stringify!($field), *$field != $b.$field) ),+].into_iter().find_map(|(name, differs)| differs.then_some(name))
    }};
}

/// The path of the first field, in the order of the contract, in which two cases differ.
///
/// The cases are compared as written: a quantity of 0 differs from one of 1, although both are read as 1.
#[must_use]
pub fn first_difference(a: &proto::Case, b: &proto::Case) -> Option<String> {
    let field = first_differing!(
        proto::Case {
            person_id, institution_id, kind, service_date, admission_date, registration, prescriber_id, host_id, disease,
            diagnosis, use_individual_account, total_fen, service_time_of_day, admission_time_of_day; lines
        },
        a,
        b
    );
    field.map(str::to_owned).or_else(|| first_differing_line(&a.lines, &b.lines))
}

fn first_differing_line(a: &[proto::CaseLine], b: &[proto::CaseLine]) -> Option<String> {
    let differing = a.iter().zip(b).enumerate().find_map(|(index, (a, b))| {
        first_differing!(
            proto::CaseLine { item_code, quantity, amount_fen, disease, violates_rules, service_date },
            a,
            b
        )
        .map(|field| format!("lines[{index}].{field}"))
    });
    differing.or_else(|| (a.len() != b.len()).then(|| "lines".to_owned()))
}
