//! What a city is made of.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use claim::VisitKind;
use synthetic_city::{City, REGISTER_FILES, write_cases, write_register};

fn written(seed: u64, persons: u64, bills: u64) -> (tempfile::TempDir, BTreeMap<String, Vec<u8>>) {
    let directory = tempfile::tempdir().unwrap();
    let city = City::new(seed, persons);
    write_register(&city, directory.path(), |_| ()).unwrap();
    write_cases(&city, bills, &directory.path().join("cases.jsonl"), |_| ()).unwrap();
    let files = REGISTER_FILES.into_iter().chain(["cases.jsonl"]);
    let bytes = files.map(|name| (name.to_owned(), fs::read(directory.path().join(name)).unwrap())).collect();
    (directory, bytes)
}

fn text(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let (_first, bytes) = written(7, 500, 300);
    assert_eq!(bytes, written(7, 500, 300).1);
    let others = written(8, 500, 300).1;
    for name in ["1-persons.csv", "6-items.csv", "cases.jsonl"] {
        assert_ne!(bytes[name], others[name], "{name}");
    }
}

#[test]
fn a_part_of_a_city_is_the_same_in_a_larger_one() {
    let (small, _) = written(3, 100, 1);
    let (large, _) = written(3, 1_000, 1);
    let (small, large) = (text(small.path(), "1-persons.csv"), text(large.path(), "1-persons.csv"));
    assert!(large.starts_with(&small));
}

#[test]
fn no_number_of_it_is_long_enough_for_a_real_persons() {
    for (name, bytes) in written(u64::MAX, 2_000, 1_000).1 {
        let text = String::from_utf8(bytes).unwrap().replace(&u64::MAX.to_string(), "seed");
        let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap();
        assert!(longest <= 9, "{name}: {longest} digits in a row");
    }
}

#[test]
fn people_are_of_all_ages_schemes_and_categories_in_plausible_numbers() {
    let (directory, _) = written(1, 20_000, 1);
    let persons = text(directory.path(), "1-persons.csv");
    let share = |part: &str, file: &str| file.matches(part).count() * 1_000 / 20_000;
    let employees = share(",employee,", &persons);
    assert!((250..450).contains(&employees), "{employees} of a thousand are employees");
    assert!((50..250).contains(&share(",employee,retired", &persons)));
    let categories = text(directory.path(), "2-categories.csv");
    for category in claim::AssistanceCategory::ALL {
        assert!(categories.contains(category.as_str()), "nobody is in {category}");
    }
    assert!((40..80).contains(&(categories.lines().count() * 1_000 / 20_000)));
    let diseases = text(directory.path(), "3-diseases.csv");
    assert!((60..250).contains(&share(",chronic,", &diseases)) && diseases.contains(",special,"));
    let people: HashSet<_> = persons.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(people.len(), 20_000);
}

#[test]
fn bills_are_of_every_kind_and_of_every_month_in_order() {
    let city = City::new(1, 20_000);
    let bills: Vec<_> = (0..20_000).map(|index| city.bill(index, 20_000)).collect();
    let kinds: BTreeSet<_> = bills.iter().map(|bill| bill.kind).collect();
    assert_eq!(kinds, VisitKind::ALL.iter().copied().collect());
    assert!(bills.is_sorted_by_key(|bill| bill.service_date));
    let months: BTreeSet<_> = bills.iter().map(|bill| bill.service_date.to_string()[..7].to_owned()).collect();
    assert_eq!(months.len(), 12);
    let requests: HashSet<_> = bills.iter().map(|bill| &bill.request_id).collect();
    assert_eq!(requests.len(), bills.len());
    assert!(bills.iter().all(|bill| !bill.lines.is_empty() && bill.total_fen() > 0));
    let outpatient: Vec<_> = bills.iter().filter(|bill| bill.kind == VisitKind::Outpatient).collect();
    let stays: Vec<_> = bills.iter().filter(|bill| bill.kind == VisitKind::Inpatient).collect();
    let mean = |bills: &[&synthetic_city::Bill]| {
        bills.iter().map(|bill| bill.total_fen()).sum::<u64>() / u64::try_from(bills.len()).unwrap()
    };
    assert!((10_000..80_000).contains(&mean(&outpatient)), "{} fen a visit", mean(&outpatient));
    assert!((500_000..3_000_000).contains(&mean(&stays)), "{} fen a stay", mean(&stays));
}

#[test]
fn a_city_of_one_has_bills_on_every_day() {
    let city = City::new(1, 1);
    assert!((0..400).all(|index| city.bill(index, 400).person_id == "S000000001"));
}

#[test]
fn institutions_have_agreements_and_some_people_suspended_cover() {
    let (directory, _) = written(1, 20_000, 1);
    let agreements = text(directory.path(), "7-agreements.csv");
    let institutions = text(directory.path(), "5-institutions.csv");
    let local = institutions.lines().filter(|line| line.contains(",local,")).count();
    assert_eq!(agreements.matches(",in-force,").count(), local);
    assert_eq!(agreements.matches(",ended,breach,2023-01-01").count(), 2);
    let persons = text(directory.path(), "1-persons.csv");
    let suspended = persons.matches(",suspended,").count();
    assert!((50..400).contains(&suspended), "{suspended}");
    assert!(persons.contains("S000000001,") && persons.contains(",F00000001,"));
}
