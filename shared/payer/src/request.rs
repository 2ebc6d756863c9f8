//! Reading the requests, all faults at once.

use std::collections::BTreeMap;

use claim::{Adjudication, Fund, PayerId, PersonId, PricedCase, SettlementId, Violations};
use ledger::{Adjustment, PAGE_SIZE_MAX, Post, PostingCursor};
use money::Fen;
use wire::payer_v1 as proto;
use wire::{AsIf, MAX_ADJUDICATIONS, PayerQuestion, read};

const DEFAULT_PAGE_SIZE: u32 = 50;
const DEFAULT_PERSONS: u32 = 500;
const MAX_PERSONS: u32 = 1_000;
const LAST_YEAR: i32 = 9_999;
/// More than all settlements of one person's year can change.
const MAX_CHANGES: usize = 100_000;

/// The fields of an `AdjudicateRequest`.
#[derive(Debug)]
pub struct Adjudicate {
    /// Whose bill it is.
    pub person_id: PersonId,
    /// The case.
    pub case: PricedCase,
    /// What earlier payers decided.
    pub earlier: Vec<Adjudication>,
    /// What is taken to be in place of what is.
    pub as_if: Option<AsIf>,
}

impl Adjudicate {
    /// What is asked.
    #[must_use]
    pub fn question(&self) -> PayerQuestion<'_> {
        PayerQuestion {
            person_id: &self.person_id,
            case: &self.case,
            earlier: &self.earlier,
            as_if: self.as_if.as_ref(),
        }
    }
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
        let as_if = match message.as_if {
            None => Some(None),
            Some(message) => at.message("as_if", Some(message)).map(Some),
        };
        Some(Adjudicate { person_id: person_id?, case: case?, earlier: earlier?, as_if: as_if? })
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

/// An adjustment to book, whose booking must be one of `payer`'s own.
pub(crate) fn adjust(message: proto::AdjustRequest, payer: &PayerId) -> Result<Adjustment, Violations> {
    read(|at| {
        let person_id = at.id("person_id", &message.person_id);
        let adjustment_id = at.id("adjustment_id", &message.adjustment_id);
        let booking = at.required("booking", message.booking);
        let recorded_time = at.time("recorded_time", message.recorded_time);
        let booking = booking?;
        let own = booking.payer == payer.as_str();
        at.check("booking.payer", own, format_args!("is another payer: this is {payer}"))?;
        let postings = at.each("booking.postings", booking.postings, 0..=MAX_CHANGES, |change, at| {
            let settlement_id: Option<SettlementId> = at.id("settlement_id", &change.settlement_id);
            let fund: Option<Fund> = at.listed("fund", change.fund);
            let paid = at.number("paid_fen", change.paid_fen, -Fen::MAX.get()..=Fen::MAX.get());
            let pooled = change.family_account_person_id.is_empty();
            at.check("family_account_person_id", pooled, "is given although this payer keeps no accounts")?;
            Some(((settlement_id?, fund?), Fen::new(paid?)))
        });
        let moves = at.messages("booking.moves", booking.moves, 0..=MAX_CHANGES);
        let postings = postings?;
        let count = postings.len();
        let postings: BTreeMap<_, _> = postings.into_iter().collect();
        at.check("booking.postings", postings.len() == count, "change the same settlement and fund twice")?;
        Some(Adjustment {
            person_id: person_id?,
            adjustment_id: adjustment_id?,
            payer: payer.clone(),
            postings,
            moves: moves?,
            recorded_time: recorded_time?,
        })
    })
}

/// How many persons are asked for, and after whom.
///
/// # Errors
/// All faults.
pub fn list_persons(message: &proto::ListPersonsRequest) -> Result<(u32, Option<PersonId>), Violations> {
    read(|at| {
        let page_size = u32::try_from(message.page_size).ok().filter(|size| *size <= MAX_PERSONS);
        let sized = at.check("page_size", page_size.is_some(), format_args!("must be 0 to {MAX_PERSONS}"));
        let after = at.optional_id("after_person_id", &message.after_person_id);
        sized?;
        Some((page_size.filter(|size| *size > 0).unwrap_or(DEFAULT_PERSONS), after?))
    })
}

/// Whose counters are asked for, and of which year if of one.
pub(crate) fn get_counters(message: &proto::GetCountersRequest) -> Result<(PersonId, Option<i32>), Violations> {
    read(|at| {
        let person_id = at.id("person_id", &message.person_id);
        let benefit_year = at.number("benefit_year", message.benefit_year, 0..=LAST_YEAR);
        Some((person_id?, Some(benefit_year?).filter(|year| *year > 0)))
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
