//! What callers send, and what they are told.

use host::Transport;
use tonic::Status;
use wire::Failure;
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{CancelRequest, ReadjudicateRequest, ReverseRequest, SettleRequest};

use crate::model::{Asked, Told};
use crate::platform::Replica;

/// A request of somebody.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) person_id: String,
    pub(crate) request_id: String,
    pub(crate) asked: Asked,
}

/// Sends a request; `None` where the caller is told to come again.
pub(crate) async fn send(replica: Replica, call: Call) -> Option<Told> {
    match answer(replica.client, call).await {
        Ok(told) => Some(told),
        Err(status) => {
            let failure = Failure::from_status(&status).filter(|failure| !failure.is_retryable())?;
            Some(Told::Refused(failure.reason, failure.settlements))
        }
    }
}

async fn answer(mut client: OneStopClient<Transport>, call: Call) -> Result<Told, Status> {
    let Call { person_id, request_id, asked } = call;
    match asked {
        Asked::Settle { case } => {
            let answer = client.settle(SettleRequest { request_id, case: Some(*case) }).await?.into_inner();
            let state = answer.state();
            Ok(Told::Settled(Box::new(answer.statement.unwrap()), state))
        }
        Asked::Cancel { settlement_id, readjudicate_later, across_years } => {
            let request = CancelRequest { request_id, settlement_id, readjudicate_later, across_years };
            Ok(Told::Adjusted(Box::new(client.cancel(request).await?.into_inner().adjustment.unwrap())))
        }
        Asked::Reverse { reversed, readjudicate_later } => {
            let reversed_request_id = reversed;
            let request = ReverseRequest { request_id, person_id, reversed_request_id, readjudicate_later };
            let answer = client.reverse(request).await?.into_inner();
            Ok(Told::Reversed(answer.outcome(), answer.adjustment.map(Box::new)))
        }
        Asked::Readjudicate { from_date } => {
            let from_date = Some(from_date);
            let request = ReadjudicateRequest { request_id, person_id, from_date, preview: false };
            Ok(Told::Adjusted(Box::new(client.readjudicate(request).await?.into_inner().adjustment.unwrap())))
        }
    }
}
