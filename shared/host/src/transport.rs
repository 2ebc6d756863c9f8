//! The way from a client to a service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tonic::body::Body;
use tonic::transport::Endpoint;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt};

use crate::bundle::Bundling;
use crate::{MAX_MESSAGE_BYTES, Served, deadline, status_room, trace_context};

/// A way to one service: give it to a generated client. Cheap to clone; a clone a call.
pub type Transport = BoxCloneSyncService<Request<Body>, Response<Body>, TransportError>;

/// Why a call did not get through.
#[derive(Debug, thiserror::Error)]
#[error("the call did not get through")]
pub struct TransportError(#[source] BoxError);

impl TransportError {
    pub(crate) fn of(cause: impl Into<BoxError>) -> Self {
        Self(cause.into())
    }
}

/// A way over the network. It connects when it is first used and again after a failure.
///
/// # Errors
/// An endpoint that is not a URI such as `http://127.0.0.1:7000`.
pub fn remote(endpoint: &str) -> Result<Transport, InvalidEndpoint> {
    Ok(BoxCloneSyncService::new(Departing(channel(endpoint)?)))
}

/// As [`remote`], between processes of the platform: calls of one method that meet are sent as one. For calls of one
/// message each, not for streams.
///
/// # Errors
/// As [`remote`].
pub fn remote_service(endpoint: &str) -> Result<Transport, InvalidEndpoint> {
    Ok(BoxCloneSyncService::new(Departing(Bundling::new(channel(endpoint)?))))
}

fn channel(endpoint: &str) -> Result<Transport, InvalidEndpoint> {
    let endpoint = Endpoint::from_shared(endpoint.to_owned())
        .map_err(|_| InvalidEndpoint(endpoint.to_owned()))?
        .connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true)
        .http2_max_header_list_size(u32::try_from(MAX_MESSAGE_BYTES).unwrap_or(u32::MAX))
        .http2_keep_alive_interval(Duration::from_secs(30));
    Ok(BoxCloneSyncService::new(endpoint.connect_lazy().map_err(TransportError::of)))
}

/// A way to `service` in this process, without a socket.
pub fn in_process<S>(service: S) -> Transport
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    BoxCloneSyncService::new(Departing(Served::new(service).map_err(|never: Infallible| match never {})))
}

/// A text that is not an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an endpoint: write a URI such as http://127.0.0.1:7000")]
pub struct InvalidEndpoint(String);

/// Sends the trace and the deadline along with each call, and takes every fault of a refusal.
#[derive(Clone, Debug)]
struct Departing<S>(S);

impl<S> Service<Request<Body>> for Departing<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = TransportError>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        trace_context::pass_on(request.headers_mut());
        deadline::depart(request.headers_mut());
        status_room::ask_for_all(request.headers_mut());
        Box::pin(self.0.call(request))
    }
}
