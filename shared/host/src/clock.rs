//! The clock, as an argument.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

const SHANGHAI_SECONDS_EAST: i32 = 8 * 3_600;

/// Tells the time. Whoever needs it takes one, so that a test can decide what time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        Self(Arc::new(Utc::now))
    }

    /// A clock that stands still.
    #[must_use]
    pub fn fixed(time: DateTime<Utc>) -> Self {
        Self(Arc::new(move || time))
    }

    /// A clock that says what `tell` says.
    #[must_use]
    pub fn told_by(tell: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The time, to the microsecond: what every store keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = (self.0)();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// The civil date in Shanghai (UTC+8, without daylight saving).
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        Self::date_of(self.now())
    }

    /// The civil date in Shanghai at `time`.
    #[must_use]
    pub fn date_of(time: DateTime<Utc>) -> NaiveDate {
        FixedOffset::east_opt(SHANGHAI_SECONDS_EAST)
            .map_or_else(|| time.date_naive(), |shanghai| time.with_timezone(&shanghai).date_naive())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
