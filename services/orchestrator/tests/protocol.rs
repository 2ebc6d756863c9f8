//! The protocol with every step failing: a register and payers that fail on demand, on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use claim::PayerId;
use futures::future::join_all;
use host::{Clock, Transport, in_process};
use orchestrator::{Journal, OneStopService, Orchestrator, OrchestratorOptions, Payers, Recovery, server};
use rulebook::{Lookup, Rulebook};
use store::Location;
use store::testing::TestStore;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::claim_v1::{
    Adjudication, Case, CaseLine, Citation, CounterMove, Filing, Fund, InstitutionFacts, InstitutionKind,
    InstitutionLevel, ItemClass, ItemTerms, Operation, PersonFacts, Portion, RuleStatus, Scheme, Service, Statement,
    Step, TreatmentRegion, VisitKind,
};
use wire::payer_v1::payer_server::{Payer, PayerServer};
use wire::payer_v1::{
    AdjudicateRequest, AdjudicateResponse, GetCountersRequest, GetCountersResponse, ListPostingsRequest,
    ListPostingsResponse, PostRequest, PostResponse,
};
use wire::proto::google::r#type::Date;
use wire::register_v1::register_server::{Register, RegisterServer};
use wire::register_v1::{
    GatherFactsRequest, GatherFactsResponse, ImportFactsRequest, ImportFactsResponse, Institution, Item,
};
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{ListRequest, SettleRequest};
use wire::{ErrorReason, Failure};

/// Knows everybody and everything.
#[derive(Clone, Default)]
struct FakeRegister {
    down: Arc<AtomicBool>,
}

#[tonic::async_trait]
impl Register for FakeRegister {
    async fn gather_facts(
        &self,
        request: Request<GatherFactsRequest>,
    ) -> Result<Response<GatherFactsResponse>, Status> {
        if self.down.load(Ordering::SeqCst) {
            return Err(Status::unavailable("down"));
        }
        let request = request.into_inner();
        let person = PersonFacts {
            scheme: Scheme::Resident.into(),
            birth_date: Some(Date { year: 1970, month: 1, day: 1 }),
            kunming_household: true,
            ..PersonFacts::default()
        };
        let institution = |id: String| Institution {
            facts: Some(InstitutionFacts {
                id,
                level: InstitutionLevel::Three.into(),
                kind: InstitutionKind::Hospital.into(),
                special_exempt_allowed: false,
            }),
            name: "示例医院".to_owned(),
            treatment_region: TreatmentRegion::Local.into(),
        };
        let item = |code: String| Item {
            code,
            name: "项目".to_owned(),
            terms: Some(ItemTerms { class: ItemClass::A.into(), ..ItemTerms::default() }),
            ..Item::default()
        };
        Ok(Response::new(GatherFactsResponse {
            person: Some(person),
            person_known: true,
            institutions: request.institution_ids.into_iter().map(institution).collect(),
            items: request.item_codes.into_iter().map(item).collect(),
            filing: Filing::None.into(),
            ..GatherFactsResponse::default()
        }))
    }

    async fn import_facts(
        &self,
        _request: Request<ImportFactsRequest>,
    ) -> Result<Response<ImportFactsResponse>, Status> {
        Err(Status::unimplemented("not needed"))
    }
}

/// How a payer behaves.
const WORKS: u8 = 0;
const CANNOT_BE_REACHED: u8 = 1;
const LOSES_ITS_REPLY: u8 = 2;

/// Pays a tenth of the eligible expense and counts it; books like a real payer.
#[derive(Clone)]
struct FakePayer {
    name: &'static str,
    adjudicating: Arc<AtomicU8>,
    posting: Arc<AtomicU8>,
    books: Arc<Mutex<PayerBooks>>,
}

#[derive(Default)]
struct PayerBooks {
    counters: HashMap<String, i64>,
    posted: HashSet<String>,
}

impl FakePayer {
    fn new(name: &'static str) -> Self {
        Self { name, adjudicating: Arc::default(), posting: Arc::default(), books: Arc::default() }
    }

    fn counted(&self, person: &str) -> i64 {
        self.books.lock().unwrap().counters.get(person).copied().unwrap_or(0)
    }

    fn decide(&self, before_fen: i64, eligible_fen: i64) -> Adjudication {
        let paid_fen = eligible_fen / 10;
        let citation = Citation {
            rule: "rule".to_owned(),
            document: "document".to_owned(),
            article: "article".to_owned(),
            in_force_from_date: Some(Date { year: 2017, month: 1, day: 1 }),
            status: RuleStatus::Official.into(),
        };
        let step = Step { operation: Operation::ApplyRate.into(), result_fen: paid_fen, ..Step::default() };
        let portion = Portion {
            benefit: "benefit".to_owned(),
            service: Service::Stay.into(),
            fund: Fund::Assistance.into(),
            base_fen: eligible_fen,
            coinsurance_fen: eligible_fen - paid_fen,
            paid_fen,
            steps: vec![step],
            ..Portion::default()
        };
        let counter = "paid".to_owned();
        Adjudication {
            payer: self.name.to_owned(),
            portions: vec![portion],
            moves: vec![CounterMove { counter, benefit_year: 2023, before_fen, after_fen: before_fen + paid_fen }],
            citations: vec![citation],
            refusals: Vec::new(),
        }
    }
}

#[tonic::async_trait]
impl Payer for FakePayer {
    async fn adjudicate(&self, request: Request<AdjudicateRequest>) -> Result<Response<AdjudicateResponse>, Status> {
        if self.adjudicating.load(Ordering::SeqCst) == CANNOT_BE_REACHED {
            return Err(Status::unavailable("down"));
        }
        let request = request.into_inner();
        let lines = request.case.unwrap().lines;
        let eligible: i64 = lines.iter().map(|line| line.split.as_ref().unwrap().eligible_fen).sum();
        let adjudication = Some(self.decide(self.counted(&request.person_id), eligible));
        Ok(Response::new(AdjudicateResponse { adjudication }))
    }

    async fn post(&self, request: Request<PostRequest>) -> Result<Response<PostResponse>, Status> {
        let behaviour = self.posting.load(Ordering::SeqCst);
        if behaviour == CANNOT_BE_REACHED {
            return Err(Status::unavailable("down"));
        }
        let request = request.into_inner();
        let mut books = self.books.lock().unwrap();
        let already_posted = !books.posted.insert(request.settlement_id);
        if !already_posted {
            let counter = books.counters.entry(request.person_id).or_default();
            for counter_move in request.adjudication.unwrap().moves {
                assert_eq!(*counter, counter_move.before_fen, "a settlement was decided on counters that had moved");
                *counter = counter_move.after_fen;
            }
        }
        if behaviour == LOSES_ITS_REPLY {
            return Err(Status::unavailable("lost"));
        }
        Ok(Response::new(PostResponse { already_posted }))
    }

    async fn get_counters(
        &self,
        _request: Request<GetCountersRequest>,
    ) -> Result<Response<GetCountersResponse>, Status> {
        Err(Status::unimplemented("not needed"))
    }

    async fn list_postings(
        &self,
        _request: Request<ListPostingsRequest>,
    ) -> Result<Response<ListPostingsResponse>, Status> {
        Err(Status::unimplemented("not needed"))
    }
}

struct World {
    register: FakeRegister,
    payers: [FakePayer; 3],
    orchestrator: Orchestrator,
    client: OneStopClient<Transport>,
}

impl World {
    async fn new(location: &Location) -> Self {
        let payers = ["basic-insurance", "critical-illness", "medical-assistance"].map(FakePayer::new);
        Self::with(location, FakeRegister::default(), payers).await
    }

    async fn with(location: &Location, register: FakeRegister, payers: [FakePayer; 3]) -> Self {
        let ways = payers.clone().map(|payer| (PayerId::new(payer.name).unwrap(), in_process(PayerServer::new(payer))));
        let orchestrator = Orchestrator::new(OrchestratorOptions {
            journal: Journal::open(location).await.unwrap(),
            register: in_process(RegisterServer::new(register.clone())),
            payers: Payers::new(ways.into_iter().collect()),
            rules: Lookup::new(Rulebook::kunming().unwrap()),
            clock: Clock::system(),
            numbers: Arc::new(Uuid::now_v7),
        });
        let client = OneStopClient::new(in_process(server(OneStopService::new(orchestrator.clone()))));
        Self { register, payers, orchestrator, client }
    }

    async fn settle(&self, person: &str, request_id: &str) -> Result<Statement, Failure> {
        let line = CaseLine { item_code: "item".to_owned(), amount_fen: 100_000, ..CaseLine::default() };
        let case = Case {
            person_id: person.to_owned(),
            institution_id: "hospital".to_owned(),
            kind: VisitKind::Inpatient.into(),
            service_date: Some(Date { year: 2023, month: 5, day: 9 }),
            admission_date: Some(Date { year: 2023, month: 5, day: 1 }),
            total_fen: 100_000,
            lines: vec![line],
            ..Case::default()
        };
        let request = SettleRequest { request_id: request_id.to_owned(), case: Some(case) };
        let answer = self.client.clone().settle(request).await;
        answer
            .map(|answer| answer.into_inner().statement.unwrap())
            .map_err(|status| Failure::from_status(&status).unwrap())
    }

    async fn count(&self, person: &str) -> usize {
        let request = ListRequest { person_id: person.to_owned(), ..ListRequest::default() };
        self.client.clone().list(request).await.unwrap().into_inner().settlements.len()
    }

    fn counted(&self, person: &str) -> [i64; 3] {
        self.payers.each_ref().map(|payer| payer.counted(person))
    }

    async fn recover(&self) -> usize {
        Recovery::new(self.orchestrator.clone()).finish_all().await.unwrap()
    }
}

#[tokio::test]
async fn nothing_is_written_while_a_payer_or_the_register_cannot_be_asked() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        for payer in &world.payers {
            payer.adjudicating.store(CANNOT_BE_REACHED, Ordering::SeqCst);
            let failure = world.settle("p", "r").await.unwrap_err();
            assert_eq!(failure.reason, ErrorReason::PayerUnavailable);
            assert!(failure.is_retryable());
            payer.adjudicating.store(WORKS, Ordering::SeqCst);
        }
        world.register.down.store(true, Ordering::SeqCst);
        assert_eq!(world.settle("p", "r").await.unwrap_err().reason, ErrorReason::RegisterUnavailable);
        world.register.down.store(false, Ordering::SeqCst);
        assert_eq!((world.count("p").await, world.counted("p")), (0, [0, 0, 0]), "{}", store.name);
        world.settle("p", "r").await.unwrap();
        assert_eq!((world.count("p").await, world.counted("p")), (1, [10_000; 3]));
    }
}

#[tokio::test]
async fn a_settlement_whose_posts_fail_is_a_fact_and_recovery_books_it_once() {
    for store in TestStore::each().await {
        for behaviour in [CANNOT_BE_REACHED, LOSES_ITS_REPLY] {
            for failing in 0..3 {
                let world = World::new(&store.location).await;
                let person = format!("p-{behaviour}-{failing}");
                world.payers[failing].posting.store(behaviour, Ordering::SeqCst);
                let statement = world.settle(&person, "r").await.unwrap();
                assert_eq!(world.recover().await, 1, "it stays open while {failing} fails on {}", store.name);
                assert_eq!(world.settle(&person, "r").await.unwrap(), statement);

                world.payers[failing].posting.store(WORKS, Ordering::SeqCst);
                assert_eq!(world.recover().await, 0);
                assert_eq!((world.count(&person).await, world.counted(&person)), (1, [10_000; 3]));
                assert_eq!(world.recover().await, 0);
            }
        }
    }
}

#[tokio::test]
async fn an_open_link_is_finished_before_the_next_settlement_of_the_person() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.payers[1].posting.store(CANNOT_BE_REACHED, Ordering::SeqCst);
        world.settle("p", "r-1").await.unwrap();
        assert_eq!(world.settle("p", "r-2").await.unwrap_err().reason, ErrorReason::PayerUnavailable);
        world.payers[1].posting.store(WORKS, Ordering::SeqCst);
        world.settle("p", "r-2").await.unwrap();
        assert_eq!((world.count("p").await, world.counted("p")), (2, [20_000; 3]), "{}", store.name);
    }
}

#[tokio::test]
async fn a_restart_finishes_what_was_left_open() {
    for store in TestStore::each().await {
        let world = World::new(&store.location).await;
        world.payers.iter().for_each(|payer| payer.posting.store(CANNOT_BE_REACHED, Ordering::SeqCst));
        for person in 0..20 {
            world.settle(&format!("p-{person}"), "r").await.unwrap();
        }
        world.payers.iter().for_each(|payer| payer.posting.store(WORKS, Ordering::SeqCst));
        let World { register, payers, .. } = world;
        let world = World::with(&store.location, register, payers).await;
        assert_eq!(world.recover().await, 0);
        for person in 0..20 {
            assert_eq!(world.counted(&format!("p-{person}")), [10_000; 3], "{}", store.name);
        }
    }
}

#[tokio::test]
async fn two_orchestrators_on_one_journal_settle_one_person_as_one_would() {
    for store in TestStore::each().await {
        let one = World::new(&store.location).await;
        let other = World::with(&store.location, one.register.clone(), one.payers.clone()).await;
        let requests = (0..20).map(|number| {
            let world = if number % 2 == 0 { &one } else { &other };
            async move { world.settle("p", &format!("r-{}", number / 2)).await }
        });
        let statements = join_all(requests).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        for pair in statements.chunks(2) {
            assert_eq!(pair[0], pair[1], "one request, one settlement");
        }
        assert_eq!((one.count("p").await, one.counted("p")), (10, [100_000; 3]), "{}", store.name);
    }
}
