//! What every process does: time, telemetry, servers and the way to them, limits, shutdown.

mod clock;

pub use clock::Clock;
