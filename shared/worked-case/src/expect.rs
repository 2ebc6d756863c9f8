//! The amounts that a visit must come to, and how what it came to differs.

use std::fmt;

use claim::Amounts;
use money::Fen;

use crate::fields::Fields;

/// What is expected of a visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    amounts: Vec<(&'static str, Fen)>,
    refused: Option<String>,
}

/// One difference between what was expected of a visit and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The visit, counted from 0.
    pub visit: usize,
    /// The amount, or `refused`.
    pub name: &'static str,
    /// What was expected.
    pub expected: String,
    /// What it came to.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "visits[{}].{} expected {}, got {}", self.visit, self.name, self.expected, self.got)
    }
}

const REFUSED: &str = "refused";

type ReadAmount = fn(&Amounts) -> Fen;

/// Every amount of a statement with its name.
const AMOUNTS: [(&str, ReadAmount); 17] = [
    ("total", |amounts| amounts.total),
    ("excluded", |amounts| amounts.excluded),
    ("above_price_cap", |amounts| amounts.above_price_cap),
    ("initial_self_pay", |amounts| amounts.initial_self_pay),
    ("eligible", |amounts| amounts.eligible),
    ("deductible", |amounts| amounts.deductible),
    ("basic", |amounts| amounts.basic),
    ("basic_outpatient", |amounts| amounts.basic_outpatient),
    ("basic_inpatient", |amounts| amounts.basic_inpatient),
    ("large_expense", |amounts| amounts.large_expense),
    ("critical_illness", |amounts| amounts.critical_illness),
    ("civil_servant", |amounts| amounts.civil_servant),
    ("top_up", |amounts| amounts.top_up),
    ("assistance", |amounts| amounts.assistance),
    ("account", |amounts| amounts.account),
    ("hospital_share", |amounts| amounts.hospital_share),
    ("cash", |amounts| amounts.cash),
];

impl Expected {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        let amounts = AMOUNTS.iter().filter_map(|(name, _)| Some((*name, fields.amount(name)?))).collect::<Vec<_>>();
        let refused = fields.text(REFUSED).map(str::to_owned);
        if refused.is_some() && !amounts.is_empty() {
            fields.fault(REFUSED, "a refused visit has no amounts");
        }
        fields.finish();
        Self { amounts, refused }
    }

    /// How `result` differs from what is expected: the amounts that the visit, counted from 0, came to, or the name of
    /// the reason for which it was refused.
    #[must_use]
    pub fn differences(&self, visit: usize, result: Result<&Amounts, &str>) -> Vec<Difference> {
        let refusal = |expected: &str, got: &str| {
            vec![Difference { visit, name: REFUSED, expected: expected.to_owned(), got: got.to_owned() }]
        };
        match (result, &self.refused) {
            (Err(reason), Some(expected)) if reason == expected => Vec::new(),
            (Err(reason), expected) => refusal(expected.as_deref().unwrap_or("no refusal"), reason),
            (Ok(_), Some(expected)) => refusal(expected, "no refusal"),
            (Ok(amounts), None) => self.amount_differences(visit, amounts),
        }
    }

    fn amount_differences(&self, visit: usize, amounts: &Amounts) -> Vec<Difference> {
        let got = |name: &str| AMOUNTS.iter().find(|(known, _)| *known == name).map(|(_, read)| read(amounts));
        let differing = self.amounts.iter().filter_map(|(name, expected)| {
            let got = got(name).filter(|got| got != expected)?;
            Some(Difference { visit, name, expected: expected.to_string(), got: got.to_string() })
        });
        differing.collect()
    }
}
