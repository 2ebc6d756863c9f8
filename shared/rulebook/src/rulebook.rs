//! [`Rulebook`]: all rule documents of one region, checked as a whole.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use crate::InForce;
use crate::compile::{PAYERS, compile, in_force};
use crate::load::{Item, Items, LoadFault, LoadFaults, read_files};
use crate::reading::implemented_option;

/// The region whose documents these are: Kunming.
const REGION: &str = "530100";

/// All rule documents.
#[derive(Clone, Debug)]
pub struct Rulebook {
    pub(crate) items: Items,
}

impl Rulebook {
    /// Reads rule documents given as `(file name, text)`.
    ///
    /// # Errors
    /// Every fault of every document: what cannot be read, is said twice without one document naming the other as
    /// replaced, or rests on something that is not in force on some day on which it is.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, LoadFaults> {
        let mut faults = Vec::new();
        let items = read_files(files, REGION, &mut faults);
        if faults.is_empty() {
            check(&items, &mut faults);
        }
        if faults.is_empty() { Ok(Self { items }) } else { Err(LoadFaults(faults)) }
    }

    /// The documents of Kunming that this release carries.
    ///
    /// # Errors
    /// As [`Rulebook::load`]; a release whose own documents do not load fails its tests.
    pub fn kunming() -> Result<Self, LoadFaults> {
        Self::load(crate::kunming::FILES)
    }

    /// The rules in force on `date`.
    #[must_use]
    pub fn in_force(&self, date: NaiveDate) -> InForce {
        compile(&self.items, date).0
    }
}

fn check(items: &Items, faults: &mut Vec<LoadFault>) {
    check_readings(items, faults);
    check_names(items, faults);
    for date in boundaries(items) {
        check_overlaps(items, &items.parameters, date, faults);
        check_overlaps(items, &items.benefits, date, faults);
        check_overlaps(items, &items.definitions, date, faults);
        check_overlaps(items, &items.lists, date, faults);
        check_overlaps(items, &items.orders, date, faults);
        check_overlaps(items, &items.highest_applies, date, faults);
        check_overlaps(items, &items.exclusions, date, faults);
        check_overlaps(items, &items.reductions, date, faults);
        check_overlaps(items, &items.readings, date, faults);
        for unresolved in compile(items, date).1 {
            add(items, faults, unresolved.document, unresolved.line, unresolved.message);
        }
    }
}

/// Adds a fault once for each line: what holds on one day mostly holds on the next boundary too.
fn add(items: &Items, faults: &mut Vec<LoadFault>, document: usize, line: usize, message: String) {
    let file = items.documents.get(document).map_or_else(String::new, |document| document.file.clone());
    if !faults.iter().any(|fault| fault.line == line && fault.file == file) {
        faults.push(LoadFault { file, line, message });
    }
}

/// Every day on which something starts to hold or has ceased to.
fn boundaries(items: &Items) -> BTreeSet<NaiveDate> {
    fn of<T>(items: &[Item<T>]) -> impl Iterator<Item = NaiveDate> {
        let after = |to: NaiveDate| to.checked_add_days(Days::new(1));
        items.iter().flat_map(move |item| [Some(item.from), item.to.and_then(after)]).flatten()
    }
    of(&items.parameters)
        .chain(of(&items.benefits))
        .chain(of(&items.definitions))
        .chain(of(&items.lists))
        .chain(of(&items.orders))
        .chain(of(&items.highest_applies))
        .chain(of(&items.exclusions))
        .chain(of(&items.reductions))
        .chain(of(&items.readings))
        .collect()
}

fn check_overlaps<T>(items: &Items, all: &[Item<T>], date: NaiveDate, faults: &mut Vec<LoadFault>) {
    let mut seen: BTreeMap<&str, &Item<T>> = BTreeMap::new();
    for item in in_force(items, all, date) {
        let Some(first) = seen.insert(&item.id, item) else { continue };
        let other = items.documents.get(first.document).map_or("", |document| document.name());
        let message = format!("{} is also given by {other} on {date}: name that document in replaces", item.id);
        add(items, faults, item.document, item.line, message);
    }
}

fn check_readings(items: &Items, faults: &mut Vec<LoadFault>) {
    for item in &items.readings {
        let (chosen, id) = (&item.body.chosen, &item.id);
        let message = match implemented_option(id) {
            _ if !item.body.options.contains(chosen) => format!("{id}: {chosen:?} is not one of its options"),
            None => format!("{id} is not a reading that the calculation knows"),
            Some(option) if option != chosen => format!("{id}: only {option:?} is implemented, not {chosen:?}"),
            Some(_) => continue,
        };
        add(items, faults, item.document, item.line, message);
    }
}

/// What an order or a group names has to exist on some day.
fn check_names(items: &Items, faults: &mut Vec<LoadFault>) {
    let known: BTreeSet<&str> = items.benefits.iter().map(|benefit| benefit.id.as_str()).collect();
    let orders = items.orders.iter().filter(|order| order.id != PAYERS);
    let orders = orders.map(|order| (order.document, order.line, &order.body.members));
    let groups = items.highest_applies.iter().map(|group| (group.document, group.line, &group.body.members));
    for (document, line, members) in orders.chain(groups) {
        for member in members.iter().filter(|member| !known.contains(member.as_str())) {
            add(items, faults, document, line, format!("{member} is not a benefit of any document"));
        }
    }
}
