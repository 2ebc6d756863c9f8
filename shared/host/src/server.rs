//! A gRPC server with health and reflection.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use http::Request;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::Service;

use crate::Served;
use crate::bundle::Unbundling;

/// The largest message that a server or a client takes, in bytes: a bill of the most lines with its explanation.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;

/// The services of one process on one listener.
#[derive(Debug)]
pub struct Server {
    routes: Routes,
    health: HealthReporter,
    names: Vec<&'static str>,
    places: Arc<Semaphore>,
}

/// Why a server could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The contract's descriptors cannot be served.
    #[error("the contract cannot be served for reflection")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("the server stopped")]
    Transport(#[from] tonic::transport::Error),
}

impl Server {
    /// A server that only answers health checks and reflection. Of the calls of its services at most `calls_max` are
    /// under way at once; one more is refused as overload.
    ///
    /// # Errors
    /// Where the contract's descriptors are unusable.
    pub fn new(calls_max: usize) -> Result<Self, ServerError> {
        let reflection =
            || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(wire::DESCRIPTORS);
        let (health, health_service) = tonic_health::server::health_reporter();
        let routes = Routes::new(health_service)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?);
        let places = Arc::new(Semaphore::new(calls_max.min(Semaphore::MAX_PERMITS)));
        Ok(Self { routes, health, names: Vec::new(), places })
    }

    /// Serves `service` too.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(Served::bounded(service, Arc::clone(&self.places)));
        self
    }

    /// Serves on `listener` until `shutdown`, then finishes what was accepted.
    ///
    /// # Errors
    /// Where the transport fails.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), ServerError> {
        for name in &self.names {
            self.health.set_service_status(*name, ServingStatus::Serving).await;
        }
        let health = self.health.clone();
        let names = self.names;
        let drain = async move {
            shutdown.await;
            for name in names.into_iter().chain([""]) {
                health.set_service_status(name, ServingStatus::NotServing).await;
            }
        };
        // Without TCP_NODELAY a serial call waits for the peer's delayed acknowledgement.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let bundles = Unbundling::server(self.routes.clone().prepare());
        let routes = self.routes.add_service(Served::bounded(bundles, self.places));
        tonic::transport::Server::builder().add_routes(routes).serve_with_incoming_shutdown(incoming, drain).await?;
        Ok(())
    }
}

/// Completes when the process is asked to stop: SIGINT or SIGTERM.
pub async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        tracing::warn!("SIGTERM cannot be awaited");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => if let Err(error) = result {
            tracing::warn!(%error, "SIGINT cannot be awaited");
        },
    }
}
