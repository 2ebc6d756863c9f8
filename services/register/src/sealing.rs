//! Identity numbers on their way in: sealed before a row is put aside, and never a cell again.

use identity_number::{BlindIndex, IdentityNumber, Keyring, Sealed};
use wire::register_v1::{FactRow as RowMessage, RejectedCell};

use crate::cells::{Header, rejection};
use crate::words::{Words, said, words};

/// What a cell with a sealed number begins with; no identity number does.
const MARK: &str = "sealed";
const SEPARATOR: char = ':';

/// A sealed number and what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedNumber {
    pub(crate) sealed: Sealed,
    pub(crate) index: BlindIndex,
}

impl SealedNumber {
    /// Reads a cell that [`seal`] wrote.
    pub(crate) fn from_cell(cell: &str) -> Option<Self> {
        let mut parts = cell.split(SEPARATOR).map(str::to_owned);
        let (mark, seal_key, sealed, index_key, index) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (mark == MARK).then_some(Self {
            sealed: Sealed { key_id: seal_key, text: sealed },
            index: BlindIndex { key_id: index_key, text: index },
        })
    }

    fn to_cell(&self) -> String {
        let Self { sealed, index } = self;
        [MARK, &sealed.key_id, &sealed.text, &index.key_id, &index.text].join(&SEPARATOR.to_string())
    }
}

/// Seals the secret cells of the rows in their place. A cell that cannot be sealed is emptied, so that no plain number
/// goes any further, and told.
pub(crate) fn seal(header: &Header, rows: &mut [RowMessage], keyring: Option<&Keyring>) -> Vec<RejectedCell> {
    let mut rejected = Vec::new();
    for (place, column) in header.secret_places() {
        for row in &mut *rows {
            let person_id = header.cell(row, "person_id").to_owned();
            let Some(cell) = row.cells.get_mut(place) else { continue };
            let number = std::mem::take(cell);
            if number.trim().is_empty() {
                continue;
            }
            match sealed_cell(number.trim(), &person_id, keyring) {
                Ok(sealed) => *cell = sealed,
                Err(words) => rejected.push(rejection(row.number, column, words)),
            }
        }
    }
    rejected
}

fn sealed_cell(number: &str, person_id: &str, keyring: Option<&Keyring>) -> Result<String, Words> {
    const NO_KEYS: Words = said(
        "cannot be kept: the register was started without identity keys",
        "不能保存：登记服务启动时未配置身份证密钥",
    );
    const NO_INDEX: Words = said("cannot be indexed", "不能建立索引");
    let keyring = keyring.ok_or(NO_KEYS)?;
    let number = IdentityNumber::new(number)?;
    let sealed = keyring.seal(&number, person_id).map_err(|fault| words!("{fault}", "不能加密：{fault}"))?;
    let index = keyring.index(&number).ok_or(NO_INDEX)?;
    Ok(SealedNumber { sealed, index }.to_cell())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{FactRow, PersonRow};

    const NUMBER: &str = "11010519491231002X";

    fn sealed(cell: &str, keyring: Option<&Keyring>) -> (Vec<RejectedCell>, RowMessage) {
        let dictionary = dictionary::Dictionaries::built_in().unwrap().on("kunming", chrono::NaiveDate::MAX).unwrap();
        let names = ["person_id", "identity_number", "birth_date", "kunming_household", "scheme", "from"];
        let header = Header::new(&names.map(str::to_owned), PersonRow::COLUMNS, dictionary).unwrap();
        let cells = ["P1", cell, "", "", "", ""].map(str::to_owned).to_vec();
        let mut rows = [RowMessage { number: 1, cells }];
        let rejected = seal(&header, &mut rows, keyring);
        let [row] = rows;
        (rejected, row)
    }

    #[test]
    fn no_plain_number_goes_any_further_whether_it_can_be_sealed_or_not() {
        let keyring = Keyring::read(&Keyring::generate("a").unwrap()).unwrap();
        let (rejected, row) = sealed(NUMBER, Some(&keyring));
        assert_eq!(rejected, []);
        let kept = SealedNumber::from_cell(&row.cells[1]).unwrap();
        assert_eq!(keyring.open(&kept.sealed, "P1"), IdentityNumber::new(NUMBER).map_err(|_| unreachable!()));
        for (cell, keyring) in
            [(NUMBER, None), ("110105194912310021", Some(&keyring)), ("sealed:a:b:c:d", Some(&keyring))]
        {
            let (rejected, row) = sealed(cell, keyring);
            assert_eq!((rejected.len(), row.cells[1].as_str()), (1, ""), "{cell}");
            assert!(!format!("{rejected:?}").contains("19491231"), "{rejected:?}");
        }
    }
}
