//! [`AccountPayer`]: the `Payer` service over the book of accounts, with holds.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use claim::{Adjudication, EntryId, PersonId, PricedCase, SettlementId};
use host::{Clock, CrashPoint, MAX_MESSAGE_BYTES};
use money::Fen;
use payer::request;
use rulebook::{Detail, Lookup, draws_of};
use tonic::{Request, Response, Status};
use wire::payer_v1 as proto;
use wire::payer_v1::payer_server::{Payer, PayerServer};
use wire::{AsIf, Decide, Failure, PayerQuestion, Reader};

use crate::{
    AccountBook, Balances, Checked, Done, Drawn, Draws, FamilyBalance, IndividualAccount, PAGE_SIZE_MAX, Returns,
    failure,
};

/// How long money is held for a settlement before somebody is asked whether it will ever be.
const HOLD_TIME: Duration = Duration::from_mins(1);
const DEFAULT_PAGE_SIZE: u32 = 50;
/// More than all settlements of one person's year can change.
const MAX_CHANGES: usize = 100_000;

/// Individual accounts as a payer. Cheap to clone.
#[derive(Clone)]
pub struct AccountPayer {
    rules: IndividualAccount,
    lookup: Lookup,
    book: AccountBook,
    clock: Clock,
}

impl AccountPayer {
    /// The payer that decides by `lookup` and pays from `book`.
    #[must_use]
    pub fn new(lookup: Lookup, book: AccountBook, clock: Clock) -> Self {
        Self { rules: IndividualAccount::new(), lookup, book, clock }
    }

    /// What the bill may draw on, or is taken to.
    async fn balances(
        &self,
        person_id: &PersonId,
        case: &PricedCase,
        as_if: Option<&AsIf>,
    ) -> Result<Balances, Failure> {
        let taken = |holder: Option<&PersonId>| as_if.map(|as_if| as_if.balances.get(&holder.cloned()).copied());
        let own = match taken(None) {
            Some(taken) => taken.unwrap_or_default(),
            None => self.free(person_id).await?,
        };
        let mut balances = Balances { own, family: BTreeMap::new() };
        for holder in &case.visit.family_accounts {
            if let Some(taken) = taken(Some(holder)) {
                let free = taken.unwrap_or_default();
                balances.family.insert(holder.clone(), FamilyBalance { free, is_authorised: taken.is_some() });
                continue;
            }
            let authorised = self.book.is_authorised(holder, person_id, case.visit.service_date).await;
            let is_authorised = authorised.map_err(failure::of_book)?;
            let free = if is_authorised { self.free(holder).await? } else { Fen::ZERO };
            balances.family.insert(holder.clone(), FamilyBalance { free, is_authorised });
        }
        Ok(balances)
    }

    async fn free(&self, holder: &PersonId) -> Result<Fen, Failure> {
        let account = self.book.account(holder).await.map_err(failure::of_book)?;
        Ok(account.map_or(Fen::ZERO, |account| account.free()))
    }
}

impl fmt::Debug for AccountPayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountPayer").finish_non_exhaustive()
    }
}

/// The payer's gRPC server, which takes messages of up to [`host::MAX_MESSAGE_BYTES`].
#[must_use]
pub fn payer_server(service: AccountPayer) -> PayerServer<AccountPayer> {
    PayerServer::new(service).max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

#[tonic::async_trait]
impl Decide for AccountPayer {
    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn decide(&self, question: PayerQuestion<'_>) -> Result<Adjudication, Status> {
        let PayerQuestion { person_id, case, earlier, as_if } = question;
        let rules = self.lookup.in_force(case.visit.service_date);
        let balances = self.balances(person_id, case, as_if).await?;
        let adjudication = self.rules.adjudicate(&rules, case, earlier, &balances, Detail::Explained);
        Ok(adjudication.map_err(|error| failure::not_in_force(&error))?)
    }
}

#[tonic::async_trait]
impl Payer for AccountPayer {
    async fn adjudicate(
        &self,
        request: Request<proto::AdjudicateRequest>,
    ) -> Result<Response<proto::AdjudicateResponse>, Status> {
        let asked = request::adjudicate(request.into_inner()).map_err(Failure::from)?;
        let adjudication = self.decide(asked.question()).await?;
        Ok(Response::new(proto::AdjudicateResponse { adjudication: Some((&adjudication).into()) }))
    }

    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn hold(&self, request: Request<proto::HoldRequest>) -> Result<Response<proto::HoldResponse>, Status> {
        let draws = wire::read(|at| read_hold(request.into_inner(), at)).map_err(Failure::from)?;
        let now = self.clock.now();
        let expiry_time = now + HOLD_TIME;
        let done = self.book.hold(draws, expiry_time, now).await.map_err(failure::of_book)?;
        let held = match done {
            Done::Now | Done::Before => true,
            Done::TooLittle => false,
        };
        Ok(Response::new(proto::HoldResponse { held, expiry_time: Some(wire::timestamp(expiry_time)) }))
    }

    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn void(&self, request: Request<proto::VoidRequest>) -> Result<Response<proto::VoidResponse>, Status> {
        let proto::VoidRequest { person_id, settlement_id } = request.into_inner();
        let read = wire::read(|at| {
            let person_id = at.id::<PersonId>("person_id", &person_id);
            let settlement_id = at.id::<SettlementId>("settlement_id", &settlement_id);
            Some((person_id?, settlement_id?))
        });
        let (person_id, settlement_id) = read.map_err(Failure::from)?;
        self.book.void(&person_id, &settlement_id, self.clock.now()).await.map_err(failure::of_book)?;
        Ok(Response::new(proto::VoidResponse {}))
    }

    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn list_expired_holds(
        &self,
        request: Request<proto::ListExpiredHoldsRequest>,
    ) -> Result<Response<proto::ListExpiredHoldsResponse>, Status> {
        let count = wire::read(|at| read_page_size(request.get_ref().page_size, at)).map_err(Failure::from)?;
        let expired = self.book.expired_holds(self.clock.now(), count).await.map_err(failure::of_book)?;
        let holds = expired.into_iter().map(|hold| proto::ExpiredHold {
            person_id: hold.patient_id.to_string(),
            settlement_id: hold.settlement_id.to_string(),
        });
        Ok(Response::new(proto::ListExpiredHoldsResponse { holds: holds.collect() }))
    }

    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn check_books(
        &self,
        request: Request<proto::CheckBooksRequest>,
    ) -> Result<Response<proto::CheckBooksResponse>, Status> {
        let read = wire::read(|at| {
            let after = at.optional_id::<PersonId>("after", &request.get_ref().after);
            let count = read_page_size(request.get_ref().page_size, at);
            Some((after?, count?))
        });
        let (after, count) = read.map_err(Failure::from)?;
        let Checked { faults, last } = self.book.check(after.as_ref(), count).await.map_err(failure::of_book)?;
        let faults = faults.into_iter().map(|fault| proto::BookFault {
            person_id: fault.person_id.to_string(),
            place: fault.place.to_owned(),
            expected: fault.expected.to_string(),
            found: fault.found.to_string(),
        });
        let next = last.map(|last| last.to_string()).unwrap_or_default();
        Ok(Response::new(proto::CheckBooksResponse { faults: faults.collect(), next }))
    }

    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn post(&self, request: Request<proto::PostRequest>) -> Result<Response<proto::PostResponse>, Status> {
        let post = request::post(request.into_inner(), self.rules.id()).map_err(Failure::from)?;
        let draws = draws(post.person_id, post.settlement_id, &post.adjudication);
        let done = self.book.capture(draws, post.recorded_time).await.map_err(failure::of_book)?;
        CrashPoint::PayerCommitted.reach();
        let already_posted = match done {
            Done::Now => false,
            Done::Before | Done::TooLittle => true,
        };
        Ok(Response::new(proto::PostResponse { already_posted }))
    }

    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn adjust(&self, request: Request<proto::AdjustRequest>) -> Result<Response<proto::AdjustResponse>, Status> {
        let message = request.into_inner();
        let recorded_time = message.recorded_time;
        let read = wire::read(|at| {
            let recorded_time = at.time("recorded_time", recorded_time);
            let returns = read_returns(message, at);
            Some((returns?, recorded_time?))
        });
        let (returns, recorded_time) = read.map_err(Failure::from)?;
        let done = self.book.give_back(returns, recorded_time).await.map_err(failure::of_book)?;
        CrashPoint::PayerCommitted.reach();
        Ok(Response::new(proto::AdjustResponse { already_booked: done == Done::Before }))
    }

    /// Persons for whose bills accounts were drawn on.
    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn list_persons(
        &self,
        request: Request<proto::ListPersonsRequest>,
    ) -> Result<Response<proto::ListPersonsResponse>, Status> {
        let (page_size, after) = request::list_persons(request.get_ref()).map_err(Failure::from)?;
        let patients = self.book.patients(after.as_ref(), page_size).await.map_err(failure::of_book)?;
        Ok(Response::new(proto::ListPersonsResponse { person_ids: patients.iter().map(ToString::to_string).collect() }))
    }

    /// An account has a balance and no counters.
    async fn get_counters(
        &self,
        _request: Request<proto::GetCountersRequest>,
    ) -> Result<Response<proto::GetCountersResponse>, Status> {
        Ok(Response::new(proto::GetCountersResponse::default()))
    }

    /// What the person's own bills drew, from whoever's account; the movements of an account are the accounts' service's.
    #[tracing::instrument(skip_all, fields(payer = IndividualAccount::ID))]
    async fn list_postings(
        &self,
        request: Request<proto::ListPostingsRequest>,
    ) -> Result<Response<proto::ListPostingsResponse>, Status> {
        let message = request.into_inner();
        let read = wire::read(|at| {
            let person_id = at.id::<PersonId>("person_id", &message.person_id);
            let page_size = read_page_size(message.page_size, at);
            Some((person_id?, page_size?))
        });
        let (person_id, page_size) = read.map_err(Failure::from)?;
        let drawn = self.book.drawn_for(&person_id).await.map_err(failure::of_book)?;
        let mut rest = drawn.into_iter();
        if !message.page_token.is_empty() {
            let _told = rest.by_ref().find(|of| place_of(of) == message.page_token);
        }
        let mut rest = rest.peekable();
        let mut postings = Vec::new();
        let mut last = String::new();
        for of in rest.by_ref().take(usize::try_from(page_size).unwrap_or(usize::MAX)) {
            last = place_of(&of);
            let family_account = Some(of.holder).filter(|holder| *holder != person_id);
            postings.push(proto::Posting {
                entry_id: of.entry_id.to_string(),
                settlement_id: of.settlement_id.to_string(),
                fund: wire::claim_v1::Fund::Account.into(),
                paid_fen: of.amount.get(),
                recorded_time: Some(wire::timestamp(of.recorded_time)),
                family_account_person_id: family_account.map(|holder| holder.to_string()).unwrap_or_default(),
            });
        }
        let next_page_token = if rest.peek().is_some() { last } else { String::new() };
        Ok(Response::new(proto::ListPostingsResponse { postings, next_page_token }))
    }
}

/// Where a list goes on behind a posting. An id has no white space.
fn place_of(of: &Drawn) -> String {
    format!("{} {} {}", of.entry_id, of.settlement_id, of.holder)
}

/// What an adjustment gives back. A settlement decided again never draws more than it did.
fn read_returns(message: proto::AdjustRequest, at: &Reader<'_>) -> Option<Returns> {
    let patient_id = at.id::<PersonId>("person_id", &message.person_id);
    let adjustment_id = at.id::<EntryId>("adjustment_id", &message.adjustment_id);
    let booking = at.required("booking", message.booking)?;
    let own = booking.payer == IndividualAccount::ID;
    at.check("booking.payer", own, "is another payer")?;
    at.check("booking.moves", booking.moves.is_empty(), "is given although accounts have no counters")?;
    let patient_id = patient_id?;
    let returns = at.each("booking.postings", booking.postings, 1..=MAX_CHANGES, |change, at| {
        let settlement_id = at.id::<SettlementId>("settlement_id", &change.settlement_id);
        let account = change.fund() == wire::claim_v1::Fund::Account;
        at.check("fund", account, "is not that of individual accounts")?;
        let holder = at.optional_id::<PersonId>("family_account_person_id", &change.family_account_person_id);
        let paid = at.number("paid_fen", change.paid_fen, -Fen::MAX.get()..=-1);
        let holder = holder?.unwrap_or_else(|| patient_id.clone());
        Some(((holder, settlement_id?), Fen::ZERO - Fen::new(paid?)))
    })?;
    let count = returns.len();
    let by_draw: BTreeMap<_, _> = returns.into_iter().collect();
    at.check("booking.postings", by_draw.len() == count, "change the same settlement and account twice")?;
    Some(Returns { patient_id, adjustment_id: adjustment_id?, by_draw })
}

fn read_page_size(page_size: i32, at: &Reader<'_>) -> Option<u32> {
    let size = u32::try_from(page_size).ok().filter(|size| *size <= PAGE_SIZE_MAX);
    at.check("page_size", size.is_some(), format_args!("must be 0 to {PAGE_SIZE_MAX}"))?;
    size.map(|size| if size == 0 { DEFAULT_PAGE_SIZE } else { size })
}

fn read_hold(message: proto::HoldRequest, at: &Reader<'_>) -> Option<Draws> {
    let person_id = at.id::<PersonId>("person_id", &message.person_id);
    let settlement_id = at.id::<SettlementId>("settlement_id", &message.settlement_id);
    let adjudication: Option<Adjudication> = at.message("adjudication", message.adjudication);
    let adjudication = adjudication?;
    let own = adjudication.payer.as_str() == IndividualAccount::ID;
    at.check("adjudication.payer", own, "is another payer")?;
    Some(draws(person_id?, settlement_id?, &adjudication))
}

/// What an adjudication draws, account by account.
fn draws(patient_id: PersonId, settlement_id: SettlementId, adjudication: &Adjudication) -> Draws {
    let mut by_holder = BTreeMap::<PersonId, Fen>::new();
    for (member, drawn) in draws_of(adjudication).filter(|(_, drawn)| !drawn.is_zero()) {
        *by_holder.entry(member.unwrap_or(&patient_id).clone()).or_default() += drawn;
    }
    Draws { patient_id, settlement_id, by_holder }
}
