//! Reading the requests, all faults at once.

use claim::{Adjudication, PayerId, PersonId, PricedCase, Violations};
use ledger::{PAGE_SIZE_MAX, Post, PostingCursor};
use wire::payer_v1 as proto;
use wire::{MAX_ADJUDICATIONS, read};

const DEFAULT_PAGE_SIZE: u32 = 50;
const LAST_YEAR: i32 = 9_999;

/// The fields of an `AdjudicateRequest`.
#[derive(Debug)]
pub struct Adjudicate {
    /// Whose bill it is.
    pub person_id: PersonId,
    /// The case.
    pub case: PricedCase,
    /// What earlier payers decided.
    pub earlier: Vec<Adjudication>,
}

/// Reads what a decision is asked on.
///
/// # Errors
/// All faults.
pub fn adjudicate(message: proto::AdjudicateRequest) -> Result<Adjudicate, Violations> {
    read(|at| {
        let person_id = at.id("person_id", &message.person_id);
        let case = at.message("case", message.case);
        let earlier = at.messages("earlier", message.earlier, 0..=MAX_ADJUDICATIONS);
        Some(Adjudicate { person_id: person_id?, case: case?, earlier: earlier? })
    })
}

/// A decision to book, which must be one of `payer`'s own.
///
/// # Errors
/// All faults.
pub fn post(message: proto::PostRequest, payer: &PayerId) -> Result<Post, Violations> {
    read(|at| {
        let person_id = at.id("person_id", &message.person_id);
        let settlement_id = at.id("settlement_id", &message.settlement_id);
        let adjudication: Option<Adjudication> = at.message("adjudication", message.adjudication);
        let recorded_time = at.time("recorded_time", message.recorded_time);
        let own = adjudication.as_ref().is_none_or(|adjudication| adjudication.payer == *payer);
        at.check("adjudication.payer", own, format_args!("is another payer: this is {payer}"))?;
        Some(Post {
            person_id: person_id?,
            settlement_id: settlement_id?,
            adjudication: adjudication?,
            recorded_time: recorded_time?,
        })
    })
}

pub(crate) fn get_counters(message: &proto::GetCountersRequest) -> Result<(PersonId, i32), Violations> {
    read(|at| {
        let person_id = at.id("person_id", &message.person_id);
        let benefit_year = at.number("benefit_year", message.benefit_year, 1..=LAST_YEAR);
        Some((person_id?, benefit_year?))
    })
}

pub(crate) struct ListPostings {
    pub(crate) person_id: PersonId,
    pub(crate) page_size: u32,
    pub(crate) before: Option<PostingCursor>,
}

pub(crate) fn list_postings(message: &proto::ListPostingsRequest) -> Result<ListPostings, Violations> {
    read(|at| {
        let person_id = at.id("person_id", &message.person_id);
        let page_size = u32::try_from(message.page_size).ok().filter(|size| *size <= PAGE_SIZE_MAX);
        let sized = at.check("page_size", page_size.is_some(), format_args!("must be 0 to {PAGE_SIZE_MAX}"));
        let before = match message.page_token.as_str() {
            "" => Some(None),
            token => at.take("page_token", token.parse()).map(Some),
        };
        sized?;
        let page_size = page_size.filter(|size| *size > 0).unwrap_or(DEFAULT_PAGE_SIZE);
        Some(ListPostings { person_id: person_id?, page_size, before: before? })
    })
}
