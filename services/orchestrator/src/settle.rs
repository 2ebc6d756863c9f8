//! The settlement protocol: read the head, decide, append one link, post, close.

use std::sync::Arc;

use claim::{Adjudication, Amounts, Case, PayerId, PersonId, RequestId, SettlementId, Violation};
use host::{Clock, Transport};
use rulebook::Lookup;
use tracing::Instrument;
use uuid::Uuid;
use wire::payer_v1::{AdjudicateRequest, ExpiredHold};
use wire::{ErrorReason, Failure, claim_v1 as proto};

use crate::chain::{self, NewLink, Settled, StoredSettlement};
use crate::facts::Register;
use crate::failures;
use crate::journal::{ChainQuery, Journal, OpenLink};
use crate::payers::Payers;
use crate::question::Question;

/// How often a request starts again after another one took its place in the chain. Each loss means that another
/// settlement of the same person was made, so a request only gives up behind this many others.
const ATTEMPTS_MAX: u32 = 100;

/// Draws the number of a new settlement; never twice the same.
pub type SettlementNumbers = Arc<dyn Fn() -> Uuid + Send + Sync>;

/// What an orchestrator works with.
#[derive(Clone)]
pub struct OrchestratorOptions {
    /// The chains.
    pub journal: Journal,
    /// The way to the register.
    pub register: Transport,
    /// The way to each payer.
    pub payers: Payers,
    /// The rules: line split and payer order.
    pub rules: Lookup,
    /// The time.
    pub clock: Clock,
    /// The numbers of new settlements.
    pub numbers: SettlementNumbers,
}

/// Settles bills. Cheap to clone.
#[derive(Clone)]
pub struct Orchestrator {
    journal: Journal,
    register: Register,
    payers: Payers,
    rules: Lookup,
    clock: Clock,
    numbers: SettlementNumbers,
}

/// A settlement as its request is answered.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) statement: proto::Statement,
    /// Whether the request had been settled before.
    pub(crate) already_settled: bool,
}

impl Orchestrator {
    /// An orchestrator of these parts.
    #[must_use]
    pub fn new(options: OrchestratorOptions) -> Self {
        Self {
            journal: options.journal,
            register: Register::new(options.register),
            payers: options.payers,
            rules: options.rules,
            clock: options.clock,
            numbers: options.numbers,
        }
    }

    /// The journal of this orchestrator.
    pub(crate) const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What settling `case` would be. Writes nothing.
    pub(crate) async fn preview(&self, case: proto::Case) -> Result<proto::Statement, Failure> {
        self.decide(&self.read(&case).await?).await
    }

    /// Reads a caller's case.
    ///
    /// # Errors
    /// All that is wrong with it at once: what is malformed, and what of the rest the register does not know.
    async fn read(&self, message: &proto::Case) -> Result<Case, Failure> {
        match wire::case_from(message.clone()) {
            Ok(case) => Ok(case),
            Err(failure) => Err(failure.with_violations(self.missing_facts_of(message).await)),
        }
    }

    /// All that is wrong with a case whose request is refused anyway.
    pub(crate) async fn faults_of(&self, message: &proto::Case) -> Vec<Violation> {
        let malformed = wire::case_from(message.clone()).err().map(|failure| failure.violations);
        let mut faults = malformed.unwrap_or_default();
        faults.extend(self.missing_facts_of(message).await);
        faults
    }

    async fn missing_facts_of(&self, message: &proto::Case) -> Vec<Violation> {
        let question = Question::of_faulty(message, self.clock.now().date_naive());
        let rules = self.rules.in_force(question.date());
        self.register.missing(&question, &rules).await
    }

    /// Settles `case` under `request_id`, or answers what that request settled before.
    pub(crate) async fn settle(
        &self,
        caller: &str,
        request_id: RequestId,
        message: proto::Case,
    ) -> Result<Outcome, Failure> {
        let case = self.read(&message).await?;
        let query = ChainQuery { person_id: case.person_id.clone(), caller: caller.to_owned(), request_id };
        for _ in 0..ATTEMPTS_MAX {
            let read = self.journal.read(query.clone()).await.map_err(|error| failures::of_journal(&error))?;
            let head = OpenLink { person_id: query.person_id.clone(), sequence: read.head.sequence };
            if let Some(document) = read.same_request {
                return answer_again(&document, &message);
            }
            if read.head.open {
                self.finish(&head).await?;
            }
            let mut statement = self.decide(&case).await?;
            let settlement_id = self.new_settlement_id()?;
            let recorded_time = self.clock.now();
            statement.settlement_id = settlement_id.to_string();
            statement.recorded_time = Some(wire::timestamp(recorded_time));
            let link = NewLink::after(
                &read.head,
                Settled {
                    person_id: &query.person_id,
                    settlement_id: &settlement_id,
                    caller,
                    request_id: &query.request_id,
                    recorded_time,
                    case: message.clone(),
                    statement: statement.clone(),
                },
            );
            if link.holds_money && !self.payers.hold(&statement).await? {
                // Another bill was faster on the same account: decide on what it left.
                continue;
            }
            let place = OpenLink { person_id: link.person_id.clone(), sequence: link.sequence };
            let appended = self.journal.append(link).await.map_err(|error| failures::of_journal(&error))?;
            if appended {
                self.book(place, &statement).await;
                return Ok(Outcome { statement, already_settled: false });
            }
            self.payers.void(&statement).await;
        }
        Err(Failure::new(
            ErrorReason::ChainContended,
            "other settlements of this person came first each time; send the same request again",
        ))
    }

    /// The statement of a settlement.
    pub(crate) async fn get(&self, settlement_id: &SettlementId) -> Result<proto::Statement, Failure> {
        let document = self.journal.link_of(settlement_id).await.map_err(|error| failures::of_store(&error))?;
        let document = document
            .ok_or_else(|| Failure::new(ErrorReason::SettlementNotFound, "no settlement has this settlement_id"))?;
        Ok(read_link(&document)?.statement)
    }

    /// A person's settlements before a place in the chain, newest first.
    pub(crate) async fn list(
        &self,
        person_id: &PersonId,
        before_sequence: i64,
        count: i64,
    ) -> Result<Vec<StoredSettlement>, Failure> {
        let documents = self.journal.links_before(person_id, before_sequence, count).await;
        let documents = documents.map_err(|error| failures::of_store(&error))?;
        documents.iter().map(|document| read_link(document)).collect()
    }

    /// Has every payer book an open link, then closes it. Doing it again has no effect.
    pub(crate) async fn finish(&self, place: &OpenLink) -> Result<(), Failure> {
        let document = self.journal.link(place).await.map_err(|error| failures::of_store(&error))?;
        let document = document.ok_or_else(|| Failure::invariant_violated("an open link has no bytes"))?;
        self.post_and_close(place.clone(), &read_link(&document)?.statement).await
    }

    /// Gives up the holds whose time is over and whose settlement is no link; one that is a link is captured when the
    /// link is finished, however late. Answers how many are left because a payer or the journal cannot be reached.
    pub(crate) async fn end_expired_holds(&self) -> usize {
        let mut left = 0;
        for (payer, hold) in self.payers.expired_holds().await {
            if let Err(failure) = self.end_hold(&payer, hold).await {
                tracing::warn!(%payer, reason = failure.reason_name(), "an expired hold stays");
                left += 1;
            }
        }
        left
    }

    async fn end_hold(&self, payer: &PayerId, hold: ExpiredHold) -> Result<(), Failure> {
        let person_id = PersonId::new(&hold.person_id).map_err(Failure::invariant_violated)?;
        let settlement_id = SettlementId::new(&hold.settlement_id).map_err(Failure::invariant_violated)?;
        let spent = self.journal.spend(&person_id, &settlement_id).await;
        spent.map_err(|error| failures::of_store(&error))?;
        let link = self.journal.link_of(&settlement_id).await.map_err(|error| failures::of_store(&error))?;
        if link.is_some() {
            return Ok(());
        }
        tracing::info!(%payer, "an expired hold is given up");
        self.payers.give_up(payer, hold).await
    }

    /// Has the payers book what was just appended. The settlement is a fact whatever happens here: what fails is
    /// done again by recovery or before the person's next settlement.
    async fn book(&self, place: OpenLink, statement: &proto::Statement) {
        let orchestrator = self.clone();
        let statement = statement.clone();
        // A task of its own, because a caller that stops waiting must not leave a link half booked.
        let booking = async move { orchestrator.post_and_close(place, &statement).await };
        match tokio::spawn(booking.in_current_span()).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::warn!(reason = failure.reason_name(), "a settlement stays open for recovery"),
            Err(error) => tracing::error!(%error, "booking ended; the settlement stays open for recovery"),
        }
    }

    async fn post_and_close(&self, place: OpenLink, statement: &proto::Statement) -> Result<(), Failure> {
        self.payers.post(statement).await?;
        self.journal.close(place).await.map_err(|error| failures::of_journal(&error))
    }

    fn new_settlement_id(&self) -> Result<SettlementId, Failure> {
        SettlementId::new(&(self.numbers)().to_string()).map_err(Failure::invariant_violated)
    }

    /// Gathers the facts, splits the lines and asks the payers in the order of the rules.
    async fn decide(&self, case: &Case) -> Result<proto::Statement, Failure> {
        let rules = self.rules.in_force(case.service_date);
        let priced = self.register.price(case, &rules).await?;
        let message = proto::PricedCase::from(&priced);
        let mut decided: Vec<proto::Adjudication> = Vec::new();
        let payers = rules.payers_for(&priced);
        let payers = payers.map_err(|error| Failure::new(ErrorReason::RuleNotInForce, error.to_string()))?;
        for payer in payers {
            let request = AdjudicateRequest {
                person_id: case.person_id.to_string(),
                case: Some(message.clone()),
                earlier: decided.clone(),
            };
            decided.push(self.payers.adjudicate(payer, request).await?);
        }
        let amounts = close(&priced, &decided)?;
        Ok(proto::Statement {
            settlement_id: String::new(),
            person_id: case.person_id.to_string(),
            recorded_time: Some(wire::timestamp(self.clock.now())),
            case: Some(message),
            adjudications: decided,
            amounts: Some(proto::Amounts::from(&amounts)),
        })
    }
}

/// The answer to a request that made the link `document` before.
fn answer_again(document: &[u8], message: &proto::Case) -> Result<Outcome, Failure> {
    let stored = read_link(document)?;
    match wire::first_difference(&stored.case, message) {
        None => Ok(Outcome { statement: stored.statement, already_settled: true }),
        Some(field) => Err(Failure::request_id_reused(field)),
    }
}

/// The figures of what was decided, with the closing identities checked.
fn close(priced: &claim::PricedCase, decided: &[proto::Adjudication]) -> Result<Amounts, Failure> {
    let adjudications = decided.iter().cloned().map(Adjudication::try_from).collect::<Result<Vec<_>, _>>();
    let adjudications = adjudications.map_err(Failure::invariant_violated)?;
    Amounts::of(priced, &adjudications).map_err(Failure::invariant_violated)
}

fn read_link(document: &[u8]) -> Result<StoredSettlement, Failure> {
    chain::read(document).map_err(Failure::invariant_violated)
}
