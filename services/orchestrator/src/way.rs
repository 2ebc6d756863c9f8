//! The ways to the register and the payers. A way is the service's own contract: the service itself where it is in this
//! process, so that nothing is encoded, and else a client of it. What a payer decides on is no message before it has to be.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use claim::Adjudication;
use futures::FutureExt;
use host::{MAX_MESSAGE_BYTES, Transport};
use tonic::{Request, Response, Status, async_trait};
use wire::payer_v1::payer_client::PayerClient;
use wire::payer_v1::payer_server::Payer;
use wire::payer_v1::{
    AdjudicateRequest, AdjudicateResponse, AdjustRequest, AdjustResponse, CheckBooksRequest, CheckBooksResponse,
    GetCountersRequest, GetCountersResponse, HoldRequest, HoldResponse, ListExpiredHoldsRequest,
    ListExpiredHoldsResponse, ListPersonsRequest, ListPersonsResponse, ListPostingsRequest, ListPostingsResponse,
    PostRequest, PostResponse, VoidRequest, VoidResponse,
};
use wire::register_v1::register_client::RegisterClient;
use wire::register_v1::register_server::Register;
use wire::register_v1::{
    GatherFactsRequest, GatherFactsResponse, ImportFactsRequest, ImportFactsResponse, ListAlterationsRequest,
    ListAlterationsResponse,
};
use wire::{Decide, Failure, PayerQuestion};

/// The way to a payer.
pub type PayerWay = Arc<dyn Decide>;

/// The way to the register.
pub type RegisterWay = Arc<dyn Register>;

/// The way to a payer behind `transport`.
#[must_use]
pub fn payer_over(transport: Transport) -> PayerWay {
    let client = PayerClient::new(transport);
    let client = client.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES);
    Arc::new(Remote(client))
}

/// The way to a register behind `transport`.
#[must_use]
pub fn register_over(transport: Transport) -> RegisterWay {
    let client = RegisterClient::new(transport);
    let client = client.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES);
    Arc::new(Remote(client))
}

/// What a service answers. A panic in it is a bug of this one call, as it would be behind a network.
pub(crate) async fn answer_of<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Status> {
    caught(call).await.map(Response::into_inner)
}

/// What comes of `call`, where it does not panic.
pub(crate) async fn caught<T>(call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let panicked = |_| Err(Failure::invariant_violated("a service panicked").into());
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(panicked)
}

/// A client of a service.
struct Remote<Client>(Client);

#[async_trait]
impl Decide for Remote<PayerClient<Transport>> {
    async fn decide(&self, question: PayerQuestion<'_>) -> Result<Adjudication, Status> {
        let answer = self.0.clone().adjudicate(AdjudicateRequest::from(question)).await?.into_inner();
        let unreadable = |fault: &dyn std::fmt::Display| Failure::invariant_violated(format_args!("payer: {fault}"));
        let adjudication = answer.adjudication.ok_or_else(|| unreadable(&"no decision"))?;
        Ok(Adjudication::try_from(adjudication).map_err(|faults| unreadable(&faults))?)
    }
}

macro_rules! remote {
    ($service:ident through $client:ident { $($call:ident: $asked:ident -> $answered:ident;)* }) => {
        #[async_trait]
        impl $service for Remote<$client<Transport>> {
            $(async fn $call(&self, request: Request<$asked>) -> Result<Response<$answered>, Status> {
                self.0.clone().$call(request).await
            })*
        }
    };
}

remote!(Register through RegisterClient {
    gather_facts: GatherFactsRequest -> GatherFactsResponse;
    import_facts: ImportFactsRequest -> ImportFactsResponse;
    list_alterations: ListAlterationsRequest -> ListAlterationsResponse;
});

remote!(Payer through PayerClient {
    adjudicate: AdjudicateRequest -> AdjudicateResponse;
    post: PostRequest -> PostResponse;
    adjust: AdjustRequest -> AdjustResponse;
    get_counters: GetCountersRequest -> GetCountersResponse;
    list_postings: ListPostingsRequest -> ListPostingsResponse;
    list_persons: ListPersonsRequest -> ListPersonsResponse;
    hold: HoldRequest -> HoldResponse;
    void: VoidRequest -> VoidResponse;
    list_expired_holds: ListExpiredHoldsRequest -> ListExpiredHoldsResponse;
    check_books: CheckBooksRequest -> CheckBooksResponse;
});
