//! A person's history: the links of a year, whether the whole chain holds, and where the counters stand.

use chrono::Datelike;
use claim::PersonId;
use wire::Failure;
use wire::journal_v1::Link;
use wire::journal_v1::adjustment::Cause;
use wire::settlement_v1::get_history_response::Part;
use wire::settlement_v1::{ChainCheck, GetHistoryResponse, HistoryLink, PayerCounters};

use crate::answers::{Answers, Reader, Stop, answers};
use crate::chain::{Entry, StoredLink};
use crate::failures;
use crate::settle::Orchestrator;
use crate::standing::date_of;
use crate::verify::{BrokenLink, Verifier};

/// How many links are read at once.
const LINKS_READ: i64 = 64;

impl Orchestrator {
    /// The links of `benefit_year`, then each payer's counters, then what the check of the whole chain found.
    pub(crate) fn history(&self, person_id: PersonId, benefit_year: i32) -> Answers<GetHistoryResponse> {
        let orchestrator = self.clone();
        answers(|reader| async move { orchestrator.tell_history(person_id, benefit_year, &reader).await })
    }

    async fn tell_history(
        &self,
        person_id: PersonId,
        benefit_year: i32,
        reader: &Reader<GetHistoryResponse>,
    ) -> Result<(), Stop> {
        let tell = |part| reader.send(GetHistoryResponse { part: Some(part) });
        let mut verifier = Verifier::new(person_id.clone());
        let mut first_broken: Option<BrokenLink> = None;
        let mut links = 0_i64;
        loop {
            let from = verifier.head().0.saturating_add(1);
            let rows = self.journal().links_from(&person_id, from, LINKS_READ).await;
            let rows = rows.map_err(|error| failures::of_store(&error))?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                links = links.saturating_add(1);
                if let Err(broken) = verifier.take(&row) {
                    first_broken.get_or_insert(broken);
                }
                // An edited link is told as it is now, where it can be read at all.
                if let Ok(link) = crate::chain::read(&row.document)
                    && is_of_year(&link, benefit_year)
                {
                    tell(Part::Link(HistoryLink { link: Some(message_of(link)), hash: row.hash })).await?;
                }
            }
        }
        for (payer, counters) in self.decider().payers.counters(&person_id, Some(benefit_year)).await? {
            tell(Part::Counters(PayerCounters { payer, counters })).await?;
        }
        let head_hash = verifier.head().1.to_vec();
        let broken = first_broken.map(|BrokenLink { sequence, fault }| (sequence, fault.to_owned()));
        let (first_broken_sequence, fault) = broken.unwrap_or_default();
        tell(Part::Check(ChainCheck { links, first_broken_sequence, fault, head_hash })).await
    }
}

/// Whether a link is about a settlement of the year. A reversed request has no year and is told with every one.
fn is_of_year(link: &StoredLink, benefit_year: i32) -> bool {
    let is_of_year = |date| date_of(date).is_some_and(|date| date.year() == benefit_year);
    match &link.entry {
        Entry::Settlement(settlement) => settlement.case.as_ref().is_some_and(|case| is_of_year(case.service_date)),
        Entry::Adjustment(adjustment) => match &adjustment.cause {
            Some(Cause::Readjudication(readjudication)) => is_of_year(readjudication.from_date),
            Some(Cause::Cancellation(_) | Cause::Reversal(_)) | None => {
                adjustment.changes.iter().any(|change| is_of_year(change.service_date))
            }
        },
        Entry::ReversedRequest(_) => true,
    }
}

fn message_of(link: StoredLink) -> Link {
    let StoredLink { person_id, sequence, previous_hash, caller, request_id, recorded_time, entry } = link;
    let recorded_time = Some(recorded_time);
    Link { person_id, sequence, previous_hash, caller, request_id, recorded_time, entry: Some(entry) }
}

/// A stored link as the contract has it.
///
/// # Errors
/// Bytes that are not a link.
pub(crate) fn link_message(document: &[u8]) -> Result<Link, Failure> {
    crate::chain::read(document).map(message_of).map_err(Failure::invariant_violated)
}
