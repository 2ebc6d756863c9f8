//! The settlement protocol: read the head, decide, append one link, post, close.

use std::sync::Arc;

use claim::{EntryId, PayerId, PersonId, RequestId, SettlementId};
use host::{Clock, CrashPoint};
use rulebook::Lookup;
use tracing::Instrument;
use uuid::Uuid;
use wire::journal_v1::Settlement;
use wire::payer_v1::ExpiredHold;
use wire::settlement_v1::ReversalOutcome;
use wire::{ErrorReason, Failure, claim_v1 as proto};

use crate::chain::{self, ClosedHead, Entry, Head, NewLink, Origin, Place, StoredLink};
use crate::counters::Counters;
use crate::decide::{Basis, Decider};
use crate::facts::Register;
use crate::failures;
use crate::feed::Waiting;
use crate::journal::{ChainQuery, Journal, SettlementRead};
use crate::payers::Payers;
use crate::request::{Asked, Call};
use crate::standing::Standing;
use crate::turns::Turns;
use crate::way::RegisterWay;

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
    pub register: RegisterWay,
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
    decider: Decider,
    numbers: SettlementNumbers,
    waiting: Waiting,
    turns: Turns,
}

/// What a request would do.
#[derive(Debug)]
pub(crate) enum Planned {
    /// It appends a link.
    Append(Arc<Entry>),
    /// It is answered without one.
    Answer(ReversalOutcome),
}

impl Planned {
    /// To append `entry`.
    pub(crate) fn append(entry: Entry) -> Self {
        Self::Append(Arc::new(entry))
    }
}

/// What a request did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) planned: Planned,
    /// Whether the request had been carried out before.
    pub(crate) already_done: bool,
}

impl Orchestrator {
    /// An orchestrator of these parts.
    #[must_use]
    pub fn new(options: OrchestratorOptions) -> Self {
        let OrchestratorOptions { journal, register, payers, rules, clock, numbers } = options;
        let decider = Decider { register: Register::new(register), payers, rules, clock };
        Self { journal, decider, numbers, waiting: Waiting::new(), turns: Turns::default() }
    }

    /// The journal of this orchestrator.
    pub(crate) const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The readers of the feed in this process.
    pub(crate) const fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// What asks the register and the payers.
    pub(crate) const fn decider(&self) -> &Decider {
        &self.decider
    }

    /// What settling `case` would be. Writes nothing.
    pub(crate) async fn preview(&self, case: proto::Case) -> Result<proto::Statement, Failure> {
        let case = self.decider.read(&case).await?;
        let (counters, priced) = tokio::join!(self.counters_of(&case.person_id), self.decider.price(&case));
        self.decider.decide(&case.person_id, &priced?, Basis::Head(&counters?)).await
    }

    /// Where a person's counters stand once what is appended is booked.
    async fn counters_of(&self, person_id: &PersonId) -> Result<Counters, Failure> {
        let head = self.head_of(person_id).await?;
        self.counters_at(person_id, head.counters).await
    }

    /// What is kept with the head of a person's chain, or what the payers say where nothing is.
    async fn counters_at(&self, person_id: &PersonId, kept: Option<Counters>) -> Result<Counters, Failure> {
        match kept {
            Some(counters) => Ok(counters),
            None => Ok(Counters::of_books(self.decider.payers.counters(person_id, None).await?)),
        }
    }

    /// Where a person's chain ends.
    pub(crate) async fn head_of(&self, person_id: &PersonId) -> Result<Head, Failure> {
        // A request of nobody: only the head is asked for.
        let request_id = RequestId::new("head").map_err(Failure::invariant_violated)?;
        let query = ChainQuery { person_id: person_id.clone(), caller: String::new(), request_id };
        Ok(self.journal.read(query).await.map_err(|error| failures::of_journal(&error))?.head)
    }

    /// Carries `request` out, or answers what it did before.
    pub(crate) async fn carry_out(&self, request: &Call) -> Result<Done, Failure> {
        let query = ChainQuery {
            person_id: request.person_id.clone(),
            caller: request.caller.clone(),
            request_id: request.request_id.clone(),
        };
        let mut turn = self.turns.take_if_met(&request.person_id).await;
        for attempt in 0..ATTEMPTS_MAX {
            if attempt > 0 && turn.is_none() {
                turn = Some(self.turns.take(&request.person_id).await);
            }
            CrashPoint::BeforeHeadRead.reach();
            let read = self.journal.read(query.clone()).await.map_err(|error| failures::of_journal(&error))?;
            if let Some(document) = read.same_request {
                let link = read_link(&document)?;
                request.asked.check_same(&link)?;
                return Ok(Done { planned: Planned::append(link.entry), already_done: true });
            }
            if read.is_reversed {
                let message = "the request was reversed before it arrived; send a new one under a new id";
                return Err(Failure::new(ErrorReason::RequestReversed, message));
            }
            let head = self.closed(&request.person_id, read.head).await?;
            let entry = match self.plan(request, &head).await {
                Ok(Planned::Append(entry)) => entry,
                // What was found may be the work of the same request, sent twice at once: then its link is the answer.
                Ok(Planned::Answer(_)) | Err(_) if self.has_grown(&head, &request.person_id).await? => continue,
                Ok(planned @ Planned::Answer(_)) => return Ok(Done { planned, already_done: true }),
                Err(failure) => return Err(failure),
            };
            if let Some(entry) = self.append(&head, request, entry).await? {
                return Ok(Done { planned: Planned::Append(entry), already_done: false });
            }
        }
        Err(Failure::new(
            ErrorReason::ChainContended,
            "other settlements of this person came first each time; send the same request again",
        ))
    }

    /// A person's head with its link booked by every payer.
    async fn closed(&self, person_id: &PersonId, head: Head) -> Result<ClosedHead, Failure> {
        self.finish_head(person_id, &head).await?;
        let Head { sequence, hash, open: _, counters } = head;
        Ok(ClosedHead { sequence, hash, counters: self.counters_at(person_id, counters).await? })
    }

    /// Has every payer book the link at a person's head, if it is open.
    pub(crate) async fn finish_head(&self, person_id: &PersonId, head: &Head) -> Result<(), Failure> {
        match head {
            Head { open: true, sequence, .. } => {
                self.finish(&Place { person_id: person_id.clone(), sequence: *sequence }).await
            }
            Head { open: false, .. } => Ok(()),
        }
    }

    /// Whether a person's chain has grown beyond `head`.
    async fn has_grown(&self, head: &ClosedHead, person_id: &PersonId) -> Result<bool, Failure> {
        Ok(self.head_of(person_id).await?.sequence != head.sequence)
    }

    /// What a request would append behind `head`. Writes nothing.
    async fn plan(&self, request: &Call, head: &ClosedHead) -> Result<Planned, Failure> {
        match &request.asked {
            Asked::Settle { case, message } => {
                let priced = self.decider.price(case).await?;
                CrashPoint::FactsGathered.reach();
                let statement = self.decider.decide(&case.person_id, &priced, Basis::Head(&head.counters)).await?;
                let (case, statement) = (Some(message.as_ref().clone()), Some(statement));
                Ok(Planned::append(Entry::Settlement(Settlement { case, statement })))
            }
            Asked::Cancel(cancel) => self.plan_cancel(&request.person_id, cancel).await,
            Asked::Reverse { reversed_request_id, readjudicate_later } => {
                self.plan_reverse(request, reversed_request_id, *readjudicate_later).await
            }
            Asked::Readjudicate(asked) => {
                let adjustment = self.plan_readjudicate(&request.person_id, asked).await?;
                Ok(Planned::append(Entry::Adjustment(adjustment)))
            }
        }
    }

    /// Appends a link behind `head` and has it booked; `None` where another link took its place, or where another bill
    /// was faster on the same account. Money is held under the settlement's number first. Where the append's answer is
    /// lost, the hold stays: only recovery can tell whether the link is a fact.
    async fn append(
        &self,
        head: &ClosedHead,
        request: &Call,
        entry: Arc<Entry>,
    ) -> Result<Option<Arc<Entry>>, Failure> {
        let entry_id = EntryId::new(&(self.numbers)().to_string()).map_err(Failure::invariant_violated)?;
        let recorded_time = self.decider.clock.now();
        let mut entry = Arc::unwrap_or_clone(entry);
        let number = |statement: &mut proto::Statement| statement.recorded_time = Some(wire::timestamp(recorded_time));
        match &mut entry {
            Entry::Settlement(settlement) => {
                if let Some(statement) = &mut settlement.statement {
                    statement.settlement_id = entry_id.to_string();
                    number(statement);
                }
            }
            Entry::Adjustment(adjustment) => {
                adjustment.adjustment_id = entry_id.to_string();
                adjustment.cause = request.asked.cause();
                adjustment.changes.iter_mut().filter_map(|change| change.statement.as_mut()).for_each(number);
            }
            Entry::ReversedRequest(_) => {}
        }
        let origin = Origin {
            person_id: &request.person_id,
            caller: &request.caller,
            request_id: &request.request_id,
            recorded_time,
        };
        let link = NewLink::after(head, &origin, entry_id, &entry);
        let drawing = match &entry {
            Entry::Settlement(settlement) if link.holds_money => settlement.statement.as_ref(),
            Entry::Settlement(_) | Entry::Adjustment(_) | Entry::ReversedRequest(_) => None,
        };
        if let Some(statement) = drawing
            && !self.decider.payers.hold(statement).await?
        {
            return Ok(None);
        }
        let place = link.place.clone();
        CrashPoint::BeforeAppend.reach();
        let appended = self.journal.append(link).await.map_err(|error| failures::of_journal(&error))?;
        if !appended {
            if let Some(statement) = drawing {
                self.decider.payers.void(statement).await;
            }
            return Ok(None);
        }
        CrashPoint::AfterAppend.reach();
        let entry = Arc::new(entry);
        self.book(place, recorded_time, &entry).await;
        Ok(Some(entry))
    }

    /// A settlement and what became of it.
    pub(crate) async fn standing(&self, settlement_id: &SettlementId) -> Result<Option<Standing>, Failure> {
        let read = self.journal.settlement(settlement_id).await.map_err(|error| failures::of_store(&error))?;
        read.as_ref().map(standing_of).transpose()
    }

    /// A person's settlements before a place in the chain, newest first.
    pub(crate) async fn list(
        &self,
        person_id: &PersonId,
        before_sequence: i64,
        count: i64,
    ) -> Result<Vec<Standing>, Failure> {
        let reads = self.journal.settlements_before(person_id, before_sequence, count).await;
        let reads = reads.map_err(|error| failures::of_store(&error))?;
        reads.iter().map(standing_of).collect()
    }

    /// Has every payer book an open link, then closes it. Doing it again has no effect.
    pub(crate) async fn finish(&self, place: &Place) -> Result<(), Failure> {
        let rows = self.journal.links_from(&place.person_id, place.sequence, 1).await;
        let rows = rows.map_err(|error| failures::of_store(&error))?;
        let row = rows.first().filter(|row| row.sequence == place.sequence);
        let row = row.ok_or_else(|| Failure::invariant_violated("an open link has no bytes"))?;
        let link = read_link(&row.document)?;
        self.book_and_close(place.clone(), link.recorded_time, &link.entry).await
    }

    /// Gives up the holds whose time is over and whose settlement is no link; one that is a link is captured when the
    /// link is finished, however late. Answers how many are left because a payer or the journal cannot be reached.
    pub(crate) async fn end_expired_holds(&self) -> usize {
        let mut left = 0;
        for (payer, hold) in self.decider.payers.expired_holds().await {
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
        let link = self.journal.settlement(&settlement_id).await.map_err(|error| failures::of_store(&error))?;
        if link.is_some() {
            return Ok(());
        }
        tracing::info!(%payer, "an expired hold is given up");
        self.decider.payers.give_up(payer, hold).await
    }

    /// Has the payers book what was just appended. The link is a fact whatever happens here: what fails is done again
    /// by recovery or before the person's next link.
    async fn book(&self, place: Place, recorded_time: chrono::DateTime<chrono::Utc>, entry: &Arc<Entry>) {
        let orchestrator = self.clone();
        let entry = Arc::clone(entry);
        let recorded_time = wire::timestamp(recorded_time);
        // A task of its own, because a caller that stops waiting must not leave a link half booked.
        let booking = async move { orchestrator.book_and_close(place, recorded_time, &entry).await };
        match tokio::spawn(booking.in_current_span()).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::warn!(reason = failure.reason_name(), "a link stays open for recovery"),
            Err(error) => tracing::error!(%error, "booking ended; the link stays open for recovery"),
        }
    }

    async fn book_and_close(
        &self,
        place: Place,
        recorded_time: prost_types::Timestamp,
        entry: &Entry,
    ) -> Result<(), Failure> {
        let payers = &self.decider.payers;
        match entry {
            Entry::Settlement(settlement) => match &settlement.statement {
                Some(statement) => payers.post(statement).await?,
                None => return Err(Failure::invariant_violated("a settlement without a statement")),
            },
            Entry::Adjustment(adjustment) => {
                payers.adjust(&place.person_id, recorded_time, adjustment).await?;
            }
            Entry::ReversedRequest(_) => {}
        }
        CrashPoint::BeforeClose.reach();
        self.journal.close(place).await.map_err(|error| failures::of_journal(&error))?;
        CrashPoint::AfterClose.reach();
        self.waiting.tell_closed();
        Ok(())
    }
}

fn standing_of(read: &SettlementRead) -> Result<Standing, Failure> {
    let made = Standing::of(read_link(&read.document)?);
    let mut standing = made.ok_or_else(|| Failure::invariant_violated("a settlement's link made none"))?;
    for document in &read.last_changes {
        standing.take(&read_link(document)?);
    }
    Ok(standing)
}

fn read_link(document: &[u8]) -> Result<StoredLink, Failure> {
    chain::read(document).map_err(Failure::invariant_violated)
}
