//! Calls of one process to another, several in one message.
//!
//! A call of its own takes a stream with headers and a task on either side, which costs more than what most calls do.
//! So whoever calls while a bundle is under way is in the next one, as at a store: no call waits for others to come, and
//! one that nobody joins is sent as it is.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, Stream};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version};
use http_body_util::{BodyExt, Collected, Full, Limited};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::service::Routes;
use tower::{Service, ServiceExt};
use wire::bundle_v1::bundles_client::BundlesClient;
use wire::bundle_v1::bundles_server::{Bundles, BundlesServer};
use wire::bundle_v1::{Answer, Call, CarryRequest, CarryResponse, Header};
use wire::{ErrorReason, Failure};

use crate::MAX_MESSAGE_BYTES;
use crate::transport::TransportError;

/// How many calls a bundle carries at most.
const CALLS_MAX: usize = 256;
/// A longer message is sent as a call of its own: beside it the call costs little, and so the answers to a bundle stay
/// within a message.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// A message in its frame.
const ANSWER_BYTES_MAX: usize = MAX_MESSAGE_BYTES + 5;
/// How long a bundle keeps others of the same method waiting. A call that takes longer than most holds nobody up.
const PATIENCE: Duration = Duration::from_millis(50);

/// Bundles the calls of each method that meet.
#[derive(Clone, Debug)]
pub(crate) struct Bundling<S> {
    channel: S,
    lanes: Arc<Lanes>,
}

/// The calls that wait, by the path of their method.
type Lanes = Mutex<HashMap<String, Lane>>;

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    /// Whether somebody sends what waits.
    is_served: bool,
}

#[derive(Debug)]
struct Waiting {
    head: Parts,
    framed_message: Bytes,
    reply: oneshot::Sender<Result<Response<Body>, TransportError>>,
}

impl<S> Bundling<S> {
    /// Bundles what goes through `channel`.
    pub(crate) fn new(channel: S) -> Self {
        Self { channel, lanes: Arc::default() }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Service<Request<Body>> for Bundling<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = TransportError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let bundling = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let framed_message = body.collect().await.map_err(TransportError::of)?.to_bytes();
            if framed_message.len() > MESSAGE_BYTES_MAX {
                return send_alone(bundling.channel, head, framed_message).await;
            }
            let (reply, answer) = oneshot::channel();
            bundling.join(Waiting { head, framed_message, reply });
            answer.await.map_err(TransportError::of)?
        })
    }
}

impl<S> Bundling<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = TransportError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    fn join(self, call: Waiting) {
        let path = call.head.uri.path().to_owned();
        let mut lanes = self.locked();
        let lane = lanes.entry(path.clone()).or_default();
        lane.waiting.push_back(call);
        let is_served = std::mem::replace(&mut lane.is_served, true);
        drop(lanes);
        if !is_served {
            tokio::spawn(async move { self.serve(&path).await });
        }
    }

    /// Sends what waits, bundle by bundle, until nothing does.
    async fn serve(&self, path: &str) {
        loop {
            // Whoever is about to call, and only waits for the processor, may still come along.
            yield_now().await;
            let Some(calls) = self.take(path) else { return };
            let sent = tokio::spawn(send(self.channel.clone(), calls));
            // One that takes longer goes on; whom it has nothing to tell learns that from its reply.
            let _ = timeout(PATIENCE, sent).await;
        }
    }

    fn take(&self, path: &str) -> Option<Vec<Waiting>> {
        let mut lanes = self.locked();
        let lane = lanes.get_mut(path)?;
        lane.waiting.retain(|call| !call.reply.is_closed());
        let count = lane.waiting.len().min(CALLS_MAX);
        lane.is_served = count > 0;
        lane.is_served.then(|| lane.waiting.drain(..count).collect())
    }
}

async fn send<S>(channel: S, mut calls: Vec<Waiting>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = TransportError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    if calls.len() == 1
        && let Some(Waiting { head, framed_message, reply }) = calls.pop()
    {
        // A caller that no longer waits is no fault of the call, here and below.
        let _ = reply.send(send_alone(channel, head, framed_message).await);
        return;
    }
    let (calls, mut replies): (Vec<_>, Vec<_>) = calls
        .into_iter()
        .map(|Waiting { head, framed_message, reply }| {
            let (path, headers) = (head.uri.path().to_owned(), told(&head.headers));
            (Call { path, headers, framed_message }, Some(reply))
        })
        .unzip();
    // Room for the longest answer with its headers.
    let mut client = BundlesClient::new(channel).max_decoding_message_size(2 * ANSWER_BYTES_MAX);
    let carried = async {
        let mut answers = client.carry(CarryRequest { calls }).await?.into_inner();
        while let Some(CarryResponse { call_index, answer }) = answers.message().await? {
            let place = usize::try_from(call_index).ok().and_then(|index| replies.get_mut(index));
            if let Some(reply) = place.and_then(Option::take) {
                let _ = reply.send(response_of(answer.unwrap_or_default()).map_err(TransportError::of));
            }
        }
        Ok::<_, Status>(())
    };
    // A call that has no answer is told why, or by the drop of its reply.
    if let Err(status) = carried.await {
        for reply in replies.into_iter().flatten() {
            let _ = reply.send(Ok(status.clone().into_http()));
        }
    }
}

async fn send_alone<S>(channel: S, head: Parts, framed_message: Bytes) -> Result<Response<Body>, TransportError>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = TransportError>,
{
    channel.oneshot(Request::from_parts(head, Body::new(Full::new(framed_message)))).await
}

/// The service that makes the calls of a bundle, each through `routes` as if it had come alone.
#[derive(Clone, Debug)]
pub(crate) struct Unbundling {
    routes: Routes,
}

impl Unbundling {
    /// What carries calls of the services of `routes`.
    pub(crate) fn server(routes: Routes) -> BundlesServer<Self> {
        BundlesServer::new(Self { routes }).max_decoding_message_size(2 * CALLS_MAX * MESSAGE_BYTES_MAX)
    }

    async fn answer(self, call_index: u32, call: Call) -> CarryResponse {
        let answered = match request_of(call) {
            Ok(request) => self.answer_of(request).await,
            Err(status) => Err(status),
        };
        let failed =
            |status: Status| Answer { headers: told(status.into_http::<Body>().headers()), ..Answer::default() };
        CarryResponse { call_index, answer: Some(answered.unwrap_or_else(failed)) }
    }

    async fn answer_of(&self, request: Request<Body>) -> Result<Answer, Status> {
        let response = self.routes.clone().oneshot(request).await.map_err(Failure::invariant_violated)?;
        let (head, body) = response.into_parts();
        let body = whole(body).await?;
        let trailers = body.trailers().map(told).unwrap_or_default();
        Ok(Answer { headers: told(&head.headers), framed_message: body.to_bytes(), trailers })
    }
}

#[tonic::async_trait]
impl Bundles for Unbundling {
    type CarryStream = Pin<Box<dyn Stream<Item = Result<CarryResponse, Status>> + Send>>;

    async fn carry(&self, request: tonic::Request<CarryRequest>) -> Result<tonic::Response<Self::CarryStream>, Status> {
        let calls = request.into_inner().calls;
        if calls.is_empty() || calls.len() > CALLS_MAX {
            let message = format!("a bundle carries 1 to {CALLS_MAX} calls");
            return Err(Failure::new(ErrorReason::FieldViolation, message).into());
        }
        let answered = (0..).zip(calls).map(|(index, call)| self.clone().answer(index, call).map(Ok));
        let answers: FuturesUnordered<_> = answered.collect();
        Ok(tonic::Response::new(Box::pin(answers)))
    }
}

/// A body of one message; a stream without an end would fill the memory.
async fn whole(body: Body) -> Result<Collected<Bytes>, Status> {
    Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|fault| {
        let message = format!("a bundled call has no answer of one message: {fault}");
        Failure::new(ErrorReason::FieldViolation, message).into()
    })
}

fn request_of(Call { path, headers, framed_message }: Call) -> Result<Request<Body>, Status> {
    let mut request = Request::new(Body::new(Full::new(framed_message)));
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = path.parse().map_err(unreadable)?;
    *request.headers_mut() = read(headers)?;
    Ok(request)
}

fn response_of(Answer { headers, framed_message, trailers }: Answer) -> Result<Response<Body>, Status> {
    let trailers = read(trailers)?;
    let body = Full::new(framed_message).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    *response.headers_mut() = read(headers)?;
    Ok(response)
}

fn told(headers: &HeaderMap) -> Vec<Header> {
    let header = |(name, value): (&HeaderName, &HeaderValue)| Header {
        name: name.as_str().to_owned(),
        value: Bytes::copy_from_slice(value.as_bytes()),
    };
    headers.iter().map(header).collect()
}

fn read(headers: Vec<Header>) -> Result<HeaderMap, Status> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for Header { name, value } in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(unreadable)?;
        map.append(name, HeaderValue::from_maybe_shared(value).map_err(unreadable)?);
    }
    Ok(map)
}

fn unreadable(fault: impl std::fmt::Display) -> Status {
    Failure::new(ErrorReason::FieldViolation, format!("a bundled call cannot be read: {fault}")).into()
}

#[cfg(test)]
mod tests;
