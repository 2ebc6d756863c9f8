//! The gRPC service `OneStop`.

use std::sync::Arc;

use claim::{PersonId, RequestId, SettlementId, Statement, Violations};
use host::MAX_MESSAGE_BYTES;
use tonic::{Request, Response, Status};
use wire::journal_v1::Adjustment;
use wire::settlement_v1::one_stop_server::{OneStop, OneStopServer};
use wire::settlement_v1::{
    AuditRequest, AuditResponse, CancelRequest, CancelResponse, ExplainRequest, ExplainResponse, FeedRequest,
    FeedResponse, GetHistoryRequest, GetHistoryResponse, GetRequest, GetResponse, ListRequest, ListResponse,
    ListTouchedRequest, ListTouchedResponse, PreviewRequest, PreviewResponse, ReadjudicateRequest,
    ReadjudicateResponse, ReadjudicateTouchedRequest, ReadjudicateTouchedResponse, ReversalOutcome, ReverseRequest,
    ReverseResponse, SettleRequest, SettleResponse, SettlementState, SettlementSummary,
};
use wire::{Failure, read};

use crate::adjust::Words;
use crate::answers::Answers;
use crate::chain::Entry;
use crate::failures;
use crate::request::{Asked, Call, Readjudicate};
use crate::settle::{Done, Orchestrator, Planned};
use crate::standing::Standing;
use crate::touched::Job;

/// Who calls, as long as the platform does not ask for an identity.
const CALLER: &str = "local";
const PAGE_DEFAULT: i32 = 50;
const PAGE_MAX: i32 = 500;
/// Benefit years that can be asked for.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

/// The most changes that one job may be about.
const CHANGES_MAX: usize = 100;

/// Serves an orchestrator by gRPC.
#[derive(Clone)]
pub struct OneStopService {
    orchestrator: Orchestrator,
    caller: Arc<str>,
}

impl OneStopService {
    /// Serves `orchestrator` to whoever calls.
    #[must_use]
    pub fn new(orchestrator: Orchestrator) -> Self {
        Self::for_caller(orchestrator, CALLER)
    }

    /// Serves `orchestrator` to `caller` alone: requests are its own, and so is what it cancels and reverses.
    #[must_use]
    pub fn for_caller(orchestrator: Orchestrator, caller: &str) -> Self {
        Self { orchestrator, caller: Arc::from(caller) }
    }

    async fn standing(&self, settlement_id: &str) -> Result<Standing, Failure> {
        let settlement_id: SettlementId = only("settlement_id", settlement_id)?;
        self.orchestrator.standing(&settlement_id).await?.ok_or_else(failures::no_settlement)
    }
}

/// The tonic server of `service`, with its message limits.
#[must_use]
pub fn server(service: OneStopService) -> OneStopServer<OneStopService> {
    OneStopServer::new(service)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES)
}

#[tonic::async_trait]
impl OneStop for OneStopService {
    type GetHistoryStream = Answers<GetHistoryResponse>;
    type FeedStream = Answers<FeedResponse>;
    type AuditStream = Answers<AuditResponse>;
    type ListTouchedStream = Answers<ListTouchedResponse>;
    type ReadjudicateTouchedStream = Answers<ReadjudicateTouchedResponse>;

    async fn list_touched(
        &self,
        request: Request<ListTouchedRequest>,
    ) -> Result<Response<Self::ListTouchedStream>, Status> {
        let ListTouchedRequest { change_sequences: changes } = request.into_inner();
        read(|at| at.check_count("change_sequences", changes.len(), 1..=CHANGES_MAX)).map_err(Failure::from)?;
        let altered = self.orchestrator.altered(changes).await?;
        Ok(Response::new(self.orchestrator.list_touched(altered)))
    }

    async fn readjudicate_touched(
        &self,
        request: Request<ReadjudicateTouchedRequest>,
    ) -> Result<Response<Self::ReadjudicateTouchedStream>, Status> {
        let ReadjudicateTouchedRequest { request_id, change_sequences: changes, preview } = request.into_inner();
        let job = read(|at| {
            let counted = at.check_count("change_sequences", changes.len(), 1..=CHANGES_MAX);
            let request_id = at.id("request_id", &request_id)?;
            let job = Job { caller: self.caller.to_string(), request_id, preview };
            at.take("request_id", job.request_of(*YEARS.end()))?;
            counted.map(|()| job)
        });
        let job = job.map_err(Failure::from)?;
        let altered = self.orchestrator.altered(changes).await?;
        Ok(Response::new(self.orchestrator.readjudicate_touched(job, altered)))
    }

    async fn get_history(
        &self,
        request: Request<GetHistoryRequest>,
    ) -> Result<Response<Self::GetHistoryStream>, Status> {
        let GetHistoryRequest { person_id, benefit_year } = request.into_inner();
        let asked = read(|at| {
            let person_id = at.id("person_id", &person_id);
            let benefit_year = at.number("benefit_year", benefit_year, YEARS);
            Some((person_id?, benefit_year?))
        });
        let (person_id, benefit_year) = asked.map_err(Failure::from)?;
        Ok(Response::new(self.orchestrator.history(person_id, benefit_year)))
    }

    async fn feed(&self, request: Request<FeedRequest>) -> Result<Response<Self::FeedStream>, Status> {
        let FeedRequest { cursor, stop_at_end } = request.into_inner();
        let cursor = read(|at| at.number("cursor", cursor, 0..=i64::MAX)).map_err(Failure::from)?;
        Ok(Response::new(self.orchestrator.feed(cursor, stop_at_end)))
    }

    async fn audit(&self, request: Request<AuditRequest>) -> Result<Response<Self::AuditStream>, Status> {
        let person_id = read(|at| at.optional_id("person_id", &request.get_ref().person_id)).map_err(Failure::from)?;
        Ok(Response::new(self.orchestrator.audit(person_id)))
    }

    async fn preview(&self, request: Request<PreviewRequest>) -> Result<Response<PreviewResponse>, Status> {
        let case = request.into_inner().case.ok_or_else(|| missing("case"))?;
        let statement = self.orchestrator.preview(case).await?;
        Ok(Response::new(PreviewResponse { statement: Some(statement) }))
    }

    async fn settle(&self, request: Request<SettleRequest>) -> Result<Response<SettleResponse>, Status> {
        let SettleRequest { request_id, case } = request.into_inner();
        let mut violations = Violations::new();
        let request_id = violations.take("request_id", RequestId::new(&request_id));
        let Some(case) = case else {
            violations.add("case", "is required");
            return Err(Failure::from(violations).into());
        };
        let decider = self.orchestrator.decider();
        let Some(request_id) = request_id else {
            let faults = decider.faults_of(&case).await;
            return Err(Failure::from(violations).with_violations(faults).into());
        };
        let message = case;
        let case = decider.read(&message).await?;
        let (caller, person_id) = (self.caller.to_string(), case.person_id.clone());
        let asked = Asked::Settle { case: Box::new(case), message: Box::new(message) };
        let request = Call { caller, request_id, person_id, asked };
        let Done { planned, already_done } = self.orchestrator.carry_out(&request).await?;
        let Planned::Append(entry) = planned else { return Err(settled_nothing().into()) };
        let Entry::Settlement(settlement) = Arc::unwrap_or_clone(entry) else { return Err(settled_nothing().into()) };
        let statement = settlement.statement.unwrap_or_default();
        let state =
            if already_done { self.standing(&statement.settlement_id).await?.state } else { SettlementState::Settled };
        let statement = Some(statement);
        Ok(Response::new(SettleResponse { statement, already_settled: already_done, state: state.into() }))
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let Standing { statement, state, last_change, .. } = self.standing(&request.into_inner().settlement_id).await?;
        Ok(Response::new(GetResponse { statement: Some(statement), state: state.into(), last_change }))
    }

    async fn explain(&self, request: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        let Standing { statement: message, state, last_change, .. } =
            self.standing(&request.into_inner().settlement_id).await?;
        let statement = Statement::try_from(message.clone()).map_err(Failure::invariant_violated)?;
        let figures = statement.figures().iter().map(Into::into).collect();
        Ok(Response::new(ExplainResponse { statement: Some(message), figures, state: state.into(), last_change }))
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        let ListRequest { person_id, page_size, page_token } = request.into_inner();
        let mut violations = Violations::new();
        let person_id = violations.take("person_id", PersonId::new(&person_id));
        let count = violations.take("page_size", page_size_of(page_size));
        let before = violations.take("page_token", before_of(&page_token));
        let (Some(person_id), Some(count), Some(before)) = (person_id, count, before) else {
            return Err(Failure::from(violations).into());
        };
        let settlements = self.orchestrator.list(&person_id, before, i64::from(count)).await?;
        let is_full = i32::try_from(settlements.len()) == Ok(count);
        let last = settlements.last().filter(|settlement| is_full && settlement.sequence > 1);
        let next_page_token = last.map(|settlement| settlement.sequence.to_string()).unwrap_or_default();
        let settlements = settlements.into_iter().map(summary).collect();
        Ok(Response::new(ListResponse { settlements, next_page_token }))
    }

    async fn cancel(&self, request: Request<CancelRequest>) -> Result<Response<CancelResponse>, Status> {
        let CancelRequest { request_id, settlement_id, readjudicate_later, across_years } = request.into_inner();
        let ids = read(|at| {
            let request_id = at.id("request_id", &request_id);
            let settlement_id = at.id("settlement_id", &settlement_id);
            Some((request_id?, settlement_id?))
        });
        let (request_id, settlement_id) = ids.map_err(Failure::from)?;
        let words = Words { readjudicate_later, across_years };
        let request = self.orchestrator.cancellation(&self.caller, request_id, settlement_id, words).await?;
        let Done { planned, already_done } = self.orchestrator.carry_out(&request).await?;
        let (adjustment, _) = adjustment_of(planned);
        Ok(Response::new(CancelResponse { adjustment, already_done }))
    }

    async fn reverse(&self, request: Request<ReverseRequest>) -> Result<Response<ReverseResponse>, Status> {
        let message = request.into_inner();
        let request = read(|at| {
            let request_id = at.id("request_id", &message.request_id);
            let person_id = at.id("person_id", &message.person_id);
            let reversed_request_id: Option<RequestId> = at.id("reversed_request_id", &message.reversed_request_id);
            let is_other = message.reversed_request_id != message.request_id;
            at.check("reversed_request_id", is_other, "is the request that reverses")?;
            let (reversed_request_id, readjudicate_later) = (reversed_request_id?, message.readjudicate_later);
            let asked = Asked::Reverse { reversed_request_id, readjudicate_later };
            Some(Call { caller: self.caller.to_string(), request_id: request_id?, person_id: person_id?, asked })
        });
        let Done { planned, already_done } = self.orchestrator.carry_out(&request.map_err(Failure::from)?).await?;
        let (adjustment, outcome) = adjustment_of(planned);
        Ok(Response::new(ReverseResponse { outcome: outcome.into(), adjustment, already_done }))
    }

    async fn readjudicate(
        &self,
        request: Request<ReadjudicateRequest>,
    ) -> Result<Response<ReadjudicateResponse>, Status> {
        let message = request.into_inner();
        let request = read(|at| {
            let request_id = at.id("request_id", &message.request_id);
            let person_id = at.id("person_id", &message.person_id);
            let from_date = at.date("from_date", message.from_date)?;
            let readjudicate = Readjudicate { from_date, scope: None };
            let asked = Asked::Readjudicate(readjudicate.clone());
            let caller = self.caller.to_string();
            Some((Call { caller, request_id: request_id?, person_id: person_id?, asked }, readjudicate))
        });
        let (request, readjudicate) = request.map_err(Failure::from)?;
        let (adjustment, already_done) = if message.preview {
            (Some(self.orchestrator.preview_readjudication(&request, &readjudicate).await?), false)
        } else {
            let Done { planned, already_done } = self.orchestrator.carry_out(&request).await?;
            (adjustment_of(planned).0, already_done)
        };
        Ok(Response::new(ReadjudicateResponse { adjustment, already_done }))
    }
}

/// The adjustment that a request made, and what that means for a reversal.
fn adjustment_of(planned: Planned) -> (Option<Adjustment>, ReversalOutcome) {
    let entry = match planned {
        Planned::Append(entry) => Arc::unwrap_or_clone(entry),
        Planned::Answer(outcome) => return (None, outcome),
    };
    match entry {
        Entry::Adjustment(adjustment) => {
            let restores = adjustment.changes.first().is_some_and(|change| change.amounts_before.is_none());
            let outcome =
                if restores { ReversalOutcome::SettlementRestored } else { ReversalOutcome::SettlementCancelled };
            (Some(adjustment), outcome)
        }
        Entry::ReversedRequest(_) => (None, ReversalOutcome::NeverArrived),
        Entry::Settlement(_) => (None, ReversalOutcome::Unspecified),
    }
}

fn settled_nothing() -> Failure {
    Failure::invariant_violated("a settle request settled nothing")
}

fn summary(settlement: Standing) -> SettlementSummary {
    let Standing { sequence, request_id, case, statement, state, last_change, settled_time, caller: _ } = settlement;
    SettlementSummary {
        settlement_id: statement.settlement_id,
        request_id,
        sequence,
        kind: case.kind,
        institution_id: case.institution_id,
        service_date: case.service_date,
        recorded_time: Some(settled_time),
        amounts: statement.amounts,
        state: state.into(),
        last_change,
    }
}

fn page_size_of(page_size: i32) -> Result<i32, String> {
    match page_size {
        0 => Ok(PAGE_DEFAULT),
        1..=PAGE_MAX => Ok(page_size),
        _ => Err(format!("must be 1 to {PAGE_MAX}, or 0 for {PAGE_DEFAULT}")),
    }
}

fn before_of(page_token: &str) -> Result<i64, &'static str> {
    if page_token.is_empty() {
        return Ok(i64::MAX);
    }
    page_token.parse().ok().filter(|sequence| *sequence > 0).ok_or("is not a token of this list")
}

fn only<T: std::str::FromStr<Err = claim::InvalidText>>(field: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|fault| {
        let mut violations = Violations::new();
        violations.add(field, fault);
        Failure::from(violations)
    })
}

fn missing(field: &str) -> Status {
    let mut violations = Violations::new();
    violations.add(field, "is required");
    Failure::from(violations).into()
}
