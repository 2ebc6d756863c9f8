//! A comparison as one JSON object; amounts are decimal yuan in strings.

use chrono::NaiveDate;
use claim::{AssistanceCategory, Employment, Fund, Insurance, PayerId, VisitKind};
use money::Fen;
use serde::Serialize;

use super::Diff;
use super::comparison::{Group, Persons, Tally};
use super::largest::{Largest, Person};
use super::refusals::{Refusals, RefusedVisit};
use super::shares::Pair;

#[derive(Serialize)]
struct DiffJson<'d> {
    old: &'d str,
    new: &'d str,
    unread_cases: u64,
    visits_refused_by_both: u64,
    total: TallyJson<'d>,
    by_insurance: Vec<InsuranceJson<'d>>,
    by_category: Vec<CategoryJson<'d>>,
    largest_gains: Vec<PersonJson<'d>>,
    largest_losses: Vec<PersonJson<'d>>,
    refused_by_new_only: RefusalsJson<'d>,
    refused_by_old_only: RefusalsJson<'d>,
}

#[derive(Serialize)]
struct TallyJson<'d> {
    persons: u64,
    gaining: u64,
    losing: u64,
    unchanged: u64,
    bills: Fen,
    payers: Vec<PayerJson<'d>>,
    funds: Vec<FundJson<'d>>,
    hospital_share: PairJson,
    cash: PairJson,
    /// Cash and individual account.
    borne: PairJson,
}

#[derive(Serialize)]
struct PairJson {
    old: Fen,
    new: Fen,
    difference: Fen,
}

#[derive(Serialize)]
struct PayerJson<'d> {
    payer: &'d PayerId,
    #[serde(flatten)]
    paid: PairJson,
}

#[derive(Serialize)]
struct FundJson<'d> {
    payer: &'d PayerId,
    fund: Fund,
    #[serde(flatten)]
    paid: PairJson,
}

#[derive(Serialize)]
struct InsuranceJson<'d> {
    insurance: &'static str,
    #[serde(flatten)]
    tally: TallyJson<'d>,
}

#[derive(Serialize)]
struct CategoryJson<'d> {
    /// `null` for those in no category.
    category: Option<AssistanceCategory>,
    #[serde(flatten)]
    tally: TallyJson<'d>,
}

#[derive(Serialize)]
struct PersonJson<'d> {
    name: &'d str,
    place: &'d str,
    borne: PairJson,
}

#[derive(Serialize)]
struct RefusalsJson<'d> {
    persons: u64,
    visits: u64,
    bills: Fen,
    /// What public funds pay of the bills under the other rules.
    funds: Fen,
    first: Vec<RefusedJson<'d>>,
}

#[derive(Serialize)]
struct RefusedJson<'d> {
    name: &'d str,
    place: &'d str,
    kind: VisitKind,
    date: NaiveDate,
}

/// The comparison as JSON without line breaks.
///
/// # Errors
/// Never in practice: every field has a JSON form.
pub(super) fn json(diff: &Diff) -> serde_json::Result<String> {
    let comparison = &diff.comparison;
    let (mut by_insurance, mut by_category) = (Vec::new(), Vec::new());
    for (group, of_group) in comparison.groups() {
        let tally = tally(of_group);
        match group {
            Group::Insurance(of) => by_insurance.push(InsuranceJson { insurance: insurance(of), tally }),
            Group::Category(category) => by_category.push(CategoryJson { category, tally }),
        }
    }
    serde_json::to_string(&DiffJson {
        old: &diff.old,
        new: &diff.new,
        unread_cases: diff.unread,
        visits_refused_by_both: comparison.visits_refused_by_both,
        total: tally(&comparison.total),
        by_insurance,
        by_category,
        largest_gains: largest(&comparison.gains),
        largest_losses: largest(&comparison.losses),
        refused_by_new_only: refusals(&comparison.refused_by_new),
        refused_by_old_only: refusals(&comparison.refused_by_old),
    })
}

fn tally(tally: &Tally) -> TallyJson<'_> {
    let Persons { gaining, losing, unchanged } = tally.persons;
    let shares = &tally.shares;
    TallyJson {
        persons: tally.persons.all(),
        gaining,
        losing,
        unchanged,
        bills: shares.bills,
        payers: shares.payers().into_iter().map(|(payer, paid)| PayerJson { payer, paid: paid.into() }).collect(),
        funds: shares
            .funds
            .iter()
            .map(|((payer, fund), paid)| FundJson { payer, fund: *fund, paid: (*paid).into() })
            .collect(),
        hospital_share: shares.hospital_share.into(),
        cash: shares.cash.into(),
        borne: shares.borne().into(),
    }
}

impl From<Pair> for PairJson {
    fn from(pair: Pair) -> Self {
        Self { old: pair.old, new: pair.new, difference: pair.difference() }
    }
}

const fn insurance(insurance: Insurance) -> &'static str {
    match insurance {
        Insurance::Employee(Employment::Active) => "employee-active",
        Insurance::Employee(Employment::Retired) => "employee-retired",
        Insurance::Resident => "resident",
    }
}

fn largest(largest: &Largest) -> Vec<PersonJson<'_>> {
    largest.persons().iter().map(PersonJson::from).collect()
}

impl<'d> From<&'d Person> for PersonJson<'d> {
    fn from(person: &'d Person) -> Self {
        Self { name: &person.name, place: &person.place, borne: person.borne.into() }
    }
}

impl<'d> From<&'d RefusedVisit> for RefusedJson<'d> {
    fn from(visit: &'d RefusedVisit) -> Self {
        Self { name: &visit.name, place: &visit.place, kind: visit.kind, date: visit.date }
    }
}

fn refusals(refusals: &Refusals) -> RefusalsJson<'_> {
    RefusalsJson {
        persons: refusals.persons,
        visits: refusals.visits,
        bills: refusals.bills,
        funds: refusals.funds,
        first: refusals.first().iter().map(RefusedJson::from).collect(),
    }
}
