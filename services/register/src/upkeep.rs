//! The register's upkeep as a gRPC service.

use std::pin::Pin;
use std::time::Duration;

use futures::Stream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;
use wire::register_v1::import_file_request::Part;
use wire::register_v1::upkeep_server::{Upkeep, UpkeepServer};
use wire::register_v1::{
    CountBedsRequest, CountBedsResponse, FactRow as RowMessage, FileEnd, FileHeader, FileRows, FindPersonsRequest,
    FindPersonsResponse, ImportFileRequest, ImportFileResponse, ListFactsRequest, ListFactsResponse, RotateKeysRequest,
    RotateKeysResponse,
};
use wire::{ErrorReason, Failure};

use crate::file_import::{Rows, Told, cut_off};
use crate::service::{MAX_IMPORT_ROWS, RegisterService};

/// How long the sender of a file may pause before it is taken to be gone: others wait for their turn.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How many messages may wait for a slow reader.
const WAITING_MAX: usize = 16;

/// The gRPC server of the register's upkeep, which takes messages of up to [`host::MAX_MESSAGE_BYTES`].
#[must_use]
pub fn upkeep_server(service: RegisterService) -> UpkeepServer<RegisterService> {
    UpkeepServer::new(service)
        .max_decoding_message_size(host::MAX_MESSAGE_BYTES)
        .max_encoding_message_size(host::MAX_MESSAGE_BYTES)
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Upkeep for RegisterService {
    type ImportFileStream = Answers<ImportFileResponse>;

    async fn import_file(
        &self,
        request: Request<Streaming<ImportFileRequest>>,
    ) -> Result<Response<Self::ImportFileStream>, Status> {
        let mut parts = Parts { stream: request.into_inner(), rows: 0 };
        let file = parts.header().await?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let service = self.clone();
        let import = async move {
            let told = Caller(sender);
            let last = match RegisterService::import_file(&service, &file, parts, &told).await {
                Ok(outcome) => Ok(ImportFileResponse { outcome: Some(outcome), ..ImportFileResponse::default() }),
                Err(failure) => Err(failure.into()),
            };
            // A caller that no longer listens is no fault.
            let _ = told.0.send(last).await;
        };
        // In a task of its own a written import is noticed by the caches although its caller went away.
        tokio::spawn(import.in_current_span());
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn list_facts(&self, request: Request<ListFactsRequest>) -> Result<Response<ListFactsResponse>, Status> {
        Ok(Response::new(self.list_facts_now(request.into_inner()).await?))
    }

    async fn find_persons(
        &self,
        request: Request<FindPersonsRequest>,
    ) -> Result<Response<FindPersonsResponse>, Status> {
        Ok(Response::new(self.find_persons_now(request.get_ref()).await?))
    }

    async fn rotate_keys(&self, _request: Request<RotateKeysRequest>) -> Result<Response<RotateKeysResponse>, Status> {
        Ok(Response::new(self.rotate_keys_now().await?))
    }

    async fn count_beds(&self, request: Request<CountBedsRequest>) -> Result<Response<CountBedsResponse>, Status> {
        Ok(Response::new(self.count_beds_now(request.get_ref()).await?))
    }
}

struct Caller(mpsc::Sender<Result<ImportFileResponse, Status>>);

impl Told for Caller {
    async fn tell(&self, response: ImportFileResponse) {
        // A caller that no longer listens is no fault.
        let _ = self.0.send(Ok(response)).await;
    }
}

/// The parts of a file in their order.
struct Parts {
    stream: Streaming<ImportFileRequest>,
    rows: u64,
}

impl Parts {
    async fn part(&mut self) -> Result<Part, Failure> {
        let Ok(message) = timeout(LONGEST_PAUSE, self.stream.message()).await else {
            return Err(Failure::new(
                ErrorReason::DeadlineExceeded,
                "the rest of the file did not come; nothing was stored",
            ));
        };
        message.ok().flatten().and_then(|message| message.part).ok_or_else(cut_off)
    }

    async fn header(&mut self) -> Result<FileHeader, Failure> {
        match self.part().await? {
            Part::Header(header) => Ok(header),
            Part::Rows(_) | Part::End(_) => Err(out_of_order("the header must come first")),
        }
    }
}

impl Rows for Parts {
    async fn next(&mut self) -> Result<Option<Vec<RowMessage>>, Failure> {
        match self.part().await? {
            Part::Header(_) => Err(out_of_order("a second header")),
            Part::Rows(FileRows { rows }) => {
                wire::read(|at| at.check_count("rows", rows.len(), 1..=MAX_IMPORT_ROWS))?;
                self.rows += u64::try_from(rows.len()).unwrap_or(u64::MAX);
                Ok(Some(rows))
            }
            Part::End(FileEnd { rows }) if rows == self.rows => Ok(None),
            Part::End(FileEnd { rows }) => {
                Err(out_of_order(&format!("the end announces {rows} rows, but {} were sent", self.rows)))
            }
        }
    }
}

fn out_of_order(description: &str) -> Failure {
    let mut violations = claim::Violations::new();
    violations.add("part", description);
    violations.into()
}
