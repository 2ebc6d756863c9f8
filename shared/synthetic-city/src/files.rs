//! The files of a city: the register for `onestop import`, the bills for `onestop settle`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use claim::{AdministrativeTier, CoverState, Employment, Insurance};
use csv::Writer;

use crate::case_json::{case_json, fen};
use crate::person::{Person, Span};
use crate::{City, catalogue, institution};

/// The register's files in the order in which they have to be imported.
pub const REGISTER_FILES: [&str; 7] = [
    "1-persons.csv",
    "2-categories.csv",
    "3-diseases.csv",
    "4-filings.csv",
    "5-institutions.csv",
    "6-items.csv",
    "7-agreements.csv",
];

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written", path.display())]
pub struct WriteError {
    /// The file or its directory.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// A CSV file that is being written.
struct Rows {
    path: PathBuf,
    writer: Writer<File>,
}

impl Rows {
    fn create(directory: &Path, name: &str, columns: &[&str]) -> Result<Self, WriteError> {
        let path = directory.join(name);
        let file = File::create(&path).map_err(|source| WriteError { path: path.clone(), source })?;
        let mut rows = Self { path, writer: Writer::from_writer(file) };
        rows.write(columns)?;
        Ok(rows)
    }

    fn write(&mut self, cells: &[&str]) -> Result<(), WriteError> {
        let written = self.writer.write_record(cells).map_err(io::Error::other);
        written.map_err(|source| WriteError { path: self.path.clone(), source })
    }

    fn finish(mut self) -> Result<(), WriteError> {
        self.writer.flush().map_err(|source| WriteError { path: self.path, source })
    }
}

/// Writes the register's files into `directory`, in the place of those that are there; `written` is told the number of
/// people written so far from time to time.
///
/// # Errors
/// The first file that cannot be written.
pub fn write_register(city: &City, directory: &Path, mut written: impl FnMut(u64)) -> Result<(), WriteError> {
    fs::create_dir_all(directory).map_err(|source| WriteError { path: directory.to_owned(), source })?;
    let [persons, categories, diseases, filings, institutions, items, agreements] = REGISTER_FILES;
    let mut persons = Rows::create(directory, persons, &PERSON_COLUMNS)?;
    let mut categories = Rows::create(directory, categories, &["person_id", "category", "from", "to"])?;
    let mut diseases = Rows::create(directory, diseases, &["person_id", "disease", "kind", "approved_date", "to"])?;
    let mut filings = Rows::create(directory, filings, &["person_id", "filing", "from", "to"])?;
    for index in 0..city.persons {
        let person = city.person(index);
        write_person(&person, &mut persons)?;
        for (category, span) in &person.categories {
            categories.write(&[&person.id, category.as_str(), &span.first(), &span.last()])?;
        }
        for approval in &person.approvals {
            let (kind, span) = (approval.kind.as_str(), approval.span);
            diseases.write(&[&person.id, approval.disease, kind, &span.first(), &span.last()])?;
        }
        if let Some((filing, span)) = person.filing {
            filings.write(&[&person.id, filing.as_str(), &span.first(), &span.last()])?;
        }
        written(index + 1);
    }
    [persons, categories, diseases, filings].into_iter().try_for_each(Rows::finish)?;
    write_institutions(city, Rows::create(directory, institutions, &INSTITUTION_COLUMNS)?)?;
    write_items(city, Rows::create(directory, items, &ITEM_COLUMNS)?)?;
    write_agreements(city, Rows::create(directory, agreements, &AGREEMENT_COLUMNS)?)
}

const PERSON_COLUMNS: [&str; 11] = [
    "person_id",
    "birth_date",
    "sex",
    "kunming_household",
    "disability_level",
    "household_id",
    "scheme",
    "employment",
    "cover_state",
    "from",
    "to",
];

fn write_person(person: &Person, rows: &mut Rows) -> Result<(), WriteError> {
    let cover = person.cover.iter().map(|(insurance, span)| (insurance, CoverState::Active, *span));
    let suspended = person.suspended.iter().map(|(insurance, span)| (insurance, CoverState::Suspended, *span));
    for (insurance, state, span) in cover.chain(suspended) {
        let (scheme, employment) = match insurance {
            Insurance::Employee(employment) => ("employee", Some(*employment)),
            Insurance::Resident => ("resident", None),
        };
        rows.write(&[
            &person.id,
            &person.birth_date.to_string(),
            person.sex.map_or("", claim::Sex::as_str),
            if person.kunming_household { "true" } else { "false" },
            &person.disability_level.to_string(),
            &person.household_id,
            scheme,
            employment.map_or("", Employment::as_str),
            state.as_str(),
            &span.first(),
            &span.last(),
        ])?;
    }
    Ok(())
}

const INSTITUTION_COLUMNS: [&str; 9] =
    ["institution_id", "name", "level", "kind", "treatment_region", "by_agreement", "tier", "beds", "from"];

fn write_institutions(city: &City, mut rows: Rows) -> Result<(), WriteError> {
    for group in institution::GROUPS {
        for index in 0..city.institutions().count(group) {
            rows.write(&[
                &group.id(index),
                &group.institution_name(index),
                group.level.as_str(),
                group.kind.as_str(),
                group.region.as_str(),
                if group.is_under_agreement() { "true" } else { "" },
                group.tier().map_or("", AdministrativeTier::as_str),
                &group.beds().map(|beds| beds.to_string()).unwrap_or_default(),
                CATALOGUE_START,
            ])?;
        }
    }
    rows.finish()
}

const AGREEMENT_COLUMNS: [&str; 4] = ["institution_id", "state", "grounds", "from"];

/// Every institution of the region applies and is admitted; those whose agreement ended were suspended before.
fn write_agreements(city: &City, mut rows: Rows) -> Result<(), WriteError> {
    for group in institution::GROUPS.into_iter().filter(|group| group.is_under_agreement()) {
        for index in 0..city.institutions().count(group) {
            let id = group.id(index);
            rows.write(&[&id, "applied", "", "2016-11-01"])?;
            rows.write(&[&id, "in-force", "", CATALOGUE_START])?;
            if group == institution::ENDED {
                rows.write(&[&id, "suspended", "breach", "2022-10-01"])?;
                rows.write(&[&id, "ended", "breach", "2023-01-01"])?;
            }
        }
    }
    rows.finish()
}

const ITEM_COLUMNS: [&str; 8] = ["item_code", "name", "class", "self_pay_rate", "price_cap", "drug", "from", "to"];
const CATALOGUE_START: &str = "2017-01-01";

fn write_items(city: &City, mut rows: Rows) -> Result<(), WriteError> {
    for group in catalogue::GROUPS {
        for index in 0..group.count {
            let item = city.catalogue().item(group, index);
            let price_cap = item.price_cap.map(|cap| fen(cap).to_string()).unwrap_or_default();
            rows.write(&[
                item.code.as_str(),
                &item.name,
                item.class.as_str(),
                item.self_pay.unwrap_or_default(),
                &price_cap,
                item.drug.as_deref().unwrap_or_default(),
                CATALOGUE_START,
                "",
            ])?;
        }
    }
    rows.finish()
}

/// Writes a year of `bills` into the file at `path`, one a line; `written` is told the number written so far.
///
/// # Errors
/// A file that cannot be written.
pub fn write_cases(city: &City, bills: u64, path: &Path, mut written: impl FnMut(u64)) -> Result<(), WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    for index in 0..bills {
        writeln!(file, "{}", case_json(&city.bill(index, bills))).map_err(failed)?;
        written(index + 1);
    }
    file.flush().map_err(failed)
}

impl Span {
    fn first(self) -> String {
        self.from.to_string()
    }

    fn last(self) -> String {
        self.to.as_ref().map(NaiveDate::to_string).unwrap_or_default()
    }
}
