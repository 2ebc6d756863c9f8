//! The caller's deadline, from one service to the next.
//!
//! A client that sits directly on a service has no transport that would keep the deadline, so it is kept here for
//! both ways.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

const HEADER: &str = "grpc-timeout";
/// The longest number that the protocol allows in the header.
const MAX_DIGITS: usize = 8;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// The deadline of the call that is being served, if its caller set one.
pub(crate) fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// Runs `future` so that calls it makes carry `deadline` on; `None` where the deadline passed first.
pub(crate) async fn within<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    match deadline {
        None => Some(future.await),
        Some(deadline) => tokio::time::timeout_at(deadline, DEADLINE.scope(deadline, future)).await.ok(),
    }
}

/// The deadline in the headers of a call that arrives now, no later than that of the call being served.
pub(crate) fn arriving(headers: &HeaderMap) -> Option<Instant> {
    let timeout = headers.get(HEADER).and_then(|value| value.to_str().ok()).and_then(parse);
    let told = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    [told, current()].into_iter().flatten().min()
}

/// Puts what is left until the current deadline into the headers of a call that leaves now.
pub(crate) fn depart(headers: &mut HeaderMap) {
    let Some(deadline) = current() else { return };
    let left = deadline.saturating_duration_since(Instant::now());
    let milliseconds = left.as_millis().min(99_999_999);
    if let Ok(value) = HeaderValue::from_str(&format!("{milliseconds}m")) {
        headers.insert(HEADER, value);
    }
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > MAX_DIGITS {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_unit_of_the_protocol() {
        assert_eq!(parse("2H"), Some(Duration::from_hours(2)));
        assert_eq!(parse("3M"), Some(Duration::from_mins(3)));
        assert_eq!(parse("5S"), Some(Duration::from_secs(5)));
        assert_eq!(parse("7m"), Some(Duration::from_millis(7)));
        assert_eq!(parse("11u"), Some(Duration::from_micros(11)));
        assert_eq!(parse("13n"), Some(Duration::from_nanos(13)));
        for text in ["", "S", "5", "5x", "123456789S", "-1S", "5秒"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_made_while_serving_carries_what_is_left() {
        let deadline = Instant::now() + Duration::from_secs(2);
        let headers = within(Some(deadline), async {
            tokio::time::advance(Duration::from_millis(500)).await;
            let mut headers = HeaderMap::new();
            depart(&mut headers);
            headers
        });
        assert_eq!(headers.await.unwrap()[HEADER], "1500m");
    }

    #[tokio::test(start_paused = true)]
    async fn work_stops_at_the_deadline() {
        let deadline = Instant::now() + Duration::from_secs(1);
        assert_eq!(within(Some(deadline), std::future::pending::<()>()).await, None);
    }
}
