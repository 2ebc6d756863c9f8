//! Who lives in the simulated city, what they are billed, and what becomes known late.

use std::path::Path;
use std::sync::Arc;

use dictionary::Dictionary;
use onestop::case_file;
use synthetic_city::{City, REGISTER_FILES, case_json, write_register};
use wire::claim_v1::Case;
use wire::proto::google::r#type::Date;
use wire::register_v1::{FactKind, FactRow, ImportFactsRequest};

use crate::dice::Dice;
use crate::platform::Platform;

/// How many rows a call takes.
const ROWS_MAX: usize = 10_000;
/// So many neighbours pay for each other.
pub(crate) const FAMILY: usize = 4;

/// The people and their bills.
pub(crate) struct Town {
    city: City,
    dictionary: Arc<Dictionary>,
    pub(crate) persons: usize,
    bills: u64,
    billed: u64,
}

impl Town {
    pub(crate) fn new(seed: u64, persons: usize, bills: usize) -> Self {
        let city = City::new(seed, u64::try_from(persons).unwrap());
        let dictionary = onestop::dictionary::named("kunming").unwrap();
        Self { city, dictionary, persons, bills: u64::try_from(bills).unwrap(), billed: 0 }
    }

    /// A person's id.
    pub(crate) fn person(number: usize) -> String {
        format!("S{:09}", number + 1)
    }

    /// The others of a person's family.
    pub(crate) fn family(&self, person_id: &str) -> Vec<String> {
        let number: usize = person_id.trim_start_matches('S').parse::<usize>().unwrap() - 1;
        let first = number / FAMILY * FAMILY;
        let members = (first..first + FAMILY).filter(|member| *member != number && *member < self.persons);
        members.map(Self::person).collect()
    }

    /// Tells the register of everybody and everything.
    pub(crate) async fn settle_down(&self, platform: &Platform, directory: &Path) {
        write_register(&self.city, directory, |_| {}).unwrap();
        for file in REGISTER_FILES {
            let mut reader = csv::Reader::from_path(directory.join(file)).unwrap();
            let columns: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
            let row = |(row, number): (Result<csv::StringRecord, _>, u64)| FactRow {
                number,
                cells: row.unwrap().iter().map(ToOwned::to_owned).collect(),
            };
            let rows: Vec<_> = reader.records().zip(1..).map(row).collect();
            let kind = register::fact_kind_of(&columns).unwrap();
            for rows in rows.chunks(ROWS_MAX) {
                assert_eq!(import(platform, kind, &columns, rows.to_vec()).await, 0);
            }
        }
    }

    /// The next bill: perhaps of the year before, and perhaps to be paid from accounts.
    pub(crate) fn next_case(&mut self, dice: &mut Dice) -> Case {
        let bill = self.city.bill(self.billed % self.bills, self.bills);
        self.billed += 1;
        let mut case = case_file::read(&case_json(&bill).to_string(), &self.dictionary).unwrap().case;
        if dice.in_thousand(150) {
            let year_before = |date: &mut Option<Date>| date.iter_mut().for_each(|date| date.year -= 1);
            year_before(&mut case.service_date);
            year_before(&mut case.admission_date);
        }
        if dice.in_thousand(500) {
            case.use_individual_account = true;
            let mut family = self.family(&case.person_id);
            family.truncate(dice.below(FAMILY));
            case.family_account_person_ids = family;
        }
        case
    }

    /// Tells the register late that a person was in a category from some day on; answers that day, if the register did
    /// not know better.
    pub(crate) async fn learn_late(platform: &Platform, person_id: &str, dice: &mut Dice) -> Option<Date> {
        let day = Date { year: 2023 - i32::from(dice.in_thousand(200)), month: 1, day: 1 };
        let day = Date { month: i32::try_from(dice.below(9)).unwrap() + 1, ..day };
        let category = dice.one_of(&["subsistence-allowance", "extreme-poverty", "registered-poor"]);
        let columns = ["person_id", "category", "from", "to"].map(ToOwned::to_owned);
        let from = format!("{}-{:02}-01", day.year, day.month);
        let cells = vec![person_id.to_owned(), (*category).to_owned(), from, String::new()];
        let row = FactRow { number: 1, cells };
        (import(platform, FactKind::Category, &columns, vec![row]).await == 0).then_some(day)
    }
}

/// Answers how many faults the rows have.
pub(crate) async fn import(platform: &Platform, kind: FactKind, columns: &[String], rows: Vec<FactRow>) -> usize {
    let request = ImportFactsRequest { kind: kind.into(), columns: columns.to_vec(), rows, validate_only: false };
    let answer = platform.register().import_facts(request).await.unwrap().into_inner();
    answer.rejected.len()
}
