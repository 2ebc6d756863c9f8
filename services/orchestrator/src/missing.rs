//! What a case lacks, all of it at once.

use claim::Violations;
use wire::{ErrorReason, Failure};

/// Everything that is missing so far.
#[derive(Default)]
pub(crate) struct Missing {
    reason: Option<ErrorReason>,
    violations: Violations,
}

impl Missing {
    /// Notes something; the first that is noted gives the reason.
    pub(crate) fn note(&mut self, reason: ErrorReason, field: impl Into<String>, description: &str) {
        self.violations.add(field, description);
        self.reason.get_or_insert(reason);
    }

    /// Whether anything is missing.
    pub(crate) const fn is_any(&self) -> bool {
        self.reason.is_some()
    }

    /// The failure that names all of it; `None` where nothing is missing.
    pub(crate) fn into_failure(self) -> Option<Failure> {
        self.reason.map(|first| Failure::missing(first, &self.violations))
    }
}
