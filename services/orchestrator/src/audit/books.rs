//! The payers' books of one person, compared with what the chain says.

use std::collections::BTreeMap;

use claim::PersonId;
use wire::payer_v1::Counter;
use wire::{Failure, claim_v1 as proto};

use super::chain::{Audited, PostingKey};
use crate::counters::PayerCounter;
use crate::settle::Orchestrator;

/// Compares counters and postings of every payer.
pub(super) async fn compare(
    orchestrator: &Orchestrator,
    person_id: &PersonId,
    audited: &mut Audited,
) -> Result<(), Failure> {
    let payers = &orchestrator.decider().payers;
    let mut held = BTreeMap::<PayerCounter, i64>::new();
    for (payer, counters) in payers.counters(person_id, None).await? {
        let of = |counter: Counter| ((payer.clone(), counter.counter, counter.benefit_year), counter.value_fen);
        held.extend(counters.into_iter().map(of));
    }
    let counters = audited.counters.clone();
    for_each_difference(&counters, &held, |(payer, name, year), expected, found| {
        audited.differs(&format!("{payer}: counter {name} of {year}"), expected, found);
    });
    let mut posted = BTreeMap::<PostingKey, i64>::new();
    for payer in payers.names() {
        for posting in payers.postings(payer, person_id).await? {
            audited.findings.postings = audited.findings.postings.saturating_add(1);
            let source = (payer.to_string(), posting.fund, posting.family_account_person_id);
            let (entry_id, settlement_id) = (posting.entry_id, posting.settlement_id);
            let key = PostingKey { source, entry_id, settlement_id };
            *posted.entry(key).or_insert(0) += posting.paid_fen;
        }
    }
    let postings = audited.postings.clone();
    for_each_difference(&postings, &posted, |PostingKey { source, entry_id, settlement_id }, expected, found| {
        let (payer, fund, holder) = source;
        let fund = proto::Fund::try_from(*fund).map_or("FUND", |fund| fund.as_str_name());
        let of = if holder.is_empty() { String::new() } else { format!(" of {holder}") };
        let place = format!("{payer}: posting of {entry_id} for settlement {settlement_id}, {fund}{of}");
        audited.differs(&place, expected, found);
    });
    Ok(())
}

/// Where two maps differ; what is absent is zero.
fn for_each_difference<K: Ord>(
    expected: &BTreeMap<K, i64>,
    found: &BTreeMap<K, i64>,
    mut differs: impl FnMut(&K, i64, i64),
) {
    let keys: std::collections::BTreeSet<&K> = expected.keys().chain(found.keys()).collect();
    for key in keys {
        let value = |map: &BTreeMap<K, i64>| map.get(key).copied().unwrap_or(0);
        if value(expected) != value(found) {
            differs(key, value(expected), value(found));
        }
    }
}
