//! [`PayerService`]: the `Payer` service over one payer's rules and books.

use std::fmt;
use std::sync::Arc;

use claim::{Adjudication, PayerId};
use host::{CrashPoint, MAX_MESSAGE_BYTES};
use ledger::{Ledger, LedgerError, PostOutcome};
use rulebook::{Counters, Detail, InForce, Lookup, PayerRules};
use tonic::{Request, Response, Status};
use wire::payer_v1::payer_server::{Payer, PayerServer};
use wire::payer_v1::{
    AdjudicateRequest, AdjudicateResponse, AdjustRequest, AdjustResponse, CheckBooksRequest, CheckBooksResponse,
    Counter, GetCountersRequest, GetCountersResponse, HoldRequest, HoldResponse, ListExpiredHoldsRequest,
    ListExpiredHoldsResponse, ListPersonsRequest, ListPersonsResponse, ListPostingsRequest, ListPostingsResponse,
    PostRequest, PostResponse, Posting, VoidRequest, VoidResponse,
};
use wire::{AsIf, Decide, ErrorReason, Failure, PayerQuestion};

use crate::{failure, request};

/// One payer as a gRPC service. Cheap to clone.
#[derive(Clone)]
pub struct PayerService {
    id: PayerId,
    rules: Arc<dyn PayerRules>,
    lookup: Lookup,
    ledger: Ledger,
}

impl PayerService {
    /// The payer that decides by `rules` as `lookup` has them and books in `ledger`.
    #[must_use]
    pub fn new(rules: Arc<dyn PayerRules>, lookup: Lookup, ledger: Ledger) -> Self {
        Self { id: rules.id(), rules, lookup, ledger }
    }
}

impl PayerService {
    /// Where the person's counters stand, or are taken to stand: at least those that the decision asks for.
    async fn counters(&self, question: PayerQuestion<'_>, rules: &InForce) -> Result<Counters, LedgerError> {
        let PayerQuestion { person_id, case, earlier, as_if } = question;
        let mut counters: Counters = as_if.map(taken).unwrap_or_default();
        let known_from = as_if.and_then(|as_if| as_if.others_at_zero_from);
        if known_from == Some(AsIf::EVERY_YEAR) {
            return Ok(counters);
        }
        let mut keys = self.rules.counter_keys(rules, case, earlier);
        keys.retain(|key| {
            let is_taken = as_if.is_some_and(|as_if| as_if.counters.contains_key(key));
            !is_taken && known_from.is_none_or(|year| key.benefit_year < year)
        });
        if !keys.is_empty() {
            for (key, value) in self.ledger.counters(person_id, keys).await? {
                counters.set(key, value);
            }
        }
        Ok(counters)
    }
}

/// The counters that are told, where they are taken to stand.
fn taken(as_if: &AsIf) -> Counters {
    as_if.counters.iter().map(|(key, value)| (key.clone(), *value)).collect()
}

impl fmt::Debug for PayerService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayerService").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The payer's gRPC server, which takes messages of up to [`host::MAX_MESSAGE_BYTES`].
#[must_use]
pub fn server(service: PayerService) -> PayerServer<PayerService> {
    PayerServer::new(service).max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

#[tonic::async_trait]
impl Decide for PayerService {
    #[tracing::instrument(skip_all, fields(payer = %self.id))]
    async fn decide(&self, question: PayerQuestion<'_>) -> Result<Adjudication, Status> {
        let PayerQuestion { case, earlier, .. } = question;
        let rules = self.lookup.in_force(case.visit.service_date);
        let counters = self.counters(question, &rules).await.map_err(|error| failure::of_ledger(&error))?;
        let adjudication = self.rules.adjudicate(&rules, case, earlier, &counters, Detail::Explained);
        Ok(adjudication.map_err(|error| failure::not_in_force(&error))?)
    }
}

#[tonic::async_trait]
impl Payer for PayerService {
    async fn adjudicate(&self, request: Request<AdjudicateRequest>) -> Result<Response<AdjudicateResponse>, Status> {
        let asked = request::adjudicate(request.into_inner()).map_err(Failure::from)?;
        let adjudication = self.decide(asked.question()).await?;
        Ok(Response::new(AdjudicateResponse { adjudication: Some((&adjudication).into()) }))
    }

    #[tracing::instrument(skip_all, fields(payer = %self.id))]
    async fn post(&self, request: Request<PostRequest>) -> Result<Response<PostResponse>, Status> {
        let post = request::post(request.into_inner(), &self.id).map_err(Failure::from)?;
        let outcome = self.ledger.post(post).await.map_err(|error| failure::of_ledger(&error))?;
        CrashPoint::PayerCommitted.reach();
        Ok(Response::new(PostResponse { already_posted: outcome == PostOutcome::AlreadyPosted }))
    }

    #[tracing::instrument(skip_all, fields(payer = %self.id))]
    async fn adjust(&self, request: Request<AdjustRequest>) -> Result<Response<AdjustResponse>, Status> {
        let adjustment = request::adjust(request.into_inner(), &self.id).map_err(Failure::from)?;
        let outcome = self.ledger.adjust(adjustment).await.map_err(|error| failure::of_ledger(&error))?;
        CrashPoint::PayerCommitted.reach();
        Ok(Response::new(AdjustResponse { already_booked: outcome == PostOutcome::AlreadyPosted }))
    }

    #[tracing::instrument(skip_all, fields(payer = %self.id))]
    async fn list_persons(
        &self,
        request: Request<ListPersonsRequest>,
    ) -> Result<Response<ListPersonsResponse>, Status> {
        let (page_size, after) = request::list_persons(request.get_ref()).map_err(Failure::from)?;
        let persons = self.ledger.persons(after.as_ref(), page_size).await;
        let persons = persons.map_err(|error| failure::of_ledger(&error))?;
        Ok(Response::new(ListPersonsResponse { person_ids: persons.iter().map(ToString::to_string).collect() }))
    }

    #[tracing::instrument(skip_all, fields(payer = %self.id))]
    async fn get_counters(
        &self,
        request: Request<GetCountersRequest>,
    ) -> Result<Response<GetCountersResponse>, Status> {
        let (person_id, benefit_year) = request::get_counters(request.get_ref()).map_err(Failure::from)?;
        let counters = match benefit_year {
            Some(benefit_year) => self.ledger.counters_of_year(&person_id, benefit_year).await,
            None => self.ledger.counters_of_every_year(&person_id).await,
        };
        let counters = counters.map_err(|error| failure::of_ledger(&error))?;
        let counters = counters.into_iter().map(|(key, value)| Counter {
            counter: key.name.to_string(),
            benefit_year: key.benefit_year,
            value_fen: value.get(),
        });
        Ok(Response::new(GetCountersResponse { counters: counters.collect() }))
    }

    #[tracing::instrument(skip_all, fields(payer = %self.id))]
    async fn list_postings(
        &self,
        request: Request<ListPostingsRequest>,
    ) -> Result<Response<ListPostingsResponse>, Status> {
        let request::ListPostings { person_id, page_size, before } =
            request::list_postings(request.get_ref()).map_err(Failure::from)?;
        let page = self.ledger.list_postings(&person_id, page_size, before.as_ref()).await;
        let page = page.map_err(|error| failure::of_ledger(&error))?;
        let postings = page.postings.into_iter().map(|posting| Posting {
            entry_id: posting.entry_id.to_string(),
            settlement_id: posting.settlement_id.to_string(),
            fund: wire::claim_v1::Fund::from(posting.fund).into(),
            paid_fen: posting.paid.get(),
            recorded_time: Some(wire::timestamp(posting.recorded_time)),
            family_account_person_id: String::new(),
        });
        let next_page_token = page.next.map(|cursor| cursor.to_string()).unwrap_or_default();
        Ok(Response::new(ListPostingsResponse { postings: postings.collect(), next_page_token }))
    }

    async fn hold(&self, _request: Request<HoldRequest>) -> Result<Response<HoldResponse>, Status> {
        Err(holds_nothing())
    }

    async fn void(&self, _request: Request<VoidRequest>) -> Result<Response<VoidResponse>, Status> {
        Err(holds_nothing())
    }

    async fn list_expired_holds(
        &self,
        _request: Request<ListExpiredHoldsRequest>,
    ) -> Result<Response<ListExpiredHoldsResponse>, Status> {
        Ok(Response::new(ListExpiredHoldsResponse::default()))
    }

    /// A ledger keeps every figure once: there is nothing that it could compare.
    async fn check_books(&self, _request: Request<CheckBooksRequest>) -> Result<Response<CheckBooksResponse>, Status> {
        Ok(Response::new(CheckBooksResponse::default()))
    }
}

/// Only one person draws on a pooled fund's counters, so there is nothing to hold.
fn holds_nothing() -> Status {
    Failure::new(ErrorReason::NotServed, "this payer holds no money").into()
}
