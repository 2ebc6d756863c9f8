//! The service through its generated client, placed directly on the server, over both kinds of store.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use claim::{
    Adjudication, BenefitId, Citation, CounterKey, CounterMove, CounterName, Filing, Fund, InstitutionFacts,
    InstitutionId, InstitutionKind, Insurance, Level, LineSplit, PayerId, PersonFacts, Portion, PricedCase, PricedLine,
    RuleStatus, Service, SplitCitations, TreatmentRegion, Visit, VisitKind,
};
use ledger::Ledger;
use money::Fen;
use payer::{PayerService, server};
use rulebook::{Counters, Detail, InForce, Lookup, PayerRules, RuleNotInForce, Rulebook};
use store::testing::TestStore;
use tonic::{Code, Status};
use wire::payer_v1::payer_client::PayerClient;
use wire::payer_v1::payer_server::PayerServer;
use wire::payer_v1::{
    AdjudicateRequest, AdjustRequest, AsIf, Booking, Counter, GetCountersRequest, ListPersonsRequest,
    ListPostingsRequest, PostRequest, PostingChange,
};
use wire::{ErrorReason, Failure};

type Client = PayerClient<PayerServer<PayerService>>;

const SERVICE: &str = "flat-fund";

/// Pays up to 100 fen of every bill, and nothing at a pharmacy, where it has no rule.
struct FlatFund {
    id: PayerId,
}

impl FlatFund {
    const PAID: Fen = Fen::new(100);

    fn counter(case: &PricedCase) -> CounterKey {
        CounterKey { name: CounterName::new("flat.paid"), benefit_year: case.benefit_year() }
    }

    fn portion(case: &PricedCase) -> Portion {
        let base = case.split().eligible;
        Portion {
            benefit: BenefitId::new("flat").unwrap_or_else(|_| unreachable!("an id")),
            service: Service::OrdinaryOutpatient,
            fund: Fund::BasicOutpatient,
            lines: Vec::new(),
            base,
            deductible: Fen::ZERO,
            coinsurance: base.less(Self::PAID),
            above_ceiling: Fen::ZERO,
            hospital_share: Fen::ZERO,
            paid: base.min(Self::PAID),
            steps: Vec::new(),
            family_account: None,
        }
    }
}

impl PayerRules for FlatFund {
    fn id(&self) -> PayerId {
        self.id.clone()
    }

    fn counter_keys(&self, _: &InForce, case: &PricedCase, _: &[Adjudication]) -> Vec<CounterKey> {
        vec![Self::counter(case)]
    }

    fn adjudicate(
        &self,
        rules: &InForce,
        case: &PricedCase,
        _: &[Adjudication],
        counters: &Counters,
        _: Detail,
    ) -> Result<Adjudication, RuleNotInForce> {
        if case.visit.kind == VisitKind::Pharmacy {
            return Err(RuleNotInForce { kind: case.visit.kind, date: rules.date() });
        }
        let (key, portion) = (Self::counter(case), Self::portion(case));
        let before = counters.get(&key);
        let moves = vec![CounterMove { key, before, after: before + portion.paid }];
        Ok(Adjudication { payer: self.id.clone(), portions: vec![portion], refusals: Vec::new(), moves })
    }
}

async fn open(store: &TestStore) -> Result<(Ledger, Client), Box<dyn std::error::Error>> {
    let ledger = Ledger::open(&store.location, SERVICE).await?;
    let rules = FlatFund { id: PayerId::new(SERVICE)? };
    let service = PayerService::new(Arc::new(rules), Lookup::new(Rulebook::load(&[])?), ledger.clone());
    Ok((ledger, PayerClient::new(server(service))))
}

fn day() -> NaiveDate {
    NaiveDate::default()
}

fn case(kind: VisitKind, eligible: &[i64]) -> PricedCase {
    let citation = Arc::new(Citation {
        rule: "split".into(),
        document: "a document".into(),
        article: "第一条".into(),
        in_force_from: day(),
        status: RuleStatus::Official,
    });
    let line = |&fen: &i64| PricedLine {
        item_code: None,
        name: "".into(),
        quantity: 1,
        amount: Fen::new(fen),
        split: LineSplit { eligible: Fen::new(fen), ..LineSplit::default() },
        disease: None,
        drug: None,
        violates_rules: false,
        service_date: None,
    };
    PricedCase {
        person: PersonFacts {
            insurance: Insurance::Resident,
            birth_date: day(),
            sex: None,
            kunming_household: true,
            disability_level: 0,
            categories: Vec::new(),
            diseases: Vec::new(),
        },
        visit: Visit {
            kind,
            service_date: day(),
            service_time_of_day: None,
            admission_date: None,
            admission_time_of_day: None,
            institution: InstitutionFacts {
                id: InstitutionId::new("hospital").unwrap_or_else(|_| unreachable!("an id")),
                level: Level::Three,
                kind: InstitutionKind::Hospital,
                special_exempt_allowed: false,
            },
            prescriber_level: None,
            host_level: None,
            disease: None,
            diagnosis: None,
            disease_price: None,
            treatment_region: TreatmentRegion::Local,
            filing: Filing::None,
            registration: None,
            use_individual_account: false,
            family_accounts: Vec::new(),
        },
        lines: eligible.iter().map(line).collect(),
        split_citations: SplitCitations {
            excluded: Arc::clone(&citation),
            above_price_cap: Arc::clone(&citation),
            initial_self_pay: Arc::clone(&citation),
            eligible: citation,
        },
    }
}

fn asked(case: &PricedCase) -> AdjudicateRequest {
    AdjudicateRequest { person_id: "p".to_owned(), case: Some(case.into()), earlier: Vec::new(), as_if: None }
}

fn posted(settlement: &str, adjudication: wire::claim_v1::Adjudication) -> PostRequest {
    PostRequest {
        person_id: "p".to_owned(),
        settlement_id: settlement.to_owned(),
        adjudication: Some(adjudication),
        recorded_time: Some(wire::timestamp(DateTime::UNIX_EPOCH)),
    }
}

async fn decide(client: &mut Client, eligible: i64) -> Result<wire::claim_v1::Adjudication, Status> {
    let answer = client.adjudicate(asked(&case(VisitKind::Outpatient, &[eligible]))).await?.into_inner();
    Ok(answer.adjudication.unwrap_or_default())
}

fn reason<T>(answer: Result<T, Status>) -> Option<(Code, ErrorReason)> {
    let status = answer.err()?;
    Failure::from_status(&status).map(|failure| (status.code(), failure.reason))
}

fn counters_of(person: &str) -> GetCountersRequest {
    GetCountersRequest { person_id: person.to_owned(), benefit_year: 1970 }
}

fn postings_of(person: &str, page_size: i32, page_token: String) -> ListPostingsRequest {
    ListPostingsRequest { person_id: person.to_owned(), page_size, page_token }
}

#[tokio::test]
async fn what_was_decided_moves_the_counters_once_it_is_posted() {
    for store in TestStore::each().await {
        let (_, mut client) = open(&store).await.unwrap();
        let first = decide(&mut client, 500).await.unwrap();
        assert_eq!(first.portions[0].paid_fen, 100, "{}", store.name);
        assert_eq!(decide(&mut client, 500).await.unwrap(), first, "asking writes nothing");
        assert!(!client.post(posted("s1", first.clone())).await.unwrap().into_inner().already_posted);
        assert!(client.post(posted("s1", first)).await.unwrap().into_inner().already_posted);
        let second = decide(&mut client, 30).await.unwrap();
        assert_eq!((second.moves[0].before_fen, second.moves[0].after_fen), (100, 130), "{}", store.name);
        client.post(posted("s2", second)).await.unwrap();
        let counters = client.get_counters(counters_of("p")).await.unwrap().into_inner().counters;
        assert_eq!((counters[0].counter.as_str(), counters[0].value_fen), ("flat.paid", 130), "{}", store.name);
        let every_year = GetCountersRequest { benefit_year: 0, ..counters_of("p") };
        let of_every_year = client.get_counters(every_year).await.unwrap().into_inner().counters;
        assert_eq!(of_every_year, counters, "{}", store.name);
        assert!(client.get_counters(counters_of("q")).await.unwrap().into_inner().counters.is_empty());
    }
}

#[tokio::test]
async fn a_decision_is_made_again_with_counters_taken_to_stand_elsewhere() {
    for store in TestStore::each().await {
        let (_, mut client) = open(&store).await.unwrap();
        let decision = decide(&mut client, 500).await.unwrap();
        client.post(posted("s1", decision)).await.unwrap();
        let taken = Counter { counter: "flat.paid".to_owned(), benefit_year: 1970, value_fen: 7 };
        let other = Counter { counter: "another".to_owned(), ..taken.clone() };
        for (counters, others_at_zero_from_year, before) in [
            (vec![taken], None, 7),
            (vec![other.clone()], None, 100),
            (vec![other.clone()], Some(1971), 100),
            (vec![other.clone()], Some(1970), 0),
            (vec![other], Some(0), 0),
        ] {
            let as_if = Some(AsIf { counters, others_at_zero_from_year, balances: Vec::new() });
            let request = AdjudicateRequest { as_if, ..asked(&case(VisitKind::Outpatient, &[500])) };
            let decision = client.adjudicate(request).await.unwrap().into_inner().adjudication.unwrap();
            let moved = (decision.moves[0].before_fen, decision.moves[0].after_fen);
            assert_eq!(moved, (before, before + 100), "{}", store.name);
        }
    }
}

#[tokio::test]
async fn an_adjustment_is_booked_once_and_persons_are_listed() {
    for store in TestStore::each().await {
        let (_, mut client) = open(&store).await.unwrap();
        let decision = decide(&mut client, 500).await.unwrap();
        client.post(posted("s1", decision.clone())).await.unwrap();
        let mut undone = decision.moves[0].clone();
        (undone.before_fen, undone.after_fen) = (100, 0);
        let fund = wire::claim_v1::Fund::BasicOutpatient.into();
        let change = PostingChange { settlement_id: "s1".to_owned(), fund, paid_fen: -100, ..PostingChange::default() };
        let booking = Booking { payer: SERVICE.to_owned(), postings: vec![change.clone()], moves: vec![undone] };
        let request = AdjustRequest {
            person_id: "p".to_owned(),
            adjustment_id: "a1".to_owned(),
            booking: Some(booking.clone()),
            recorded_time: Some(wire::timestamp(DateTime::UNIX_EPOCH)),
        };
        assert!(!client.adjust(request.clone()).await.unwrap().into_inner().already_booked, "{}", store.name);
        assert!(client.adjust(request.clone()).await.unwrap().into_inner().already_booked, "{}", store.name);
        let counters = client.get_counters(counters_of("p")).await.unwrap().into_inner().counters;
        assert_eq!(counters[0].value_fen, 0, "{}", store.name);
        let persons = client.list_persons(ListPersonsRequest::default()).await.unwrap().into_inner().person_ids;
        assert_eq!(persons, ["p"], "{}", store.name);

        let twice = Booking { postings: vec![change.clone(), change], ..booking };
        let refused = client.adjust(AdjustRequest { booking: Some(twice), ..request.clone() }).await;
        assert_eq!(reason(refused), Some((Code::InvalidArgument, ErrorReason::FieldViolation)));
        let foreign = Booking { payer: "another-fund".to_owned(), ..Booking::default() };
        let refused = client.adjust(AdjustRequest { booking: Some(foreign), ..request }).await;
        assert_eq!(reason(refused), Some((Code::InvalidArgument, ErrorReason::FieldViolation)));
    }
}

#[tokio::test]
async fn postings_are_listed_page_by_page() {
    for store in TestStore::each().await {
        let (_, mut client) = open(&store).await.unwrap();
        for settlement in ["s1", "s2", "s3"] {
            let decision = decide(&mut client, 500).await.unwrap();
            client.post(posted(settlement, decision)).await.unwrap();
        }
        let first = client.list_postings(postings_of("p", 2, String::new())).await.unwrap().into_inner();
        let last = client.list_postings(postings_of("p", 2, first.next_page_token)).await.unwrap().into_inner();
        let settlements: Vec<_> =
            first.postings.iter().chain(&last.postings).map(|row| row.settlement_id.as_str()).collect();
        assert_eq!(settlements, ["s3", "s2", "s1"], "{}", store.name);
        assert_eq!(last.next_page_token, "", "{}", store.name);
        assert_eq!(last.postings[0].fund(), wire::claim_v1::Fund::BasicOutpatient);
        let all = client.list_postings(postings_of("p", 0, String::new())).await.unwrap().into_inner();
        assert_eq!((all.postings.len(), all.postings[0].paid_fen), (3, 100), "{}", store.name);
    }
}

#[tokio::test]
async fn a_decision_from_counters_that_moved_since_is_refused_without_a_trace() {
    for store in TestStore::each().await {
        let (_, mut client) = open(&store).await.unwrap();
        let stale = decide(&mut client, 500).await.unwrap();
        client.post(posted("s1", stale.clone())).await.unwrap();
        let refused = client.post(posted("s2", stale.clone())).await;
        assert_eq!(reason(refused), Some((Code::Internal, ErrorReason::InvariantViolated)), "{}", store.name);
        let mut other = stale;
        other.moves.clear();
        let refused = client.post(posted("s1", other)).await;
        assert_eq!(reason(refused), Some((Code::Internal, ErrorReason::InvariantViolated)), "{}", store.name);
        let listed = client.list_postings(postings_of("p", 0, String::new())).await.unwrap().into_inner();
        assert_eq!(listed.postings.len(), 1, "{}", store.name);
    }
}

#[tokio::test]
async fn a_case_without_a_rule_is_told_so() {
    let store = TestStore::sqlite();
    let (_, mut client) = open(&store).await.unwrap();
    let refused = client.adjudicate(asked(&case(VisitKind::Pharmacy, &[5]))).await;
    assert_eq!(reason(refused), Some((Code::FailedPrecondition, ErrorReason::RuleNotInForce)));
}

#[tokio::test]
async fn a_store_that_is_gone_is_unavailable() {
    for store in TestStore::each().await {
        let (ledger, mut client) = open(&store).await.unwrap();
        let decision = decide(&mut client, 5).await.unwrap();
        ledger.close().await;
        let gone = Some((Code::Unavailable, ErrorReason::StoreUnavailable));
        assert_eq!(reason(decide(&mut client, 5).await), gone, "{}", store.name);
        assert_eq!(reason(client.post(posted("s", decision)).await), gone, "{}", store.name);
        assert_eq!(reason(client.get_counters(counters_of("p")).await), gone, "{}", store.name);
        assert_eq!(reason(client.list_postings(postings_of("p", 0, String::new())).await), gone, "{}", store.name);
    }
}

#[tokio::test]
async fn all_faults_of_a_request_are_told_at_once() {
    let store = TestStore::sqlite();
    let (_, mut client) = open(&store).await.unwrap();
    let fields = |status: Status| -> Vec<String> {
        let failure = Failure::from_status(&status).unwrap();
        assert_eq!(failure.reason, ErrorReason::FieldViolation);
        failure.violations.into_iter().map(|violation| violation.field).collect()
    };
    let refused = client.adjudicate(AdjudicateRequest::default()).await.unwrap_err();
    assert_eq!(fields(refused), ["person_id", "case"]);
    let refused = client.post(PostRequest::default()).await.unwrap_err();
    assert_eq!(fields(refused), ["person_id", "settlement_id", "adjudication", "recorded_time"]);
    let mut foreign = decide(&mut client, 5).await.unwrap();
    "another-fund".clone_into(&mut foreign.payer);
    assert_eq!(fields(client.post(posted("s", foreign)).await.unwrap_err()), ["adjudication.payer"]);
    let beyond = GetCountersRequest { benefit_year: -1, ..GetCountersRequest::default() };
    assert_eq!(fields(client.get_counters(beyond).await.unwrap_err()), ["person_id", "benefit_year"]);
    for page_size in [-1, 501] {
        let refused = client.list_postings(postings_of("", page_size, "x".to_owned())).await.unwrap_err();
        assert_eq!(fields(refused), ["person_id", "page_size", "page_token"]);
    }
}

#[tokio::test]
async fn a_case_of_five_thousand_lines_with_long_explanations_is_taken() {
    let store = TestStore::sqlite();
    let (_, mut client) = open(&store).await.unwrap();
    let mut large = asked(&case(VisitKind::Outpatient, &vec![1; 5_000]));
    let mut earlier = decide(&mut client, 500).await.unwrap();
    earlier.citations = vec![large.case.clone().and_then(|case| case.split_citations?.eligible).unwrap()];
    earlier.portions[0].steps = vec![wire::claim_v1::Step { operation: 1, result_fen: 1, ..Default::default() }; 1_000];
    earlier.portions = vec![earlier.portions[0].clone(); 800];
    large.earlier = vec![earlier];
    let answer = client.adjudicate(large).await.unwrap().into_inner();
    assert_eq!(answer.adjudication.unwrap().portions[0].base_fen, 5_000);
}
