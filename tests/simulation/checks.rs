//! What has to hold when everything rests: the platform says what its callers know, and the audit finds no difference.

use std::collections::{BTreeMap, BTreeSet};

use host::Transport;
use wire::account_v1::GetAccountRequest;
use wire::payer_v1::ListPostingsRequest;
use wire::settlement_v1::audit_response::Part;
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{AuditRequest, FeedRequest, GetRequest, ListRequest, SettlementState};

use crate::model::{Book, drawn_by};
use crate::platform::{Platform, Replica};
use crate::run::{Holder, Run};

/// How many persons are checked in between.
const SOME: usize = 20;

/// Checks some of the persons, and every account.
pub(crate) async fn some_persons(run: &mut Run) {
    let persons: Vec<_> = run.books.keys().cloned().collect();
    for _ in 0..SOME.min(persons.len()) {
        let person_id = run.dice.one_of(&persons).clone();
        person(&run.platform, &run.replicas[0], &run.books[&person_id], &person_id).await;
        audit(&run.replicas[0], &person_id).await;
    }
    accounts(run).await;
}

/// Checks every person, every account and the feed, and has the platform audited.
pub(crate) async fn everything(run: &mut Run) {
    let persons: Vec<_> = run.books.keys().cloned().collect();
    for person_id in &persons {
        person(&run.platform, &run.replicas[0], &run.books[person_id], person_id).await;
    }
    accounts(run).await;
    run.feed.read_on(&mut run.replicas[1].client, usize::MAX).await;
    run.feed.check(&run.books);
    let links: usize = run.books.values().map(|book| book.links).sum();
    assert_eq!(audit(&run.replicas[0], "").await, links);
}

/// The audit of a person, or of everybody, finds no difference; answers how many links it went through.
pub(crate) async fn audit(replica: &Replica, person_id: &str) -> usize {
    let request = AuditRequest { person_id: person_id.to_owned() };
    let mut parts = replica.client.clone().audit(request).await.unwrap().into_inner();
    let mut differences = Vec::new();
    while let Some(answer) = parts.message().await.unwrap() {
        match answer.part.unwrap() {
            Part::Difference(difference) => differences.push(difference),
            Part::Totals(totals) => {
                assert_eq!(differences, Vec::new(), "the audit of {person_id:?}");
                return usize::try_from(totals.links).unwrap();
            }
        }
    }
    panic!("an audit without totals")
}

/// Every answered settlement is in the chain once and as it was answered, and what each payer paid is what it says.
pub(crate) async fn person(platform: &Platform, replica: &Replica, book: &Book, person_id: &str) {
    let mut client = replica.client.clone();
    let request = ListRequest { person_id: person_id.to_owned(), page_size: 500, ..ListRequest::default() };
    let listed = client.list(request).await.unwrap().into_inner().settlements;
    let listed: Vec<_> =
        listed.iter().rev().map(|of| (of.settlement_id.clone(), of.request_id.clone(), of.state())).collect();
    let known: Vec<_> = book.settlements.iter().map(|of| (of.settlement_id.clone(), of.request_id.clone())).collect();
    // A settlement of which the caller only learned that it was cancelled is known later than it was made.
    let sorted = |ids: &[(String, String)]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let told: Vec<_> = listed.iter().map(|(id, request, _)| (id.clone(), request.clone())).collect();
    assert_eq!((told.len(), sorted(&told)), (known.len(), sorted(&known)), "{person_id}");
    let states: BTreeMap<_, _> = listed.into_iter().map(|(id, _, state)| (id, state)).collect();
    let mut paid = paid_by_payers(platform, person_id).await;
    for known in &book.settlements {
        let is_cancelled = states[&known.settlement_id] == SettlementState::Cancelled;
        assert_eq!(is_cancelled, !known.stands, "{known:?}");
        let request = GetRequest { settlement_id: known.settlement_id.clone() };
        let got = client.get(request).await.unwrap().into_inner().statement;
        assert!(known.statement.is_none() || got == known.statement, "{} is told otherwise", known.settlement_id);
        let standing = known.statement.as_ref().filter(|_| known.stands);
        let portions = standing.iter().flat_map(|statement| &statement.adjudications).flat_map(|of| &of.portions);
        let mut expected = BTreeMap::new();
        for portion in portions {
            *expected.entry((portion.fund, portion.family_account_person_id.clone())).or_insert(0) += portion.paid_fen;
        }
        expected.retain(|_, fen| *fen != 0);
        let mut posted = paid.remove(&known.settlement_id).unwrap_or_default();
        posted.retain(|_, fen| *fen != 0);
        assert_eq!(posted, expected, "{known:?}");
    }
    assert_eq!(paid, BTreeMap::new(), "{person_id}: paid for what was never answered");
}

type Paid = BTreeMap<(i32, String), i64>;

/// What the payers' books say, by settlement, fund and account.
async fn paid_by_payers(platform: &Platform, person_id: &str) -> BTreeMap<String, Paid> {
    let mut paid = BTreeMap::<String, Paid>::new();
    for (_, mut payer) in platform.payers() {
        let mut page_token = String::new();
        loop {
            let request = ListPostingsRequest { person_id: person_id.to_owned(), page_size: 500, page_token };
            let page = payer.list_postings(request).await.unwrap().into_inner();
            for posting in page.postings {
                let source = (posting.fund, posting.family_account_person_id);
                *paid.entry(posting.settlement_id).or_default().entry(source).or_insert(0) += posting.paid_fen;
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
    }
    paid
}

/// Every account holds what was paid in less what standing settlements draw on it; nothing is held.
async fn accounts(run: &Run) {
    let mut drawn = BTreeMap::<&str, i64>::new();
    for (person_id, book) in &run.books {
        for statement in book.standing() {
            for (holder, fen) in drawn_by(statement) {
                let holder = run.holders.get_key_value(&holder).map_or(person_id.as_str(), |(holder, _)| holder);
                *drawn.entry(holder).or_insert(0) += fen;
            }
        }
    }
    for (person_id, Holder { paid_in_fen, is_closed }) in &run.holders {
        let request = GetAccountRequest { person_id: person_id.clone() };
        let Ok(account) = run.platform.accounts.clone().get_account(request).await else {
            assert_eq!(*paid_in_fen, 0, "{person_id}");
            continue;
        };
        let account = account.into_inner();
        let balance = paid_in_fen - drawn.get(person_id.as_str()).unwrap_or(&0);
        assert!(balance >= 0, "{person_id} is below zero");
        let found = (account.balance_fen, account.held_fen, account.closed_time.is_some());
        assert_eq!(found, (balance, 0, *is_closed), "{person_id}");
    }
}

/// Reads the feed from a cursor and forgets sometimes how far it came.
#[derive(Debug, Default)]
pub(crate) struct Consumer {
    /// What was told, in order: person, place in the chain, hash.
    told: Vec<(String, i64, Vec<u8>)>,
}

impl Consumer {
    /// Takes up to `count` links behind the cursor.
    pub(crate) async fn read_on(&mut self, client: &mut OneStopClient<Transport>, count: usize) {
        let request = FeedRequest { cursor: i64::try_from(self.told.len()).unwrap(), stop_at_end: true };
        let mut links = client.feed(request).await.unwrap().into_inner();
        for _ in 0..count {
            let Some(message) = links.message().await.unwrap() else { return };
            let link = message.link.unwrap();
            self.told.push((link.person_id, link.sequence, message.hash));
            assert_eq!(usize::try_from(message.cursor).unwrap(), self.told.len(), "a number is left out");
        }
    }

    /// Dies before it has stored how far it came with the last links.
    pub(crate) fn forget_since(&mut self, count: usize) {
        self.told.truncate(self.told.len().saturating_sub(count));
    }

    /// Each chain from its first link to its last, in order, and nothing else.
    pub(crate) fn check(&self, books: &BTreeMap<String, Book>) {
        let mut ends = BTreeMap::<&str, i64>::new();
        for (person_id, sequence, _) in &self.told {
            let end = ends.entry(person_id).or_default();
            *end += 1;
            assert_eq!(sequence, end, "{person_id}");
        }
        for (person_id, book) in books {
            let end = ends.remove(person_id.as_str()).unwrap_or_default();
            assert_eq!(usize::try_from(end).unwrap(), book.links, "{person_id}");
        }
        assert_eq!(ends, BTreeMap::new());
    }

    /// Every link in the order of the persons and of their chains. The hash of a link covers all of it.
    pub(crate) fn links_by_person(&self) -> Vec<u8> {
        let mut links: Vec<_> = self.told.iter().collect();
        links.sort_unstable();
        links.into_iter().flat_map(|(_, _, hash)| hash.clone()).collect()
    }
}
