//! Tables as offices send them: CSV in UTF-8 or GBK, or the first sheet of an Excel workbook, read row by row.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use calamine::{Cell, DataRef, Dimensions, Reader, Xlsx};
use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::GB18030;
use indicatif::ProgressBar;

/// The most digits that a spreadsheet keeps of a number.
const EXACT_DIGITS: usize = 15;

/// Calls `take` with the header and then with each row that is not blank, until it answers that it wants no more.
///
/// # Errors
/// A file that cannot be read as what its name says.
pub(super) fn read_rows(path: &Path, progress: &ProgressBar, take: impl FnMut(Vec<String>) -> bool) -> Result<()> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx")) {
        read_workbook(path, take)
    } else {
        read_csv(path, progress, take)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    /// GBK and its superset GB18030.
    Gb18030,
}

impl Encoding {
    /// What the whole file is valid in; GBK is what offices send that is not UTF-8.
    fn of(path: &Path) -> Result<Self> {
        let mut reader = BufReader::new(File::open(path).context("cannot be opened")?);
        let mut line = Vec::new();
        // The end of a line is never a part of another character.
        while reader.read_until(b'\n', &mut line).context("cannot be read")? > 0 {
            if std::str::from_utf8(&line).is_err() {
                return Ok(Self::Gb18030);
            }
            line.clear();
        }
        Ok(Self::Utf8)
    }

    fn text(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Gb18030 => {
                GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
            }
        }
    }
}

fn read_csv(path: &Path, progress: &ProgressBar, mut take: impl FnMut(Vec<String>) -> bool) -> Result<()> {
    let encoding = Encoding::of(path)?;
    let file = progress.wrap_read(File::open(path).context("cannot be opened")?);
    // Quotes, commas and line ends are never a part of another character, neither in UTF-8 nor in GBK.
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(file);
    let mut record = ByteRecord::new();
    let mut line = 0_u64;
    while reader.read_byte_record(&mut record).context("is not a CSV file")? {
        line += 1;
        let cells: Option<Vec<String>> = record.iter().map(|cell| encoding.text(cell)).collect();
        let Some(mut cells) = cells else { bail!("line {line} is neither UTF-8 nor GBK") };
        if line == 1 {
            cells = cells.into_iter().map(|cell| cell.trim_start_matches('\u{feff}').to_owned()).collect();
        }
        if !take_row(cells, &mut take) {
            break;
        }
    }
    Ok(())
}

/// Blank rows, which offices leave at the end, are no rows.
fn take_row(cells: Vec<String>, take: &mut impl FnMut(Vec<String>) -> bool) -> bool {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.trim().to_owned()).collect();
    cells.iter().all(String::is_empty) || take(cells)
}

fn read_workbook(path: &Path, mut take: impl FnMut(Vec<String>) -> bool) -> Result<()> {
    let reader = BufReader::new(File::open(path).context("cannot be opened")?);
    let mut workbook = Xlsx::new(reader).context("is not an Excel workbook")?;
    let sheet = workbook.sheet_names().first().cloned().context("has no sheet")?;
    let mut cells = workbook.worksheet_cells_reader(&sheet).context("its first sheet cannot be read")?;
    let Dimensions { start: (_, first), end: (_, last) } = cells.dimensions();
    let mut row = Row { number: None, first, cells: Vec::new() };
    let mut columns = usize::try_from(last.saturating_sub(first)).unwrap_or(0) + 1;
    while let Some(cell) = cells.next_cell().context("its first sheet cannot be read")? {
        let number = cell.get_position().0;
        if row.number.is_some_and(|current| current != number) && !row.give(&mut columns, &mut take) {
            return Ok(());
        }
        row.number = Some(number);
        row.put(&cell)?;
    }
    row.give(&mut columns, &mut take);
    Ok(())
}

struct Row {
    number: Option<u32>,
    /// The first column of the sheet that is not blank.
    first: u32,
    cells: Vec<String>,
}

impl Row {
    fn put(&mut self, cell: &Cell<DataRef<'_>>) -> Result<()> {
        let (row, column) = cell.get_position();
        let text = text_of(cell.get_value()).with_context(|| {
            format!("row {} column {}: a number of more than {EXACT_DIGITS} digits was rounded by the spreadsheet: format the column as text", row + 1, column + 1)
        })?;
        let index = usize::try_from(column.saturating_sub(self.first))?;
        if self.cells.len() <= index {
            self.cells.resize(index + 1, String::new());
        }
        if let Some(place) = self.cells.get_mut(index) {
            *place = text;
        }
        Ok(())
    }

    /// Gives the row as wide as the header, which is the first row given.
    fn give(&mut self, columns: &mut usize, take: &mut impl FnMut(Vec<String>) -> bool) -> bool {
        let mut cells = std::mem::take(&mut self.cells);
        if cells.len() < *columns {
            cells.resize(*columns, String::new());
        }
        take_row(cells, take)
    }
}

/// A cell as it would be written in a CSV file; `None` for a number that a spreadsheet cannot hold exactly.
fn text_of(value: &DataRef<'_>) -> Option<String> {
    Some(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::Int(number) => exact(number.to_string())?,
        DataRef::Float(number) => exact(number.to_string())?,
        DataRef::DateTime(time) => time.as_datetime().map(|time| time.date().to_string()).unwrap_or_default(),
        DataRef::Error(error) => error.to_string(),
    })
}

fn exact(number: String) -> Option<String> {
    (number.chars().filter(char::is_ascii_digit).count() <= EXACT_DIGITS).then_some(number)
}
