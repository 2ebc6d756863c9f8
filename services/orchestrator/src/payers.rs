//! The payers, by name, through their one service.

use std::sync::Arc;
use std::time::Duration;

use claim::{PayerId, PersonId};
use futures::future::{FutureExt, try_join_all};
use host::{CrashPoint, MAX_MESSAGE_BYTES, Transport};
use tonic::{Request, Status};
use wire::journal_v1::Adjustment;
use wire::payer_v1::payer_client::PayerClient;
use wire::payer_v1::{
    AdjudicateRequest, AdjustRequest, BookFault, CheckBooksRequest, CheckBooksResponse, Counter, ExpiredHold,
    GetCountersRequest, HoldRequest, ListExpiredHoldsRequest, ListPersonsRequest, ListPostingsRequest, PostRequest,
    Posting, VoidRequest,
};
use wire::{ErrorReason, Failure, claim_v1 as proto};

use crate::decide::without_explanation;
use crate::failures;

const BOOKING_TIMEOUT: Duration = Duration::from_secs(30);
/// How many postings are read at once.
const PAGE_SIZE: i32 = 500;

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
                adjudication: Some(without_explanation(decision)),
                recorded_time: statement.recorded_time,
            };
            Ok(post(self.client(&decision.payer)?, request).boxed())
        });
        let posts = posts.collect::<Result<Vec<_>, Failure>>()?;
        try_join_all(posts).await.map(drop)
    }

    /// The payers' names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &PayerId> {
        self.0.iter().map(|(payer, _)| payer)
    }

    /// Where each payer's counters of a person's year stand; without a year, those of every year.
    pub(crate) async fn counters(
        &self,
        person_id: &PersonId,
        benefit_year: Option<i32>,
    ) -> Result<Vec<(String, Vec<Counter>)>, Failure> {
        let asked = self.0.iter().map(|(payer, client)| {
            let (mut client, person_id) = (client.clone(), person_id.to_string());
            let benefit_year = benefit_year.unwrap_or(0);
            async move {
                let answer = client.get_counters(GetCountersRequest { person_id, benefit_year }).await;
                let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))?;
                Ok((payer.to_string(), answer.into_inner().counters))
            }
        });
        try_join_all(asked).await
    }

    /// Every posting of a person at one payer.
    pub(crate) async fn postings(&self, payer: &PayerId, person_id: &PersonId) -> Result<Vec<Posting>, Failure> {
        let mut client = self.client(payer.as_str())?;
        let mut postings = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListPostingsRequest { person_id: person_id.to_string(), page_size: PAGE_SIZE, page_token };
            let answer = client.list_postings(request).await;
            let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))?;
            let page = answer.into_inner();
            postings.extend(page.postings);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(postings);
            }
        }
    }

    /// Persons in the books of one payer, in the order of their ids.
    pub(crate) async fn persons(
        &self,
        payer: &PayerId,
        after: Option<&PersonId>,
        count: u32,
    ) -> Result<Vec<PersonId>, Failure> {
        let after_person_id = after.map(ToString::to_string).unwrap_or_default();
        let page_size = i32::try_from(count).unwrap_or(i32::MAX);
        let answer = self.client(payer.as_str())?.list_persons(ListPersonsRequest { page_size, after_person_id }).await;
        let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))?;
        let persons = answer.into_inner().person_ids;
        persons.iter().map(|person| PersonId::new(person).map_err(Failure::invariant_violated)).collect()
    }

    /// Has each payer book its part of `adjustment`, all at once. Booking again has no effect.
    pub(crate) async fn adjust(
        &self,
        person_id: &PersonId,
        recorded_time: prost_types::Timestamp,
        adjustment: &Adjustment,
    ) -> Result<(), Failure> {
        let bookings = adjustment.bookings.iter().map(|booking| {
            let request = AdjustRequest {
                person_id: person_id.to_string(),
                adjustment_id: adjustment.adjustment_id.clone(),
                booking: Some(booking.clone()),
                recorded_time: Some(recorded_time),
            };
            Ok(adjust(self.client(&booking.payer)?, request))
        });
        let bookings = bookings.collect::<Result<Vec<_>, Failure>>()?;
        try_join_all(bookings).await.map(drop)
    }
}

impl Payers {
    /// What a page of one payer's books says against itself, and where the next page goes on, if there is one.
    pub(crate) async fn check_books(
        &self,
        payer: &PayerId,
        after: String,
        count: u32,
    ) -> Result<(Vec<BookFault>, Option<String>), Failure> {
        let request = CheckBooksRequest { after, page_size: i32::try_from(count).unwrap_or(i32::MAX) };
        let answer = self.client(payer.as_str())?.check_books(request).await;
        let answer = answer.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))?;
        let CheckBooksResponse { faults, next } = answer.into_inner();
        Ok((faults, Some(next).filter(|next| !next.is_empty())))
    }

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
    let answer = payer.post(within(request)).await;
    booked(answer.map(drop))
}

async fn adjust(mut payer: PayerClient<Transport>, request: AdjustRequest) -> Result<(), Failure> {
    let answer = payer.adjust(within(request)).await;
    booked(answer.map(drop))
}

fn booked(answer: Result<(), Status>) -> Result<(), Failure> {
    answer.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))?;
    CrashPoint::OnePayerBooked.reach();
    Ok(())
}

/// What is booked has no caller who would set a deadline, and a payer that hangs must not stop recovery for ever.
fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(BOOKING_TIMEOUT);
    request
}
