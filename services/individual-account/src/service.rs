//! [`AccountsService`]: credits, closings, authorisations and statements of individual accounts.

use std::fmt;

use chrono::NaiveDate;
use claim::{Employment, Insurance, Kinship, MovementKind, PersonId, RequestId};
use host::Clock;
use money::Fen;
use rulebook::{AccountCredit, Lookup};
use tonic::{Request, Response, Status};
use wire::account_v1 as proto;
use wire::account_v1::accounts_server::{Accounts, AccountsServer};
use wire::account_v1::credit_request::Source;
use wire::{ErrorReason, Failure, Reader};

use crate::period::CreditPeriod;
use crate::{AccountBook, Authorisation, Closing, Credit, Done, Movement, PAGE_SIZE_MAX, failure};

const DEFAULT_PAGE_SIZE: u32 = 50;
/// What an opening balance is for: nothing else, so an account has one at most.
const OPENING: &str = "opening";

/// The book of accounts as a service. Cheap to clone.
#[derive(Clone)]
pub struct AccountsService {
    lookup: Lookup,
    book: AccountBook,
    clock: Clock,
}

impl AccountsService {
    /// The service that credits by `lookup` into `book`.
    #[must_use]
    pub const fn new(lookup: Lookup, book: AccountBook, clock: Clock) -> Self {
        Self { lookup, book, clock }
    }

    async fn close(&self, closing: Closing) -> Result<(bool, Fen), Failure> {
        let Closing { person_id, request_id, .. } = closing.clone();
        let kind = closing.kind();
        let done = self.book.close_account(closing, self.clock.now()).await.map_err(failure::of_book)?;
        let emptied = self.book.movement_of(&person_id, kind, &request_id).await.map_err(failure::of_book)?;
        Ok((done == Done::Before, emptied.map_or(Fen::ZERO, |movement| Fen::ZERO - movement.amount)))
    }

    fn amounts(&self, period: CreditPeriod, employment: Employment, base: Fen) -> Result<AccountCredit, Failure> {
        let credit = self.lookup.in_force(period.first_day()).account_credit(employment, base);
        credit.ok_or_else(|| {
            let message = format!("no rule credits individual accounts on {}", period.first_day());
            Failure::new(ErrorReason::RuleNotInForce, message)
        })
    }
}

impl fmt::Debug for AccountsService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountsService").finish_non_exhaustive()
    }
}

/// The accounts' gRPC server.
#[must_use]
pub fn accounts_server(service: AccountsService) -> AccountsServer<AccountsService> {
    AccountsServer::new(service)
}

#[tonic::async_trait]
impl Accounts for AccountsService {
    async fn credit(&self, request: Request<proto::CreditRequest>) -> Result<Response<proto::CreditResponse>, Status> {
        let message = request.into_inner();
        let Named { request_id, person_id, rest: source } =
            named(&message.request_id, &message.person_id, |at| read_source(message.source.as_ref(), at))?;
        let (reference, excludes, amounts, taken) = match source {
            CreditSource::Opening(balance) => {
                (OPENING.to_owned(), Vec::new(), vec![(MovementKind::Opening, balance)], Fen::ZERO)
            }
            CreditSource::Contribution { period, employment, base } => {
                let AccountCredit { credited, long_term_care } = self.amounts(period, employment, base)?;
                let mut amounts = vec![(MovementKind::Credit, credited)];
                if !long_term_care.is_zero() {
                    amounts.push((MovementKind::LongTermCare, Fen::ZERO - long_term_care));
                }
                let excludes = period.overlapping().iter().map(ToString::to_string).collect();
                (period.to_string(), excludes, amounts, long_term_care)
            }
        };
        let credited = amounts.first().map(|(_, amount)| *amount).unwrap_or_default();
        let credit = Credit { person_id, request_id, reference, excludes, amounts };
        let done = self.book.credit(credit, self.clock.now()).await.map_err(failure::of_book)?;
        Ok(Response::new(proto::CreditResponse {
            already_done: done == Done::Before,
            credited_fen: credited.get(),
            long_term_care_fen: taken.get(),
        }))
    }

    async fn refund(&self, request: Request<proto::RefundRequest>) -> Result<Response<proto::RefundResponse>, Status> {
        let message = request.into_inner();
        let Named { request_id, person_id, .. } = named(&message.request_id, &message.person_id, |_| Some(()))?;
        let (already_done, paid_out) =
            self.close(Closing { person_id, request_id, heir_id: None, is_inherited: false }).await?;
        Ok(Response::new(proto::RefundResponse { already_done, paid_out_fen: paid_out.get() }))
    }

    async fn inherit(
        &self,
        request: Request<proto::InheritRequest>,
    ) -> Result<Response<proto::InheritResponse>, Status> {
        let message = request.into_inner();
        let Named { request_id, person_id, rest: heir_id } = named(&message.request_id, &message.person_id, |at| {
            let other = message.heir_person_id != message.person_id;
            at.check("heir_person_id", other, "is the person who died")?;
            at.optional_id::<PersonId>("heir_person_id", &message.heir_person_id)
        })?;
        let (already_done, inherited) =
            self.close(Closing { person_id, request_id, heir_id, is_inherited: true }).await?;
        Ok(Response::new(proto::InheritResponse { already_done, inherited_fen: inherited.get() }))
    }

    async fn authorise(
        &self,
        request: Request<proto::AuthoriseRequest>,
    ) -> Result<Response<proto::AuthoriseResponse>, Status> {
        let message = request.into_inner();
        let Named { person_id, rest, .. } = named(&message.request_id, &message.person_id, |at| {
            let member_id = read_member(&message.member_person_id, &message.person_id, at);
            let kinship = at.listed::<Kinship>("kinship", message.kinship);
            let from_date = at.date("from_date", message.from_date);
            let to_date = at.optional_date("to_date", message.to_date);
            let in_order = from_date.is_none_or(|from| to_date.flatten().is_none_or(|to| from <= to));
            at.check("to_date", in_order, "is before from_date")?;
            Some((member_id?, kinship?, from_date?, to_date?))
        })?;
        let (member_id, kinship, from_date, to_date) = rest;
        let authorisation = Authorisation { person_id, member_id, kinship, from_date, to_date };
        self.book.authorise(&authorisation, self.clock.now()).await.map_err(failure::of_book)?;
        Ok(Response::new(proto::AuthoriseResponse {}))
    }

    async fn revoke(&self, request: Request<proto::RevokeRequest>) -> Result<Response<proto::RevokeResponse>, Status> {
        let message = request.into_inner();
        let Named { person_id, rest, .. } = named(&message.request_id, &message.person_id, |at| {
            let member_id = read_member(&message.member_person_id, &message.person_id, at);
            let last_date = at.date("last_date", message.last_date);
            Some((member_id?, last_date?))
        })?;
        let (member_id, last_date): (PersonId, NaiveDate) = rest;
        let revoked = self.book.revoke(&person_id, &member_id, last_date, self.clock.now()).await;
        Ok(Response::new(proto::RevokeResponse { was_authorised: revoked.map_err(failure::of_book)? }))
    }

    async fn get_account(
        &self,
        request: Request<proto::GetAccountRequest>,
    ) -> Result<Response<proto::GetAccountResponse>, Status> {
        let person_id = wire::read(|at| at.id::<PersonId>("person_id", &request.get_ref().person_id));
        let person_id = person_id.map_err(Failure::from)?;
        let account = self.book.account(&person_id).await.map_err(failure::of_book)?;
        let account = account.ok_or_else(|| failure::of_book(crate::AccountError::NotFound))?;
        let authorisations = self.book.authorisations(&person_id).await.map_err(failure::of_book)?;
        Ok(Response::new(proto::GetAccountResponse {
            balance_fen: account.balance.get(),
            held_fen: account.held.get(),
            free_fen: account.free().get(),
            closed_time: account.closed_time.map(wire::timestamp),
            authorisations: authorisations
                .into_iter()
                .map(|of| proto::Authorisation {
                    member_person_id: of.member_id.to_string(),
                    kinship: wire::claim_v1::Kinship::from(of.kinship).into(),
                    from_date: Some(of.from_date.into()),
                    to_date: of.to_date.map(Into::into),
                })
                .collect(),
        }))
    }

    async fn list_movements(
        &self,
        request: Request<proto::ListMovementsRequest>,
    ) -> Result<Response<proto::ListMovementsResponse>, Status> {
        let message = request.get_ref();
        let read = wire::read(|at| {
            let person_id = at.id::<PersonId>("person_id", &message.person_id);
            let size = u32::try_from(message.page_size).ok().filter(|size| *size <= PAGE_SIZE_MAX);
            at.check("page_size", size.is_some(), format_args!("must be 0 to {PAGE_SIZE_MAX}"))?;
            let before = at.number("before_sequence", message.before_sequence, 0..=i64::MAX);
            Some((person_id?, size?, before?))
        });
        let (person_id, size, before) = read.map_err(Failure::from)?;
        let size = if size == 0 { DEFAULT_PAGE_SIZE } else { size };
        let before = if before == 0 { i64::MAX } else { before };
        let movements = self.book.movements(&person_id, before, size).await.map_err(failure::of_book)?;
        let movements = movements.into_iter().map(movement).collect();
        Ok(Response::new(proto::ListMovementsResponse { movements }))
    }
}

fn movement(of: Movement) -> proto::Movement {
    proto::Movement {
        sequence: of.sequence,
        kind: wire::claim_v1::MovementKind::from(of.kind).into(),
        reference: of.reference,
        amount_fen: of.amount.get(),
        balance_fen: of.balance.get(),
        other_person_id: of.other_person_id.map(|other| other.to_string()).unwrap_or_default(),
        recorded_time: Some(wire::timestamp(of.recorded_time)),
    }
}

/// What every request that writes says first, and the rest of it.
struct Named<T> {
    request_id: RequestId,
    person_id: PersonId,
    rest: T,
}

fn named<T>(
    request_id: &str,
    person_id: &str,
    rest: impl FnOnce(&Reader<'_>) -> Option<T>,
) -> Result<Named<T>, Failure> {
    let read = wire::read(|at| {
        let request_id = at.id("request_id", request_id);
        let person_id = at.id("person_id", person_id);
        let rest = rest(at);
        Some(Named { request_id: request_id?, person_id: person_id?, rest: rest? })
    });
    read.map_err(Failure::from)
}

fn read_member(member_id: &str, person_id: &str, at: &Reader<'_>) -> Option<PersonId> {
    const FIELD: &str = "member_person_id";
    let read = at.id::<PersonId>(FIELD, member_id);
    at.check(FIELD, member_id != person_id, "is the holder")?;
    read
}

enum CreditSource {
    Contribution { period: CreditPeriod, employment: Employment, base: Fen },
    Opening(Fen),
}

fn read_source(source: Option<&Source>, at: &Reader<'_>) -> Option<CreditSource> {
    match at.required("source", source)? {
        Source::OpeningBalanceFen(fen) => {
            let balance = at.number("opening_balance_fen", *fen, 1..=Fen::MAX.get());
            balance.map(Fen::new).map(CreditSource::Opening)
        }
        Source::Contribution(contribution) => {
            let period = at.take("contribution.period", contribution.period.parse::<CreditPeriod>());
            let insurance = at.listed::<Insurance>("contribution.scheme", contribution.scheme);
            let employment = insurance.and_then(|insurance| match insurance {
                Insurance::Employee(employment) => Some(employment),
                Insurance::Resident => {
                    at.fault("contribution.scheme", "is a resident, who has no individual account");
                    None
                }
            });
            let base = at.number("contribution.base_fen", contribution.base_fen, 1..=Fen::MAX.get()).map(Fen::new);
            Some(CreditSource::Contribution { period: period?, employment: employment?, base: base? })
        }
    }
}
