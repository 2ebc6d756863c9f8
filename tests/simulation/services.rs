//! The services as an orchestrator reaches them: over the network.

use std::sync::Arc;

use futures::future::FutureExt;
use host::{MAX_MESSAGE_BYTES, Transport};
use tonic::{Request, Response, Status};
use wire::payer_v1::payer_client::PayerClient;
use wire::payer_v1::payer_server::{Payer, PayerServer};
use wire::payer_v1::{
    AdjudicateRequest, AdjudicateResponse, AdjustRequest, AdjustResponse, CheckBooksRequest, CheckBooksResponse,
    GetCountersRequest, GetCountersResponse, HoldRequest, HoldResponse, ListExpiredHoldsRequest,
    ListExpiredHoldsResponse, ListPersonsRequest, ListPersonsResponse, ListPostingsRequest, ListPostingsResponse,
    PostRequest, PostResponse, VoidRequest, VoidResponse,
};
use wire::register_v1::register_client::RegisterClient;
use wire::register_v1::register_server::{Register, RegisterServer};
use wire::register_v1::{
    GatherFactsRequest, GatherFactsResponse, ImportFactsRequest, ImportFactsResponse, ListAlterationsRequest,
    ListAlterationsResponse,
};

use crate::network::{Message, Network};

/// The register behind the network.
#[derive(Clone)]
struct DistantRegister {
    network: Network,
    register: RegisterClient<Transport>,
}

/// A payer behind the network.
#[derive(Clone)]
struct DistantPayer {
    service: &'static str,
    network: Network,
    payer: PayerClient<Transport>,
}

/// The way to a register over the network.
pub(crate) fn distant_register(network: &Network, register: Transport) -> Transport {
    let register = RegisterClient::new(register).max_decoding_message_size(MAX_MESSAGE_BYTES);
    host::in_process(RegisterServer::new(DistantRegister { network: network.clone(), register }))
}

/// The way to a payer over the network.
pub(crate) fn distant_payer(network: &Network, service: &'static str, payer: Transport) -> Transport {
    let payer = PayerClient::new(payer)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let server = PayerServer::new(DistantPayer { service, network: network.clone(), payer });
    let server = server.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES);
    host::in_process(server)
}

#[tonic::async_trait]
impl Register for DistantRegister {
    async fn gather_facts(
        &self,
        request: Request<GatherFactsRequest>,
    ) -> Result<Response<GatherFactsResponse>, Status> {
        let (register, asked) = (self.register.clone(), request.into_inner());
        let message = Message { service: "register", call: "gather-facts", person_id: asked.person_id.clone() };
        let delivery = move || {
            let (mut register, asked) = (register.clone(), asked.clone());
            async move { register.gather_facts(asked).await.map(Response::into_inner) }.boxed()
        };
        self.network.carry(message, Arc::new(delivery)).await.map(Response::new)
    }

    async fn import_facts(
        &self,
        request: Request<ImportFactsRequest>,
    ) -> Result<Response<ImportFactsResponse>, Status> {
        self.register.clone().import_facts(request.into_inner()).await
    }

    async fn list_alterations(
        &self,
        request: Request<ListAlterationsRequest>,
    ) -> Result<Response<ListAlterationsResponse>, Status> {
        self.register.clone().list_alterations(request.into_inner()).await
    }
}

/// A payer whose calls about a person travel by the network, and whose other calls, which only read, do not.
macro_rules! distant_payer {
    (
        carried { $($carried:ident, $name:literal, $asked:ident, $answered:ident;)* }
        passed { $($passed:ident, $from:ident, $to:ident;)* }
    ) => {
        #[tonic::async_trait]
        impl Payer for DistantPayer {
            $(async fn $carried(&self, request: Request<$asked>) -> Result<Response<$answered>, Status> {
                let (payer, asked) = (self.payer.clone(), request.into_inner());
                let message = Message { service: self.service, call: $name, person_id: asked.person_id.clone() };
                let delivery = move || {
                    let (mut payer, asked) = (payer.clone(), asked.clone());
                    async move { payer.$carried(asked).await.map(Response::into_inner) }.boxed()
                };
                self.network.carry(message, Arc::new(delivery)).await.map(Response::new)
            })*
            $(async fn $passed(&self, request: Request<$from>) -> Result<Response<$to>, Status> {
                self.payer.clone().$passed(request.into_inner()).await
            })*
        }
    };
}

distant_payer! {
    carried {
        adjudicate, "adjudicate", AdjudicateRequest, AdjudicateResponse;
        post, "post", PostRequest, PostResponse;
        adjust, "adjust", AdjustRequest, AdjustResponse;
        hold, "hold", HoldRequest, HoldResponse;
        void, "void", VoidRequest, VoidResponse;
    }
    passed {
        get_counters, GetCountersRequest, GetCountersResponse;
        list_postings, ListPostingsRequest, ListPostingsResponse;
        list_persons, ListPersonsRequest, ListPersonsResponse;
        check_books, CheckBooksRequest, CheckBooksResponse;
        list_expired_holds, ListExpiredHoldsRequest, ListExpiredHoldsResponse;
    }
}
