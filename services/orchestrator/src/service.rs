//! The gRPC service `OneStop`.

use claim::{PersonId, RequestId, SettlementId, Statement, Violations};
use host::MAX_MESSAGE_BYTES;
use tonic::{Request, Response, Status};
use wire::settlement_v1::one_stop_server::{OneStop, OneStopServer};
use wire::settlement_v1::{
    CancelRequest, CancelResponse, ExplainRequest, ExplainResponse, GetRequest, GetResponse, ListRequest, ListResponse,
    PreviewRequest, PreviewResponse, ReverseRequest, ReverseResponse, SettleRequest, SettleResponse, SettlementSummary,
};
use wire::{ErrorReason, Failure};

use crate::chain::StoredSettlement;
use crate::settle::Orchestrator;

/// Who calls, as long as the platform does not ask for an identity.
const CALLER: &str = "local";
const PAGE_DEFAULT: i32 = 50;
const PAGE_MAX: i32 = 500;

/// Serves an orchestrator by gRPC.
#[derive(Clone)]
pub struct OneStopService {
    orchestrator: Orchestrator,
}

impl OneStopService {
    /// Serves `orchestrator`.
    #[must_use]
    pub const fn new(orchestrator: Orchestrator) -> Self {
        Self { orchestrator }
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
        let Some(request_id) = request_id else {
            let faults = self.orchestrator.faults_of(&case).await;
            return Err(Failure::from(violations).with_violations(faults).into());
        };
        let outcome = self.orchestrator.settle(CALLER, request_id, case).await?;
        let (statement, already_settled) = (Some(outcome.statement), outcome.already_settled);
        Ok(Response::new(SettleResponse { statement, already_settled }))
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let settlement_id: SettlementId = only("settlement_id", &request.into_inner().settlement_id)?;
        let statement = self.orchestrator.get(&settlement_id).await?;
        Ok(Response::new(GetResponse { statement: Some(statement) }))
    }

    async fn explain(&self, request: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        let settlement_id: SettlementId = only("settlement_id", &request.into_inner().settlement_id)?;
        let message = self.orchestrator.get(&settlement_id).await?;
        let statement = Statement::try_from(message.clone()).map_err(Failure::invariant_violated)?;
        let figures = statement.figures().iter().map(Into::into).collect();
        Ok(Response::new(ExplainResponse { statement: Some(message), figures }))
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

    async fn cancel(&self, _request: Request<CancelRequest>) -> Result<Response<CancelResponse>, Status> {
        Err(not_served("Cancel"))
    }

    async fn reverse(&self, _request: Request<ReverseRequest>) -> Result<Response<ReverseResponse>, Status> {
        Err(not_served("Reverse"))
    }
}

fn summary(settlement: StoredSettlement) -> SettlementSummary {
    let StoredSettlement { sequence, request_id, case, statement } = settlement;
    SettlementSummary {
        settlement_id: statement.settlement_id,
        request_id,
        sequence,
        kind: case.kind,
        institution_id: case.institution_id,
        service_date: case.service_date,
        recorded_time: statement.recorded_time,
        amounts: statement.amounts,
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

fn not_served(call: &str) -> Status {
    Failure::new(ErrorReason::NotServed, format!("{call} is declared but not served by this version")).into()
}
