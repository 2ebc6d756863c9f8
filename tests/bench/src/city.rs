//! The city that is settled: its register files, and its bills as they go over the wire.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use synthetic_city::{Bill, City, REGISTER_FILES, write_register};
use wire::claim_v1::{Case, CaseLine, VisitKind};
use wire::register_v1::GatherFactsRequest;
use wire::settlement_v1::SettleRequest;

use crate::load::Rpc;

/// The seed of the city.
const SEED: u64 = 6;
/// The field `case` of `SettleRequest` and of `PreviewRequest`.
const SETTLE_CASE_TAG: u32 = 2;
const PREVIEW_CASE_TAG: u32 = 1;

/// The city of so many persons.
pub(crate) fn of(persons: u64) -> City {
    City::new(SEED, persons)
}

/// Writes the register's files of a city of `persons`, in the order in which they are imported.
///
/// # Errors
/// A directory that cannot be written.
pub(crate) fn write_files(persons: u64, directory: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(directory).context("the city's directory cannot be made")?;
    write_register(&of(persons), directory, |_| ())?;
    Ok(REGISTER_FILES.map(|file| directory.join(file)).to_vec())
}

/// The number of the next request of all; no two requests of a run have one id.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// What is asked, encoded: cases to settle, each under a request id that no other has, or questions.
#[derive(Debug)]
pub(crate) struct Requests {
    /// The case of each request, or the question, encoded once.
    asked: Vec<Bytes>,
    taken: AtomicUsize,
}

impl Requests {
    /// These cases, one after the other and again from the first.
    pub(crate) fn of_cases(cases: impl Iterator<Item = Case>) -> Self {
        Self { asked: cases.map(|case| case.encode_to_vec().into()).collect(), taken: AtomicUsize::new(0) }
    }

    /// These questions, each once.
    pub(crate) fn of_questions(questions: impl Iterator<Item = GatherFactsRequest>) -> Self {
        let asked = questions.map(|question| question.encode_to_vec().into()).collect();
        Self { asked, taken: AtomicUsize::new(0) }
    }

    /// The next request; `None` where there is no case at all, and behind the last question.
    pub(crate) fn next(&self, rpc: Rpc) -> Option<Bytes> {
        let place = self.taken.fetch_add(1, Ordering::Relaxed);
        let case = || self.asked.get(place.checked_rem(self.asked.len())?);
        match rpc {
            Rpc::GatherFacts => self.asked.get(place).cloned(),
            Rpc::Settle => {
                let request_id = format!("bench-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
                Some(with_case(SettleRequest { request_id, case: None }.encode_to_vec(), SETTLE_CASE_TAG, case()?))
            }
            Rpc::Preview => Some(with_case(Vec::new(), PREVIEW_CASE_TAG, case()?)),
        }
    }
}

/// The case as the field `tag` of a message, behind what comes before it.
fn with_case(mut before: Vec<u8>, tag: u32, case: &Bytes) -> Bytes {
    encode_key(tag, WireType::LengthDelimited, &mut before);
    encode_varint(u64::try_from(case.len()).unwrap_or(u64::MAX), &mut before);
    before.extend_from_slice(case);
    before.into()
}

/// A bill as it is sent.
pub(crate) fn case_of(bill: &Bill) -> Case {
    let optional = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Case {
        person_id: bill.person_id.clone(),
        institution_id: bill.institution_id.clone(),
        kind: VisitKind::from(bill.kind).into(),
        service_date: Some(bill.service_date.into()),
        admission_date: bill.admission_date.map(Into::into),
        registration: optional(bill.registration.as_deref()),
        prescriber_id: optional(bill.prescriber_id.as_deref()),
        disease: optional(bill.disease),
        diagnosis: optional(bill.diagnosis),
        total_fen: i64::try_from(bill.total_fen()).unwrap_or(i64::MAX),
        lines: bill
            .lines
            .iter()
            .map(|line| CaseLine {
                item_code: line.item_code.clone(),
                quantity: i64::try_from(line.quantity).unwrap_or(i64::MAX),
                amount_fen: i64::try_from(line.amount_fen).unwrap_or(i64::MAX),
                ..CaseLine::default()
            })
            .collect(),
        ..Case::default()
    }
}

#[cfg(test)]
mod tests {
    use wire::settlement_v1::PreviewRequest;

    use super::*;

    #[test]
    fn requests_are_the_messages_of_the_contract_and_no_two_have_one_id() {
        let case = case_of(&of(100).bill(0, 10));
        let requests = Requests::of_cases([case.clone()].into_iter());
        let settle = || SettleRequest::decode(requests.next(Rpc::Settle).unwrap()).unwrap();
        let (first, second) = (settle(), settle());
        assert_eq!((first.case, second.case), (Some(case.clone()), Some(case.clone())));
        assert_ne!(first.request_id, second.request_id);
        assert_eq!(PreviewRequest::decode(requests.next(Rpc::Preview).unwrap()).unwrap().case, Some(case));
    }
}
