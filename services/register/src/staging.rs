//! The rows of a file that is being imported, put aside on the connection until all have arrived. Nobody else sees them.
//!
//! They are read back ordered by what they are of, so that all that a file says of one person is checked together
//! wherever in the file it stands.

use chrono::NaiveDate;
use serde_json::{Value, json};
use store::StoreError;
use wire::register_v1::FactRow as RowMessage;

use crate::session::Session;

const SQLITE_TABLE: &str = "CREATE TEMP TABLE staged_row (subject TEXT NOT NULL, number INTEGER NOT NULL, \
     detail TEXT NOT NULL, cells TEXT NOT NULL, PRIMARY KEY (subject, number)) STRICT, WITHOUT ROWID";
const POSTGRES_TABLE: &str = "CREATE TEMP TABLE staged_row (subject TEXT COLLATE \"C\" NOT NULL, number BIGINT NOT NULL, \
     detail TEXT NOT NULL, cells TEXT NOT NULL)";
/// Sorting once is faster than keeping order row by row.
const POSTGRES_INDEX: &str = "CREATE UNIQUE INDEX ON staged_row (subject, number); ANALYZE staged_row";
const NEXT: &str = "SELECT subject, number, detail, cells FROM staged_row WHERE (subject, number) > ($1, $2) \
     ORDER BY subject, number LIMIT $3";

/// A row that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StagedRow {
    /// What the row is of.
    pub(crate) subject: String,
    /// What distinguishes it from other rows of the same subject that it does not replace.
    pub(crate) detail: String,
    pub(crate) row: RowMessage,
}

impl Session<'_> {
    /// Makes room for the rows of one file.
    pub(crate) async fn begin_staging(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(SQLITE_TABLE).execute(&mut **connection).await.map(drop)?,
            Self::Postgres(connection) => sqlx::raw_sql(POSTGRES_TABLE).execute(&mut **connection).await.map(drop)?,
        }
        Ok(())
    }

    /// Puts rows aside.
    pub(crate) async fn stage(&mut self, rows: Vec<StagedRow>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let rows: Vec<Value> = rows
                    .into_iter()
                    .map(|staged| json!([staged.subject, staged.row.number, staged.detail, staged.row.cells]))
                    .collect();
                let stage =
                    "INSERT INTO staged_row SELECT value->>0, value->>1, value->>2, value->3 FROM jsonb_each($1)";
                sqlx::query(stage).bind(Value::from(rows).to_string()).execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                let numbers: Vec<i64> =
                    rows.iter().map(|staged| i64::try_from(staged.row.number).unwrap_or(i64::MAX)).collect();
                let subjects: Vec<&str> = rows.iter().map(|staged| staged.subject.as_str()).collect();
                let details: Vec<&str> = rows.iter().map(|staged| staged.detail.as_str()).collect();
                let cells: Vec<String> =
                    rows.iter().map(|staged| Value::from(staged.row.cells.as_slice()).to_string()).collect();
                let stage =
                    "INSERT INTO staged_row SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::text[], $4::text[])";
                sqlx::query(stage)
                    .bind(subjects)
                    .bind(numbers)
                    .bind(details)
                    .bind(cells)
                    .execute(&mut **connection)
                    .await?;
            }
        }
        Ok(())
    }

    /// To be called once when all rows are put aside.
    pub(crate) async fn end_staging(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(connection) => {
                sqlx::raw_sql(POSTGRES_INDEX).execute(&mut **connection).await?;
            }
        }
        Ok(())
    }

    /// The next rows after the one with `number` of `subject`, at most `count`.
    pub(crate) async fn staged_after(
        &mut self,
        subject: &str,
        number: u64,
        count: usize,
    ) -> Result<Vec<StagedRow>, StoreError> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let rows: Vec<(String, i64, String, String)> = match self {
            Self::Sqlite(connection) => {
                sqlx::query_as(NEXT).bind(subject).bind(number).bind(count).fetch_all(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                sqlx::query_as(NEXT).bind(subject).bind(number).bind(count).fetch_all(&mut **connection).await?
            }
        };
        rows.into_iter()
            .map(|(subject, number, detail, cells)| {
                let number = u64::try_from(number).map_err(StoreError::corrupt)?;
                let cells = serde_json::from_str(&cells).map_err(StoreError::corrupt)?;
                Ok(StagedRow { subject, detail, row: RowMessage { number, cells } })
            })
            .collect()
    }
}

/// The entitlements of an office that go on beyond a day and are not on its list.
const NOT_LISTED: &str = "SELECT person_id, category, from_date, to_date FROM category c \
     WHERE delivered_by = $1 AND from_date < $2 AND (to_date IS NULL OR to_date >= $2) AND person_id > $3 \
     AND NOT EXISTS (SELECT 1 FROM staged_row s WHERE s.subject = c.person_id AND s.detail = c.category) \
     ORDER BY person_id LIMIT $4";

/// An entitlement to be ended: the person, the category and its first and last day.
pub(crate) type NotListed = (String, String, NaiveDate, Option<NaiveDate>);

impl Session<'_> {
    /// The entitlements that `delivered_by` delivered, that go on beyond `date`, and that are not among the rows put
    /// aside: those of the next persons after `person_id`, at most `count`.
    pub(crate) async fn not_listed(
        &mut self,
        delivered_by: &str,
        date: NaiveDate,
        person_id: &str,
        count: usize,
    ) -> Result<Vec<NotListed>, StoreError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Ok(match self {
            Self::Sqlite(connection) => {
                let query = sqlx::query_as(NOT_LISTED).bind(delivered_by).bind(date).bind(person_id).bind(count);
                query.fetch_all(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                let query = sqlx::query_as(NOT_LISTED).bind(delivered_by).bind(date).bind(person_id).bind(count);
                query.fetch_all(&mut **connection).await?
            }
        })
    }
}
