//! The audit: every person's chain computed again from scratch, and compared with what the journal, the payers' books
//! and the feed hold.
//!
//! Counters start at zero and are moved by what is computed, so nothing that a ledger says goes into the computation.
//! The rules are those of today: a document that was published late shows here, as another version of the rules, until
//! the year is decided anew.

mod books;
mod chain;
mod words;

use std::collections::HashSet;

use claim::PersonId;
use futures::stream::{self, StreamExt};
use wire::Failure;
use wire::payer_v1::BookFault;
use wire::settlement_v1::audit_response::Part;
use wire::settlement_v1::{AuditDifference, AuditResponse, AuditTotals};

use crate::answers::{Answers, Reader, Stop, answers};
use crate::chain::Place;
use crate::failures;
use crate::settle::Orchestrator;

/// How many persons are read at once.
const PERSONS_READ: u32 = 500;
/// How many persons are audited at once.
const AUDITED_AT_ONCE: usize = 8;
/// How often a person is looked at again who is settled for meanwhile.
const LOOKS_MAX: usize = 20;

/// Something that does not agree about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) place: String,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Difference {
    pub(crate) fn new(
        place: impl Into<String>,
        expected: impl std::fmt::Display,
        found: impl std::fmt::Display,
    ) -> Self {
        Self { place: place.into(), expected: expected.to_string(), found: found.to_string() }
    }
}

/// What the audit of one person went through.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) links: i64,
    pub(crate) postings: i64,
    pub(crate) differences: Vec<Difference>,
}

impl Orchestrator {
    /// The differences of one person, or of everybody, and the totals.
    pub(crate) fn audit(&self, person_id: Option<PersonId>) -> Answers<AuditResponse> {
        let orchestrator = self.clone();
        answers(|reader| async move { orchestrator.tell_audit(person_id, &reader).await })
    }

    async fn tell_audit(&self, person_id: Option<PersonId>, reader: &Reader<AuditResponse>) -> Result<(), Stop> {
        let mut telling = Telling { reader, totals: AuditTotals::default() };
        if let Some(person_id) = person_id {
            self.audit_persons(vec![person_id], &mut telling).await?;
        } else {
            self.audit_holds(&mut telling).await?;
            self.audit_chains(&mut telling).await?;
            self.audit_persons_without_chain(&mut telling).await?;
            self.audit_payers_against_themselves(&mut telling).await?;
            self.audit_feed(&mut telling).await?;
        }
        let Telling { reader, totals } = telling;
        reader.send(AuditResponse { part: Some(Part::Totals(totals)) }).await
    }

    /// No hold outlives its time, once somebody has looked.
    async fn audit_holds(&self, telling: &mut Telling<'_>) -> Result<(), Stop> {
        let left = self.end_expired_holds().await;
        if left > 0 {
            telling.difference("", Difference::new("holds whose time is over", 0, left)).await?;
        }
        Ok(())
    }

    /// What payers keep in two ways, such as an account's balance and its movements.
    async fn audit_payers_against_themselves(&self, telling: &mut Telling<'_>) -> Result<(), Stop> {
        let payers = &self.decider().payers;
        for payer in payers.names() {
            let mut after = Some(String::new());
            while let Some(place) = after {
                let (faults, next) = payers.check_books(payer, place, PERSONS_READ).await?;
                for BookFault { person_id, place, expected, found } in faults {
                    let difference = Difference::new(format!("{payer}: {place}"), expected, found);
                    telling.difference(&person_id, difference).await?;
                }
                after = next;
            }
        }
        Ok(())
    }

    async fn audit_chains(&self, telling: &mut Telling<'_>) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let page = self.journal().persons(after.as_ref(), i64::from(PERSONS_READ)).await;
            let page = page.map_err(|error| failures::of_store(&error))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            self.audit_persons(page, telling).await?;
        }
    }

    /// Persons in a payer's books of whom the journal knows nothing; each is told once.
    async fn audit_persons_without_chain(&self, telling: &mut Telling<'_>) -> Result<(), Stop> {
        let payers = &self.decider().payers;
        let mut told = HashSet::new();
        for payer in payers.names() {
            let mut after = None;
            loop {
                let page = payers.persons(payer, after.as_ref(), PERSONS_READ).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.clone());
                let known = self.journal().with_chain(&page).await.map_err(|error| failures::of_store(&error))?;
                for person_id in page.into_iter().filter(|person| !known.contains(person)) {
                    if told.insert(person_id.clone()) {
                        let found = format!("none, but {payer} has booked");
                        let difference = Difference::new("chain", "a chain", found);
                        let findings = Findings { differences: vec![difference], ..Findings::default() };
                        telling.person(&person_id, findings).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn audit_persons(&self, persons: Vec<PersonId>, telling: &mut Telling<'_>) -> Result<(), Stop> {
        let audited = stream::iter(persons).map(|person_id| async move {
            let findings = self.audit_person(&person_id).await;
            (person_id, findings)
        });
        let mut audited = std::pin::pin!(audited.buffered(AUDITED_AT_ONCE));
        while let Some((person_id, findings)) = audited.next().await {
            telling.person(&person_id, findings?).await?;
        }
        Ok(())
    }

    /// Audits a person; one who is settled for meanwhile is looked at again.
    async fn audit_person(&self, person_id: &PersonId) -> Result<Findings, Failure> {
        for _ in 0..LOOKS_MAX {
            let head = self.closed_head(person_id).await?;
            let findings = self.look_at(person_id).await?;
            if findings.differences.is_empty() || self.closed_head(person_id).await? == head {
                return Ok(findings);
            }
        }
        let difference = Difference::new("chain", "a chain that rests for a moment", "one that goes on growing");
        Ok(Findings { differences: vec![difference], ..Findings::default() })
    }

    /// Where the chain ends, with its last link booked.
    async fn closed_head(&self, person_id: &PersonId) -> Result<i64, Failure> {
        let head = self.head_of(person_id).await?;
        if head.open {
            let place = Place { person_id: person_id.clone(), sequence: head.sequence };
            // A link that cannot be booked shows as a difference of the books.
            if let Err(failure) = self.finish(&place).await {
                tracing::warn!(reason = failure.reason_name(), "a link stays open");
            }
        }
        Ok(head.sequence)
    }

    async fn look_at(&self, person_id: &PersonId) -> Result<Findings, Failure> {
        let mut audited = Box::pin(chain::audit(self, person_id)).await?;
        books::compare(self, person_id, &mut audited).await?;
        Ok(audited.findings)
    }

    /// The feed as a whole: numbered from 1 without a gap, up to where numbering goes on.
    async fn audit_feed(&self, telling: &mut Telling<'_>) -> Result<(), Stop> {
        let counts = self.journal().feed_counts().await.map_err(|error| failures::of_store(&error))?;
        for (place, expected, found) in [
            ("feed: first number", 1, counts.first),
            ("feed: last number", counts.links, counts.last),
            ("feed: where numbering goes on", counts.links, counts.head),
        ] {
            if expected != found {
                telling.difference("", Difference::new(place, expected, found)).await?;
            }
        }
        Ok(())
    }
}

/// Hands findings over and counts them.
struct Telling<'r> {
    reader: &'r Reader<AuditResponse>,
    totals: AuditTotals,
}

impl Telling<'_> {
    async fn person(&mut self, person_id: &PersonId, findings: Findings) -> Result<(), Stop> {
        self.totals.persons = self.totals.persons.saturating_add(1);
        self.totals.links = self.totals.links.saturating_add(findings.links);
        self.totals.postings = self.totals.postings.saturating_add(findings.postings);
        for difference in findings.differences {
            self.difference(person_id.as_str(), difference).await?;
        }
        Ok(())
    }

    async fn difference(&mut self, person_id: &str, difference: Difference) -> Result<(), Stop> {
        self.totals.differences = self.totals.differences.saturating_add(1);
        let Difference { place, expected, found } = difference;
        let difference = AuditDifference { person_id: person_id.to_owned(), place, expected, found };
        self.reader.send(AuditResponse { part: Some(Part::Difference(difference)) }).await
    }
}
