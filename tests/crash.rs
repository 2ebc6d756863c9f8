//! The real process killed in the middle of settling, on both stores: one settlement a request, and the books of a run
//! without a kill.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod harness;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claim::{CounterKey, PersonId};
use futures::future::join_all;
use ledger::Ledger;
use money::Fen;
use onestop::platform::Payer;
use store::Location;
use store::testing::TestStore;
use tokio::sync::Notify;
use wire::claim_v1::{Case, Statement};
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{CancelRequest, FeedRequest, ListRequest, SettleRequest};

use harness::{HOSPITAL_1, HOSPITAL_2, HOSPITAL_3, Serving, date, stay, visit};

const PERSONS: usize = 12;
/// Each person's second settlement is cancelled when so many were made, and the later ones are decided anew.
const CANCELLED_AFTER: usize = 4;
/// Six settlements and a cancellation.
const LINKS_EACH: usize = 7;
/// The process is killed when so many requests of a round were answered.
const KILLS: [usize; 9] = [0, 1, 3, 7, 12, 18, 25, 33, 45];

fn person(number: usize) -> String {
    format!("p{number:03}")
}

/// Persons of every kind: employees in service and retired, residents with and without a category.
fn write_register(directory: &std::path::Path) -> Vec<PathBuf> {
    let mut persons =
        String::from("person_id,birth_date,sex,kunming_household,disability_level,scheme,employment,from,to\n");
    let mut categories = String::from("person_id,category,from,to\n");
    for number in 0..PERSONS {
        let (scheme, employment) =
            [("employee", "active"), ("resident", ""), ("employee", "retired"), ("resident", "")][number % 4];
        let person = person(number);
        writeln!(persons, "{person},1970-01-01,female,true,0,{scheme},{employment},2019-12-01,").unwrap();
        if number % 4 == 3 {
            writeln!(categories, "{person},subsistence-allowance,2021-01-01,").unwrap();
        }
    }
    let (person_file, category_file) = (directory.join("persons.csv"), directory.join("categories.csv"));
    std::fs::write(&person_file, persons).unwrap();
    std::fs::write(&category_file, categories).unwrap();
    let mut files = vec![person_file, category_file];
    files.extend_from_slice(&harness::register_files()[2..]);
    files
}

/// What one person has settled, in order: stays that cross ceilings, and visits of employees.
fn cases_of(number: usize) -> Vec<(String, Case)> {
    let person = person(number);
    let is_employee = number.is_multiple_of(2);
    let hospitals = [HOSPITAL_1, HOSPITAL_2, HOSPITAL_3];
    (1..=6)
        .map(|month| {
            let hospital = hospitals[(number + usize::try_from(month).unwrap()) % 3];
            let amount_fen = 1_234_567 * i64::from(month) + i64::try_from(number).unwrap();
            let case = if is_employee && month % 2 == 0 {
                visit(&person, hospital, date(2023, month, 10), amount_fen / 10)
            } else {
                stay(&person, hospital, date(2023, month, 2), date(2023, month, 20), amount_fen)
            };
            (format!("{person}-{month}"), case)
        })
        .collect()
}

/// Sends a person's requests one after the other, all of them again from the first, until one is not answered.
async fn send_all(
    endpoint: &str,
    number: usize,
    first_answers: &Answers,
    answered: &AtomicUsize,
    enough: &Notify,
    kill_after: usize,
) {
    let mut client = OneStopClient::new(host::remote(endpoint).unwrap());
    let note = || {
        if answered.fetch_add(1, Ordering::SeqCst) + 1 == kill_after {
            enough.notify_one();
        }
    };
    let mut settled = Vec::new();
    for (request_id, case) in cases_of(number) {
        let request = SettleRequest { request_id: request_id.clone(), case: Some(case) };
        let Ok(answer) = client.settle(request).await else { return };
        let statement = answer.into_inner().statement.unwrap();
        first_answers.check(request_id, &statement);
        settled.push(statement.settlement_id);
        note();
        if settled.len() == CANCELLED_AFTER {
            let request = CancelRequest {
                request_id: format!("{}-cancel", person(number)),
                settlement_id: settled[1].clone(),
                readjudicate_later: true,
                across_years: false,
            };
            let Ok(_) = client.cancel(request).await else { return };
            note();
        }
    }
}

/// The first answer to each request: every later one has to be the same.
#[derive(Default)]
struct Answers(std::sync::Mutex<BTreeMap<String, Statement>>);

impl Answers {
    fn check(&self, request_id: String, statement: &Statement) {
        let mut answers = self.0.lock().unwrap();
        let first = answers.entry(request_id).or_insert_with(|| statement.clone());
        assert_eq!(first, statement, "a request was answered in two ways");
    }
}

fn serve(location: &Location) -> Serving {
    Serving::start(harness::onestop(location).args(["serve", "--listen", "127.0.0.1:0"]))
}

/// Serves and settles; kills the process once `kill_after` requests were answered, or lets it finish where that is
/// `None`.
async fn round(location: &Location, answers: &Arc<Answers>, kill_after: Option<usize>) {
    let serving = serve(location);
    let enough = Arc::new(Notify::new());
    let answered = Arc::new(AtomicUsize::new(0));
    let threshold = kill_after.unwrap_or(usize::MAX);
    let senders: Vec<_> = (0..PERSONS)
        .map(|number| {
            let (endpoint, answers) = (serving.endpoint.clone(), Arc::clone(answers));
            let (answered, enough) = (Arc::clone(&answered), Arc::clone(&enough));
            tokio::spawn(async move { send_all(&endpoint, number, &answers, &answered, &enough, threshold).await })
        })
        .collect();
    match kill_after {
        Some(0) => serving.kill(),
        Some(_) => {
            enough.notified().await;
            serving.kill();
        }
        None => {
            for sender in senders {
                sender.await.unwrap();
            }
            assert_eq!(answered.load(Ordering::SeqCst), PERSONS * LINKS_EACH);
            serving.stop();
            return;
        }
    }
    for sender in join_all(senders).await {
        sender.unwrap();
    }
}

/// Everything that the books say: settlements with their figures in order, counters, and what each fund paid.
#[derive(Debug, PartialEq, Eq)]
struct Books {
    settlements: BTreeMap<String, Vec<(i64, String, Option<wire::claim_v1::Amounts>)>>,
    counters: BTreeMap<(String, &'static str), BTreeMap<CounterKey, Fen>>,
    paid: BTreeMap<(String, &'static str), Vec<(claim::Fund, Fen)>>,
}

async fn books(location: &Location) -> Books {
    let mut books = Books { settlements: BTreeMap::new(), counters: BTreeMap::new(), paid: BTreeMap::new() };
    let serving = serve(location);
    let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
    for number in 0..PERSONS {
        let request = ListRequest { person_id: person(number), page_size: 500, ..ListRequest::default() };
        let settlements = client.list(request).await.unwrap().into_inner().settlements;
        let settlements =
            settlements.into_iter().map(|settled| (settled.sequence, settled.request_id, settled.amounts));
        books.settlements.insert(person(number), settlements.collect());
    }
    serving.stop();
    for payer in Payer::ALL {
        let ledger = Ledger::open(location, payer.service()).await.unwrap();
        for number in 0..PERSONS {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_point_leaves_one_settlement_a_request_and_the_books_of_a_run_without_it() {
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path());
    let undisturbed = TestStore::sqlite();
    harness::import(&undisturbed.location, &register);
    round(&undisturbed.location, &Arc::default(), None).await;
    let expected = books(&undisturbed.location).await;
    for settlements in expected.settlements.values() {
        assert_eq!(settlements.len(), 6);
    }
    for store in TestStore::each().await {
        harness::import(&store.location, &register);
        let answers = Arc::default();
        for kill_after in KILLS {
            round(&store.location, &answers, Some(kill_after)).await;
        }
        round(&store.location, &answers, None).await;
        assert_eq!(books(&store.location).await, expected, "{}", store.name);
        let audit = harness::run(harness::onestop(&store.location).arg("audit"));
        let told = harness::text(&audit.stdout);
        assert!(audit.status.success() && told.ends_with("\n0 differences\n"), "{}: {told}", store.name);
        assert!(
            told.starts_with(&format!("{PERSONS} persons, {} links, ", PERSONS * LINKS_EACH)),
            "{}: {told}",
            store.name
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_platforms_on_one_database_that_get_every_request_at_once_keep_the_books_of_one() {
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path());
    let alone = TestStore::sqlite();
    harness::import(&alone.location, &register);
    round(&alone.location, &Arc::default(), None).await;
    let expected = books(&alone.location).await;

    let store = TestStore::postgres().await;
    harness::import(&store.location, &register);
    let platforms = [serve(&store.location), serve(&store.location)];
    let answers = Arc::new(Answers::default());
    // Every request goes to both, so that each of them is a race for one place in one chain.
    let senders = platforms.iter().flat_map(|platform| (0..PERSONS).map(move |number| (platform, number)));
    let senders = senders.map(|(platform, number)| {
        let (endpoint, answers) = (platform.endpoint.clone(), Arc::clone(&answers));
        tokio::spawn(async move {
            let (answered, enough) = (AtomicUsize::new(0), Notify::new());
            send_all(&endpoint, number, &answers, &answered, &enough, usize::MAX).await;
            assert_eq!(answered.load(Ordering::SeqCst), LINKS_EACH);
        })
    });
    for sender in join_all(senders.collect::<Vec<_>>()).await {
        sender.unwrap();
    }
    platforms.into_iter().for_each(Serving::stop);
    assert_eq!(books(&store.location).await, expected);
    let audit = harness::run(harness::onestop(&store.location).arg("audit"));
    assert!(audit.status.success(), "{}", harness::text(&audit.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_asked_to_stop_finishes_what_it_accepted_and_lets_those_go_who_wait() {
    let files = tempfile::tempdir().unwrap();
    let register = write_register(files.path());
    let store = TestStore::sqlite();
    harness::import(&store.location, &register);
    let serving = serve(&store.location);
    let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
    let mut feed = client.feed(FeedRequest::default()).await.unwrap().into_inner();
    let in_flight = (0..PERSONS).map(|number| {
        let mut client = client.clone();
        let (request_id, case) = cases_of(number).remove(0);
        tokio::spawn(async move { client.settle(SettleRequest { request_id, case: Some(case) }).await })
    });
    let in_flight: Vec<_> = in_flight.collect();
    // The first link in the feed: by now every request is on its way.
    assert_eq!(feed.message().await.unwrap().unwrap().cursor, 1);
    serving.stop();
    let outcomes = join_all(in_flight).await;
    let answered: Vec<_> = outcomes.into_iter().filter_map(|outcome| outcome.unwrap().ok()).collect();
    while let Ok(Some(_)) = feed.message().await {}

    let serving = serve(&store.location);
    let mut client = OneStopClient::new(host::remote(&serving.endpoint).unwrap());
    for answer in answered {
        let statement = answer.into_inner().statement.unwrap();
        let request = ListRequest { person_id: statement.person_id, ..ListRequest::default() };
        let settled = client.list(request).await.unwrap().into_inner().settlements;
        assert_eq!(settled[0].settlement_id, statement.settlement_id);
    }
    serving.stop();
    let audit = harness::run(harness::onestop(&store.location).arg("audit"));
    assert!(audit.status.success(), "{}", harness::text(&audit.stdout));
}
