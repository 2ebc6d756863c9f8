//! The platform as separate processes: one settlement is one trace through all of them, and every store tells of its
//! batches.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use store::testing::TestStore;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use wire::settlement_v1::SettleRequest;
use wire::settlement_v1::one_stop_client::OneStopClient;

use harness::{HOSPITAL_3, Serving, date, stay};

/// One span as it was sent.
#[derive(Clone, Debug)]
struct Seen {
    service: String,
    name: String,
    trace: Vec<u8>,
}

/// The name and the unit of a histogram, the batcher that it is of, and the count of what it holds.
type Histogram = (String, String, String, u64);

/// A collector that remembers every span and every histogram.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Seen>>>,
    histograms: Arc<Mutex<Vec<Histogram>>>,
}

/// The text of an attribute.
fn text_of(attributes: &[KeyValue], key: &str) -> String {
    let attribute = attributes.iter().find(|attribute| attribute.key == key);
    match attribute.and_then(|attribute| attribute.value.clone()).and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{key} is not a text: {other:?}"),
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for resource_spans in request.into_inner().resource_spans {
            let attributes = resource_spans.resource.map(|resource| resource.attributes).unwrap_or_default();
            let service = text_of(&attributes, "service.name");
            let spans = resource_spans.scope_spans.into_iter().flat_map(|scope_spans| scope_spans.spans);
            let seen = spans.map(|span| Seen { service: service.clone(), name: span.name, trace: span.trace_id });
            self.spans.lock().unwrap().extend(seen);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let scopes = request.into_inner().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        for metric in scopes.flat_map(|scope| scope.metrics) {
            let Some(Data::Histogram(histogram)) = metric.data else { continue };
            let seen = histogram.data_points.iter().map(|point| {
                let batcher = text_of(&point.attributes, "onestop.batcher");
                (metric.name.clone(), metric.unit.clone(), batcher, point.count)
            });
            self.histograms.lock().unwrap().extend(seen);
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_settlement_is_one_trace_through_all_services_and_each_tells_of_its_batches() {
    let store = TestStore::postgres().await;
    harness::import(&store.location, &harness::register_files());
    let collector = Collector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collecting = format!("http://{}", listener.local_addr().unwrap());
    let collecting_server = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(collector.clone()))
        .add_service(MetricsServiceServer::new(collector.clone()))
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(collecting_server);

    let serve = |target: &str, more: &[String]| {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--otlp-endpoint", &collecting, "--target", target];
        Serving::start(harness::onestop(&store.location).args(arguments).args(more))
    };
    let register = serve("register", &[]);
    let payers = ["basic-insurance", "critical-illness", "medical-assistance"].map(|payer| (payer, serve(payer, &[])));
    let mut ways = vec!["--register-endpoint".to_owned(), register.endpoint.clone()];
    for (payer, serving) in &payers {
        ways.extend(["--payer-endpoint".to_owned(), format!("{payer}={}", serving.endpoint)]);
    }
    let orchestrator = serve("orchestrator", &ways);

    let case = stay("530100000003", HOSPITAL_3, date(2023, 6, 1), date(2023, 6, 30), 5_000_000);
    let request = SettleRequest { request_id: "r-1".to_owned(), case: Some(case) };
    let mut client = OneStopClient::new(host::remote(&orchestrator.endpoint).unwrap());
    let statement = client.settle(request).await.unwrap().into_inner().statement.unwrap();
    assert!(statement.amounts.unwrap().assistance_fen > 0);

    // A process that stops sends its last spans and metrics first.
    orchestrator.stop();
    register.stop();
    for (_, serving) in payers {
        serving.stop();
    }
    let seen = collector.spans.lock().unwrap().clone();
    let settle = seen.iter().find(|span| span.name == "onestop.settlement.v1.OneStop/Settle").unwrap();
    let of_settlement: BTreeSet<(&str, &str)> = seen
        .iter()
        .filter(|span| span.trace == settle.trace)
        .map(|span| (span.service.as_str(), span.name.as_str()))
        .collect();
    for span in [
        ("onestop-orchestrator", "onestop.settlement.v1.OneStop/Settle"),
        ("onestop-register", "onestop.register.v1.Register/GatherFacts"),
        ("onestop-basic-insurance", "onestop.payer.v1.Payer/Adjudicate"),
        ("onestop-critical-illness", "onestop.payer.v1.Payer/Adjudicate"),
        ("onestop-medical-assistance", "onestop.payer.v1.Payer/Adjudicate"),
        ("onestop-basic-insurance", "onestop.payer.v1.Payer/Post"),
        ("onestop-critical-illness", "onestop.payer.v1.Payer/Post"),
        ("onestop-medical-assistance", "onestop.payer.v1.Payer/Post"),
    ] {
        assert!(of_settlement.contains(&span), "{span:?} is not in {of_settlement:?}");
    }
    let histograms = collector.histograms.lock().unwrap().clone();
    // The chain says where the counters stand, so no payer looks into its books before it books.
    let looks = |seen: &&Histogram| seen.2.split_once('.').is_some_and(|of| of.0 != "orchestrator" && of.1 == "reads");
    assert_eq!(histograms.iter().find(looks), None);
    for batcher in [
        "register.persons",
        "register.catalogue",
        "orchestrator.reads",
        "orchestrator.writes",
        "basic-insurance.posts",
        "critical-illness.posts",
        "medical-assistance.posts",
    ] {
        for (name, unit) in
            [("onestop.batch.size", "{item}"), ("onestop.batch.wait", "s"), ("onestop.batch.duration", "s")]
        {
            let is_it = |seen: &&Histogram| (&*seen.0, &*seen.1, &*seen.2) == (name, unit, batcher);
            let told = histograms.iter().find(is_it).is_some_and(|(.., count)| *count > 0);
            assert!(told, "{name} in {unit} of {batcher} is not in {histograms:?}");
        }
    }
}
