//! What surrounds every service on the serving side: its span, the caller's deadline and the room it has for faults.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use http::{Request, Response};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::Service;
use tracing::{Instrument, Span};
use wire::{ErrorReason, Failure};

use crate::{deadline, status_room, trace_context};

/// A service that takes up the trace and the deadline of each call and tells no more faults than its caller takes.
///
/// It goes around every service, whether a network server or a client in the same process calls it.
#[derive(Clone, Debug)]
pub struct Served<S> {
    service: S,
    /// A place for each call that may be under way at once.
    places: Option<Arc<Semaphore>>,
}

impl<S> Served<S> {
    /// Surrounds `service`.
    pub const fn new(service: S) -> Self {
        Self { service, places: None }
    }

    /// Surrounds `service`; a call that finds none of `places` free is refused as overload, and not kept waiting.
    pub const fn bounded(service: S, places: Arc<Semaphore>) -> Self {
        Self { service, places: Some(places) }
    }
}

impl<S: NamedService> NamedService for Served<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Served<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let span = span_of(&request);
        let place = self.places.as_ref().map(|places| Arc::clone(places).try_acquire_owned()).transpose();
        let Ok(place) = place else {
            return Box::pin(async { Ok(overloaded().into_http()) }.instrument(span));
        };
        let deadline = deadline::arriving(request.headers());
        let room = status_room::of_caller(request.headers());
        let answer = self.service.call(request);
        let served = async move {
            let _place = place;
            // A panic is a bug of one call; the connection, and the caller in the same process, live on.
            let answer = AssertUnwindSafe(deadline::within(deadline, answer)).catch_unwind().await;
            let answer = answer.unwrap_or_else(|_| Some(Ok(panicked().into_http())));
            let answer = answer.unwrap_or_else(|| Ok(too_late().into_http()));
            if let Ok(response) = &answer {
                note_failure(response);
            }
            answer.map(|response| status_room::fit(response, room))
        };
        Box::pin(served.instrument(span))
    }
}

fn span_of(request: &Request<Body>) -> Span {
    let path = request.uri().path().trim_start_matches('/');
    let span = tracing::info_span!(
        "rpc",
        otel.name = path,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.grpc.status_code = tracing::field::Empty,
    );
    trace_context::adopt(&span, request.headers());
    span
}

fn overloaded() -> Status {
    Failure::new(ErrorReason::Overloaded, "too many calls are under way; nothing was done").into()
}

fn panicked() -> Status {
    Failure::invariant_violated("a call panicked").into()
}

fn too_late() -> Status {
    Failure::new(
        ErrorReason::DeadlineExceeded,
        "the caller's deadline passed; the outcome is unknown: send the same request id again",
    )
    .into()
}

fn note_failure(response: &Response<Body>) {
    let Some(status) = Status::from_header_map(response.headers()) else { return };
    let span = Span::current();
    span.record("rpc.grpc.status_code", i32::from(status.code()));
    match status.code() {
        Code::Internal | Code::Unknown | Code::DataLoss => tracing::error!(code = ?status.code(), "call failed"),
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unavailable
        | Code::Unauthenticated => tracing::debug!(code = ?status.code(), "call answered with a failure"),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tokio::time::{Duration, sleep};
    use tower::{ServiceExt, service_fn};

    use super::*;

    async fn code_of<F>(answer: fn() -> F, timeout: Option<&'static str>) -> Code
    where
        F: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
    {
        let mut request = Request::new(Body::default());
        if let Some(timeout) = timeout {
            request.headers_mut().insert("grpc-timeout", HeaderValue::from_static(timeout));
        }
        let response = Served::new(service_fn(move |_| answer())).oneshot(request).await.unwrap();
        Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code())
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        async fn panics() -> Result<Response<Body>, Infallible> {
            panic!("a bug")
        }
        assert_eq!(code_of(panics, None).await, Code::Internal);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_at_its_callers_deadline() {
        async fn slow() -> Result<Response<Body>, Infallible> {
            sleep(Duration::from_secs(2)).await;
            Ok(Response::new(Body::default()))
        }
        assert_eq!(code_of(slow, Some("1S")).await, Code::DeadlineExceeded);
        assert_eq!(code_of(slow, Some("3S")).await, Code::Ok);
        assert_eq!(code_of(slow, None).await, Code::Ok);
    }

    #[tokio::test]
    async fn a_call_too_many_is_refused_at_once_and_told_when_to_come_back() {
        let places = Arc::new(Semaphore::new(1));
        let answers = || service_fn(|_: Request<Body>| async { Ok(Response::new(Body::default())) });
        let taken = Arc::clone(&places).try_acquire_owned().unwrap();
        let call = |places| Served::bounded(answers(), places).oneshot(Request::new(Body::default()));
        let refused = call(Arc::clone(&places)).await.unwrap();
        let status = Status::from_header_map(refused.headers()).unwrap();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(Failure::from_status(&status).unwrap().is_retryable());
        drop(taken);
        for _ in 0..2 {
            let answered = call(Arc::clone(&places)).await.unwrap();
            assert!(Status::from_header_map(answered.headers()).is_none(), "a place is given back");
        }
    }
}
