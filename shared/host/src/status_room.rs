//! How much of a failure a caller can take.
//!
//! A status travels in the headers that end an answer, and common clients drop an answer whose headers exceed 8 KiB. A
//! caller that takes more says so; in this process and between our own services there is room for every fault of the
//! longest bill.

use http::{HeaderMap, HeaderValue, Response};
use tonic::Status;
use tonic::body::Body;
use wire::Failure;

use crate::MAX_MESSAGE_BYTES;

/// The request header in which a caller says how many bytes of faults it takes in a status, as a decimal number.
const HEADER: &str = "onestop-max-fault-bytes";
/// What a caller takes that says nothing; with base64 and the rest of the headers it stays below 8 KiB.
const DEFAULT_BYTES: usize = 4_000;
/// What we take ourselves and give at most: what stays within a message with base64.
const OWN_BYTES: usize = MAX_MESSAGE_BYTES / 2;
/// Details no longer than this hold no more faults than every caller takes.
const SURELY_FIT_BYTES: usize = 4_000;
const DETAILS: &str = "grpc-status-details-bin";

/// Says in the headers of a call that leaves now that every fault can be told.
pub(crate) fn ask_for_all(headers: &mut HeaderMap) {
    headers.insert(HEADER, HeaderValue::from(OWN_BYTES));
}

/// How many bytes of faults the caller of a call that arrives now takes.
pub(crate) fn of_caller(headers: &HeaderMap) -> usize {
    let told = headers.get(HEADER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    told.map_or(DEFAULT_BYTES, |bytes: usize| bytes.min(OWN_BYTES))
}

/// Leaves out of a failed answer what its caller cannot take.
pub(crate) fn fit(answer: Response<Body>, bytes: usize) -> Response<Body> {
    let details = answer.headers().get(DETAILS).map_or(0, HeaderValue::len);
    if details <= SURELY_FIT_BYTES || details <= bytes {
        return answer;
    }
    let status = Status::from_header_map(answer.headers());
    match status.as_ref().and_then(Failure::from_status) {
        Some(failure) => Status::from(failure.told_within(bytes)).into_http(),
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use claim::Violations;

    use super::*;

    fn refused() -> Response<Body> {
        let mut violations = Violations::new();
        for index in 0..5_000 {
            violations.add(format!("lines[{index}].amount_fen"), "is -1: must be 0 to 10000000000000");
        }
        Status::from(Failure::violations(&violations)).into_http()
    }

    fn told(answer: &Response<Body>) -> usize {
        Failure::from_status(&Status::from_header_map(answer.headers()).unwrap()).unwrap().violations.len()
    }

    #[test]
    fn a_caller_that_says_nothing_gets_what_common_clients_take() {
        let answer = fit(refused(), of_caller(&HeaderMap::new()));
        let bytes: usize = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        assert!(bytes < 8 * 1024, "{bytes}");
        assert!(told(&answer) > 50);
    }

    #[test]
    fn a_caller_that_takes_all_gets_all_and_nobody_more_than_a_message() {
        let mut headers = HeaderMap::new();
        ask_for_all(&mut headers);
        assert_eq!(told(&fit(refused(), of_caller(&headers))), 5_000);
        headers.insert(HEADER, HeaderValue::from_static("99999999999"));
        assert_eq!(of_caller(&headers), OWN_BYTES);
    }
}
