//! Persons, what they settle and cancel, and callers that send it again until it is answered.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::NaiveDate;
use claim::{Kinship, MovementKind, PersonId, RequestId};
use futures::future::{BoxFuture, try_join_all};
use host::{Clock, Transport};
use individual_account::{AccountBook, Authorisation, Credit};
use money::Fen;
use store::Location;
use tokio::sync::watch;
use tonic::{Response, Status};
use wire::claim_v1::{Case, Statement};
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{CancelRequest, SettleRequest};
use wire::{ErrorReason, Failure};

use crate::harness::{self, HOSPITAL_1, HOSPITAL_2, HOSPITAL_3, date, stay, visit};

/// A person settles so many cases.
pub(crate) const CASES_EACH: usize = 6;
/// Each person's second settlement is cancelled when so many were made, and the later ones are decided anew.
pub(crate) const CANCELLED_AFTER: usize = 4;
/// Six settlements and a cancellation.
pub(crate) const LINKS_EACH: usize = CASES_EACH + 1;
/// Whose account pays for every third person, and is never empty, so that it does not matter who comes first.
pub(crate) const HOLDER: &str = "holder";
/// How long a caller waits who is told to come again.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn person(number: usize) -> String {
    format!("p{number:03}")
}

/// Persons of every kind: employees in service and retired, residents with and without a category.
pub(crate) fn write_register(directory: &Path, persons: usize) -> Vec<PathBuf> {
    let mut rows =
        String::from("person_id,birth_date,sex,kunming_household,disability_level,scheme,employment,from,to\n");
    let mut categories = String::from("person_id,category,from,to\n");
    for number in 0..persons {
        let (scheme, employment) =
            [("employee", "active"), ("resident", ""), ("employee", "retired"), ("resident", "")][number % 4];
        let person = person(number);
        writeln!(rows, "{person},1970-01-01,female,true,0,{scheme},{employment},2019-12-01,").unwrap();
        if number % 4 == 3 {
            writeln!(categories, "{person},subsistence-allowance,2021-01-01,").unwrap();
        }
    }
    let (person_file, category_file) = (directory.join("persons.csv"), directory.join("categories.csv"));
    std::fs::write(&person_file, rows).unwrap();
    std::fs::write(&category_file, categories).unwrap();
    let mut files = vec![person_file, category_file];
    files.extend_from_slice(&harness::register_files()[2..]);
    files
}

/// Opens the account that persons draw on.
pub(crate) async fn open_account(location: &Location, persons: usize) {
    let book = AccountBook::open(location).await.unwrap();
    let (holder, now) = (PersonId::new(HOLDER).unwrap(), Clock::system().now());
    let credit = Credit {
        person_id: holder.clone(),
        request_id: RequestId::new("opening").unwrap(),
        reference: "opening".to_owned(),
        excludes: Vec::new(),
        amounts: vec![(MovementKind::Opening, Fen::new(1_000_000_000_000))],
    };
    book.credit(credit, now).await.unwrap();
    for number in (0..persons).filter(|number| number.is_multiple_of(3)) {
        let authorisation = Authorisation {
            person_id: holder.clone(),
            member_id: PersonId::new(&person(number)).unwrap(),
            kinship: Kinship::Child,
            from_date: NaiveDate::from_ymd_opt(2023, 1, 1).unwrap(),
            to_date: None,
        };
        book.authorise(&authorisation, now).await.unwrap();
    }
    book.close().await;
}

/// What one person has settled, in order: stays that cross ceilings, and visits of employees.
pub(crate) fn cases_of(number: usize) -> Vec<(String, Case)> {
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
            let case = if number.is_multiple_of(3) {
                Case { use_individual_account: true, family_account_person_ids: vec![HOLDER.to_owned()], ..case }
            } else {
                case
            };
            (format!("{person}-{month}"), case)
        })
        .collect()
}

/// The cancellation of a person's second settlement.
pub(crate) fn cancellation(number: usize, settlement_id: &str) -> CancelRequest {
    CancelRequest {
        request_id: format!("{}-cancel", person(number)),
        settlement_id: settlement_id.to_owned(),
        readjudicate_later: true,
        across_years: false,
    }
}

/// The first answer to each request: every later one has to be the same.
#[derive(Default)]
pub(crate) struct Answers(Mutex<BTreeMap<String, Statement>>);

impl Answers {
    pub(crate) fn check(&self, request_id: String, statement: &Statement) {
        let mut answers = self.0.lock().unwrap();
        let first = answers.entry(request_id).or_insert_with(|| statement.clone());
        assert_eq!(first, statement, "a request was answered in two ways");
    }

    fn settlement_of(&self, request_id: &str) -> String {
        self.0.lock().unwrap()[request_id].settlement_id.clone()
    }
}

/// What happens to callers, and where they find the platform.
pub(crate) struct Load {
    answers: Arc<Answers>,
    endpoint: watch::Sender<String>,
    answered: watch::Sender<usize>,
    refused: watch::Sender<usize>,
    lost: watch::Sender<usize>,
}

impl Load {
    /// A load that still has to be moved somewhere.
    pub(crate) fn new() -> Arc<Self> {
        Self::with(Arc::default())
    }

    /// One whose answers have to be those of others too.
    pub(crate) fn with(answers: Arc<Answers>) -> Arc<Self> {
        let count = || watch::Sender::new(0);
        let endpoint = watch::Sender::new(String::new());
        Arc::new(Self { answers, endpoint, answered: count(), refused: count(), lost: count() })
    }

    /// Tells callers where the platform is from now on.
    pub(crate) fn move_to(&self, endpoint: &str) {
        self.endpoint.send_replace(endpoint.to_owned());
    }

    /// Waits until so many requests were answered.
    pub(crate) async fn answers(&self, count: usize) {
        self.answered.subscribe().wait_for(|answered| *answered >= count).await.unwrap();
    }

    /// How many requests were answered so far.
    pub(crate) fn answered(&self) -> usize {
        *self.answered.borrow()
    }

    /// How many requests were refused so far.
    pub(crate) fn refused(&self) -> usize {
        *self.refused.borrow()
    }

    /// Waits until so many requests were refused.
    pub(crate) async fn refusals(&self, count: usize) {
        self.refused.subscribe().wait_for(|refused| *refused >= count).await.unwrap();
    }

    fn note(count: &watch::Sender<usize>) {
        count.send_modify(|count| *count += 1);
    }
}

/// What a caller does for its person.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Settles so many of the cases.
    Settle(usize),
    /// Cancels the second settlement.
    Cancel,
    /// Settles all cases and cancels in between.
    Everything,
}

/// One caller for each of some persons, all under way at once.
pub(crate) struct Callers {
    all: BoxFuture<'static, ()>,
    lost: watch::Receiver<usize>,
}

impl Callers {
    pub(crate) fn start(load: &Arc<Load>, persons: Range<usize>, work: Work) -> Self {
        let lost = load.lost.subscribe();
        let callers: Vec<_> = persons
            .map(|number| {
                let mut caller = Caller { number, load: Arc::clone(load), endpoint: load.endpoint.subscribe() };
                tokio::spawn(async move { caller.run(work).await })
            })
            .collect();
        Self { all: Box::pin(async { drop(try_join_all(callers).await.unwrap()) }), lost }
    }

    /// Waits until each has all its answers.
    pub(crate) async fn end(mut self) {
        tokio::select! {
            () = &mut self.all => {}
            _ = self.lost.changed() => panic!("the process is gone"),
        }
    }

    /// Waits until the process is gone from under them; they go on where the load is moved to.
    pub(crate) async fn lose_their_process(mut self) -> Self {
        tokio::select! {
            () = &mut self.all => panic!("the process lived to the end"),
            changed = self.lost.changed() => changed.unwrap(),
        }
        self
    }

    /// Waits for what comes to pass while they are under way.
    pub(crate) async fn meanwhile(&mut self, event: impl Future<Output = ()>) {
        tokio::select! {
            () = event => {}
            () = &mut self.all => panic!("they came to their end before"),
        }
    }

    /// Answers whether each has all its answers before something else comes to pass.
    pub(crate) async fn end_before(&mut self, event: impl Future<Output = ()>) -> bool {
        tokio::select! {
            () = event => false,
            () = &mut self.all => true,
        }
    }

    /// Waits until each has all its answers from the process that they were moved to.
    pub(crate) async fn end_elsewhere(self) {
        self.all.await;
    }
}

/// Sends each request of one person under one id until it is answered.
struct Caller {
    number: usize,
    load: Arc<Load>,
    endpoint: watch::Receiver<String>,
}

impl Caller {
    async fn run(&mut self, work: Work) {
        let cases = cases_of(self.number);
        match work {
            Work::Settle(count) => self.settle(&cases[..count]).await,
            Work::Cancel => self.cancel(&cases[1].0).await,
            Work::Everything => {
                self.settle(&cases[..CANCELLED_AFTER]).await;
                self.cancel(&cases[1].0).await;
                self.settle(&cases[CANCELLED_AFTER..]).await;
            }
        }
    }

    async fn settle(&mut self, cases: &[(String, Case)]) {
        for (request_id, case) in cases {
            let request = SettleRequest { request_id: request_id.clone(), case: Some(case.clone()) };
            let answer = self.until_answered(|mut client| {
                let request = request.clone();
                async move { client.settle(request).await }
            });
            let statement = answer.await.statement.unwrap();
            self.load.answers.check(request_id.clone(), &statement);
        }
    }

    async fn cancel(&mut self, settled_by: &str) {
        let request = cancellation(self.number, &self.load.answers.settlement_of(settled_by));
        let answer = self.until_answered(|mut client| {
            let request = request.clone();
            async move { client.cancel(request).await }
        });
        assert!(answer.await.adjustment.is_some());
    }

    async fn until_answered<Answer, Answering>(
        &mut self,
        call: impl Fn(OneStopClient<Transport>) -> Answering,
    ) -> Answer
    where
        Answering: Future<Output = Result<Response<Answer>, Status>>,
    {
        loop {
            let endpoint = self.endpoint.borrow_and_update().clone();
            let status = match call(OneStopClient::new(host::remote(&endpoint).unwrap())).await {
                Ok(answer) => {
                    Load::note(&self.load.answered);
                    return answer.into_inner();
                }
                Err(status) => status,
            };
            let Some(failure) = Failure::from_status(&status) else {
                // Nobody is there to say why.
                Load::note(&self.load.lost);
                self.endpoint.changed().await.unwrap();
                continue;
            };
            let may_come = [ErrorReason::StoreUnavailable, ErrorReason::PayerUnavailable, ErrorReason::Overloaded];
            assert!(may_come.contains(&failure.reason), "{}: {}", failure.reason_name(), failure.message);
            Load::note(&self.load.refused);
            tokio::time::sleep(PAUSE).await;
        }
    }
}
