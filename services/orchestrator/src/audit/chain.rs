//! One person's chain, computed again link by link.

use std::collections::BTreeMap;

use chrono::Datelike;
use claim::{PersonId, PricedCase};
use wire::journal_v1::Adjustment;
use wire::{Failure, claim_v1 as proto};

use super::words::{counters_in_words, in_words};
use super::{Difference, Findings};
use crate::chain::{Entry, StoredLink};
use crate::counters::{Counters, PayerCounter, booked_moves_of, moves_of};
use crate::decide::{Again, Basis};
use crate::difference::{Source, paid_by_source};
use crate::failures;
use crate::settle::Orchestrator;
use crate::standing::{Line, Standing};
use crate::verify::{BrokenLink, Verifier};

/// How many links are read at once.
const LINKS_READ: i64 = 64;

/// What one entry has to have cost one fund or account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PostingKey {
    pub(super) source: Source,
    pub(super) entry_id: String,
    pub(super) settlement_id: String,
}

/// A chain as it was computed: what the payers' books have to hold.
#[derive(Debug, Default)]
pub(super) struct Audited {
    pub(super) findings: Findings,
    /// Where every counter has to stand.
    pub(super) counters: BTreeMap<PayerCounter, i64>,
    /// What has to be posted.
    pub(super) postings: BTreeMap<PostingKey, i64>,
    /// Settlements by year.
    lines: BTreeMap<i32, Line>,
}

impl Audited {
    pub(super) fn differs(&mut self, place: &str, expected: impl std::fmt::Display, found: impl std::fmt::Display) {
        self.findings.differences.push(Difference::new(place, expected, found));
    }

    /// Moves the counters by what a link says, which must start where they stand.
    fn apply<'m>(&mut self, place: &str, moves: impl Iterator<Item = (PayerCounter, &'m proto::CounterMove)>) {
        for (counter, counter_move) in moves {
            let stands = self.counters.get(&counter).copied().unwrap_or(0);
            if stands != counter_move.before_fen {
                let (payer, name, year) = &counter;
                let place = format!("{place}: {payer} moves {name} of {year} from");
                self.differs(&place, stands, counter_move.before_fen);
            }
            self.counters.insert(counter, counter_move.after_fen);
        }
    }

    fn post(&mut self, entry_id: &str, settlement_id: &str, paid: BTreeMap<Source, i64>) {
        for (source, paid_fen) in paid {
            let (entry_id, settlement_id) = (entry_id.to_owned(), settlement_id.to_owned());
            let key = PostingKey { source, entry_id, settlement_id };
            *self.postings.entry(key).or_insert(0) += paid_fen;
        }
    }
}

/// Reads, verifies and computes a person's chain.
pub(super) async fn audit(orchestrator: &Orchestrator, person_id: &PersonId) -> Result<Audited, Failure> {
    let mut audited = Audited::default();
    let mut verifier = Verifier::new(person_id.clone());
    let mut closed = Vec::new();
    loop {
        let from = verifier.head().0.saturating_add(1);
        let rows = orchestrator.journal().links_from(person_id, from, LINKS_READ).await;
        let rows = rows.map_err(|error| failures::of_store(&error))?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            audited.findings.links = audited.findings.links.saturating_add(1);
            closed.push(row.sequence);
            match verifier.take(&row) {
                Ok(link) => take(orchestrator, person_id, link, &mut audited).await?,
                Err(BrokenLink { sequence, fault }) => {
                    audited.differs(
                        &format!("link {sequence}"),
                        "a link as it was written",
                        format!("one that {fault}"),
                    );
                    if let Ok(link) = crate::chain::read(&row.document) {
                        take(orchestrator, person_id, link, &mut audited).await?;
                    }
                }
            }
            if let Some(kept) = &row.counters {
                compare_kept(&format!("link {}: counters behind it", row.sequence), kept, &mut audited);
            }
        }
    }
    compare_feed(orchestrator, person_id, &closed, &mut audited).await?;
    Ok(audited)
}

/// What is kept beside a link is where the links so far leave the counters.
fn compare_kept(place: &str, kept: &[u8], audited: &mut Audited) {
    let Ok(kept) = Counters::from_bytes(kept) else {
        audited.differs(place, "counters that can be read", "bytes that cannot");
        return;
    };
    let moved = audited.counters.iter().filter(|((_, _, year), value_fen)| kept.is_all_of(*year) && **value_fen != 0);
    let moved: BTreeMap<_, _> = moved.map(|(counter, value_fen)| (counter.clone(), *value_fen)).collect();
    if moved != kept.values {
        audited.differs(place, counters_in_words(&moved), counters_in_words(&kept.values));
    }
}

async fn take(
    orchestrator: &Orchestrator,
    person_id: &PersonId,
    link: StoredLink,
    audited: &mut Audited,
) -> Result<(), Failure> {
    let place = format!("link {}", link.sequence);
    match link.entry.clone() {
        Entry::Settlement(_) => {
            let Some(settlement) = Standing::of(link.clone()) else { return Ok(()) };
            let counters = Counters { values: audited.counters.clone(), ..Counters::AT_ZERO };
            compute(orchestrator, person_id, &place, &settlement.statement, &counters, audited).await?;
            audited.apply(&place, moves_of(&settlement.statement));
            let id = settlement.settlement_id().to_owned();
            audited.post(&id, &id, paid_by_source(None, Some(&settlement.statement)));
            let year = settlement.service_date()?.year();
            audited.lines.entry(year).or_insert_with(|| Line::of_year(year)).take(link)
        }
        Entry::Adjustment(adjustment) => adjust(orchestrator, person_id, &place, link, &adjustment, audited).await,
        Entry::ReversedRequest(_) => Ok(()),
    }
}

/// Computes what an adjustment did: every settlement from the first that it changed, as if it had always been so.
async fn adjust(
    orchestrator: &Orchestrator,
    person_id: &PersonId,
    place: &str,
    stored: StoredLink,
    adjustment: &Adjustment,
    audited: &mut Audited,
) -> Result<(), Failure> {
    if adjustment.changes.is_empty() && adjustment.bookings.is_empty() {
        return Ok(());
    }
    let is_changed = |id: &str| adjustment.changes.iter().any(|change| change.settlement_id == id);
    let is_meant = |line: &&mut Line| line.settlements.iter().any(|settlement| is_changed(settlement.settlement_id()));
    let Some(line) = audited.lines.values_mut().find(is_meant) else {
        audited.differs(place, "a change of settlements of the chain", "a change of none");
        return Ok(());
    };
    let before = line.clone();
    line.take(stored)?;
    let after = line.settlements.clone();
    for change in &adjustment.changes {
        let stood = before.settlements.iter().find(|old| old.settlement_id() == change.settlement_id);
        let stood = stood.filter(|old| old.stands()).map(|old| &old.statement);
        let paid = paid_by_source(stood, change.statement.as_ref());
        audited.post(&adjustment.adjustment_id, &change.settlement_id, paid);
    }
    audited.apply(place, booked_moves_of(adjustment));

    let mut counters = Counters::AT_ZERO;
    let mut is_behind = false;
    for settlement in &after {
        is_behind |= is_changed(settlement.settlement_id());
        if !settlement.stands() {
            continue;
        }
        if is_behind {
            let place = format!("{place}: settlement {}", settlement.settlement_id());
            compute(orchestrator, person_id, &place, &settlement.statement, &counters, audited).await?;
        }
        counters.apply(&settlement.statement);
    }
    // Where the settlements that stand leave the counters is where the bookings have to have moved them.
    let year = after.first().map(Standing::service_date).transpose()?.map(|date| date.year());
    let of_year: Vec<_> = audited
        .counters
        .iter()
        .filter(|((_, _, of), _)| Some(*of) == year)
        .map(|(key, value)| (key.clone(), *value))
        .collect();
    for (counter, stands) in of_year {
        let computed = counters.values.get(&counter).copied().unwrap_or(0);
        if computed != stands {
            audited.differs(&format!("{place}: {} leaves {} of {}", counter.0, counter.1, counter.2), computed, stands);
        }
    }
    Ok(())
}

/// Decides a stored case again and compares.
async fn compute(
    orchestrator: &Orchestrator,
    person_id: &PersonId,
    place: &str,
    stored: &proto::Statement,
    counters: &Counters,
    audited: &mut Audited,
) -> Result<(), Failure> {
    let Ok(priced) = PricedCase::try_from(stored.case.clone().unwrap_or_default()) else {
        audited.differs(place, "a case that can be read", "one that cannot");
        return Ok(());
    };
    let computed = match orchestrator
        .decider()
        .decide(person_id, &priced, Basis::Again(Again { counters, statement: stored }))
        .await
    {
        Ok(computed) => computed,
        Err(failure) if failure.is_retryable() => return Err(failure),
        Err(failure) => {
            audited.differs(place, "a case that can be decided", failure);
            return Ok(());
        }
    };
    if computed.amounts != stored.amounts || computed.adjudications != stored.adjudications {
        let (expected, found) = in_words(&computed, stored);
        audited.differs(place, expected, found);
    }
    Ok(())
}

/// Every closed link is in the feed once, in the order of the chain.
async fn compare_feed(
    orchestrator: &Orchestrator,
    person_id: &PersonId,
    links: &[i64],
    audited: &mut Audited,
) -> Result<(), Failure> {
    let journal = orchestrator.journal();
    let fed = journal.feed_of(person_id).await.map_err(|error| failures::of_store(&error))?;
    let told: Vec<i64> = fed.iter().map(|(sequence, _)| *sequence).collect();
    if told != links {
        audited.differs("feed: links", format!("{links:?}"), format!("{told:?}"));
    }
    let positions: Vec<i64> = fed.iter().map(|(_, position)| *position).filter(|position| *position > 0).collect();
    if !positions.is_sorted() {
        audited.differs("feed: numbers in the order of the chain", "rising", format!("{positions:?}"));
    }
    Ok(())
}
