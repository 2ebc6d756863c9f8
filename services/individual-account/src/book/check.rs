//! Checks the book against itself: what is kept of an account in two ways.

use claim::PersonId;
use store::on_database;

use super::{AccountBook, AccountError};
use crate::book::rows::person;

/// An account with what its movements and holds say.
const ACCOUNTS: &str = "
    SELECT account.person_id, account.balance_fen, account.held_fen, account.sequence,
        (SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) FROM movement
            WHERE movement.person_id = account.person_id) AS moved_fen,
        (SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) FROM hold
            WHERE hold.person_id = account.person_id AND state = 'held') AS spoken_for_fen,
        (SELECT COUNT(*) FROM movement WHERE movement.person_id = account.person_id) AS movements,
        (SELECT COUNT(*) FROM (
            SELECT balance_fen, SUM(amount_fen) OVER (ORDER BY sequence) AS running_fen,
                sequence, ROW_NUMBER() OVER (ORDER BY sequence) AS place
            FROM movement WHERE movement.person_id = account.person_id) AS line
            WHERE balance_fen <> running_fen OR sequence <> place) AS out_of_line,
        (SELECT COUNT(*) FROM hold WHERE hold.person_id = account.person_id AND state = 'captured'
            AND NOT EXISTS (SELECT 1 FROM movement WHERE movement.person_id = hold.person_id AND kind = 'draw'
                AND reference = hold.settlement_id AND movement.amount_fen = -hold.amount_fen)) AS not_drawn,
        (SELECT COUNT(*) FROM movement WHERE movement.person_id = account.person_id AND kind = 'draw'
            AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.person_id = movement.person_id AND state = 'captured'
                AND hold.settlement_id = movement.reference AND hold.amount_fen = -movement.amount_fen)) AS not_captured
    FROM account WHERE person_id > $1 ORDER BY person_id LIMIT $2";
/// Movements and holds of nobody's account.
const WITHOUT_ACCOUNT: &str = "
    SELECT person_id FROM movement
        WHERE NOT EXISTS (SELECT 1 FROM account WHERE account.person_id = movement.person_id)
    UNION SELECT person_id FROM hold
        WHERE NOT EXISTS (SELECT 1 FROM account WHERE account.person_id = hold.person_id)
    ORDER BY person_id LIMIT $1";

type CheckRow = (String, i64, i64, i64, i64, i64, i64, i64, i64, i64);

/// Something that is kept in two ways which do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFault {
    /// Whose account it is.
    pub person_id: PersonId,
    /// What it is about.
    pub place: &'static str,
    /// What it has to be: amounts in fen, or a number.
    pub expected: i64,
    /// What it is.
    pub found: i64,
}

/// What a page of the book says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What does not agree.
    pub faults: Vec<BookFault>,
    /// The last account of a page that is full; none at the end.
    pub last: Option<PersonId>,
}

impl AccountBook {
    /// Checks `count` accounts behind `after`: balance and movements, money held and holds, draws and captured holds.
    /// The first page also tells movements and holds without an account, as many at most.
    ///
    /// # Errors
    /// The store.
    pub async fn check(&self, after: Option<&PersonId>, count: u32) -> Result<Checked, AccountError> {
        let behind = after.map_or("", PersonId::as_str);
        let rows: Vec<CheckRow> = on_database!(self.database(), |pool| {
            sqlx::query_as(ACCOUNTS).bind(behind).bind(i64::from(count)).fetch_all(pool).await?
        });
        let mut checked = Checked::default();
        if after.is_none() {
            let lost: Vec<(String,)> = on_database!(self.database(), |pool| {
                sqlx::query_as(WITHOUT_ACCOUNT).bind(i64::from(count)).fetch_all(pool).await?
            });
            for (person_id,) in lost {
                let person_id = person(&person_id)?;
                checked.faults.push(BookFault { person_id, place: "accounts", expected: 1, found: 0 });
            }
        }
        let is_full = u32::try_from(rows.len()) == Ok(count);
        for row in rows {
            let (
                person_id,
                balance,
                held,
                sequence,
                moved,
                spoken_for,
                movements,
                out_of_line,
                not_drawn,
                not_captured,
            ) = row;
            let person_id = person(&person_id)?;
            let compared = [
                ("balance, by its movements, in fen", moved, balance),
                ("held, by its holds, in fen", spoken_for, held),
                ("number of the last movement", movements, sequence),
                ("movements out of line", 0, out_of_line),
                ("captured holds without a draw", 0, not_drawn),
                ("draws without a captured hold", 0, not_captured),
            ];
            let faults = compared.into_iter().filter(|(_, expected, found)| expected != found);
            checked.faults.extend(faults.map(|(place, expected, found)| BookFault {
                person_id: person_id.clone(),
                place,
                expected,
                found,
            }));
            checked.last = Some(person_id).filter(|_| is_full);
        }
        Ok(checked)
    }
}
