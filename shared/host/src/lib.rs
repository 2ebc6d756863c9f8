//! What every process does: time, telemetry, servers and the way to them, deadlines, shutdown; and where tests kill it.
//!
//! A client reaches a service through a [`Transport`]: over the network, or directly on the service in the same
//! process. Either way the call carries its trace and its deadline, and [`Served`] takes them up on the other side.

mod bundle;
mod clock;
mod crash_point;
mod deadline;
mod served;
mod server;
mod status_room;
mod telemetry;
mod trace_context;
mod transport;

pub use clock::Clock;
pub use crash_point::CrashPoint;
pub use served::Served;
pub use server::{MAX_MESSAGE_BYTES, Server, ServerError, shutdown_signal};
pub use telemetry::{LogFormat, Telemetry, TelemetryError, TelemetryOptions};
pub use transport::{InvalidEndpoint, Transport, TransportError, in_process, remote, remote_service};
