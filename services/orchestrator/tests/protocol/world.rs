//! One orchestrator between a register and payers that fail on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use claim::PayerId;
use host::{Clock, Transport, in_process};
use orchestrator::{
    Journal, OneStopService, Orchestrator, OrchestratorOptions, Payers, Recovery, payer_over, register_over, server,
};
use rulebook::{Lookup, Rulebook};
use store::Location;
use tokio::sync::Notify;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::claim_v1::{
    Adjudication, AssistanceCategory, Case, CaseLine, Citation, CounterMove, Filing, Fund, InstitutionFacts,
    InstitutionKind, InstitutionLevel, ItemClass, ItemTerms, Operation, PersonFacts, Portion, PricedCase, RuleStatus,
    Scheme, Service, Statement, Step, TreatmentRegion, VisitKind,
};
use wire::payer_v1::payer_server::{Payer, PayerServer};
use wire::payer_v1::{
    AdjudicateRequest, AdjudicateResponse, AdjustRequest, AdjustResponse, Booking, CheckBooksRequest,
    CheckBooksResponse, Counter, GetCountersRequest, GetCountersResponse, HoldRequest, HoldResponse,
    ListExpiredHoldsRequest, ListExpiredHoldsResponse, ListPersonsRequest, ListPersonsResponse, ListPostingsRequest,
    ListPostingsResponse, PostRequest, PostResponse, Posting, PostingChange, VoidRequest, VoidResponse,
};
use wire::proto::google::r#type::Date;
use wire::register_v1::register_server::{Register, RegisterServer};
use wire::register_v1::{
    Alteration, GatherFactsRequest, GatherFactsResponse, ImportFactsRequest, ImportFactsResponse, Institution, Item,
    ListAlterationsRequest, ListAlterationsResponse, SubjectKind,
};
use wire::settlement_v1::one_stop_client::OneStopClient;
use wire::settlement_v1::{
    CancelRequest, CancelResponse, GetRequest, GetResponse, ListRequest, ReadjudicateRequest, ReadjudicateResponse,
    ReverseRequest, ReverseResponse, SettleRequest, SettlementState,
};
use wire::{ErrorReason, Failure};

/// The first and the last altered day, by what is told otherwise.
type Alterations = BTreeMap<(SubjectKind, String), (Date, Date)>;

/// Knows everybody and everything.
#[derive(Clone, Default)]
pub(crate) struct FakeRegister {
    pub(crate) down: Arc<AtomicBool>,
    /// Whether everybody is on subsistence allowance.
    pub(crate) poor: Arc<AtomicBool>,
    /// Whether it was told until when to answer.
    pub(crate) knows_deadline: Arc<AtomicBool>,
    /// How often it was asked for facts.
    pub(crate) asked: Arc<AtomicUsize>,
    /// Of which days something else is told than before, by what it is told of.
    altered: Arc<Mutex<Alterations>>,
    /// Holds the next answer back after its facts were read.
    gate: Arc<Mutex<Option<Gate>>>,
}

/// An answer that is held back.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<[Notify; 2]>);

impl Gate {
    /// Completes once the answer waits.
    pub(crate) async fn held(&self) {
        self.0[0].notified().await;
    }

    /// Lets the answer go.
    pub(crate) fn let_go(&self) {
        self.0[1].notify_one();
    }

    async fn wait(&self) {
        self.0[0].notify_one();
        self.0[1].notified().await;
    }
}

impl FakeRegister {
    /// Lets changes have altered what is told of days of 2023, from the first day of one month to that of another.
    pub(crate) fn alter(&self, kind: SubjectKind, subject: &str, from_month: i32, through_month: i32) {
        let day = |month| Date { year: 2023, month, day: 1 };
        self.altered.lock().unwrap().insert((kind, subject.to_owned()), (day(from_month), day(through_month)));
    }

    /// Holds the next answer back until it is let go.
    pub(crate) fn hold_next_answer(&self) -> Gate {
        let gate = Gate::default();
        *self.gate.lock().unwrap() = Some(gate.clone());
        gate
    }
}

#[tonic::async_trait]
impl Register for FakeRegister {
    async fn gather_facts(
        &self,
        request: Request<GatherFactsRequest>,
    ) -> Result<Response<GatherFactsResponse>, Status> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            return Err(Status::unavailable("down"));
        }
        self.knows_deadline.store(request.metadata().contains_key("grpc-timeout"), Ordering::SeqCst);
        let request = request.into_inner();
        let poor = self.poor.load(Ordering::SeqCst);
        let gate = self.gate.lock().unwrap().take();
        if let Some(gate) = gate {
            gate.wait().await;
        }
        let person = PersonFacts {
            scheme: Scheme::Resident.into(),
            birth_date: Some(Date { year: 1970, month: 1, day: 1 }),
            kunming_household: true,
            categories: poor.then(|| AssistanceCategory::SubsistenceAllowance.into()).into_iter().collect(),
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
            interruptions: Vec::new(),
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

    /// Every change is the same.
    async fn list_alterations(
        &self,
        request: Request<ListAlterationsRequest>,
    ) -> Result<Response<ListAlterationsResponse>, Status> {
        let ListAlterationsRequest { kind, subjects, after, page_size, .. } = request.into_inner();
        let altered = self.altered.lock().unwrap();
        let of_kind = altered.iter().filter(|((of, _), _)| i32::from(*of) == kind);
        let asked = of_kind
            .filter(|((_, subject), _)| *subject > after && (subjects.is_empty() || subjects.contains(subject)))
            .map(|((_, subject), (from, through))| Alteration {
                subject: subject.clone(),
                from_date: Some(*from),
                through_date: Some(*through),
            });
        let alterations = asked.take(usize::try_from(page_size).unwrap()).collect();
        Ok(Response::new(ListAlterationsResponse { alterations }))
    }
}

/// How a payer behaves.
pub(crate) const WORKS: u8 = 0;
pub(crate) const CANNOT_BE_REACHED: u8 = 1;
pub(crate) const LOSES_ITS_REPLY: u8 = 2;
pub(crate) const NEVER_ANSWERS: u8 = 3;
pub(crate) const HAS_TOO_MUCH_TO_DO: u8 = 4;

/// Pays a tenth of the eligible expense, a fifth to the poor, up to its ceiling, and counts it; books like a real payer.
#[derive(Clone)]
pub(crate) struct FakePayer {
    pub(crate) name: &'static str,
    pub(crate) adjudicating: Arc<AtomicU8>,
    pub(crate) posting: Arc<AtomicU8>,
    pub(crate) ceiling_fen: Arc<AtomicI64>,
    /// Whether it decides by a document that was published late.
    pub(crate) reformed: Arc<AtomicBool>,
    pub(crate) books: Arc<Mutex<PayerBooks>>,
}

/// What a payer has booked.
#[derive(Default)]
pub(crate) struct PayerBooks {
    /// By person and benefit year.
    pub(crate) counters: BTreeMap<(String, i32), i64>,
    /// By person and entry, with what was booked.
    pub(crate) posted: BTreeMap<(String, String), String>,
    pub(crate) postings: BTreeMap<String, Vec<Posting>>,
}

impl PayerBooks {
    fn book(&mut self, person: String, booked: PostingsOf, moves: &[CounterMove]) -> bool {
        let content = format!("{:?}{moves:?}", booked.changes);
        let entry = (person.clone(), booked.entry_id.clone());
        if let Some(known) = self.posted.get(&entry) {
            assert_eq!(*known, content, "an entry was booked with another content");
            return true;
        }
        for counter_move in moves {
            let counter = self.counters.entry((person.clone(), counter_move.benefit_year)).or_default();
            assert_eq!(*counter, counter_move.before_fen, "a decision was made on counters that had moved");
            *counter = counter_move.after_fen;
        }
        let postings = self.postings.entry(person).or_default();
        postings.extend(booked.changes.into_iter().map(|change| Posting {
            settlement_id: change.settlement_id,
            fund: change.fund,
            paid_fen: change.paid_fen,
            recorded_time: Some(prost_types::Timestamp::default()),
            entry_id: booked.entry_id.clone(),
            ..Posting::default()
        }));
        self.posted.insert(entry, content);
        false
    }
}

struct PostingsOf {
    entry_id: String,
    changes: Vec<PostingChange>,
}

impl FakePayer {
    pub(crate) fn new(name: &'static str) -> Self {
        let ceiling_fen = Arc::new(AtomicI64::new(i64::MAX));
        let reformed = Arc::default();
        Self {
            name,
            adjudicating: Arc::default(),
            posting: Arc::default(),
            ceiling_fen,
            reformed,
            books: Arc::default(),
        }
    }

    pub(crate) fn counted(&self, person: &str, year: i32) -> i64 {
        self.books.lock().unwrap().counters.get(&(person.to_owned(), year)).copied().unwrap_or(0)
    }

    /// What the payer's postings say that it paid for a person.
    pub(crate) fn paid(&self, person: &str) -> i64 {
        self.books.lock().unwrap().postings.get(person).into_iter().flatten().map(|posting| posting.paid_fen).sum()
    }

    fn decide(&self, before_fen: i64, case: &PricedCase) -> Adjudication {
        let eligible_fen: i64 = case.lines.iter().map(|line| line.split.as_ref().unwrap().eligible_fen).sum();
        let share = if case.person.as_ref().unwrap().categories.is_empty() { 10 } else { 5 };
        let room_fen = self.ceiling_fen.load(Ordering::SeqCst) - before_fen;
        let paid_fen = (eligible_fen / share).min(room_fen);
        let citation = Citation {
            rule: "rule".to_owned(),
            document: if self.reformed.load(Ordering::SeqCst) { "late document" } else { "document" }.to_owned(),
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
        let benefit_year = case.visit.as_ref().unwrap().service_date.unwrap().year;
        Adjudication {
            payer: self.name.to_owned(),
            portions: vec![portion],
            moves: vec![CounterMove { counter, benefit_year, before_fen, after_fen: before_fen + paid_fen }],
            citations: vec![citation],
            refusals: Vec::new(),
        }
    }

    fn before(&self, request: &AdjudicateRequest, year: i32) -> i64 {
        let stands = || self.counted(&request.person_id, year);
        request.as_if.as_ref().map_or_else(stands, |as_if| {
            let taken = as_if.counters.iter().find(|counter| counter.benefit_year == year);
            let is_zero = as_if.others_at_zero_from_year.is_some_and(|from| year >= from);
            taken.map_or_else(|| if is_zero { 0 } else { stands() }, |counter| counter.value_fen)
        })
    }

    /// Books as it was told to behave.
    fn book(&self, person: String, booked: PostingsOf, moves: &[CounterMove]) -> Result<bool, Status> {
        let behaviour = self.posting.load(Ordering::SeqCst);
        if behaviour == CANNOT_BE_REACHED {
            return Err(Status::unavailable("down"));
        }
        let already = self.books.lock().unwrap().book(person, booked, moves);
        if behaviour == LOSES_ITS_REPLY { Err(Status::unavailable("lost")) } else { Ok(already) }
    }
}

#[tonic::async_trait]
impl Payer for FakePayer {
    async fn adjudicate(&self, request: Request<AdjudicateRequest>) -> Result<Response<AdjudicateResponse>, Status> {
        match self.adjudicating.load(Ordering::SeqCst) {
            CANNOT_BE_REACHED => return Err(Status::unavailable("down")),
            NEVER_ANSWERS if request.metadata().contains_key("grpc-timeout") => std::future::pending().await,
            HAS_TOO_MUCH_TO_DO => return Err(Failure::new(ErrorReason::Overloaded, "too much").into()),
            _ => {}
        }
        let request = request.into_inner();
        let case = request.case.clone().unwrap();
        let year = case.visit.as_ref().unwrap().service_date.unwrap().year;
        let adjudication = Some(self.decide(self.before(&request, year), &case));
        Ok(Response::new(AdjudicateResponse { adjudication }))
    }

    async fn post(&self, request: Request<PostRequest>) -> Result<Response<PostResponse>, Status> {
        let PostRequest { person_id, settlement_id, adjudication, .. } = request.into_inner();
        let adjudication = adjudication.unwrap();
        let change = |portion: &Portion| PostingChange {
            settlement_id: settlement_id.clone(),
            fund: portion.fund,
            paid_fen: portion.paid_fen,
            ..PostingChange::default()
        };
        let changes = adjudication.portions.iter().map(change).filter(|change| change.paid_fen != 0).collect();
        let booked = PostingsOf { entry_id: settlement_id.clone(), changes };
        let already_posted = self.book(person_id, booked, &adjudication.moves)?;
        Ok(Response::new(PostResponse { already_posted }))
    }

    async fn adjust(&self, request: Request<AdjustRequest>) -> Result<Response<AdjustResponse>, Status> {
        let AdjustRequest { person_id, adjustment_id, booking, .. } = request.into_inner();
        let Booking { payer, postings, moves } = booking.unwrap();
        assert_eq!(payer, self.name);
        let booked = PostingsOf { entry_id: adjustment_id, changes: postings };
        Ok(Response::new(AdjustResponse { already_booked: self.book(person_id, booked, &moves)? }))
    }

    async fn get_counters(
        &self,
        request: Request<GetCountersRequest>,
    ) -> Result<Response<GetCountersResponse>, Status> {
        let GetCountersRequest { person_id, benefit_year } = request.into_inner();
        let books = self.books.lock().unwrap();
        let asked = |of: &(String, i32)| of.0 == person_id && (benefit_year == 0 || of.1 == benefit_year);
        let of_person = books.counters.iter().filter(|(of, _)| asked(of));
        let counters = of_person.map(|((_, benefit_year), value)| Counter {
            counter: "paid".to_owned(),
            benefit_year: *benefit_year,
            value_fen: *value,
        });
        Ok(Response::new(GetCountersResponse { counters: counters.collect() }))
    }

    async fn list_postings(
        &self,
        request: Request<ListPostingsRequest>,
    ) -> Result<Response<ListPostingsResponse>, Status> {
        let ListPostingsRequest { person_id, page_token, page_size } = request.into_inner();
        let books = self.books.lock().unwrap();
        let postings = books.postings.get(&person_id).cloned().unwrap_or_default();
        let (from, size) = (page_token.parse().unwrap_or(0), usize::try_from(page_size).unwrap().max(1));
        let page: Vec<_> = postings.iter().skip(from).take(size).cloned().collect();
        let next = from + page.len();
        let next_page_token = if next < postings.len() { next.to_string() } else { String::new() };
        Ok(Response::new(ListPostingsResponse { postings: page, next_page_token }))
    }

    async fn list_persons(
        &self,
        request: Request<ListPersonsRequest>,
    ) -> Result<Response<ListPersonsResponse>, Status> {
        let ListPersonsRequest { page_size, after_person_id } = request.into_inner();
        let books = self.books.lock().unwrap();
        let persons: BTreeSet<_> = books.counters.keys().map(|(person, _)| person.clone()).collect();
        let after = persons.into_iter().filter(|person| *person > after_person_id);
        let person_ids = after.take(usize::try_from(page_size).unwrap()).collect();
        Ok(Response::new(ListPersonsResponse { person_ids }))
    }

    async fn hold(&self, _request: Request<HoldRequest>) -> Result<Response<HoldResponse>, Status> {
        Err(Status::unimplemented("not needed"))
    }

    async fn void(&self, _request: Request<VoidRequest>) -> Result<Response<VoidResponse>, Status> {
        Err(Status::unimplemented("not needed"))
    }

    async fn list_expired_holds(
        &self,
        _request: Request<ListExpiredHoldsRequest>,
    ) -> Result<Response<ListExpiredHoldsResponse>, Status> {
        Ok(Response::new(ListExpiredHoldsResponse::default()))
    }

    async fn check_books(&self, _request: Request<CheckBooksRequest>) -> Result<Response<CheckBooksResponse>, Status> {
        Ok(Response::new(CheckBooksResponse::default()))
    }
}

pub(crate) struct World {
    pub(crate) register: FakeRegister,
    pub(crate) payers: [FakePayer; 3],
    pub(crate) orchestrator: Orchestrator,
    pub(crate) client: OneStopClient<Transport>,
}

/// A stay that costs 1,000.00.
pub(crate) fn stay(person: &str, year: i32, month: i32) -> Case {
    let line = CaseLine { item_code: "item".to_owned(), amount_fen: 100_000, ..CaseLine::default() };
    Case {
        person_id: person.to_owned(),
        institution_id: "hospital".to_owned(),
        kind: VisitKind::Inpatient.into(),
        service_date: Some(Date { year, month, day: 9 }),
        admission_date: Some(Date { year, month, day: 1 }),
        total_fen: 100_000,
        lines: vec![line],
        ..Case::default()
    }
}

fn failure(status: &Status) -> Failure {
    Failure::from_status(status).unwrap()
}

impl World {
    pub(crate) async fn new(location: &Location) -> Self {
        let payers = ["basic-insurance", "critical-illness", "medical-assistance"].map(FakePayer::new);
        Self::with(location, FakeRegister::default(), payers).await
    }

    pub(crate) async fn with(location: &Location, register: FakeRegister, payers: [FakePayer; 3]) -> Self {
        Self::at(location, register, payers, Clock::system()).await
    }

    pub(crate) async fn at(location: &Location, register: FakeRegister, payers: [FakePayer; 3], clock: Clock) -> Self {
        let way = |payer| payer_over(in_process(PayerServer::new(payer)));
        let ways = payers.clone().map(|payer| (PayerId::new(payer.name).unwrap(), way(payer)));
        let orchestrator = Orchestrator::new(OrchestratorOptions {
            journal: Journal::open(location).await.unwrap(),
            register: register_over(in_process(RegisterServer::new(register.clone()))),
            payers: Payers::new(ways.into_iter().collect()),
            rules: Lookup::new(Rulebook::kunming().unwrap()),
            clock,
            numbers: Arc::new(Uuid::now_v7),
        });
        let client = OneStopClient::new(in_process(server(OneStopService::new(orchestrator.clone()))));
        Self { register, payers, orchestrator, client }
    }

    /// Another orchestrator over the same journal, register and payers.
    pub(crate) async fn another(&self, location: &Location) -> Self {
        Self::with(location, self.register.clone(), self.payers.clone()).await
    }

    /// A client that is another caller.
    pub(crate) fn client_of(&self, caller: &str) -> OneStopClient<Transport> {
        OneStopClient::new(in_process(server(OneStopService::for_caller(self.orchestrator.clone(), caller))))
    }

    pub(crate) async fn settle(&self, person: &str, request_id: &str) -> Result<Statement, Failure> {
        self.settle_case(stay(person, 2023, 5), request_id).await
    }

    pub(crate) async fn settle_case(&self, case: Case, request_id: &str) -> Result<Statement, Failure> {
        let request = SettleRequest { request_id: request_id.to_owned(), case: Some(case) };
        let answer = self.client.clone().settle(request).await;
        answer.map(|answer| answer.into_inner().statement.unwrap()).map_err(|status| failure(&status))
    }

    pub(crate) async fn cancel(&self, request_id: &str, settlement_id: &str) -> Result<CancelResponse, Failure> {
        self.cancel_with(request_id, settlement_id, false).await
    }

    pub(crate) async fn cancel_with(
        &self,
        request_id: &str,
        settlement_id: &str,
        readjudicate_later: bool,
    ) -> Result<CancelResponse, Failure> {
        let (request_id, settlement_id) = (request_id.to_owned(), settlement_id.to_owned());
        let request = CancelRequest { request_id, settlement_id, readjudicate_later, across_years: false };
        let answer = self.client.clone().cancel(request).await;
        answer.map(Response::into_inner).map_err(|status| failure(&status))
    }

    pub(crate) async fn reverse(
        &self,
        request_id: &str,
        person: &str,
        reversed: &str,
    ) -> Result<ReverseResponse, Failure> {
        let (request_id, person_id, reversed_request_id) =
            (request_id.to_owned(), person.to_owned(), reversed.to_owned());
        let request = ReverseRequest { request_id, person_id, reversed_request_id, readjudicate_later: false };
        let answer = self.client.clone().reverse(request).await;
        answer.map(Response::into_inner).map_err(|status| failure(&status))
    }

    pub(crate) async fn readjudicate(
        &self,
        request_id: &str,
        person: &str,
        month: i32,
        preview: bool,
    ) -> Result<ReadjudicateResponse, Failure> {
        let (request_id, person_id) = (request_id.to_owned(), person.to_owned());
        let from_date = Some(Date { year: 2023, month, day: 1 });
        let request = ReadjudicateRequest { request_id, person_id, from_date, preview };
        let answer = self.client.clone().readjudicate(request).await;
        answer.map(Response::into_inner).map_err(|status| failure(&status))
    }

    pub(crate) async fn get(&self, settlement_id: &str) -> GetResponse {
        let request = GetRequest { settlement_id: settlement_id.to_owned() };
        self.client.clone().get(request).await.unwrap().into_inner()
    }

    pub(crate) async fn count(&self, person: &str) -> usize {
        self.states(person).await.len()
    }

    /// The state of each of a person's settlements, in the order in which they were made.
    pub(crate) async fn states(&self, person: &str) -> Vec<SettlementState> {
        let request = ListRequest { person_id: person.to_owned(), page_size: 500, ..ListRequest::default() };
        let listed = self.client.clone().list(request).await.unwrap().into_inner().settlements;
        listed.iter().rev().map(wire::settlement_v1::SettlementSummary::state).collect()
    }

    /// Where each payer's counter of 2023 stands.
    pub(crate) fn counted(&self, person: &str) -> [i64; 3] {
        self.payers.each_ref().map(|payer| payer.counted(person, 2023))
    }

    /// What each payer's postings say that it paid.
    pub(crate) fn paid(&self, person: &str) -> [i64; 3] {
        self.payers.each_ref().map(|payer| payer.paid(person))
    }

    pub(crate) fn set_ceiling(&self, ceiling_fen: i64) {
        self.payers.iter().for_each(|payer| payer.ceiling_fen.store(ceiling_fen, Ordering::SeqCst));
    }

    pub(crate) async fn recover(&self) -> usize {
        Recovery::new(self.orchestrator.clone()).finish_all().await.unwrap()
    }
}

/// The reason of a refusal.
pub(crate) fn reason<T>(answer: Result<T, Failure>) -> Option<ErrorReason> {
    answer.err().map(|failure| failure.reason)
}

/// Edits the orchestrator's tables behind its back.
pub(crate) async fn edit(location: &Location, sql: &'static str) {
    let edited = match location {
        Location::Directory(directory) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(directory.join("orchestrator.sqlite3"));
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        }
        Location::Postgres(url) => {
            let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            let options = options.options([("search_path", "orchestrator")]);
            let pool = sqlx::PgPool::connect_with(options).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        }
    };
    assert_eq!(edited, 1, "{sql}");
}
