//! The payers, by name, through their one service.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use claim::{Adjudication, PayerId, PersonId};
use futures::future::try_join_all;
use host::CrashPoint;
use tokio::time::timeout;
use tonic::{Request, Response, Status};
use wire::journal_v1::Adjustment;
use wire::payer_v1::{
    AdjustRequest, BookFault, CheckBooksRequest, CheckBooksResponse, Counter, ExpiredHold, GetCountersRequest,
    HoldRequest, ListExpiredHoldsRequest, ListPersonsRequest, ListPostingsRequest, PostRequest, Posting, VoidRequest,
};
use wire::{ErrorReason, Failure, PayerQuestion, claim_v1 as proto};

use crate::decide::without_explanation;
use crate::failures;
use crate::way::{PayerWay, answer_of, caught};

const BOOKING_TIMEOUT: Duration = Duration::from_secs(30);
/// How many postings are read at once.
const PAGE_SIZE: i32 = 500;

/// The payers of a platform. Cheap to clone.
#[derive(Clone)]
pub struct Payers(Arc<[(PayerId, PayerWay)]>);

impl fmt::Debug for Payers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Payers {
    /// The payers of this platform: each name of the rulebook's payer order with the way to it.
    #[must_use]
    pub fn new(payers: Vec<(PayerId, PayerWay)>) -> Self {
        Self(payers.into())
    }

    fn way(&self, payer: &str) -> Result<&PayerWay, Failure> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == payer);
        found.map(|(_, way)| way).ok_or_else(|| {
            let message = format!("the rules name payer {payer:?}, which this orchestrator was not given");
            Failure::new(ErrorReason::PayerUnavailable, message)
        })
    }

    /// Asks `payer` what it owes.
    pub(crate) async fn decide(&self, payer: &PayerId, question: PayerQuestion<'_>) -> Result<Adjudication, Failure> {
        let decided = caught(self.way(payer.as_str())?.decide(question)).await;
        let decision = decided.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))?;
        if decision.payer == *payer {
            Ok(decision)
        } else {
            Err(Failure::invariant_violated(format_args!("{payer} answered for another payer")))
        }
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
            Ok(booked(self.way(&decision.payer)?.post(within(request))))
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
        let asked = self.0.iter().map(|(payer, way)| {
            let request =
                GetCountersRequest { person_id: person_id.to_string(), benefit_year: benefit_year.unwrap_or(0) };
            async move {
                let counters = answered(way.get_counters(Request::new(request))).await?.counters;
                Ok((payer.to_string(), counters))
            }
        });
        try_join_all(asked).await
    }

    /// Every posting of a person at one payer.
    pub(crate) async fn postings(&self, payer: &PayerId, person_id: &PersonId) -> Result<Vec<Posting>, Failure> {
        let way = self.way(payer.as_str())?;
        let mut postings = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListPostingsRequest { person_id: person_id.to_string(), page_size: PAGE_SIZE, page_token };
            let page = answered(way.list_postings(Request::new(request))).await?;
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
        let request = Request::new(ListPersonsRequest { page_size, after_person_id });
        let persons = answered(self.way(payer.as_str())?.list_persons(request)).await?.person_ids;
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
            Ok(booked(self.way(&booking.payer)?.adjust(within(request))))
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
        let answer = answered(self.way(payer.as_str())?.check_books(Request::new(request))).await?;
        let CheckBooksResponse { faults, next } = answer;
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
            let answer = answered(self.way(&decision.payer)?.hold(Request::new(request))).await;
            if !answer.as_ref().is_ok_and(|answer| answer.held) {
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
        answered(self.way(payer.as_str())?.void(Request::new(request))).await.map(drop)
    }

    /// The holds whose time is over, of every payer that can be reached.
    pub(crate) async fn expired_holds(&self) -> Vec<(PayerId, ExpiredHold)> {
        let mut expired = Vec::new();
        for (payer, way) in self.0.iter() {
            match answered(way.list_expired_holds(Request::new(ListExpiredHoldsRequest::default()))).await {
                Ok(answer) => expired.extend(answer.holds.into_iter().map(|hold| (payer.clone(), hold))),
                Err(failure) => tracing::warn!(%payer, reason = failure.reason_name(), "expired holds cannot be read"),
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

/// What a payer answers.
async fn answered<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Failure> {
    answer_of(call).await.map_err(|status| failures::of_service(&status, ErrorReason::PayerUnavailable))
}

/// What is booked has no caller who would set a deadline, and a payer that hangs must not stop recovery for ever.
async fn booked<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<(), Failure> {
    let late = |_| Err(Status::deadline_exceeded("the payer did not answer in time"));
    answered(async { timeout(BOOKING_TIMEOUT, call).await.unwrap_or_else(late) }).await?;
    CrashPoint::OnePayerBooked.reach();
    Ok(())
}

/// A payer in another process is told how long its answer is waited for.
fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(BOOKING_TIMEOUT);
    request
}
