//! Checking all documents as a whole: names, readings, days without a rule or with two, and what cannot be reached.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use crate::compile::{PAYERS, compile, in_force};
use crate::load::{Item, Items, LoadFault};
use crate::reach::unreachable;
use crate::reading::{computes, is_known};

/// Adds what is wrong with the documents although each item alone can be read.
pub(crate) fn check(items: &Items, faults: &mut Vec<LoadFault>) {
    check_readings(items, faults);
    check_names(items, faults);
    check_gaps(items, &items.parameters, faults);
    check_gaps(items, &items.benefits, faults);
    check_gaps(items, &items.premium_subsidies, faults);
    let mut missing = Missing::default();
    let all = items;
    for date in boundaries(all) {
        let items = &items.as_read_on(date).0;
        check_overlaps(items, &items.parameters, date, faults);
        check_overlaps(items, &items.benefits, date, faults);
        check_overlaps(items, &items.definitions, date, faults);
        check_overlaps(items, &items.lists, date, faults);
        check_overlaps(items, &items.orders, date, faults);
        check_overlaps(items, &items.highest_applies, date, faults);
        check_overlaps(items, &items.exclusions, date, faults);
        check_overlaps(items, &items.reductions, date, faults);
        check_overlaps(items, &items.conventions, date, faults);
        check_overlaps(items, &items.premium_subsidies, date, faults);
        check_overlaps(items, &items.readings, date, faults);
        let (rules, unresolved) = compile(all, date);
        let mut found = BTreeMap::new();
        for fault in unresolved.into_iter().chain(unreachable(items, &rules)) {
            found.entry((fault.document, fault.line)).or_insert(fault.message);
        }
        missing.note(date, found);
    }
    for ((document, line), (message, last)) in missing.0 {
        let until = last.and_then(|end| end.pred_opt()).map_or_else(String::new, |last| format!(" (until {last})"));
        add(items, faults, document, line, format!("{message}{until}"));
    }
}

/// The first fault of each line that comes and goes with the days, with the first day on which it no longer holds.
#[derive(Default)]
struct Missing(BTreeMap<(usize, usize), (String, Option<NaiveDate>)>);

impl Missing {
    fn note(&mut self, date: NaiveDate, found: BTreeMap<(usize, usize), String>) {
        for (place, (_, end)) in &mut self.0 {
            if end.is_none() && !found.contains_key(place) {
                *end = Some(date);
            }
        }
        for (place, message) in found {
            self.0.entry(place).or_insert((message, None));
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
        .chain(of(&items.conventions))
        .chain(of(&items.premium_subsidies))
        .chain(of(&items.readings))
        .collect()
}

/// What is given, then not, then again was forgotten in between.
fn check_gaps<T>(items: &Items, all: &[Item<T>], faults: &mut Vec<LoadFault>) {
    let mut by_id: BTreeMap<&str, Vec<&Item<T>>> = BTreeMap::new();
    for item in all {
        by_id.entry(&item.id).or_default().push(item);
    }
    for (id, mut versions) in by_id {
        versions.sort_by_key(|version| version.from);
        // The first day after everything so far; none once something has no last day.
        let mut next = versions.first().map(|version| version.from);
        for version in versions {
            let Some(expected) = next else { break };
            if let Some(last) = version.from.pred_opt().filter(|last| *last >= expected) {
                let message = format!(
                    "{id} is given before {expected} and from {} on, but by nobody from {expected} to {last}",
                    version.from
                );
                add(items, faults, version.document, version.line, message);
            }
            let after = version.to.and_then(|to| to.checked_add_days(Days::new(1)));
            next = after.map(|after| after.max(expected));
        }
    }
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
        let is_implemented = |option: &String| computes(id, option) || items.name_option(id, option);
        let message = if !item.body.options.contains(chosen) {
            format!("{id}: {chosen:?} is not one of its options")
        } else if !is_known(id) {
            format!("{id} is not a reading that the calculation knows")
        } else if is_implemented(chosen) {
            continue;
        } else {
            let implemented: Vec<_> = item.body.options.iter().filter(|option| is_implemented(option)).collect();
            let implemented = implemented.iter().map(|option| format!("{option:?}")).collect::<Vec<_>>().join(", ");
            format!("{id}: only {implemented} is implemented, not {chosen:?}")
        };
        add(items, faults, item.document, item.line, message);
    }
}

/// What an order or a group names has to exist on some day.
fn check_names(items: &Items, faults: &mut Vec<LoadFault>) {
    let known: BTreeSet<&str> = items.benefits.iter().map(|benefit| benefit.id.as_str()).collect();
    let orders = items.orders.iter().filter(|order| order.id != PAYERS);
    let orders = orders.map(|order| (order.document, order.line, order.body.members.as_slice()));
    let groups = items.highest_applies.iter().map(|group| (group.document, group.line, group.body.members.as_slice()));
    let refusals = items.benefits.iter().flat_map(|benefit| {
        let named = benefit.body.not_after.keys();
        named.map(|id| (benefit.document, benefit.line, std::slice::from_ref(id)))
    });
    for (document, line, members) in orders.chain(groups).chain(refusals) {
        for member in members.iter().filter(|member| !known.contains(member.as_str())) {
            add(items, faults, document, line, format!("{member} is not a benefit of any document"));
        }
    }
}
