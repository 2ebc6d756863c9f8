//! What a batcher tells of itself, as OpenTelemetry metrics.

#![expect(clippy::disallowed_types, reason = "times are told in fractions of a second; no money is near")]

use std::fmt;
use std::time::{Duration, Instant};

use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, global};

/// The upper ends of the classes of times, in seconds.
const SECONDS: [f64; 13] = [0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0];
/// The upper ends of the classes of sizes.
const ITEMS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// The metrics of one batcher, by its name; nothing where the process collects none.
pub(super) struct Metrics {
    batcher: [KeyValue; 1],
    size: Histogram<u64>,
    wait: Histogram<f64>,
    duration: Histogram<f64>,
}

impl Metrics {
    /// The metrics of the batcher `name`.
    pub(super) fn of(name: String) -> Self {
        let meter = global::meter("onestop");
        let seconds = |metric, description| {
            let histogram = meter.f64_histogram(metric).with_unit("s").with_description(description);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        let size = meter.u64_histogram("onestop.batch.size").with_unit("{item}");
        let size = size.with_description("Items that one batch took").with_boundaries(ITEMS.to_vec());
        Self {
            batcher: [KeyValue::new("onestop.batcher", name)],
            size: size.build(),
            wait: seconds("onestop.batch.wait", "How long an item waited before its batch was taken"),
            duration: seconds(
                "onestop.batch.duration",
                "How long a batch took until the store had answered or committed",
            ),
        }
    }

    /// A batch of items was taken that wait since `since`.
    pub(super) fn taken(&self, since: impl ExactSizeIterator<Item = Instant>) {
        let now = Instant::now();
        self.size.record(u64::try_from(since.len()).unwrap_or(u64::MAX), &self.batcher);
        for since in since {
            self.wait.record(now.saturating_duration_since(since).as_secs_f64(), &self.batcher);
        }
    }

    /// A batch was answered after `time`.
    pub(super) fn answered(&self, time: Duration) {
        self.duration.record(time.as_secs_f64(), &self.batcher);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("batcher", &self.batcher).finish_non_exhaustive()
    }
}
