//! Individual accounts through the whole platform in one process, on both stores: bills drawn on them at once, and what a
//! crash leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use chrono::TimeDelta;
use claim::{PersonId, SettlementId, Statement};
use futures::future::join_all;
use host::{Clock, MAX_MESSAGE_BYTES, Transport};
use individual_account::{AccountBook, Done, Draws};
use money::Fen;
use onestop::platform::Platform;
use orchestrator::Recovery;
use rulebook::{Lookup, Rulebook};
use store::Location;
use store::testing::TestStore;
use wire::account_v1::accounts_client::AccountsClient;
use wire::account_v1::credit_request::Source;
use wire::account_v1::{AuthoriseRequest, Contribution, CreditRequest, GetAccountRequest, ListMovementsRequest};
use wire::claim_v1::{Case, Kinship, MovementKind, Scheme};
use wire::settlement_v1::audit_response::Part;
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{
    AuditRequest, CancelRequest, PreviewRequest, ReversalOutcome, ReverseRequest, ReverseResponse, SettleRequest,
};
use wire::{ErrorReason, Failure};

use harness::{HOSPITAL_1, HOSPITAL_3, date, visit};

const EMPLOYEE: &str = "530100000001";
const HOLDER: &str = "mother";

struct World {
    platform: Platform,
    one_stop: OneStopClient<Transport>,
    accounts: AccountsClient<Transport>,
}

impl World {
    async fn new(location: &Location) -> Self {
        harness::import(location, &harness::register_files());
        Self::open(location).await
    }

    async fn open(location: &Location) -> Self {
        let platform = Platform::open(location, &Lookup::new(Rulebook::kunming().unwrap())).await.unwrap();
        let one_stop = OneStopClient::new(host::in_process(platform.one_stop.clone()));
        let one_stop =
            one_stop.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES);
        let accounts = AccountsClient::new(host::in_process(platform.accounts.clone()));
        Self { platform, one_stop, accounts }
    }

    async fn credit(&self, person: &str, fen: i64) {
        let source = Some(Source::OpeningBalanceFen(fen));
        let request = CreditRequest { request_id: "opening".to_owned(), person_id: person.to_owned(), source };
        self.accounts.clone().credit(request).await.unwrap();
    }

    async fn authorise(&self, member: &str) {
        let request = AuthoriseRequest {
            request_id: "a".to_owned(),
            person_id: HOLDER.to_owned(),
            member_person_id: member.to_owned(),
            kinship: Kinship::Child.into(),
            from_date: date(2023, 1, 1),
            to_date: None,
        };
        self.accounts.clone().authorise(request).await.unwrap();
    }

    async fn settle(&self, request_id: &str, case: Case) -> Statement {
        let request = SettleRequest { request_id: request_id.to_owned(), case: Some(case) };
        let answer = self.one_stop.clone().settle(request).await.unwrap().into_inner();
        Statement::try_from(answer.statement.unwrap()).unwrap()
    }

    /// Balance, held and free.
    async fn standing(&self, person: &str) -> [i64; 3] {
        let request = GetAccountRequest { person_id: person.to_owned() };
        let account = self.accounts.clone().get_account(request).await.unwrap().into_inner();
        [account.balance_fen, account.held_fen, account.free_fen]
    }

    async fn cancel(&self, request_id: &str, settlement: &Statement) -> Result<(), Failure> {
        let request = CancelRequest {
            request_id: request_id.to_owned(),
            settlement_id: settlement.settlement_id.as_ref().unwrap().to_string(),
            readjudicate_later: true,
            across_years: true,
        };
        let answer = self.one_stop.clone().cancel(request).await;
        answer.map(drop).map_err(|status| Failure::from_status(&status).unwrap())
    }

    async fn reverse(&self, request_id: &str, reversed: &str) -> Result<ReverseResponse, Failure> {
        let request = ReverseRequest {
            request_id: request_id.to_owned(),
            person_id: EMPLOYEE.to_owned(),
            reversed_request_id: reversed.to_owned(),
            readjudicate_later: true,
        };
        let answer = self.one_stop.clone().reverse(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| Failure::from_status(&status).unwrap())
    }

    /// What the audit of everybody finds wrong.
    async fn differences(&self) -> Vec<String> {
        let mut told = self.one_stop.clone().audit(AuditRequest::default()).await.unwrap().into_inner();
        let mut differences = Vec::new();
        while let Some(answer) = told.message().await.unwrap() {
            match answer.part.unwrap() {
                Part::Difference(difference) => differences.push(format!("{difference:?}")),
                Part::Totals(totals) => assert!(totals.links > 0 && totals.postings > 0, "{totals:?}"),
            }
        }
        differences
    }

    async fn movements(&self, person: &str) -> Vec<(MovementKind, i64, i64)> {
        let request = ListMovementsRequest { person_id: person.to_owned(), ..ListMovementsRequest::default() };
        let movements = self.accounts.clone().list_movements(request).await.unwrap().into_inner().movements;
        movements.iter().map(|of| (of.kind(), of.amount_fen, of.balance_fen)).collect()
    }
}

fn paid_by_account(case: Case, family: &[&str]) -> Case {
    let family_account_person_ids = family.iter().map(|&member| member.to_owned()).collect();
    Case { use_individual_account: true, family_account_person_ids, ..case }
}

fn bill(person: &str, fen: i64) -> Case {
    visit(person, HOSPITAL_1, date(2023, 5, 10), fen)
}

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

#[tokio::test]
async fn a_bill_draws_on_the_own_account_and_every_movement_is_listed() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.credit(EMPLOYEE, 10_000).await;
        let case = paid_by_account(visit(EMPLOYEE, HOSPITAL_3, date(2023, 5, 10), 19_000), &[]);
        let preview = world.one_stop.clone().preview(PreviewRequest { case: Some(case.clone()) }).await.unwrap();
        assert_eq!(preview.into_inner().statement.unwrap().amounts.unwrap().account_fen, 10_000);
        assert_eq!(world.standing(EMPLOYEE).await, [10_000, 0, 10_000], "a preview holds nothing");

        let statement = world.settle("r", case.clone()).await;
        let amounts = statement.amounts;
        assert_eq!([amounts.basic, amounts.account, amounts.cash].map(Fen::get), [5_000, 10_000, 4_000]);
        assert_eq!(world.settle("r", case.clone()).await, statement);
        let empty = world.settle("r-2", case).await.amounts;
        assert_eq!([empty.account, empty.cash].map(Fen::get), [0, 14_000]);
        assert_eq!(world.standing(EMPLOYEE).await, [0, 0, 0], "{}", store.name);
        let movements = [(MovementKind::Draw, -10_000, 0), (MovementKind::Opening, 10_000, 10_000)];
        assert_eq!(world.movements(EMPLOYEE).await, movements);
    }
}

#[tokio::test]
async fn the_contribution_is_credited_and_long_term_care_taken_out_of_it() {
    let store = TestStore::sqlite();
    let world = World::open(&store.location).await;
    let credit = |period: &str, base_fen: i64| {
        let contribution = Contribution { period: period.to_owned(), scheme: Scheme::EmployeeActive.into(), base_fen };
        let source = Some(Source::Contribution(contribution));
        CreditRequest { request_id: format!("credit-{period}"), person_id: HOLDER.to_owned(), source }
    };
    let accounts = || world.accounts.clone();
    let credited = accounts().credit(credit("2023-05", 800_000)).await.unwrap().into_inner();
    assert_eq!((credited.credited_fen, credited.long_term_care_fen, credited.already_done), (16_000, 1_600, false));
    assert!(accounts().credit(credit("2023-05", 800_000)).await.unwrap().into_inner().already_done);
    assert_eq!(world.standing(HOLDER).await[0], 14_400);
    let reason = |status: tonic::Status| Failure::from_status(&status).unwrap().reason;
    let again = accounts().credit(credit("2023-05", 900_000)).await.unwrap_err();
    assert_eq!(reason(again), ErrorReason::RequestIdReused);
    let year = accounts().credit(credit("2023", 9_600_000)).await.unwrap_err();
    assert_eq!(reason(year), ErrorReason::AccountCreditedBefore);
    let early = accounts().credit(credit("2022-03", 800_000)).await.unwrap_err();
    assert_eq!(reason(early), ErrorReason::RuleNotInForce);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn family_members_that_draw_the_last_forty_at_the_same_instant_never_overdraw() {
    const FAMILY: [&str; 5] = ["530100000001", "530100000002", "530100000003", "530100000004", "530100000005"];
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.credit(HOLDER, 4_000).await;
        for member in FAMILY {
            world.authorise(member).await;
        }
        let bills = (0..20).map(|number| {
            let member = FAMILY[number % FAMILY.len()];
            let case = paid_by_account(bill(member, 3_000), &[HOLDER]);
            let world = &world;
            async move { world.settle(&format!("r-{number}"), case).await }
        });
        let statements = join_all(bills).await;
        let drawn: i64 = statements.iter().map(|statement| statement.amounts.account.get()).sum();
        assert_eq!(drawn, 4_000, "{}", store.name);
        assert_eq!(Recovery::new(world.platform.orchestrator.clone()).finish_all().await.unwrap(), 0);
        assert_eq!(world.standing(HOLDER).await, [0, 0, 0]);
        let out: i64 = world.movements(HOLDER).await.iter().map(|(_, amount, _)| (*amount).min(0)).sum();
        assert_eq!(out, -4_000);
    }
}

#[tokio::test]
async fn what_a_crash_before_the_link_held_comes_back_and_what_a_link_holds_does_not() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.credit(HOLDER, 10_000).await;
        let settled = world.settle("r", bill(EMPLOYEE, 3_000)).await;
        // A second way to the same accounts leaves there what an orchestrator that crashed would have left.
        let book = AccountBook::open(&store.location).await.unwrap();
        let now = Clock::system().now();
        let hold = |settlement_id: SettlementId, fen: i64, seconds: i64| {
            let by_holder = [(person(HOLDER), Fen::new(fen))].into();
            let draws = Draws { patient_id: person(EMPLOYEE), settlement_id, by_holder };
            let book = &book;
            async move { (book.hold(draws.clone(), now + TimeDelta::seconds(seconds), now).await.unwrap(), draws) }
        };
        let (_, fact) = hold(settled.settlement_id.clone().unwrap(), 1_000, -1).await;
        let (_, lost) = hold(SettlementId::new("never-appended").unwrap(), 6_000, -1).await;
        let (_, _young) = hold(SettlementId::new("under-way").unwrap(), 500, 600).await;
        assert_eq!(world.standing(HOLDER).await, [10_000, 7_500, 2_500]);

        assert_eq!(Recovery::new(world.platform.orchestrator.clone()).finish_all().await.unwrap(), 0);
        assert_eq!(world.standing(HOLDER).await, [10_000, 1_500, 8_500], "{}", store.name);
        assert_eq!(book.capture(fact, now).await.unwrap(), Done::Now, "a settlement that is a fact is captured late");
        book.capture(lost, now).await.unwrap_err();
        assert_eq!(world.standing(HOLDER).await, [9_000, 500, 8_500]);
    }
}

#[tokio::test]
async fn a_cancelled_bill_gives_each_account_back_what_it_paid_and_cannot_be_restored() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.credit(EMPLOYEE, 2_000).await;
        world.credit(HOLDER, 4_000).await;
        world.authorise(EMPLOYEE).await;
        let settled = world.settle("r", paid_by_account(bill(EMPLOYEE, 5_000), &[HOLDER])).await;
        let drawn = settled.amounts.account.get();
        assert!(drawn > 2_000, "both accounts pay");
        let left = 6_000 - drawn;
        assert_eq!((world.standing(EMPLOYEE).await[0], world.standing(HOLDER).await[0]), (0, left));
        assert_eq!(world.differences().await, Vec::<String>::new(), "{}", store.name);

        world.cancel("c", &settled).await.unwrap();
        world.cancel("c", &settled).await.unwrap();
        assert_eq!(world.standing(EMPLOYEE).await, [2_000, 0, 2_000], "{}", store.name);
        assert_eq!(world.standing(HOLDER).await, [4_000, 0, 4_000]);
        let returned = (MovementKind::Return, 4_000 - left, 4_000);
        assert_eq!(world.movements(HOLDER).await.first(), Some(&returned));
        assert_eq!(world.differences().await, Vec::<String>::new(), "{}", store.name);

        let refused = world.reverse("v", "c").await.unwrap_err();
        let named = settled.settlement_id.unwrap().to_string();
        assert_eq!((refused.reason, refused.settlements), (ErrorReason::AccountNotRedrawn, vec![named]));
        let again = world.settle("r-2", paid_by_account(bill(EMPLOYEE, 5_000), &[HOLDER])).await;
        assert_eq!(again.amounts.account.get(), drawn);
        let reversed = world.reverse("v-2", "r-2").await.unwrap();
        assert_eq!(reversed.outcome(), ReversalOutcome::SettlementCancelled);
        assert_eq!(world.standing(EMPLOYEE).await, [2_000, 0, 2_000], "{}", store.name);
        assert_eq!(world.differences().await, Vec::<String>::new(), "{}", store.name);
    }
}

#[tokio::test]
async fn a_bill_that_is_decided_anew_gives_back_or_keeps_what_it_drew_and_never_draws_more() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.credit(EMPLOYEE, 1_000_000).await;
        // What the fund pays of a year beyond 6,000.00 it pays at a higher rate: the thirteenth visit, if all stand.
        let case = |day| visit(EMPLOYEE, HOSPITAL_3, date(2023, 3, day), 109_000);
        let first = world.settle("r-1", case(1)).await;
        for day in 2..=12 {
            world.settle(&format!("r-{day}"), case(day)).await;
        }
        world.cancel("c-1", &first).await.unwrap();
        let last = world.settle("r-13", paid_by_account(case(13), &[])).await.amounts;
        assert_eq!([last.basic, last.account, last.cash].map(Fen::get), [50_000, 59_000, 0], "{}", store.name);
        assert_eq!(world.standing(EMPLOYEE).await[0], 941_000);

        world.reverse("v", "c-1").await.unwrap();
        let kept = 941_000 + 35_000;
        assert_eq!(world.standing(EMPLOYEE).await, [kept, 0, kept], "{}", store.name);
        assert_eq!(world.movements(EMPLOYEE).await.first(), Some(&(MovementKind::Return, 35_000, kept)));
        assert_eq!(world.differences().await, Vec::<String>::new(), "{}", store.name);

        world.cancel("c-2", &first).await.unwrap();
        assert_eq!(world.standing(EMPLOYEE).await, [kept, 0, kept], "what the fund pays less now is the person's");
        assert_eq!(world.differences().await, Vec::<String>::new(), "{}", store.name);
    }
}
