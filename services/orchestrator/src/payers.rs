//! The payers, by name, through their one service.

use std::sync::Arc;

use claim::PayerId;
use futures::future::{FutureExt, try_join_all};
use host::{MAX_MESSAGE_BYTES, Transport};
use wire::payer_v1::payer_client::PayerClient;
use wire::payer_v1::{AdjudicateRequest, ExpiredHold, HoldRequest, ListExpiredHoldsRequest, PostRequest, VoidRequest};
use wire::{ErrorReason, Failure, claim_v1 as proto};

use crate::failures;

/// The way to each payer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Payers(Arc<[(PayerId, PayerClient<Transport>)]>);

impl Payers {
    /// The payers of this platform: each name of the rulebook's payer order with the way to it.
    #[must_use]
    pub fn new(payers: Vec<(PayerId, Transport)>) -> Self {
        let client = |transport| {
            PayerClient::new(transport)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES)
        };
        Self(payers.into_iter().map(|(payer, transport)| (payer, client(transport))).collect())
    }

    fn client(&self, payer: &str) -> Result<PayerClient<Transport>, Failure> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == payer);
        found.map(|(_, client)| client.clone()).ok_or_else(|| {
            let message = format!("the rules name payer {payer:?}, which this orchestrator was not given");
            Failure::new(ErrorReason::PayerUnavailable, message)
        })
    }

    /// Asks `payer` what it owes.
    pub(crate) async fn adjudicate(
        &self,
        payer: &PayerId,
        request: AdjudicateRequest,
    ) -> Result<proto::Adjudication, Failure> {
        let answer = self.client(payer.as_str())?.adjudicate(request).await;
        let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))?;
        let adjudication = answer.into_inner().adjudication;
        adjudication
            .filter(|adjudication| adjudication.payer == payer.as_str())
            .ok_or_else(|| Failure::invariant_violated(format_args!("{payer} answered for another payer")))
    }

    /// Has each payer book its part of `statement`, all at once. A decision that neither pays nor moves a counter
    /// leaves no trace. Posting again has no effect.
    pub(crate) async fn post(&self, statement: &proto::Statement) -> Result<(), Failure> {
        let to_book = |decision: &&proto::Adjudication| !(decision.portions.is_empty() && decision.moves.is_empty());
        let posts = statement.adjudications.iter().filter(to_book).map(|decision| {
            let request = PostRequest {
                person_id: statement.person_id.clone(),
                settlement_id: statement.settlement_id.clone(),
                adjudication: Some(decision.clone()),
                recorded_time: statement.recorded_time,
            };
            Ok(post(self.client(&decision.payer)?, request).boxed())
        });
        let posts = posts.collect::<Result<Vec<_>, Failure>>()?;
        try_join_all(posts).await.map(drop)
    }
}

impl Payers {
    /// Has the payers hold what `statement` draws on individual accounts. `false` where one of them has too little.
    pub(crate) async fn hold(&self, statement: &proto::Statement) -> Result<bool, Failure> {
        for decision in statement.adjudications.iter().filter(|decision| draws(decision)) {
            let request = HoldRequest {
                person_id: statement.person_id.clone(),
                settlement_id: statement.settlement_id.clone(),
                adjudication: Some(decision.clone()),
            };
            let answer = self.client(&decision.payer)?.hold(request).await;
            let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable));
            if !answer.as_ref().is_ok_and(|answer| answer.get_ref().held) {
                self.void(statement).await;
                return answer.map(|_| false);
            }
        }
        Ok(true)
    }

    /// Has the payers give up what they hold for `statement`, which will not be. What cannot be given up now expires.
    pub(crate) async fn void(&self, statement: &proto::Statement) {
        for decision in statement.adjudications.iter().filter(|decision| draws(decision)) {
            let (person_id, settlement_id) = (statement.person_id.clone(), statement.settlement_id.clone());
            let voided = match PayerId::new(&decision.payer) {
                Ok(payer) => self.give_up(&payer, ExpiredHold { person_id, settlement_id }).await,
                Err(error) => Err(Failure::invariant_violated(error)),
            };
            if let Err(failure) = voided {
                tracing::warn!(reason = failure.reason_name(), "a hold stays until it expires");
            }
        }
    }

    /// Has `payer` give a hold up.
    pub(crate) async fn give_up(&self, payer: &PayerId, hold: ExpiredHold) -> Result<(), Failure> {
        let request = VoidRequest { person_id: hold.person_id, settlement_id: hold.settlement_id };
        let answer = self.client(payer.as_str())?.void(request).await;
        answer.map(drop).map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))
    }

    /// The holds whose time is over, of every payer that can be reached.
    pub(crate) async fn expired_holds(&self) -> Vec<(PayerId, ExpiredHold)> {
        let mut expired = Vec::new();
        for (payer, client) in self.0.iter() {
            match client.clone().list_expired_holds(ListExpiredHoldsRequest::default()).await {
                Ok(answer) => expired.extend(answer.into_inner().holds.into_iter().map(|hold| (payer.clone(), hold))),
                Err(status) => tracing::warn!(%payer, code = ?status.code(), "expired holds cannot be read"),
            }
        }
        expired
    }
}

/// Whether a payer has to hold money before the statement is a fact.
pub(crate) fn holds_money(statement: &proto::Statement) -> bool {
    statement.adjudications.iter().any(draws)
}

/// Whether a decision draws on individual accounts.
fn draws(decision: &proto::Adjudication) -> bool {
    decision.portions.iter().any(|portion| portion.fund() == proto::Fund::Account && portion.paid_fen > 0)
}

async fn post(mut payer: PayerClient<Transport>, request: PostRequest) -> Result<(), Failure> {
    let answer = payer.post(request).await;
    answer.map(drop).map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))
}
