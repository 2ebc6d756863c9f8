//! Logs to standard error, and traces and metrics to an OpenTelemetry collector where one is configured.

use std::str::FromStr;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("{other:?} is not a log format: text or json")),
        }
    }
}

/// What a process tells about itself.
#[derive(Clone, Debug)]
pub struct TelemetryOptions {
    /// The process's name in traces.
    pub service_name: String,
    /// Which log lines are written, in the syntax of `tracing`: `info`, `warn,orchestrator=debug`.
    pub log_filter: String,
    /// How they look.
    pub log_format: LogFormat,
    /// The collector's OTLP gRPC endpoint, `http://127.0.0.1:4317`; none means no traces and no metrics are sent.
    pub otlp_endpoint: Option<String>,
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
#[error("telemetry cannot start: {0}")]
pub struct TelemetryError(String);

/// Running telemetry. [`Telemetry::finish`] sends what has not been sent yet.
#[derive(Debug)]
pub struct Telemetry {
    sent: Option<(SdkTracerProvider, SdkMeterProvider)>,
}

impl Telemetry {
    /// Starts telemetry for the whole process. Call it once, inside the asynchronous runtime.
    ///
    /// # Errors
    /// A filter or an endpoint that is malformed, or telemetry that was started before.
    pub fn start(options: &TelemetryOptions) -> Result<Self, TelemetryError> {
        let filter = EnvFilter::try_new(&options.log_filter).map_err(|error| TelemetryError(error.to_string()))?;
        let lines = match options.log_format {
            LogFormat::Text => fmt::layer().with_writer(std::io::stderr).boxed(),
            LogFormat::Json => fmt::layer().json().with_writer(std::io::stderr).boxed(),
        };
        let sent = options.otlp_endpoint.as_deref().map(|endpoint| sent(endpoint, options)).transpose();
        let sent = sent.map_err(|error| TelemetryError(error.to_string()))?;
        let spans = sent.as_ref().map(|(traces, _)| {
            let filter = EnvFilter::new("info,h2=off,hyper=off,tonic=off,tower=off,opentelemetry=off");
            tracing_opentelemetry::layer().with_tracer(traces.tracer("onestop")).with_filter(filter)
        });
        tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .with(spans)
            .try_init()
            .map_err(|error| TelemetryError(error.to_string()))?;
        if let Some((_, metrics)) = &sent {
            global::set_meter_provider(metrics.clone());
        }
        Ok(Self { sent })
    }

    /// Sends what has not been sent yet and stops.
    pub fn finish(self) {
        let Some((traces, metrics)) = self.sent else { return };
        if let Err(error) = traces.shutdown() {
            tracing::warn!(%error, "the last traces could not be sent");
        }
        if let Err(error) = metrics.shutdown() {
            tracing::warn!(%error, "the last metrics could not be sent");
        }
    }
}

/// What sends traces, and what sends metrics.
fn sent(
    endpoint: &str,
    options: &TelemetryOptions,
) -> Result<(SdkTracerProvider, SdkMeterProvider), ExporterBuildError> {
    let resource = Resource::builder().with_service_name(options.service_name.clone()).build();
    let spans = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let metrics = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let traces = SdkTracerProvider::builder().with_batch_exporter(spans).with_resource(resource.clone()).build();
    let metrics = SdkMeterProvider::builder().with_periodic_exporter(metrics).with_resource(resource).build();
    Ok((traces, metrics))
}
