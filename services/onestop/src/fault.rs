//! Why a command has no statement to print, told to the person who ran it.

use std::fmt::Display;
use std::io::{self, Write};

use claim::{Violation, Violations};
use tonic::Status;
use wire::Failure;

use crate::render::Lang;

/// Why there is no statement.
#[derive(Debug)]
pub enum Fault {
    /// What was given cannot be sent.
    Input(Violations),
    /// The platform refused, with a reason of its catalogue.
    Platform(Failure),
    /// The call failed on its way.
    Transport(Status),
}

impl From<Violations> for Fault {
    fn from(violations: Violations) -> Self {
        Self::Input(violations)
    }
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        Failure::from_status(&status).map_or(Self::Transport(status), Self::Platform)
    }
}

impl Fault {
    /// Writes the reason after `place`, then one line for each thing that is wrong.
    ///
    /// # Errors
    /// What `out` refuses.
    pub fn write(&self, out: &mut impl Write, place: impl Display, lang: Lang) -> io::Result<()> {
        match self {
            Self::Input(violations) => {
                writeln!(out, "{place}: FIELD_VIOLATION")?;
                write_violations(out, violations.iter())
            }
            Self::Platform(failure) => {
                writeln!(out, "{place}: {}", failure.reason_name())?;
                if lang == Lang::ZhCn {
                    writeln!(out, "  {}", failure.message_zh())?;
                }
                if failure.violations.is_empty() {
                    writeln!(out, "  {}", failure.message)?;
                }
                failure.settlements.iter().try_for_each(|settlement_id| writeln!(out, "  {settlement_id}"))?;
                write_violations(out, &failure.violations)
            }
            Self::Transport(status) => writeln!(out, "{place}: {}: {}", status.code(), status.message()),
        }
    }
}

fn write_violations<'v>(out: &mut impl Write, violations: impl IntoIterator<Item = &'v Violation>) -> io::Result<()> {
    violations.into_iter().try_for_each(|violation| writeln!(out, "  {} {}", violation.field, violation.description))
}

#[cfg(test)]
mod tests {
    use wire::ErrorReason;

    use super::*;

    fn told(fault: &Fault, lang: Lang) -> String {
        let mut out = Vec::new();
        fault.write(&mut out, "cases.jsonl:5", lang).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_refusal_is_told_by_its_reason_and_in_chinese_unless_english_was_asked_for() {
        let status = Status::from(Failure::new(ErrorReason::SettlementNotFound, "there is no settlement s-1"));
        let fault = Fault::from(status);
        assert_eq!(told(&fault, Lang::En), "cases.jsonl:5: SETTLEMENT_NOT_FOUND\n  there is no settlement s-1\n");
        assert!(told(&fault, Lang::ZhCn).contains("未找到该结算记录。"));
    }

    #[test]
    fn every_violation_has_a_line() {
        let mut violations = Violations::new();
        violations.add("total", "is missing");
        violations.add("lines", "is empty");
        let text = told(&Fault::from(violations), Lang::En);
        assert_eq!(text, "cases.jsonl:5: FIELD_VIOLATION\n  total is missing\n  lines is empty\n");
    }

    #[test]
    fn a_call_that_did_not_arrive_is_told_by_its_code() {
        let fault = Fault::from(Status::unavailable("connection refused"));
        assert!(told(&fault, Lang::En).ends_with(": connection refused\n"));
    }
}
