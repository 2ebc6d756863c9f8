//! What the books say in the end, as the platform and its stores tell it, and what the audit says of them.

use std::collections::BTreeMap;

use claim::{CounterKey, PersonId};
use individual_account::AccountBook;
use ledger::Ledger;
use money::Fen;
use onestop::platform::Payer;
use store::Location;
use store::testing::TestStore;
use wire::settlement_v1::ListRequest;
use wire::settlement_v1::one_stop_client::OneStopClient;

use crate::harness;
use crate::load::{HOLDER, person};
use crate::serve;

/// Everything that the books say: settlements with their figures in order, counters, and what each fund paid.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Books {
    pub(crate) settlements: BTreeMap<String, Vec<(i64, String, Option<wire::claim_v1::Amounts>)>>,
    counters: BTreeMap<(String, &'static str), BTreeMap<CounterKey, Fen>>,
    paid: BTreeMap<(String, &'static str), Vec<(claim::Fund, Fen)>>,
    /// What is left in the account that they draw on.
    balance: Option<Fen>,
}

pub(crate) async fn books(location: &Location, persons: usize) -> Books {
    let account = AccountBook::open(location).await.unwrap().account(&PersonId::new(HOLDER).unwrap()).await.unwrap();
    let balance = account.map(|account| account.balance);
    let mut books = Books { settlements: BTreeMap::new(), counters: BTreeMap::new(), paid: BTreeMap::new(), balance };
    let serving = serve(location);
    let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
    for number in 0..persons {
        let request = ListRequest { person_id: person(number), page_size: 500, ..ListRequest::default() };
        let settlements = client.list(request).await.unwrap().into_inner().settlements;
        let settlements =
            settlements.into_iter().map(|settled| (settled.sequence, settled.request_id, settled.amounts));
        books.settlements.insert(person(number), settlements.collect());
    }
    serving.stop();
    for payer in Payer::ALL {
        let ledger = Ledger::open(location, payer.service()).await.unwrap();
        for number in 0..persons {
            let person_id = PersonId::new(&person(number)).unwrap();
            let counters = ledger.counters_of_year(&person_id, 2023).await.unwrap();
            books.counters.insert((person(number), payer.service()), counters.into_iter().collect());
            let postings = ledger.list_postings(&person_id, 500, None).await.unwrap();
            let mut paid: Vec<_> = postings.postings.iter().map(|posting| (posting.fund, posting.paid)).collect();
            paid.sort_unstable();
            books.paid.insert((person(number), payer.service()), paid);
        }
    }
    books
}

/// Has every chain computed again; it must hold so many links, and nothing may differ.
pub(crate) fn assert_audited(store: &TestStore, persons: usize, links: usize) {
    let audit = harness::run(harness::onestop(&store.location).arg("audit"));
    let told = harness::text(&audit.stdout);
    assert!(audit.status.success() && told.ends_with("\n0 differences\n"), "{}: {told}", store.name);
    assert!(told.starts_with(&format!("{persons} persons, {links} links, ")), "{}: {told}", store.name);
}
