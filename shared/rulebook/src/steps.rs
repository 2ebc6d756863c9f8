//! The steps of a computation, written down where they are asked for.

use std::sync::Arc;

use claim::{Citation, Input, InputName, InputValue, Inputs, Operation, Step};
use money::{Fen, Rate};

/// How much of a decision is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Every step with its law, and every refusal with its reason.
    #[default]
    Explained,
    /// What is paid and how counters move, for what-if runs over many cases. Nothing that is settled may rest on it.
    AmountsOnly,
}

/// Steps in the order they were done.
#[derive(Debug)]
pub(crate) struct Steps {
    done: Vec<Step>,
    detail: Detail,
}

/// Room for the steps of most benefits.
const USUAL: usize = 8;

impl Steps {
    pub(crate) fn new(detail: Detail) -> Self {
        let done = match detail {
            Detail::Explained => Vec::with_capacity(USUAL),
            Detail::AmountsOnly => Vec::new(),
        };
        Self { done, detail }
    }

    pub(crate) fn exact(&mut self, operation: Operation, by: &Arc<Citation>, inputs: &[Input], result: Fen) {
        self.note(operation, by, inputs, result, false);
    }

    pub(crate) fn rounded(&mut self, operation: Operation, by: &Arc<Citation>, inputs: &[Input], result: Fen) {
        self.note(operation, by, inputs, result, true);
    }

    fn note(&mut self, operation: Operation, by: &Arc<Citation>, inputs: &[Input], result: Fen, rounded: bool) {
        // The deductible that is reported is an amount of the statement and no explanation.
        if self.detail == Detail::Explained || operation == Operation::ReportDeductible {
            let inputs = Inputs::from_slice(inputs);
            self.done.push(Step { operation, citation: Arc::clone(by), inputs, result, rounded });
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Step> {
        self.done
    }

    pub(crate) fn to_vec(&self) -> Vec<Step> {
        self.done.clone()
    }
}

pub(crate) const fn amount(name: InputName, amount: Fen) -> Input {
    Input { name, value: InputValue::Amount(amount) }
}

pub(crate) const fn rate(name: InputName, rate: Rate) -> Input {
    Input { name, value: InputValue::Rate(rate) }
}
