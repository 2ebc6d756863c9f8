//! The register as a gRPC service.

use std::sync::Arc;

use dictionary::Dictionaries;
use host::Clock;
use identity_number::{IdentityNumber, Keyring, masked};
use store::{BatchError, Database, Location, StoreError};
use tokio::sync::Mutex;
use tonic::{Request, Response, Status};
use tracing::Instrument;
use wire::register_v1::register_server::{Register, RegisterServer};
use wire::register_v1::{
    CountBedsRequest, CountBedsResponse, FactKind, FactRow as RowMessage, FileHeader, FindPersonsRequest,
    FindPersonsResponse, GatherFactsRequest, GatherFactsResponse, ImportFactsRequest, ImportFactsResponse,
    ImportFileResponse, ImportOutcome, ListAlterationsRequest, ListAlterationsResponse, ListFactsRequest,
    ListFactsResponse, RejectedCell, RotateKeysResponse,
};
use wire::{ErrorReason, Failure, FromMessage};

use crate::alteration_list::{self, AlterationQuestion};
use crate::beds;
use crate::caches::Caches;
use crate::cells::Header;
use crate::change::Origin;
use crate::fact_kind::Column;
use crate::fact_list::{self, FactQuestion};
use crate::file_import::{FileImport, ImportFailure, Order, Rows, Told};
use crate::gather::{Question, gather};
use crate::hearing::{Hearing, Instants, keep_hearing};
use crate::migrations::MIGRATIONS;
use crate::reads::{ReadError, Reads};
use crate::rotation;
use crate::rows::{
    AgreementRow, CategoryRow, DiseasePriceRow, DiseaseRow, FactRow, FilingRow, InstitutionRow, ItemRow, PersonRow,
};

/// The most rows that one call may import.
pub const MAX_IMPORT_ROWS: usize = 10_000;

/// What a register works with.
#[derive(Debug)]
pub struct RegisterOptions {
    /// The clock.
    pub clock: Clock,
    /// The keys of identity numbers; without them none is kept.
    pub keyring: Option<Keyring>,
    /// The dictionaries by which files are read.
    pub dictionaries: Dictionaries,
    /// How time passes, which limits how long what is remembered is trusted.
    pub instants: Instants,
}

/// The register on its database. Cheap to clone; all clones share what they remember.
#[derive(Clone, Debug)]
pub struct RegisterService(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) caches: Arc<Caches>,
    reads: Reads,
    pub(crate) hearing: Hearing,
    pub(crate) keyring: Option<Keyring>,
    dictionaries: Dictionaries,
    clock: Clock,
    /// One import at a time, so that imports cannot take all connections from those who ask.
    turn: Mutex<()>,
}

/// The register's gRPC server, which takes messages of up to [`host::MAX_MESSAGE_BYTES`].
#[must_use]
pub fn server(service: RegisterService) -> RegisterServer<RegisterService> {
    RegisterServer::new(service)
        .max_decoding_message_size(host::MAX_MESSAGE_BYTES)
        .max_encoding_message_size(host::MAX_MESSAGE_BYTES)
}

impl RegisterService {
    /// Opens the register's database at `location`. It keeps no identity numbers and knows the built-in dictionaries.
    ///
    /// # Errors
    /// A location that cannot be used or reached, or a migration that fails.
    pub async fn open(location: &Location, clock: Clock) -> Result<Self, StoreError> {
        let dictionaries = Dictionaries::built_in().map_err(StoreError::corrupt)?;
        Self::open_with(location, RegisterOptions { clock, keyring: None, dictionaries, instants: Instants::system() })
            .await
    }

    /// As [`RegisterService::open`], with what else it works with.
    ///
    /// # Errors
    /// As [`RegisterService::open`].
    pub async fn open_with(location: &Location, options: RegisterOptions) -> Result<Self, StoreError> {
        let RegisterOptions { clock, keyring, dictionaries, instants } = options;
        let database = Database::open(location, "register", &MIGRATIONS).await?;
        let hearing = Hearing::begin(&database, instants).await?;
        let is_shared = matches!(database, Database::Postgres(_));
        let caches = Arc::new(Caches::default());
        let reads = Reads::start(&database, &caches);
        let turn = Mutex::new(());
        let inner = Arc::new(Inner { database, caches, reads, hearing, keyring, dictionaries, clock, turn });
        if is_shared {
            tokio::spawn(keep_hearing(Arc::downgrade(&inner)));
        }
        Ok(Self(inner))
    }

    /// Hears of what other processes have changed, as it does by itself every second.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        self.0.hearing.catch_up(&self.0.database, &self.0.caches).await
    }

    pub(crate) async fn list_facts_now(&self, request: ListFactsRequest) -> Result<ListFactsResponse, Failure> {
        let question = wire::read(|at| FactQuestion::read(request, at))?;
        fact_list::list(&self.0.database, &question).await.map_err(store_failure)
    }

    pub(crate) async fn find_persons_now(&self, request: &FindPersonsRequest) -> Result<FindPersonsResponse, Failure> {
        let keyring = self.keyring()?;
        let number = wire::read(|at| {
            let number = IdentityNumber::new(request.identity_number.trim());
            at.take("identity_number", number)
        })?;
        let person_ids = rotation::find(&self.0.database, keyring, &number).await.map_err(store_failure)?;
        Ok(FindPersonsResponse { person_ids })
    }

    pub(crate) async fn rotate_keys_now(&self) -> Result<RotateKeysResponse, Failure> {
        let keyring = self.keyring()?;
        let turn = self.0.turn.lock().await;
        let rotated = rotation::rotate(&self.0.database, keyring).await.map_err(store_failure)?;
        drop(turn);
        tracing::info!(rotated, "identity numbers were sealed anew");
        Ok(RotateKeysResponse { rotated })
    }

    pub(crate) async fn count_beds_now(&self, request: &CountBedsRequest) -> Result<CountBedsResponse, Failure> {
        let date = wire::read(|at| at.date("date", request.date))?;
        beds::count(&self.0.database, date).await.map_err(store_failure)
    }

    async fn list_alterations_now(&self, request: ListAlterationsRequest) -> Result<ListAlterationsResponse, Failure> {
        let question = wire::read(|at| AlterationQuestion::read(request, at))?;
        alteration_list::list(&self.0.database, &question).await.map_err(store_failure)?
    }

    fn keyring(&self) -> Result<&Keyring, Failure> {
        let missing = || Failure::new(ErrorReason::NotServed, "the register was started without identity keys");
        self.0.keyring.as_ref().ok_or_else(missing)
    }

    /// Takes the file whose rows `rows` brings, telling `told` what is found.
    pub(crate) async fn import_file(
        &self,
        file: &FileHeader,
        rows: impl Rows,
        told: &impl Told,
    ) -> Result<ImportOutcome, Failure> {
        match FactKind::try_from(file.kind).unwrap_or(FactKind::Unspecified) {
            FactKind::Unspecified => Err(unknown_kind(file.kind)),
            FactKind::Person => self.import_rows::<PersonRow>(file, rows, told).await,
            FactKind::Category => self.import_rows::<CategoryRow>(file, rows, told).await,
            FactKind::Disease => self.import_rows::<DiseaseRow>(file, rows, told).await,
            FactKind::Institution => self.import_rows::<InstitutionRow>(file, rows, told).await,
            FactKind::Item => self.import_rows::<ItemRow>(file, rows, told).await,
            FactKind::Filing => self.import_rows::<FilingRow>(file, rows, told).await,
            FactKind::Agreement => self.import_rows::<AgreementRow>(file, rows, told).await,
            FactKind::DiseasePrice => self.import_rows::<DiseasePriceRow>(file, rows, told).await,
        }
    }

    async fn import_rows<R: FactRow>(
        &self,
        file: &FileHeader,
        rows: impl Rows,
        told: &impl Told,
    ) -> Result<ImportOutcome, Failure> {
        let Inner { database, caches, keyring, dictionaries, clock, turn, hearing: _, reads: _ } = &*self.0;
        let turn = turn.lock().await;
        let order = order(file, R::COLUMNS, dictionaries, clock)?;
        let import = FileImport::<R, _>::new(&order, keyring.as_ref(), told);
        let outcome = import.run(database, caches, rows).await.map_err(|failure| match failure {
            ImportFailure::Refused(failure) => failure,
            ImportFailure::Store(error) => store_failure(error),
        })?;
        drop(turn);
        let ImportOutcome { rows, stored_rows, changed_rows, faults, ended_rows, altered_subjects, .. } = outcome;
        tracing::info!(kind = ?file.kind(), rows, stored_rows, changed_rows, ended_rows, altered_subjects, faults, "facts imported");
        Ok(outcome)
    }

    async fn import_facts_now(&self, request: ImportFactsRequest) -> Result<ImportFactsResponse, Failure> {
        wire::read(|at| at.check_count("rows", request.rows.len(), 1..=MAX_IMPORT_ROWS))?;
        let ImportFactsRequest { kind, columns, rows, validate_only } = request;
        let rejected = Noted::default();
        let file = FileHeader { kind, columns, validate_only, ..FileHeader::default() };
        let outcome = self.import_file(&file, AtOnce(Some(rows)), &rejected).await?;
        Ok(ImportFactsResponse { stored_rows: outcome.stored_rows, rejected: rejected.into_sorted() })
    }
}

/// What is asked for with a file whose rows have `columns`.
fn order(file: &FileHeader, columns: &[Column], dictionaries: &Dictionaries, clock: &Clock) -> Result<Order, Failure> {
    let name = if file.dictionary.is_empty() { Dictionaries::DEFAULT } else { &file.dictionary };
    let dictionary = wire::read(|at| {
        let dictionary = dictionaries.on(name, clock.today());
        let known: Vec<&str> = dictionaries.names().collect();
        at.check("dictionary", dictionary.is_some(), format_args!("{name:?} is none of {}", known.join(", ")))?;
        dictionary
    })?;
    let header = Header::new(&file.columns, columns, dictionary)?;
    let full_list_date = wire::read(|at| {
        let date = at.optional_date("full_list_date", file.full_list_date)?;
        let is_full = date.is_some();
        let of_categories = !is_full || file.kind() == FactKind::Category;
        at.check("full_list_date", of_categories, "is given although the file is not of assistance categories")?;
        at.check("withdraw", !is_full || !file.withdraw, "is given together with full_list_date")?;
        at.check("delivered_by", !is_full || !file.delivered_by.is_empty(), "is required for a full list")?;
        Some(date)
    })?;
    let origin = Origin {
        changed_by: masked(&file.changed_by),
        reason: masked(&file.reason),
        source: masked(&file.source),
        delivered_by: file.delivered_by.clone(),
    };
    Ok(Order {
        header,
        kind: file.kind(),
        validate_only: file.validate_only,
        withdraw: file.withdraw,
        origin,
        full_list_date,
        today: clock.today(),
        recorded_time: clock.now(),
    })
}

/// Rows that arrived in one message.
struct AtOnce(Option<Vec<RowMessage>>);

impl Rows for AtOnce {
    async fn next(&mut self) -> Result<Option<Vec<RowMessage>>, Failure> {
        Ok(self.0.take())
    }
}

/// Faults that are told in one message.
#[derive(Default)]
struct Noted(Mutex<Vec<RejectedCell>>);

impl Told for Noted {
    async fn tell(&self, response: ImportFileResponse) {
        self.0.lock().await.extend(response.rejected);
    }
}

impl Noted {
    fn into_sorted(self) -> Vec<RejectedCell> {
        let mut rejected = self.0.into_inner();
        rejected.sort_by_key(|rejected| rejected.number);
        rejected
    }
}

#[tonic::async_trait]
impl Register for RegisterService {
    async fn gather_facts(
        &self,
        request: Request<GatherFactsRequest>,
    ) -> Result<Response<GatherFactsResponse>, Status> {
        let question = wire::read(|at| Question::read(request.into_inner(), at)).map_err(Failure::from)?;
        let Inner { reads, caches, hearing, .. } = &*self.0;
        Ok(Response::new(gather(reads, caches, hearing, &question).await.map_err(read_failure)?))
    }

    async fn list_alterations(
        &self,
        request: Request<ListAlterationsRequest>,
    ) -> Result<Response<ListAlterationsResponse>, Status> {
        Ok(Response::new(self.list_alterations_now(request.into_inner()).await?))
    }

    async fn import_facts(
        &self,
        request: Request<ImportFactsRequest>,
    ) -> Result<Response<ImportFactsResponse>, Status> {
        let service = self.clone();
        // A caller that goes away must not keep a written import from being noticed by the caches.
        let import = async move { service.import_facts_now(request.into_inner()).await };
        let imported = tokio::spawn(import.in_current_span()).await;
        Ok(Response::new(imported.map_err(Failure::invariant_violated)??))
    }
}

fn unknown_kind(kind: i32) -> Failure {
    let mut violations = claim::Violations::new();
    violations.add("kind", format_args!("is {kind}: name the kind of the file, 1 to 8"));
    violations.into()
}

fn read_failure(error: ReadError) -> Failure {
    match error {
        BatchError::Overloaded => Failure::new(ErrorReason::Overloaded, "too many facts are asked for at once"),
        BatchError::Lost => Failure::new(ErrorReason::StoreUnavailable, "the read was lost; ask again"),
        BatchError::Failed(error) => store_failure(error),
    }
}

fn store_failure(error: StoreError) -> Failure {
    if error.is_unavailable() {
        tracing::warn!(%error, "the register cannot use its store");
        return Failure::new(
            ErrorReason::StoreUnavailable,
            "the register's store cannot be reached; nothing is known to be written",
        );
    }
    Failure::invariant_violated(error)
}
