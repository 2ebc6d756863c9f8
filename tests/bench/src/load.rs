//! The callers: each sends a request, waits for its answer, and sends the next, as a client of pgbench does.
//!
//! Requests are encoded beforehand and answers are not decoded, so that the machine's time goes to what is measured.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::{Buf, BufMut, Bytes};
use futures::future::try_join_all;
use http::uri::PathAndQuery;
use rust_decimal::Decimal;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::city::Requests;
use crate::figure::{Latencies, rate};

/// How many callers share a connection.
const CALLERS_PER_CONNECTION: usize = 8;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rpc {
    /// `OneStop.Settle`.
    Settle,
    /// `OneStop.Preview`.
    Preview,
    /// `Register.GatherFacts`.
    GatherFacts,
}

impl Rpc {
    const fn path(self) -> &'static str {
        match self {
            Self::Settle => "/onestop.settlement.v1.OneStop/Settle",
            Self::Preview => "/onestop.settlement.v1.OneStop/Preview",
            Self::GatherFacts => "/onestop.register.v1.Register/GatherFacts",
        }
    }
}

/// How a stretch of calls went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// Calls answered.
    pub(crate) answered: u64,
    /// From the first call to the last answer.
    pub(crate) elapsed: Duration,
    /// Of the answered calls.
    pub(crate) latencies: Latencies,
}

impl Measured {
    /// Answered calls a second.
    pub(crate) fn per_second(&self) -> Decimal {
        rate(self.answered, self.elapsed)
    }
}

/// Has `callers` ask the server at `endpoint` for as long as `duration`, or until there is nothing more to ask.
///
/// # Errors
/// A server that cannot be reached, or the first refusal: every request of a measurement is one that settles.
pub(crate) async fn run(
    endpoint: &str,
    rpc: Rpc,
    requests: &Arc<Requests>,
    callers: usize,
    duration: Duration,
) -> Result<Measured> {
    let mut channels = Vec::new();
    for _ in 0..callers.div_ceil(CALLERS_PER_CONNECTION) {
        let endpoint = Endpoint::from_shared(endpoint.to_owned())?.tcp_nodelay(true);
        channels.push(endpoint.connect().await.context("the server cannot be reached")?);
    }
    let started = Instant::now();
    let until = started.checked_add(duration);
    let places = channels.iter().cycle().take(callers);
    let callers = places.map(|channel| tokio::spawn(call(channel.clone(), rpc, Arc::clone(requests), until)));
    let mut taken = Vec::new();
    for of_caller in try_join_all(callers).await? {
        taken.append(&mut of_caller?);
    }
    let elapsed = started.elapsed();
    if taken.is_empty() {
        bail!("there was nothing to ask");
    }
    Ok(Measured { answered: u64::try_from(taken.len())?, elapsed, latencies: Latencies::of(taken) })
}

async fn call(channel: Channel, rpc: Rpc, requests: Arc<Requests>, until: Option<Instant>) -> Result<Vec<Duration>> {
    let mut client = Grpc::new(channel);
    let path = PathAndQuery::from_static(rpc.path());
    let mut taken = Vec::new();
    let mut sent = Instant::now();
    while until.is_none_or(|until| sent < until) {
        let Some(request) = requests.next(rpc) else { break };
        let answer = loop {
            client.ready().await?;
            match client.unary(tonic::Request::new(request.clone()), path.clone(), Raw).await {
                // Others of the same person came first each time: the same request is sent again, and that takes time.
                Err(status) if status.code() == Code::Aborted => {}
                Err(status) => bail!("refused: {}: {}", status.code(), status.message()),
                Ok(answer) => break answer,
            }
        };
        if answer.get_ref().is_empty() {
            bail!("an answer is empty");
        }
        let answered = Instant::now();
        taken.push(answered - sent);
        sent = answered;
    }
    Ok(taken)
}

/// Messages as they are on the wire.
#[derive(Clone, Copy, Debug)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
