//! Each step of settling, cancelling and deciding anew with each thing that can go wrong with it: the books are those
//! of a run in which nothing did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use host::CrashPoint;
use store::testing::TestStore;
use wire::ErrorReason;
use wire::account_v1::credit_request::Source;
use wire::account_v1::{AuthoriseRequest, CreditRequest, GetAccountRequest};
use wire::claim_v1::{Case, CaseLine, Kinship, VisitKind};
use wire::proto::google::r#type::Date;
use wire::register_v1::{FactKind, FactRow};

use crate::asking::{Call, send};
use crate::checks;
use crate::city::import;
use crate::model::{Asked, Book, Told};
use crate::network::{Fate, Message};
use crate::platform::{PAYERS, Platform, Replica, Time};
use crate::weather::Death;

const PAID_IN_FEN: i64 = 200_000;
const YEAR: i32 = 2023;
/// What is done for each person, in order.
const DEEDS: [Deed; 4] = [Deed::Settle, Deed::SettleAnother, Deed::Cancel, Deed::DecideAnew];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Settle,
    SettleAnother,
    /// Cancels the first; the second is decided anew.
    Cancel,
    DecideAnew,
}

/// What goes wrong.
#[derive(Clone, Debug)]
enum Trouble {
    Nothing,
    /// The message meets a fate the first time that it is sent, and a void after it the second fate.
    Message {
        service: &'static str,
        call: &'static str,
        fate: Fate,
        of_void: Fate,
    },
    /// Whoever gets to the point for so many times dies there.
    Death(CrashPoint, usize),
}

/// What can happen to a message that changes something.
const FATES: [Fate; 5] = [Fate::Lost, Fate::AnswerLost, Fate::Twice, Fate::Copied, Fate::Delayed];
/// What can happen to a question.
const FATES_OF_QUESTIONS: [Fate; 2] = [Fate::Lost, Fate::AnswerLost];

/// Every message of every deed with everything that can happen to it, and every point with a death.
fn troubles() -> Vec<(Deed, Trouble)> {
    use CrashPoint::{
        AfterAppend, AfterClose, BeforeAppend, BeforeClose, BeforeHeadRead, FactsGathered, JournalCommitted,
        OnePayerBooked, PayerCommitted,
    };
    let [basic, critical, assistance, account] = PAYERS;
    // A cancellation that decides what stands on the facts that were stored asks no register.
    let register: [&str; 3] = ["register", "", "register"];
    let booked: [(&str, &[&str]); 3] = [
        ("post", &[basic, critical, assistance, account]),
        ("adjust", &[basic, critical, assistance, account]),
        ("adjust", &[assistance]),
    ];
    let mut troubles = Vec::new();
    for (place, deed) in [Deed::Settle, Deed::Cancel, Deed::DecideAnew].into_iter().enumerate() {
        let mut add = |service, call, fates: &[Fate]| {
            let of = |fate: &Fate| Trouble::Message { service, call, fate: fate.clone(), of_void: Fate::Arrives };
            troubles.extend(fates.iter().map(|fate| (deed, of(fate))));
        };
        if !register[place].is_empty() {
            add("register", "gather-facts", &FATES_OF_QUESTIONS);
        }
        for payer in PAYERS {
            add(payer, "adjudicate", &FATES_OF_QUESTIONS);
        }
        let (call, payers) = booked[place];
        for payer in payers {
            add(payer, call, &FATES);
        }
        if deed == Deed::Settle {
            add(account, "hold", &FATES);
            troubles.push((deed, Trouble::Death(FactsGathered, 1)));
        }
        for point in [BeforeHeadRead, BeforeAppend, AfterAppend, BeforeClose, AfterClose] {
            troubles.push((deed, Trouble::Death(point, 1)));
        }
        // What is appended is committed first, what is closed second.
        troubles.extend((1..=2).map(|times| (deed, Trouble::Death(JournalCommitted, times))));
        for times in 1..=payers.len() {
            troubles.push((deed, Trouble::Death(PayerCommitted, times)));
            troubles.push((deed, Trouble::Death(OnePayerBooked, times)));
        }
    }
    // A hold whose answer is lost is given up, and that may go wrong too.
    for fate in [Fate::Lost, Fate::AnswerLost, Fate::Delayed] {
        for of_void in FATES {
            let trouble = Trouble::Message { service: account, call: "hold", fate: fate.clone(), of_void };
            troubles.push((Deed::Settle, trouble));
        }
    }
    troubles
}

/// One person, whose child's account pays too.
struct Patient<'p> {
    platform: &'p Platform,
    replica: Replica,
    person_id: String,
    book: Book,
    /// Whether what was to go wrong did.
    went_wrong: bool,
}

impl Patient<'_> {
    fn call(&self, deed: Deed) -> Call {
        let first = self.book.settlements.first().map(|known| known.settlement_id.clone());
        let asked = match deed {
            Deed::Settle => Asked::Settle { case: Box::new(stay(&self.person_id, 3)) },
            Deed::SettleAnother => Asked::Settle { case: Box::new(stay(&self.person_id, 5)) },
            Deed::Cancel => {
                let settlement_id = first.unwrap();
                Asked::Cancel { settlement_id, readjudicate_later: true, across_years: false }
            }
            Deed::DecideAnew => Asked::Readjudicate { from_date: Date { year: YEAR, month: 4, day: 1 } },
        };
        Call { person_id: self.person_id.clone(), request_id: format!("{deed:?}"), asked }
    }

    async fn carry_out(&mut self, deed: Deed, trouble: &Trouble) {
        if deed == Deed::DecideAnew {
            register_category(self.platform, &self.person_id).await;
        }
        let call = self.call(deed);
        for _ in 0..10 {
            let death = match trouble {
                Trouble::Death(point, times) if !self.went_wrong => Some(Death::at(*point, *times)),
                Trouble::Death(..) | Trouble::Nothing | Trouble::Message { .. } => None,
            };
            let told = send(self.replica.clone(), call.clone()).await;
            self.platform.network.rest().await;
            let is_dead = death.is_some_and(Death::end);
            self.went_wrong |= is_dead;
            match told {
                None => self.come_again().await,
                // What a call says of whose task died.
                Some(Told::Refused(ErrorReason::InvariantViolated, _)) if is_dead => self.come_again().await,
                Some(told) => {
                    let taken = self.book.take(&call.request_id, &call.asked, &told, YEAR);
                    return taken.unwrap_or_else(|misfit| panic!("{misfit}: {deed:?} with {trouble:?}"));
                }
            }
        }
        panic!("{deed:?} is never answered with {trouble:?}")
    }

    /// Waits until nothing is held any more for an attempt that came to nothing, and turns to another orchestrator.
    async fn come_again(&mut self) {
        self.platform.time.advance_seconds(120);
        self.replica = self.platform.replica().await;
        self.replica.recover().await;
    }

    /// What the books say in the end: figures of what stands, and what is left in the account.
    async fn outcome(&self) -> (Vec<Option<wire::claim_v1::Amounts>>, [i64; 2]) {
        checks::person(self.platform, &self.replica, &self.book, &self.person_id).await;
        let amounts = self.book.settlements.iter().map(|known| known.statement.as_ref().and_then(|of| of.amounts));
        let request = GetAccountRequest { person_id: child_of(&self.person_id) };
        let account = self.platform.accounts.clone().get_account(request).await.unwrap().into_inner();
        (amounts.collect(), [account.balance_fen, account.held_fen])
    }
}

fn child_of(person_id: &str) -> String {
    format!("child-of-{person_id}")
}

fn stay(person_id: &str, month: i32) -> Case {
    let amount_fen = 8_000_000;
    let line = CaseLine { item_code: "item".to_owned(), quantity: 1, amount_fen, ..CaseLine::default() };
    Case {
        person_id: person_id.to_owned(),
        institution_id: "hospital".to_owned(),
        kind: VisitKind::Inpatient.into(),
        diagnosis: "pneumonia".to_owned(),
        service_date: Some(Date { year: YEAR, month, day: 20 }),
        admission_date: Some(Date { year: YEAR, month, day: 2 }),
        total_fen: amount_fen,
        lines: vec![line],
        use_individual_account: true,
        family_account_person_ids: vec![child_of(person_id)],
        ..Case::default()
    }
}

async fn register(platform: &Platform, kind: FactKind, columns: &[&str], rows: &[&[&str]]) {
    let columns: Vec<_> = columns.iter().map(|&column| column.to_owned()).collect();
    let row = |(cells, number): (&&[&str], u64)| FactRow {
        number,
        cells: cells.iter().map(|&cell| cell.to_owned()).collect(),
    };
    let rows = rows.iter().zip(1..).map(row).collect();
    assert_eq!(import(platform, kind, &columns, rows).await, 0);
}

async fn register_category(platform: &Platform, person_id: &str) {
    let row: [&str; 4] = [person_id, "extreme-poverty", "2023-04-01", ""];
    register(platform, FactKind::Category, &["person_id", "category", "from", "to"], &[&row]).await;
}

async fn register_places(platform: &Platform) {
    let columns = ["institution_id", "name", "level", "kind", "treatment_region", "from", "to"];
    let row = ["hospital", "示例医院", "3", "hospital", "local", "2017-01-01", ""];
    register(platform, FactKind::Institution, &columns, &[&row]).await;
    let columns = ["item_code", "name", "class", "self_pay_rate", "price_cap", "drug", "from", "to"];
    register(platform, FactKind::Item, &columns, &[&["item", "项目", "A", "", "", "", "2017-01-01", ""]]).await;
}

async fn patient<'p>(platform: &'p Platform, replica: &Replica, number: usize) -> Patient<'p> {
    let person_id = format!("p{number:04}");
    let columns = ["person_id", "birth_date", "kunming_household", "disability_level", "scheme", "from", "to"];
    let row: [&str; 7] = [&person_id, "1970-01-01", "true", "0", "resident", "2019-12-01", ""];
    register(platform, FactKind::Person, &columns, &[&row]).await;
    let row: [&str; 4] = [&person_id, "subsistence-allowance", "2021-01-01", ""];
    register(platform, FactKind::Category, &["person_id", "category", "from", "to"], &[&row]).await;
    let (mut accounts, holder) = (platform.accounts.clone(), child_of(&person_id));
    let source = Some(Source::OpeningBalanceFen(PAID_IN_FEN));
    let request = CreditRequest { request_id: "opening".to_owned(), person_id: holder.clone(), source };
    accounts.credit(request).await.unwrap();
    let request = AuthoriseRequest {
        request_id: "authorise".to_owned(),
        person_id: holder,
        member_person_id: person_id.clone(),
        kinship: Kinship::Parent.into(),
        from_date: Some(Date { year: YEAR, month: 1, day: 1 }),
        to_date: None,
    };
    accounts.authorise(request).await.unwrap();
    Patient { platform, replica: replica.clone(), person_id, book: Book::default(), went_wrong: false }
}

/// Has a message go wrong the first time that it is sent, and the first void after it.
fn trouble_network(platform: &Platform, trouble: &Trouble) -> Arc<AtomicBool> {
    let met = Arc::new(AtomicBool::new(false));
    let Trouble::Message { service, call, fate, of_void } = trouble.clone() else {
        platform.network.calm_down();
        return met;
    };
    let seen = Arc::clone(&met);
    let (mut fate, mut of_void) = (Some(fate), Some(of_void));
    platform.network.decided_by(move |message: &Message| {
        let meant = message.service == service && message.call == call;
        let fate = if meant {
            fate.take()
        } else if message.call == "void" {
            of_void.take()
        } else {
            None
        };
        seen.fetch_or(meant, Ordering::SeqCst);
        fate.unwrap_or(Fate::Arrives)
    });
    met
}

async fn each_step_goes_wrong(store: TestStore) {
    let platform = Platform::open(&store.location, Time::at("2023-06-01T12:00:00+08:00")).await;
    register_places(&platform).await;
    let replica = platform.replica().await;
    let mut expected = BTreeMap::new();
    let calm = DEEDS.map(|deed| (deed, Trouble::Nothing));
    for (number, (troubled, trouble)) in calm.into_iter().chain(troubles()).enumerate() {
        let mut patient = patient(&platform, &replica, number).await;
        let before = DEEDS.into_iter().take_while(|deed| *deed != troubled);
        for deed in before {
            patient.carry_out(deed, &Trouble::Nothing).await;
        }
        let met = trouble_network(&platform, &trouble);
        patient.carry_out(troubled, &trouble).await;
        let is_met = met.load(Ordering::SeqCst) || patient.went_wrong || matches!(trouble, Trouble::Nothing);
        assert!(is_met, "{troubled:?} with {trouble:?}: it never comes to pass");
        platform.network.calm_down();
        platform.network.deliver_late().await;
        platform.time.advance_seconds(120);
        assert_eq!(patient.replica.recover().await, 0, "{troubled:?} with {trouble:?} stays open");
        let outcome = patient.outcome().await;
        let expected = expected.entry(troubled).or_insert_with(|| outcome.clone());
        assert_eq!(&outcome, expected, "{troubled:?} with {trouble:?} on {}", store.name);
    }
    checks::audit(&replica, "").await;
}

#[tokio::test]
async fn each_step_that_fails_or_is_repeated_or_loses_its_answer_leaves_the_books_of_none_on_sqlite() {
    each_step_goes_wrong(TestStore::sqlite()).await;
}

#[tokio::test]
async fn each_step_that_fails_or_is_repeated_or_loses_its_answer_leaves_the_books_of_none_on_postgresql() {
    each_step_goes_wrong(TestStore::postgres().await).await;
}
