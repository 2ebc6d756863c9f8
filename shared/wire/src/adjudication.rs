//! What one payer decided. Steps and refusals cite the law by index, each place in the law is sent once.

use std::collections::HashSet;
use std::sync::Arc;

use claim::{
    Adjudication, Case, Citation, CounterKey, CounterMove, CounterName, Input, InputValue, Portion, Refusal, Step,
};

use crate::case::optional_text;
use crate::claim_v1 as proto;
use crate::reader::readable;
use crate::{FromMessage, Reader};

/// Together with [`claim::Case::MAX_LINES`] and the range of an amount this keeps every sum within an `i64`.
const MAX_PORTIONS: usize = 4 * Case::MAX_LINES;
const MAX_CITATIONS: usize = 10_000;
const MAX_STEPS: usize = 1_000;
const MAX_INPUTS: usize = 1_000;
const MAX_COUNTER_NAME_CHARS: usize = 256;

readable!(Adjudication, CounterMove);

impl FromMessage for Adjudication {
    type Message = proto::Adjudication;

    fn read(message: proto::Adjudication, at: &Reader<'_>) -> Option<Self> {
        let payer = at.id("payer", &message.payer);
        // An index is only judged against citations that are themselves sound, else one fault would be told many times.
        let count = message.citations.len();
        let citations: Option<Vec<Arc<Citation>>> =
            at.each("citations", message.citations, 0..=MAX_CITATIONS, |citation, at| {
                Citation::read(citation, at).map(Arc::new)
            });
        let law = Law { citations: citations.as_deref().unwrap_or_default(), count };
        let portions = at.each("portions", message.portions, 0..=MAX_PORTIONS, |portion, at| law.portion(portion, at));
        let refusals = at.each("refusals", message.refusals, 0..=MAX_PORTIONS, |refusal, at| law.refusal(&refusal, at));
        let moves =
            at.messages("moves", message.moves, 0..=MAX_PORTIONS).and_then(|moves| each_counter_once(moves, at));
        Some(Self { payer: payer?, portions: portions?, refusals: refusals?, moves: moves? })
    }
}

fn each_counter_once(moves: Vec<CounterMove>, at: &Reader<'_>) -> Option<Vec<CounterMove>> {
    let mut seen = HashSet::with_capacity(moves.len());
    let twice = moves.iter().find(|counter_move| !seen.insert(&counter_move.key));
    if let Some(CounterMove { key, .. }) = twice {
        at.fault("moves", format_args!("moves the counter {} of {} twice", key.name, key.benefit_year));
        return None;
    }
    Some(moves)
}

/// The citations of one adjudication as they arrived.
struct Law<'a> {
    citations: &'a [Arc<Citation>],
    /// How many arrived, sound or not.
    count: usize,
}

impl Law<'_> {
    fn citation(&self, index: u32, at: &Reader<'_>) -> Option<Arc<Citation>> {
        let position = usize::try_from(index).ok().filter(|position| *position < self.count);
        if position.is_none() {
            at.fault("citation", format_args!("is {index}, but there are {} citations", self.count));
        }
        self.citations.get(position?).map(Arc::clone)
    }

    fn portion(&self, message: proto::Portion, at: &Reader<'_>) -> Option<Portion> {
        let benefit = at.id("benefit", &message.benefit);
        let service = at.listed("service", message.service);
        let fund = at.listed("fund", message.fund);
        let lines = at.check_count("lines", message.lines.len(), 0..=Case::MAX_LINES);
        let base = at.amount("base_fen", message.base_fen);
        let deductible = at.amount("deductible_fen", message.deductible_fen);
        let coinsurance = at.amount("coinsurance_fen", message.coinsurance_fen);
        let above_ceiling = at.amount("above_ceiling_fen", message.above_ceiling_fen);
        let paid = at.amount("paid_fen", message.paid_fen);
        let hospital_share = at.amount("hospital_share_fen", message.hospital_share_fen);
        let steps = at.each("steps", message.steps, 0..=MAX_STEPS, |step, at| self.step(step, at));
        let family_account = at.optional_id("family_account_person_id", &message.family_account_person_id);
        lines?;
        let portion = Portion {
            benefit: benefit?,
            service: service?,
            fund: fund?,
            lines: message.lines,
            base: base?,
            hospital_share: hospital_share?,
            deductible: deductible?,
            coinsurance: coinsurance?,
            above_ceiling: above_ceiling?,
            paid: paid?,
            steps: steps?,
            family_account: family_account?,
        };
        at.check("", portion.is_closed(), "does not close: its parts must sum to base_fen")?;
        Some(portion)
    }

    fn step(&self, message: proto::Step, at: &Reader<'_>) -> Option<Step> {
        let operation = at.listed("operation", message.operation);
        let citation = self.citation(message.citation, at);
        let inputs = at.messages("inputs", message.inputs, 0..=MAX_INPUTS);
        let result = at.amount("result_fen", message.result_fen);
        Some(Step {
            operation: operation?,
            citation: citation?,
            inputs: inputs?.into(),
            result: result?,
            rounded: message.rounded,
        })
    }

    fn refusal(&self, message: &proto::Refusal, at: &Reader<'_>) -> Option<Refusal> {
        let benefit = at.id("benefit", &message.benefit);
        let reason = at.listed("reason", message.reason);
        let citation = self.citation(message.citation, at);
        Some(Refusal { benefit: benefit?, reason: reason?, citation: citation? })
    }
}

impl FromMessage for Input {
    type Message = proto::Input;

    fn read(message: proto::Input, at: &Reader<'_>) -> Option<Self> {
        let name = at.listed("name", message.name);
        let value = at.required("value", message.value).and_then(|value| match value {
            proto::input::Value::AmountFen(fen) => at.amount("amount_fen", fen).map(InputValue::Amount),
            proto::input::Value::RateBp(basis_points) => at.rate("rate_bp", basis_points).map(InputValue::Rate),
        });
        Some(Self { name: name?, value: value? })
    }
}

impl FromMessage for CounterMove {
    type Message = proto::CounterMove;

    fn read(message: proto::CounterMove, at: &Reader<'_>) -> Option<Self> {
        let length = message.counter.chars().count();
        let name = at.check(
            "counter",
            (1..=MAX_COUNTER_NAME_CHARS).contains(&length),
            format_args!("has {length} characters: must have 1 to {MAX_COUNTER_NAME_CHARS}"),
        );
        let before = at.amount("before_fen", message.before_fen);
        let after = at.amount("after_fen", message.after_fen);
        name?;
        let key = CounterKey { name: CounterName::new(&message.counter), benefit_year: message.benefit_year };
        Some(Self { key, before: before?, after: after? })
    }
}

impl From<&Adjudication> for proto::Adjudication {
    fn from(adjudication: &Adjudication) -> Self {
        let mut cited = Cited::default();
        let portions = adjudication.portions.iter();
        let portions = portions.map(|portion| {
            let steps = portion.steps.iter().map(|step| cited.step(step)).collect();
            proto::Portion { steps, ..amounts(portion) }
        });
        let portions = portions.collect();
        let refusals = adjudication.refusals.iter().map(|refusal| cited.refusal(refusal)).collect();
        Self {
            payer: adjudication.payer.to_string(),
            portions,
            refusals,
            moves: adjudication.moves.iter().map(Into::into).collect(),
            citations: cited.0.into_iter().map(Into::into).collect(),
        }
    }
}

/// A decision as later payers look at it: what is paid and how counters move.
pub(crate) fn without_explanation(adjudication: &Adjudication) -> proto::Adjudication {
    proto::Adjudication {
        payer: adjudication.payer.to_string(),
        portions: adjudication.portions.iter().map(amounts).collect(),
        moves: adjudication.moves.iter().map(Into::into).collect(),
        refusals: Vec::new(),
        citations: Vec::new(),
    }
}

/// A portion without its steps.
fn amounts(portion: &Portion) -> proto::Portion {
    proto::Portion {
        benefit: portion.benefit.to_string(),
        service: proto::Service::from(portion.service).into(),
        fund: proto::Fund::from(portion.fund).into(),
        lines: portion.lines.clone(),
        base_fen: portion.base.get(),
        deductible_fen: portion.deductible.get(),
        coinsurance_fen: portion.coinsurance.get(),
        above_ceiling_fen: portion.above_ceiling.get(),
        paid_fen: portion.paid.get(),
        hospital_share_fen: portion.hospital_share.get(),
        steps: Vec::new(),
        family_account_person_id: optional_text(portion.family_account.as_ref()),
    }
}

/// The distinct citations of one adjudication in the order of their first use.
#[derive(Default)]
struct Cited<'a>(Vec<&'a Citation>);

impl<'a> Cited<'a> {
    /// The index of a citation. A payer cites few places many times, so a search from the start is quick.
    fn index(&mut self, citation: &'a Citation) -> u32 {
        let known = self.0.iter().position(|known| std::ptr::eq(*known, citation) || *known == citation);
        let index = known.unwrap_or_else(|| {
            self.0.push(citation);
            self.0.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn step(&mut self, step: &'a Step) -> proto::Step {
        proto::Step {
            operation: proto::Operation::from(step.operation).into(),
            citation: self.index(&step.citation),
            inputs: step.inputs.iter().map(Into::into).collect(),
            result_fen: step.result.get(),
            rounded: step.rounded,
        }
    }

    fn refusal(&mut self, refusal: &'a Refusal) -> proto::Refusal {
        proto::Refusal {
            benefit: refusal.benefit.to_string(),
            reason: proto::Reason::from(refusal.reason).into(),
            citation: self.index(&refusal.citation),
        }
    }
}

impl From<&Input> for proto::Input {
    fn from(input: &Input) -> Self {
        let value = match input.value {
            InputValue::Amount(amount) => proto::input::Value::AmountFen(amount.get()),
            InputValue::Rate(rate) => proto::input::Value::RateBp(i32::from(rate.basis_points())),
        };
        Self { name: proto::InputName::from(input.name).into(), value: Some(value) }
    }
}

impl From<&CounterMove> for proto::CounterMove {
    fn from(counter_move: &CounterMove) -> Self {
        Self {
            counter: counter_move.key.name.to_string(),
            benefit_year: counter_move.key.benefit_year,
            before_fen: counter_move.before.get(),
            after_fen: counter_move.after.get(),
        }
    }
}
