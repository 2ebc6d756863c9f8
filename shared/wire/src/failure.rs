//! Failures as gRPC statuses with one reason from the closed catalogue, and back.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use claim::{Violation, Violations};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, PreconditionFailure, StatusExt};

pub use crate::proto::onestop::error::v1::ErrorReason;

/// The domain of every `ErrorInfo`.
const DOMAIN: &str = "onestop";
const REASON_PREFIX: &str = "ERROR_REASON_";
/// What a `PreconditionFailure` says that its subject is.
const SETTLEMENT: &str = "SETTLEMENT";
/// Settlements that a status names; the message says how many there are.
const SETTLEMENTS_TOLD: usize = 32;
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Faults that the message repeats in words; all of them are in the details.
const FAULTS_IN_MESSAGE: usize = 3;
const MAX_MESSAGE_CHARS: usize = 500;
const MAX_DESCRIPTION_CHARS: usize = 200;

/// Why a call failed: what the caller gets to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason; it decides the gRPC code.
    pub reason: ErrorReason,
    /// For the caller's developer, in English. Holds no personal data.
    pub message: String,
    /// All faults of the input, where the input is at fault.
    pub violations: Vec<Violation>,
    /// The first field that differs, for a request id that was used before.
    pub field: Option<String>,
    /// The settlements that stand in the way, where any do.
    pub settlements: Vec<String>,
}

impl Failure {
    /// A failure of `reason`.
    #[must_use]
    pub fn new(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), violations: Vec::new(), field: None, settlements: Vec::new() }
    }

    /// The input is at fault.
    #[must_use]
    pub fn violations(violations: &Violations) -> Self {
        let violations: Vec<_> = violations.iter().cloned().collect();
        Self { message: summary(&violations), violations, ..Self::new(ErrorReason::FieldViolation, "") }
    }

    /// This failure with further faults of the same input.
    #[must_use]
    pub fn with_violations(self, further: Vec<Violation>) -> Self {
        if further.is_empty() {
            return self;
        }
        let violations = [self.violations, further].concat();
        Self { message: summary(&violations), violations, ..Self::new(ErrorReason::FieldViolation, "") }
    }

    /// This failure with as many of its faults as fit into `bytes` of fields and descriptions; a last one without a
    /// field says how many more there are.
    #[must_use]
    pub fn told_within(self, bytes: usize) -> Self {
        let mut left = bytes;
        let fits = |violation: &&Violation| {
            let room = left.checked_sub(violation.field.len() + violation.description.len());
            left = room.unwrap_or_default();
            room.is_some()
        };
        let mut told: Vec<_> = self.violations.iter().take_while(fits).cloned().collect();
        let untold = self.violations.len() - told.len();
        if untold > 0 {
            told.push(Violation { field: String::new(), description: and_more(untold) });
        }
        Self { violations: told, ..self }
    }

    /// Facts that the case needs are missing; `violations` names each of them.
    #[must_use]
    pub fn missing(reason: ErrorReason, violations: &Violations) -> Self {
        Self { reason, ..Self::violations(violations) }
    }

    /// The request id was used before with a body that first differs in `field`.
    #[must_use]
    pub fn request_id_reused(field: impl Into<String>) -> Self {
        let field = field.into();
        let message = format!("the request id was used before with another {field}; send a new request under a new id");
        Self { field: Some(field), ..Self::new(ErrorReason::RequestIdReused, message) }
    }

    /// A bug. What went wrong is for the log, nothing of it goes to the caller.
    #[must_use]
    pub fn invariant_violated(cause: impl fmt::Display) -> Self {
        tracing::error!(cause = %cause, "invariant violated");
        Self::new(ErrorReason::InvariantViolated, "an internal check failed; nothing was written by this call")
    }

    /// The gRPC code of the reason.
    #[must_use]
    pub fn code(&self) -> Code {
        code_of(self.reason)
    }

    /// Whether the same request may succeed later without a change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.code(), Code::Unavailable | Code::ResourceExhausted | Code::Aborted | Code::DeadlineExceeded)
    }

    /// Reads a failure back from a status, where the status carries one.
    #[must_use]
    pub fn from_status(status: &Status) -> Option<Self> {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == DOMAIN)?;
        let reason = ErrorReason::from_str_name(&format!("{REASON_PREFIX}{}", info.reason))?;
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        Some(Self {
            reason,
            message: status.message().to_owned(),
            violations: violations
                .into_iter()
                .map(|violation| Violation { field: violation.field, description: violation.description })
                .collect(),
            field: info.metadata.get("field").cloned(),
            settlements: details.precondition_failure().map(settlements_of).unwrap_or_default(),
        })
    }

    /// The reason's name in the catalogue, such as `REQUEST_ID_REUSED`.
    #[must_use]
    pub fn reason_name(&self) -> &'static str {
        self.reason.as_str_name().trim_start_matches(REASON_PREFIX)
    }

    /// What the person at the counter reads, in Chinese.
    #[must_use]
    pub fn message_zh(&self) -> &'static str {
        message_zh(self.reason)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason_name(), self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Violations> for Failure {
    fn from(violations: Violations) -> Self {
        Self::violations(&violations)
    }
}

/// A status holds all faults.
impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let metadata: HashMap<_, _> = failure.field.iter().map(|field| ("field".to_owned(), field.clone())).collect();
        let mut details = ErrorDetails::with_error_info(failure.reason_name(), DOMAIN, metadata);
        for Violation { field, description } in &failure.violations {
            details.add_bad_request_violation(
                shortened(field, MAX_DESCRIPTION_CHARS),
                shortened(description, MAX_DESCRIPTION_CHARS),
            );
        }
        for settlement_id in failure.settlements.iter().take(SETTLEMENTS_TOLD) {
            details.add_precondition_failure_violation(SETTLEMENT, settlement_id, "stands in the way");
        }
        if failure.is_retryable() {
            details.set_retry_info(Some(RETRY_AFTER));
        }
        details.set_localized_message("zh-CN", failure.message_zh());
        Self::with_error_details(failure.code(), shortened(&failure.message, MAX_MESSAGE_CHARS), details)
    }
}

fn settlements_of(failure: &PreconditionFailure) -> Vec<String> {
    let of_settlements = failure.violations.iter().filter(|violation| violation.r#type == SETTLEMENT);
    of_settlements.map(|violation| violation.subject.clone()).collect()
}

/// The first faults in words.
fn summary(violations: &[Violation]) -> String {
    let mut words: Vec<_> = violations
        .iter()
        .take(FAULTS_IN_MESSAGE)
        .map(|fault| format!("{} {}", fault.field, fault.description))
        .collect();
    let untold = violations.len() - words.len();
    if untold > 0 {
        words.push(and_more(untold));
    }
    words.join("; ")
}

fn and_more(untold: usize) -> String {
    format!("and {untold} more faults")
}

fn shortened(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

const fn code_of(reason: ErrorReason) -> Code {
    match reason {
        ErrorReason::FieldViolation | ErrorReason::CaseTotalMismatch => Code::InvalidArgument,
        ErrorReason::SettlementNotFound
        | ErrorReason::PersonNotFound
        | ErrorReason::InstitutionNotFound
        | ErrorReason::ItemNotFound
        | ErrorReason::AccountNotFound
        | ErrorReason::ChangeNotFound => Code::NotFound,
        ErrorReason::RequestIdReused => Code::AlreadyExists,
        ErrorReason::CoverNotActive
        | ErrorReason::InstitutionNotDesignated
        | ErrorReason::RuleNotInForce
        | ErrorReason::RequestReversed
        | ErrorReason::SettlementCancelled
        | ErrorReason::LaterSettlementsDepend
        | ErrorReason::SettlementOfEarlierYear
        | ErrorReason::RequestNotReversible
        | ErrorReason::AccountClosed
        | ErrorReason::AccountMoneyHeld
        | ErrorReason::AccountCreditedBefore
        | ErrorReason::AccountNotRedrawn
        | ErrorReason::AdjustmentTooLarge
        | ErrorReason::InstitutionSuspended
        | ErrorReason::AgreementEnded
        | ErrorReason::CoverSuspended => Code::FailedPrecondition,
        ErrorReason::ChainContended => Code::Aborted,
        ErrorReason::PayerUnavailable | ErrorReason::RegisterUnavailable | ErrorReason::StoreUnavailable => {
            Code::Unavailable
        }
        ErrorReason::Overloaded => Code::ResourceExhausted,
        ErrorReason::NotServed => Code::Unimplemented,
        ErrorReason::DeadlineExceeded => Code::DeadlineExceeded,
        ErrorReason::Unspecified | ErrorReason::InvariantViolated => Code::Internal,
    }
}

const fn message_zh(reason: ErrorReason) -> &'static str {
    match reason {
        ErrorReason::FieldViolation => "提交的内容有误，请按提示逐项更正后重新提交。",
        ErrorReason::CaseTotalMismatch => "费用明细合计与总金额不一致，请核对后重新提交。",
        ErrorReason::SettlementNotFound => "未找到该结算记录。",
        ErrorReason::PersonNotFound => "未找到该参保人员，请核对人员编号。",
        ErrorReason::InstitutionNotFound => "未找到该定点医药机构，请核对机构编号。",
        ErrorReason::ItemNotFound => "医保目录中没有所列项目，请核对项目编码。",
        ErrorReason::RequestIdReused => "该请求编号已用于内容不同的请求，请更换请求编号。",
        ErrorReason::ChangeNotFound => "登记中没有该编号的变更，请核对变更编号。",
        ErrorReason::CoverNotActive => "该人员在就医日期未参保。",
        ErrorReason::CoverSuspended => "该人员在就医日期暂停参保，不享受基本医疗保险待遇。",
        ErrorReason::InstitutionNotDesignated => "该机构在就医日期不是定点医药机构。",
        ErrorReason::InstitutionSuspended => "该机构的定点协议在就医日期已暂停（中止），期间发生的费用不能结算。",
        ErrorReason::AgreementEnded => "该机构的定点协议在就医日期已终止，其后发生的费用不能结算。",
        ErrorReason::RuleNotInForce => "就医日期没有适用于该类就诊的现行规定。",
        ErrorReason::RequestReversed => "该请求已被冲正，不再受理。",
        ErrorReason::SettlementCancelled => "该笔结算已撤销。",
        ErrorReason::LaterSettlementsDepend => "该人员其后的结算受此笔影响，须确认一并重新计算后方可办理。",
        ErrorReason::SettlementOfEarlierYear => "该笔结算为以前年度结算，须确认跨年撤销后方可办理。",
        ErrorReason::RequestNotReversible => "该类请求已办理，不能冲正。",
        ErrorReason::AccountNotFound => "该人员没有个人账户。",
        ErrorReason::AccountClosed => "该个人账户已注销。",
        ErrorReason::AccountMoneyHeld => "该个人账户有正在进行的结算，请稍后重试。",
        ErrorReason::AccountCreditedBefore => "该时段已由其他请求划入个人账户。",
        ErrorReason::AccountNotRedrawn => "该笔结算已退回个人账户，不能恢复原支付，请重新办理结算。",
        ErrorReason::AdjustmentTooLarge => "需重新审理的结算过多，无法一次完成，请缩小范围后重试。",
        ErrorReason::ChainContended => "该人员有其他结算正在进行，请稍后重试。",
        ErrorReason::PayerUnavailable | ErrorReason::RegisterUnavailable | ErrorReason::StoreUnavailable => {
            "系统暂时无法处理，请稍后用同一请求编号重试。"
        }
        ErrorReason::Overloaded => "系统繁忙，请稍后用同一请求编号重试。",
        ErrorReason::NotServed => "本版本尚不提供该功能。",
        ErrorReason::DeadlineExceeded => "处理超时，结果未知，请用同一请求编号重试。",
        ErrorReason::Unspecified | ErrorReason::InvariantViolated => {
            "系统内部校验未通过，本次未作任何记账，请联系管理人员。"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(count: usize) -> Failure {
        let mut violations = Violations::new();
        for index in 0..count {
            violations.add(format!("lines[{index}].amount_fen"), "is -1: must be 0 to 10000000000000");
        }
        Failure::violations(&violations)
    }

    #[test]
    fn a_failure_reads_back_from_its_status() {
        let reused = Failure::request_id_reused("lines[3].amount_fen");
        let settlements = vec!["s-2".to_owned(), "s-3".to_owned()];
        let depend = Failure { settlements, ..Failure::new(ErrorReason::LaterSettlementsDepend, "two of them") };
        for failure in [faults(20), reused, depend, Failure::new(ErrorReason::ChainContended, "too many at once")] {
            assert_eq!(Failure::from_status(&Status::from(failure.clone())), Some(failure));
        }
    }

    #[test]
    fn a_status_holds_every_fault() {
        let told = Failure::from_status(&Status::from(faults(5_000))).unwrap();
        assert_eq!(told.violations.len(), 5_000);
        assert!(told.message.ends_with("and 4997 more faults"), "{}", told.message);
    }

    #[test]
    fn a_failure_told_within_little_room_counts_what_it_leaves_out() {
        let bytes = faults(3).violations.iter().map(|fault| fault.field.len() + fault.description.len()).sum();
        assert_eq!(faults(3).told_within(bytes), faults(3));
        let told = faults(3).told_within(bytes - 1);
        assert_eq!(told.violations.len(), 3);
        assert_eq!(told.violations.last().unwrap().description, "and 1 more faults");
        assert_eq!(faults(3).told_within(0).violations.last().unwrap().description, "and 3 more faults");
    }

    #[test]
    fn further_faults_of_an_input_join_those_before() {
        let mismatch = Failure { reason: ErrorReason::CaseTotalMismatch, ..faults(1) };
        assert_eq!(mismatch.clone().with_violations(Vec::new()).reason, ErrorReason::CaseTotalMismatch);
        let both = mismatch.with_violations(faults(2).violations);
        assert_eq!((both.reason, both.violations.len()), (ErrorReason::FieldViolation, 3));
    }
}
