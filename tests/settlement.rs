//! The settlement protocol through the real services in one process, on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::collections::BTreeSet;

use claim::Statement;
use futures::future::join_all;
use host::{MAX_MESSAGE_BYTES, Transport};
use onestop::platform::{Payer, Platform};
use rulebook::{Lookup, Rulebook};
use store::Location;
use store::testing::TestStore;
use wire::claim_v1::{Case, CaseLine, VisitKind};
use wire::journal_v1::Adjustment;
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{
    CancelRequest, GetRequest, ListRequest, PreviewRequest, ReversalOutcome, ReverseRequest, SettleRequest,
    SettlementState, SettlementSummary,
};
use wire::{ErrorReason, Failure};

use harness::{HOSPITAL_1, HOSPITAL_2, HOSPITAL_3, date, line, stay, visit};

const EMPLOYEE: &str = "530100000001";
const RESIDENT: &str = "530100000003";

fn rules() -> Lookup {
    Lookup::new(Rulebook::kunming().unwrap())
}

/// The platform on a store that holds the sample register.
async fn platform(location: &Location) -> (Platform, OneStopClient<Transport>) {
    harness::import(location, &harness::register_files());
    open(location).await
}

async fn open(location: &Location) -> (Platform, OneStopClient<Transport>) {
    let platform = Platform::open(location, &rules()).await.unwrap();
    let client = OneStopClient::new(host::in_process(platform.one_stop.clone()));
    let client = client.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES);
    (platform, client)
}

async fn settle(client: &OneStopClient<Transport>, request_id: &str, case: Case) -> Result<(Statement, bool), Failure> {
    let request = SettleRequest { request_id: request_id.to_owned(), case: Some(case) };
    let answer = client.clone().settle(request).await;
    let answer = answer.map_err(|status| Failure::from_status(&status).unwrap())?.into_inner();
    Ok((Statement::try_from(answer.statement.unwrap()).unwrap(), answer.already_settled))
}

async fn list(client: &OneStopClient<Transport>, person: &str) -> Vec<SettlementSummary> {
    let request = ListRequest { person_id: person.to_owned(), ..ListRequest::default() };
    client.clone().list(request).await.unwrap().into_inner().settlements
}

fn one_stop_case() -> Case {
    Case {
        diagnosis: "lung-cancer".to_owned(),
        total_fen: 10_000_000,
        lines: vec![
            line("C0007", 200_000),
            line("C0006", 3_000_000),
            line("C0005", 4_800_000),
            line("C0002", 2_000_000),
        ],
        ..stay(RESIDENT, HOSPITAL_3, date(2023, 6, 1), date(2023, 6, 30), 0)
    }
}

fn yuan(statement: &Statement) -> [String; 6] {
    let amounts = &statement.amounts;
    [amounts.eligible, amounts.basic, amounts.critical_illness, amounts.assistance, amounts.account, amounts.cash]
        .map(|amount| amount.to_string())
}

#[tokio::test]
async fn one_request_settles_against_every_payer_and_is_answered_the_same_again() {
    for store in TestStore::each().await {
        let (platform, client) = platform(&store.location).await;
        let (statement, already) = settle(&client, "r-1", one_stop_case()).await.unwrap();
        assert!(!already, "{}", store.name);
        assert_eq!(yuan(&statement), ["95000.00", "56472.00", "21143.20", "12169.36", "0.00", "10215.44"]);
        let payers: Vec<_> = statement.adjudications.iter().map(|decision| decision.payer.to_string()).collect();
        assert_eq!(payers, Payer::ALL.map(Payer::service));

        let (again, already) = settle(&client, "r-1", one_stop_case()).await.unwrap();
        assert!(already);
        assert_eq!(again, statement);

        let settlement_id = statement.settlement_id.as_ref().unwrap().to_string();
        let got = client.clone().get(GetRequest { settlement_id }).await.unwrap().into_inner().statement.unwrap();
        assert_eq!(Statement::try_from(got).unwrap(), statement);

        drop((platform, client));
        let (_platform, client) = open(&store.location).await;
        let (after_restart, already) = settle(&client, "r-1", one_stop_case()).await.unwrap();
        assert!(already);
        assert_eq!(after_restart, statement);
        assert_eq!(list(&client, RESIDENT).await.len(), 1);
    }
}

#[tokio::test]
async fn one_item_is_split_by_the_scheme_of_the_person() {
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let item = "项目编码,项目名称,目录类别,费用等级,先行自付比例,居民先行自付比例,开始日期\n\
                C0010,某乙类药,药品,乙类,0.10,0.30,2017-01-01\n";
    std::fs::write(file.path(), item).unwrap();
    for store in TestStore::each().await {
        let location = &store.location;
        harness::import(location, &[&harness::register_files()[..], &[file.path().to_owned()]].concat());
        let shown = harness::run(harness::onestop(location).args(["catalogue", "show", "C0010"]));
        let shown = harness::text(&shown.stdout);
        assert!(shown.contains(" item_kind=drug "), "{} {shown}", store.name);
        assert!(shown.contains(" self_pay_rate_resident_bp=3000 "), "{} {shown}", store.name);
        let (_platform, client) = open(location).await;
        for (person, initial_self_pay, eligible) in
            [(EMPLOYEE, "100.00", "900.00"), ("530100000002", "100.00", "900.00"), (RESIDENT, "300.00", "700.00")]
        {
            let day = date(2023, 6, 9);
            let case = Case { lines: vec![line("C0010", 100_000)], ..stay(person, HOSPITAL_2, day, day, 100_000) };
            let amounts = settle(&client, "r-1", case).await.unwrap().0.amounts;
            let told = [amounts.initial_self_pay, amounts.eligible].map(|amount| amount.to_string());
            assert_eq!(told, [initial_self_pay, eligible], "{} {person}", store.name);
        }
    }
}

#[tokio::test]
async fn day_surgery_is_paid_by_the_registers_price_of_the_diagnosis_and_a_corrected_price_touches_it() {
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let prices = "诊断编码,病种名称,医院等级,付费标准,开始日期\n\
                  H25.900,老年性白内障,,8000.00,2022-04-01\nH25.900,老年性白内障,2,7000.00,2022-04-01\n";
    std::fs::write(file.path(), prices).unwrap();
    for store in TestStore::each().await {
        let location = &store.location;
        harness::import(location, &[&harness::register_files()[..], &[file.path().to_owned()]].concat());
        let (platform, client) = open(location).await;
        let day = date(2023, 6, 9);
        let surgery = |institution: &str, diagnosis: &str| Case {
            kind: VisitKind::DaySurgery.into(),
            diagnosis: diagnosis.to_owned(),
            lines: vec![line("C0002", 1_000_000)],
            ..visit(EMPLOYEE, institution, day, 1_000_000)
        };
        let mut settled = Vec::new();
        for (request_id, institution, diagnosis, hospital_share) in [
            ("r-1", HOSPITAL_3, "H25.900", "2000.00"),
            ("r-2", HOSPITAL_2, "H25.900", "3000.00"),
            ("r-3", HOSPITAL_3, "K80.200", "0.00"),
        ] {
            let case = surgery(institution, diagnosis);
            let statement = settle(&client, request_id, case).await.unwrap().0;
            assert_eq!(statement.amounts.hospital_share.to_string(), hospital_share, "{} {request_id}", store.name);
            settled.push(statement);
        }
        let mut steps = settled[0].adjudications.iter().flat_map(|of| &of.portions).flat_map(|of| &of.steps);
        let applied = steps.find(|step| step.operation == claim::Operation::ApplyDiseasePrice).unwrap();
        assert_eq!((&*applied.citation.document, &*applied.citation.article), ("昆政办〔2022〕15号", "第十五条"));
        drop((platform, client));

        let run = |arguments: &[&str]| harness::text(&harness::run(harness::onestop(location).args(arguments)).stdout);
        let price = ["diagnosis=H25.900", "name=老年性白内障", "price=9000.00", "from=2022-04-01"];
        let told = run(&[&["catalogue", "change"], &price[..], &["--by", "王", "--reason", "更正"]].concat());
        assert!(told.contains("可能涉及过去的结算 2 笔"), "{} {told}", store.name);
        let shown = run(&["catalogue", "show", "H25.900", "--past", "--lang", "en"]);
        assert!(shown.contains("disease price ") && shown.contains(" price_fen=900000 "), "{} {shown}", store.name);
        assert!(shown.contains(" price_fen=800000 ") && shown.contains("superseded"), "{} {shown}", store.name);
        let change = told.split_once("--change ").unwrap().1.split_whitespace().next().unwrap();
        let preview = run(&["readjudicate", "--change", change, "--preview", "--json"]);
        let id = |place: usize| settled[place].settlement_id.as_ref().unwrap().to_string();
        assert!(preview.contains(&id(0)) && !preview.contains(&id(2)), "{} {preview}", store.name);
        let withdrawn = run(&[&["catalogue", "withdraw"], &price[..], &["--by", "王", "--reason", "误录"]].concat());
        assert!(withdrawn.contains("已撤回 1 条"), "{} {withdrawn}", store.name);
    }
}

#[tokio::test]
async fn a_request_id_with_another_body_is_refused_and_names_the_difference() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        settle(&client, "r-1", visit(EMPLOYEE, HOSPITAL_1, date(2023, 3, 1), 13_000)).await.unwrap();
        let other = visit(EMPLOYEE, HOSPITAL_2, date(2023, 3, 1), 13_000);
        let failure = settle(&client, "r-1", other).await.unwrap_err();
        assert_eq!(failure.reason, ErrorReason::RequestIdReused);
        assert_eq!(failure.field.as_deref(), Some("institution_id"));
        assert_eq!(list(&client, EMPLOYEE).await.len(), 1, "{}", store.name);
    }
}

#[tokio::test]
async fn a_preview_answers_what_a_settlement_would_and_writes_nothing() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        let preview = client.clone().preview(PreviewRequest { case: Some(one_stop_case()) }).await.unwrap();
        let preview = Statement::try_from(preview.into_inner().statement.unwrap()).unwrap();
        assert_eq!(preview.settlement_id, None);
        assert!(list(&client, RESIDENT).await.is_empty());
        let (settled, _) = settle(&client, "r-1", one_stop_case()).await.unwrap();
        assert_eq!(settled.amounts, preview.amounts);
        assert_eq!(settled.adjudications, preview.adjudications);
    }
}

#[tokio::test]
async fn settlements_of_one_person_at_once_all_end_right() {
    const VISITS: i64 = 24;
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        // At level 3 each pays (1,090 - 90) * 50 % = 500 until 6,000 are paid, then 85 % of 1,000 = 850.
        let visits = (0..VISITS).map(|number| {
            let client = client.clone();
            let case = visit(EMPLOYEE, HOSPITAL_3, date(2023, 3, 1), 109_000);
            async move { settle(&client, &format!("r-{number}"), case).await.unwrap().0 }
        });
        let statements = join_all(visits).await;
        let mut paid: Vec<i64> = statements.iter().map(|statement| statement.amounts.basic.get()).collect();
        paid.sort_unstable();
        assert_eq!(paid, [[50_000; 12], [85_000; 12]].concat(), "{}", store.name);
        let places: BTreeSet<i64> = list(&client, EMPLOYEE).await.iter().map(|settled| settled.sequence).collect();
        assert_eq!(places, (1..=VISITS).collect());
    }
}

#[tokio::test]
async fn everything_wrong_with_a_bill_is_told_at_once_and_nothing_is_written() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        let bad = Case {
            person_id: "a b".to_owned(),
            service_date: date(2023, 2, 30),
            total_fen: -1,
            lines: vec![CaseLine { quantity: -4, amount_fen: -5, ..line("", 0) }],
            ..visit(EMPLOYEE, HOSPITAL_1, None, 0)
        };
        let request = SettleRequest { request_id: String::new(), case: Some(bad) };
        let failure = Failure::from_status(&client.clone().settle(request).await.unwrap_err()).unwrap();
        assert_eq!(failure.reason, ErrorReason::FieldViolation);
        let fields: BTreeSet<&str> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        for field in [
            "request_id",
            "person_id",
            "service_date",
            "total_fen",
            "lines[0].item_code",
            "lines[0].quantity",
            "lines[0].amount_fen",
        ] {
            assert!(fields.contains(field), "{field} is not in {fields:?}");
        }
        assert!(list(&client, EMPLOYEE).await.is_empty());
    }
}

#[tokio::test]
async fn each_kind_of_bad_input_has_its_reason_and_writes_nothing() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        let good = || visit(EMPLOYEE, HOSPITAL_1, date(2023, 3, 1), 13_000);
        let many: Vec<_> =
            (0..200_000).map(|_| line("C0002-with-a-code-of-some-length-so-that-it-weighs", 1)).collect();
        let cases = [
            (Case { total_fen: 13_001, ..good() }, ErrorReason::CaseTotalMismatch),
            (Case { person_id: "nobody".to_owned(), ..good() }, ErrorReason::PersonNotFound),
            (Case { institution_id: "nowhere".to_owned(), ..good() }, ErrorReason::InstitutionNotFound),
            (Case { institution_id: "H53010000005".to_owned(), ..good() }, ErrorReason::InstitutionNotDesignated),
            (Case { lines: vec![line("C9999", 13_000)], ..good() }, ErrorReason::ItemNotFound),
            (
                Case { person_id: "530100000006".to_owned(), service_date: date(2023, 7, 1), ..good() },
                ErrorReason::CoverNotActive,
            ),
            (Case { service_date: date(2022, 3, 31), ..good() }, ErrorReason::RuleNotInForce),
            (Case { total_fen: 200_000, lines: many, ..good() }, ErrorReason::FieldViolation),
        ];
        for (case, reason) in cases {
            let failure = settle(&client, "r-1", case).await.unwrap_err();
            assert_eq!(failure.reason, reason, "{failure}");
        }
        assert!(list(&client, EMPLOYEE).await.is_empty());
        settle(&client, "r-1", good()).await.unwrap();
    }
}

#[tokio::test]
async fn a_day_without_rules_for_the_visit_is_told_beside_what_else_is_wrong() {
    let store = TestStore::sqlite();
    let (_platform, client) = platform(&store.location).await;
    let early = Case { lines: vec![line("C9999", 10_000)], ..visit(EMPLOYEE, HOSPITAL_1, date(2022, 3, 31), 10_000) };
    let told = async |case: Case| {
        let failure = settle(&client, "r-1", case).await.unwrap_err();
        failure.violations.into_iter().map(|violation| violation.field).collect::<Vec<_>>()
    };
    assert_eq!(told(early.clone()).await, ["lines[0].item_code", "service_date"]);
    let malformed = Case { host_id: "h o s t".to_owned(), ..early.clone() };
    assert_eq!(told(malformed).await, ["host_id", "lines[0].item_code", "service_date"]);
    let in_force = Case { service_date: date(2022, 4, 1), ..early };
    assert_eq!(told(in_force).await, ["lines[0].item_code"]);
}

#[tokio::test]
async fn all_facts_that_are_missing_are_named_at_once() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        let case = Case {
            total_fen: 30_000,
            lines: vec![line("C0002", 10_000), line("C9998", 10_000), line("C9999", 10_000)],
            ..visit("nobody", "nowhere", date(2023, 3, 1), 0)
        };
        let failure = settle(&client, "r-1", case).await.unwrap_err();
        let fields: Vec<_> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["person_id", "institution_id", "lines[1].item_code", "lines[2].item_code"]);
    }
}

/// A bill with something wrong in the form, in the sum, in the facts and in the day, of as many lines as a bill may have.
fn everything_wrong() -> Case {
    let lines = (0..4_999).map(|number| line(&format!("C9{number:06}"), 1));
    Case {
        service_date: date(2016, 12, 31),
        host_id: "h o s t".to_owned(),
        total_fen: 5_000,
        lines: lines.chain([CaseLine { amount_fen: -1, ..line("C0002", 0) }]).collect(),
        ..visit("nobody", "nowhere", None, 0)
    }
}

#[tokio::test]
async fn a_bill_with_every_kind_of_fault_learns_of_all_of_them_in_process_and_over_the_network() {
    let store = TestStore::sqlite();
    let (platform, client) = platform(&store.location).await;
    let near = settle(&client, "r-1", everything_wrong()).await.unwrap_err();
    let fields: BTreeSet<&str> = near.violations.iter().map(|violation| violation.field.as_str()).collect();
    for field in ["service_date", "host_id", "total_fen", "person_id", "institution_id", "lines[4999].amount_fen"] {
        assert!(fields.contains(field), "{field} is not told");
    }
    let unknown = (0..4_999).map(|index| format!("lines[{index}].item_code"));
    for field in unknown {
        assert!(fields.contains(&*field), "{field} is not told");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = host::Server::new(64).unwrap().with(platform.one_stop.clone());
    tokio::spawn(server.run(listener, std::future::pending()));
    let remote = OneStopClient::new(host::remote(&endpoint).unwrap());
    let far = settle(&remote, "r-1", everything_wrong()).await.unwrap_err();
    assert_eq!(far, near);
    let common = tonic::transport::Channel::from_shared(endpoint).unwrap().connect().await.unwrap();
    let request = SettleRequest { request_id: "r-1".to_owned(), case: Some(everything_wrong()) };
    let short = OneStopClient::new(common).settle(request).await.unwrap_err();
    let short = Failure::from_status(&short).unwrap();
    let last = short.violations.last().unwrap();
    let untold = near.violations.len() - (short.violations.len() - 1);
    assert_eq!(last.description, format!("and {untold} more faults"));
    assert!(list(&client, EMPLOYEE).await.is_empty());
}

#[tokio::test]
async fn a_list_is_read_page_by_page_newest_first() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        for number in 1..=5 {
            let case = visit(EMPLOYEE, HOSPITAL_1, date(2023, 3, number), 13_000);
            settle(&client, &format!("r-{number}"), case).await.unwrap();
        }
        let mut token = String::new();
        let mut requests = Vec::new();
        loop {
            let request = ListRequest { person_id: EMPLOYEE.to_owned(), page_size: 2, page_token: token };
            let page = client.clone().list(request).await.unwrap().into_inner();
            requests.extend(page.settlements.into_iter().map(|settled| settled.request_id));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(requests, ["r-5", "r-4", "r-3", "r-2", "r-1"]);
    }
}

async fn cancel(
    client: &OneStopClient<Transport>,
    request_id: &str,
    settlement: &Statement,
    readjudicate_later: bool,
) -> Result<Adjustment, Failure> {
    let settlement_id = settlement.settlement_id.as_ref().unwrap().to_string();
    let request_id = request_id.to_owned();
    let request = CancelRequest { request_id, settlement_id, readjudicate_later, across_years: false };
    let answer = client.clone().cancel(request).await;
    let answer = answer.map_err(|status| Failure::from_status(&status).unwrap())?.into_inner();
    Ok(answer.adjustment.unwrap())
}

#[tokio::test]
async fn after_a_cancellation_the_same_bill_settles_as_if_it_were_the_first() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        let (first, _) = settle(&client, "r-1", one_stop_case()).await.unwrap();
        let adjustment = cancel(&client, "c-1", &first, false).await.unwrap();
        assert_eq!(adjustment.cash_difference_fen, -1_021_544, "{}", store.name);
        let funds: Vec<_> = adjustment.funds.iter().map(|fund| fund.difference_fen).collect();
        assert_eq!(funds, [-5_647_200, -2_114_320, -1_216_936]);
        assert_eq!(adjustment.institutions[0].institution_id, HOSPITAL_3);
        let (again, already) = settle(&client, "r-2", one_stop_case()).await.unwrap();
        assert!(!already);
        assert_eq!((again.adjudications, again.amounts), (first.adjudications, first.amounts), "{}", store.name);

        let request = ReverseRequest {
            request_id: "v-1".to_owned(),
            person_id: RESIDENT.to_owned(),
            reversed_request_id: "r-2".to_owned(),
            readjudicate_later: false,
        };
        let reversed = client.clone().reverse(request).await.unwrap().into_inner();
        assert_eq!(reversed.outcome(), ReversalOutcome::SettlementCancelled);
        let states: Vec<_> = list(&client, RESIDENT).await.iter().map(SettlementSummary::state).collect();
        assert_eq!(states, [SettlementState::Cancelled; 2], "{}", store.name);
    }
}

#[tokio::test]
async fn cancelling_an_old_visit_decides_the_later_ones_as_if_it_had_not_been() {
    for store in TestStore::each().await {
        let (_platform, client) = platform(&store.location).await;
        let case = |day| visit(EMPLOYEE, HOSPITAL_3, date(2023, 3, day), 109_000);
        let mut visits = Vec::new();
        for day in 1..=13 {
            visits.push(settle(&client, &format!("r-{day}"), case(day)).await.unwrap().0);
        }
        let paid: Vec<i64> = visits.iter().map(|visit| visit.amounts.basic.get()).collect();
        assert_eq!(paid, [[50_000; 12].as_slice(), &[85_000]].concat(), "{}", store.name);
        let refused = cancel(&client, "c-1", &visits[0], false).await.unwrap_err();
        assert_eq!((refused.reason, refused.settlements.len()), (ErrorReason::LaterSettlementsDepend, 12));

        let adjustment = cancel(&client, "c-1", &visits[0], true).await.unwrap();
        assert_eq!(adjustment.changes.len(), 13);
        // The first visit's 500.00, and the last one's 350.00, which is no more beyond what the year pays at 50 %.
        assert_eq!(adjustment.funds[0].difference_fen, -85_000, "{}", store.name);
        assert_eq!(adjustment.cash_difference_fen, -59_000 + 35_000, "{}", store.name);
        let next = settle(&client, "r-14", case(14)).await.unwrap().0;
        assert_eq!(next.amounts.basic.get(), 85_000, "{}", store.name);
    }
}
