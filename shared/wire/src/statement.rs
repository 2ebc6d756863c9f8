//! Statements and their figures.

use claim::{Amounts, Figure, Statement};
use money::Fen;

use crate::case::optional_text;
use crate::claim_v1 as proto;
use crate::date::timestamp;
use crate::reader::readable;
use crate::{FromMessage, Reader};

/// The most payers that one statement may hold decisions of.
pub const MAX_ADJUDICATIONS: usize = 32;

readable!(Amounts, Statement);

/// Writes and reads the figures: each has the same name in both, with its unit in the contract.
macro_rules! figures {
    ($($figure:ident = $field:ident),+ $(,)?) => {
        impl FromMessage for Amounts {
            type Message = proto::Amounts;

            fn read(message: proto::Amounts, at: &Reader<'_>) -> Option<Self> {
                $( let $figure: Option<Fen> = at.amount(stringify!($field), message.$field); )+
                Some(Self { $( $figure: $figure?, )+ })
            }
        }

        impl From<&Amounts> for proto::Amounts {
            fn from(amounts: &Amounts) -> Self {
                Self { $( $field: amounts.$figure.get(), )+ }
            }
        }
    };
}

figures! {
    total = total_fen,
    excluded = excluded_fen,
    above_price_cap = above_price_cap_fen,
    initial_self_pay = initial_self_pay_fen,
    eligible = eligible_fen,
    deductible = deductible_fen,
    basic = basic_fen,
    basic_outpatient = basic_outpatient_fen,
    basic_inpatient = basic_inpatient_fen,
    large_expense = large_expense_fen,
    critical_illness = critical_illness_fen,
    civil_servant = civil_servant_fen,
    top_up = top_up_fen,
    assistance = assistance_fen,
    account = account_fen,
    hospital_share = hospital_share_fen,
    cash = cash_fen,
}

impl FromMessage for Statement {
    type Message = proto::Statement;

    fn read(message: proto::Statement, at: &Reader<'_>) -> Option<Self> {
        let settlement_id = at.optional_id("settlement_id", &message.settlement_id);
        let person_id = at.id("person_id", &message.person_id);
        let recorded_time = at.time("recorded_time", message.recorded_time);
        let case = at.message("case", message.case);
        let adjudications = at.messages("adjudications", message.adjudications, 0..=MAX_ADJUDICATIONS);
        let amounts = at.message("amounts", message.amounts);
        let statement = Self {
            settlement_id: settlement_id?,
            person_id: person_id?,
            recorded_time: recorded_time?,
            case: case?,
            adjudications: adjudications?,
            amounts: amounts?,
        };
        at.take("amounts", statement.check())?;
        Some(statement)
    }
}

impl From<&Figure> for proto::Figure {
    fn from(figure: &Figure) -> Self {
        Self {
            payer: optional_text(figure.payer.as_ref()),
            benefit: optional_text(figure.benefit.as_ref()),
            category: proto::FigureCategory::from(figure.category).into(),
            amount_fen: figure.amount.get(),
            reason: proto::FigureReason::from(figure.reason).into(),
            citation: Some((&*figure.citation).into()),
            rounding: proto::Rounding::from(figure.rounding).into(),
        }
    }
}

impl From<&Statement> for proto::Statement {
    fn from(statement: &Statement) -> Self {
        Self {
            settlement_id: optional_text(statement.settlement_id.as_ref()),
            person_id: statement.person_id.to_string(),
            recorded_time: Some(timestamp(statement.recorded_time)),
            case: Some((&statement.case).into()),
            adjudications: statement.adjudications.iter().map(Into::into).collect(),
            amounts: Some((&statement.amounts).into()),
        }
    }
}
