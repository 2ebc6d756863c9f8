//! The register as a gRPC service.

use std::sync::Arc;

use host::Clock;
use store::{Database, Location, StoreError, begin_write};
use tonic::{Request, Response, Status};
use tracing::Instrument;
use wire::register_v1::register_server::{Register, RegisterServer};
use wire::register_v1::{FactKind, GatherFactsRequest, GatherFactsResponse, ImportFactsRequest, ImportFactsResponse};
use wire::{ErrorReason, Failure, FromMessage};

use crate::caches::Caches;
use crate::gather::{Question, gather};
use crate::import::Import;
use crate::migrations::MIGRATIONS;
use crate::reading::History;
use crate::rows::{CategoryRow, DiseaseRow, FactRow, FilingRow, InstitutionRow, ItemRow, PersonRow};
use crate::session::{Session, with_session};

/// The most rows that one call may import.
pub const MAX_IMPORT_ROWS: usize = 10_000;

/// The register on its database. Cheap to clone; all clones share what they remember.
#[derive(Clone, Debug)]
pub struct RegisterService(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    caches: Caches,
    clock: Clock,
}

/// The register's gRPC server, which takes messages of up to [`host::MAX_MESSAGE_BYTES`].
#[must_use]
pub fn server(service: RegisterService) -> RegisterServer<RegisterService> {
    RegisterServer::new(service)
        .max_decoding_message_size(host::MAX_MESSAGE_BYTES)
        .max_encoding_message_size(host::MAX_MESSAGE_BYTES)
}

impl RegisterService {
    /// Opens the register's database at `location`.
    ///
    /// # Errors
    /// A location that cannot be used or reached, or a migration that fails.
    pub async fn open(location: &Location, clock: Clock) -> Result<Self, StoreError> {
        let database = Database::open(location, "register", &MIGRATIONS).await?;
        Ok(Self(Arc::new(Inner { database, caches: Caches::default(), clock })))
    }

    async fn import<R: FactRow>(&self, request: &ImportFactsRequest) -> Result<ImportFactsResponse, Failure> {
        let mut import = Import::<R>::parse(&request.columns, &request.rows, self.0.clock.today())?;
        if request.validate_only {
            self.check(&mut import).await.map_err(store_failure)?;
            return Ok(ImportFactsResponse { stored_rows: 0, rejected: import.into_rejected() });
        }
        let written = self.write(&mut import).await;
        // Also after a failure: the commit may have got through without its answer.
        R::History::remembered(&self.0.caches).forget(import.ids());
        written.map_err(store_failure)?;
        let stored_rows = if import.is_sound() { request.rows.len() } else { 0 };
        let rejected = import.into_rejected();
        tracing::info!(kind = ?request.kind(), stored_rows, faults = rejected.len(), "facts imported");
        Ok(ImportFactsResponse { stored_rows: u64::try_from(stored_rows).unwrap_or(u64::MAX), rejected })
    }

    async fn check<R: FactRow>(&self, import: &mut Import<R>) -> Result<(), StoreError> {
        with_session!(&self.0.database, |session| import.check(session).await)
    }

    async fn write<R: FactRow>(&self, import: &mut Import<R>) -> Result<(), StoreError> {
        let recorded_time = self.0.clock.now();
        match &self.0.database {
            Database::Sqlite(pool) => {
                let mut transaction = begin_write(pool).await?;
                import.apply(&mut Session::Sqlite(&mut transaction), recorded_time).await?;
                if import.is_sound() {
                    transaction.commit().await?;
                }
            }
            Database::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                import.apply(&mut Session::Postgres(&mut transaction), recorded_time).await?;
                if import.is_sound() {
                    transaction.commit().await?;
                }
            }
        }
        Ok(())
    }

    async fn import_kind(&self, request: &ImportFactsRequest) -> Result<ImportFactsResponse, Failure> {
        wire::read(|at| at.check_count("rows", request.rows.len(), 1..=MAX_IMPORT_ROWS))?;
        match FactKind::try_from(request.kind).unwrap_or(FactKind::Unspecified) {
            FactKind::Unspecified => Err(unknown_kind(request.kind)),
            FactKind::Person => self.import::<PersonRow>(request).await,
            FactKind::Category => self.import::<CategoryRow>(request).await,
            FactKind::Disease => self.import::<DiseaseRow>(request).await,
            FactKind::Institution => self.import::<InstitutionRow>(request).await,
            FactKind::Item => self.import::<ItemRow>(request).await,
            FactKind::Filing => self.import::<FilingRow>(request).await,
        }
    }
}

#[tonic::async_trait]
impl Register for RegisterService {
    async fn gather_facts(
        &self,
        request: Request<GatherFactsRequest>,
    ) -> Result<Response<GatherFactsResponse>, Status> {
        let question = wire::read(|at| Question::read(request.into_inner(), at)).map_err(Failure::from)?;
        let facts = gather(&self.0.database, &self.0.caches, &question).await.map_err(store_failure)?;
        Ok(Response::new(facts))
    }

    async fn import_facts(
        &self,
        request: Request<ImportFactsRequest>,
    ) -> Result<Response<ImportFactsResponse>, Status> {
        let service = self.clone();
        // A caller that goes away must not keep a written import from being noticed by the caches.
        let import = async move { service.import_kind(&request.into_inner()).await };
        let imported = tokio::spawn(import.in_current_span()).await;
        Ok(Response::new(imported.map_err(Failure::invariant_violated)??))
    }
}

fn unknown_kind(kind: i32) -> Failure {
    let mut violations = claim::Violations::new();
    violations.add("kind", format_args!("is {kind}: name the kind of the file, 1 to 6"));
    violations.into()
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
