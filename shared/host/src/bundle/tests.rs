use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tower::service_fn;

use super::*;
use crate::Transport;

/// A service that answers a call when the test lets it.
#[derive(Clone, Default)]
struct Gated {
    asked: Arc<AtomicUsize>,
    gate: Option<Arc<Semaphore>>,
}

#[tonic::async_trait]
impl Health for Gated {
    async fn check(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<tonic_health::pb::HealthCheckResponse>, Status> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let told = request.metadata().get("told").map(|told| told.to_str().unwrap().to_owned());
        match request.into_inner().service.as_str() {
            "none" => return Err(Status::not_found("none")),
            "stuck" => std::future::pending().await,
            name => assert_eq!(told.as_deref(), Some(name), "each call has the headers that it came with"),
        }
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        Ok(tonic::Response::new(tonic_health::pb::HealthCheckResponse { status: 1 }))
    }

    type WatchStream = tokio_stream::Empty<Result<tonic_health::pb::HealthCheckResponse, Status>>;

    async fn watch(&self, _: tonic::Request<HealthCheckRequest>) -> Result<tonic::Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("only calls of one message"))
    }
}

/// A way to `gated`, and the paths of what was sent on it.
fn way_to(gated: Gated) -> (Bundling<Transport>, Arc<Mutex<Vec<String>>>) {
    let routes = Routes::new(HealthServer::new(gated));
    let served = routes.clone().add_service(Unbundling::server(routes));
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    let channel = service_fn(move |request: Request<Body>| {
        noted.lock().unwrap().push(request.uri().path().to_owned());
        let served = served.clone();
        async move { served.oneshot(request).await.map_err(TransportError::of) }
    });
    (Bundling::new(Transport::new(channel)), sent)
}

async fn check(way: &Bundling<Transport>, name: &str) -> Result<i32, Code> {
    let mut request = tonic::Request::new(HealthCheckRequest { service: name.to_owned() });
    request.metadata_mut().insert("told", name.parse().unwrap());
    let answer = HealthClient::new(way.clone()).check(request).await;
    answer.map(|answer| answer.into_inner().status).map_err(|status| status.code())
}

const CHECK: &str = "/grpc.health.v1.Health/Check";
const CARRY: &str = "/onestop.bundle.v1.Bundles/Carry";

#[tokio::test]
async fn a_call_that_nobody_joins_is_sent_as_it_is() {
    let (way, sent) = way_to(Gated::default());
    assert_eq!(check(&way, "a").await, Ok(1));
    assert_eq!(check(&way, "none").await, Err(Code::NotFound));
    assert_eq!(*sent.lock().unwrap(), [CHECK, CHECK]);
}

#[tokio::test]
async fn calls_that_meet_are_one_message_and_each_has_its_own_answer() {
    let (way, sent) = way_to(Gated::default());
    let answers = join_all(["a", "none", "b"].map(|name| check(&way, name))).await;
    assert_eq!(answers, [Ok(1), Err(Code::NotFound), Ok(1)]);
    assert_eq!(*sent.lock().unwrap(), [CARRY]);
}

#[tokio::test]
async fn whoever_calls_while_a_bundle_is_under_way_is_in_the_next() {
    let gate = Arc::new(Semaphore::new(0));
    let gated = Gated { gate: Some(Arc::clone(&gate)), ..Gated::default() };
    let (asked, (way, sent)) = (Arc::clone(&gated.asked), way_to(gated));
    let calling = |name: &'static str| {
        let way = way.clone();
        tokio::spawn(async move { check(&way, name).await })
    };
    let first = calling("a");
    while asked.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    let later: Vec<_> = (0..3).map(|_| calling("b")).collect();
    gate.add_permits(1);
    assert_eq!(first.await.unwrap(), Ok(1));
    gate.add_permits(3);
    for call in later {
        assert_eq!(call.await.unwrap(), Ok(1));
    }
    assert_eq!(*sent.lock().unwrap(), [CHECK, CARRY]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_stuck_holds_nobody_up_for_long() {
    let (way, _) = way_to(Gated::default());
    let stuck = tokio::spawn({
        let way = way.clone();
        async move { check(&way, "stuck").await }
    });
    yield_now().await;
    let begun = Instant::now();
    assert_eq!(check(&way, "joins it").await, Ok(1));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(check(&way, "comes behind it").await, Ok(1));
    assert!(begun.elapsed() <= PATIENCE);
    stuck.abort();
}

#[tokio::test]
async fn a_long_message_is_no_part_of_a_bundle() {
    let (way, sent) = way_to(Gated::default());
    let long = "a".repeat(MESSAGE_BYTES_MAX);
    let answers = join_all(["b", &long, "c"].map(|name| check(&way, name))).await;
    assert_eq!(answers, [Ok(1); 3]);
    let mut sent = sent.lock().unwrap().clone();
    sent.sort();
    assert_eq!(sent, [CHECK, CARRY]);
}

#[tokio::test]
async fn a_caller_that_gave_up_before_its_call_left_is_not_sent() {
    let gated = Gated::default();
    let (asked, (way, _)) = (Arc::clone(&gated.asked), way_to(gated));
    let mut given_up = Box::pin(check(&way, "a"));
    assert!(futures::poll!(&mut given_up).is_pending());
    assert_eq!(way.locked().values().map(|lane| lane.waiting.len()).sum::<usize>(), 1);
    drop(given_up);
    assert_eq!(check(&way, "b").await, Ok(1));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_bundle_of_none_or_of_too_many_calls_and_a_call_that_cannot_be_read_are_refused() {
    let (way, _) = way_to(Gated::default());
    let mut client = BundlesClient::new(way.channel.clone());
    for count in [0, CALLS_MAX + 1] {
        let refused = client.carry(CarryRequest { calls: vec![Call::default(); count] }).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{count}");
    }
    let call = |path: &str, name: &str| {
        let headers = vec![Header { name: name.to_owned(), value: Bytes::new() }];
        Call { path: path.to_owned(), headers, framed_message: Bytes::new() }
    };
    let calls = vec![call("not a path", "a"), call(CHECK, "not a name"), call("/no.Service/Call", "a")];
    let mut answers = client.carry(CarryRequest { calls }).await.unwrap().into_inner();
    let mut codes = [Code::Ok; 3];
    while let Some(CarryResponse { call_index, answer }) = answers.message().await.unwrap() {
        let headers = read(answer.unwrap().headers).unwrap();
        codes[usize::try_from(call_index).unwrap()] = Status::from_header_map(&headers).unwrap().code();
    }
    assert_eq!(codes, [Code::InvalidArgument, Code::InvalidArgument, Code::Unimplemented]);
}

#[tokio::test]
async fn an_answer_longer_than_a_message_is_not_gathered() {
    let of = |bytes: usize| Body::new(Full::new(Bytes::from(vec![0; bytes])));
    assert_eq!(whole(of(ANSWER_BYTES_MAX)).await.unwrap().to_bytes().len(), ANSWER_BYTES_MAX);
    assert_eq!(whole(of(ANSWER_BYTES_MAX + 1)).await.unwrap_err().code(), Code::InvalidArgument);
}
