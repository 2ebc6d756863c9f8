//! The trail: who changed which facts, when and why, and what was recorded before. Nothing in it is ever altered.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use store::StoreError;
use wire::register_v1::FactKind;

use crate::caches::Touched;
use crate::session::Session;
use crate::tables::Table;

/// Who changes something, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) changed_by: String,
    pub(crate) reason: String,
    /// The file or the command.
    pub(crate) source: String,
    /// The office that delivered assistance categories.
    pub(crate) delivered_by: String,
}

/// What all rows of one change have in common.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) change_sequence: i64,
    pub(crate) recorded_time: DateTime<Utc>,
    pub(crate) origin: Origin,
}

impl Stamp {
    /// Puts the common columns into a row of a table.
    pub(crate) fn put_on(&self, table: &Table, columns: &mut Value) {
        let Some(columns) = columns.as_object_mut() else { return };
        columns.insert("recorded_time".to_owned(), self.recorded_time.to_rfc3339().into());
        columns.insert("change_sequence".to_owned(), self.change_sequence.into());
        if table.columns.contains(&"delivered_by") {
            columns.entry("delivered_by").or_insert_with(|| self.origin.delivered_by.clone().into());
        }
    }
}

/// The changes after one, as many as are heard at once.
pub(crate) const AFTER: &str = "SELECT change_sequence, kind, subjects FROM change WHERE change_sequence > $1 \
     ORDER BY change_sequence LIMIT 1000";

/// A change that another process may have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) change_sequence: i64,
    pub(crate) kind: FactKind,
    pub(crate) touched: Touched,
}

impl Session<'_> {
    /// The number of the latest change, 0 before the first.
    pub(crate) async fn latest_change(&mut self) -> Result<i64, StoreError> {
        const LATEST: &str = "SELECT COALESCE(MAX(change_sequence), 0) FROM change";
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(LATEST).fetch_one(&mut **connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(LATEST).fetch_one(&mut **connection).await?,
        })
    }

    /// Records a change. Changes get their numbers in the order in which they are committed, because only one
    /// transaction that writes is under way at a time.
    pub(crate) async fn record_change(
        &mut self,
        stamp: &Stamp,
        kind: FactKind,
        changed_rows: u64,
        touched: &Touched,
    ) -> Result<(), StoreError> {
        const RECORD: &str = "INSERT INTO change (change_sequence, recorded_time, kind, changed_by, reason, source, \
             changed_rows, subjects) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let Stamp { change_sequence, recorded_time, origin } = stamp;
        let subjects = touched.named().map(|ids| ids.iter().cloned().collect::<Value>().to_string());
        let changed_rows = i64::try_from(changed_rows).unwrap_or(i64::MAX);
        match self {
            Self::Sqlite(connection) => {
                let change = sqlx::query(RECORD).bind(change_sequence).bind(recorded_time).bind(kind.as_str_name());
                let change = change.bind(&origin.changed_by).bind(&origin.reason).bind(&origin.source);
                change.bind(changed_rows).bind(subjects).execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                let change = sqlx::query(RECORD).bind(change_sequence).bind(recorded_time).bind(kind.as_str_name());
                let change = change.bind(&origin.changed_by).bind(&origin.reason).bind(&origin.source);
                change.bind(changed_rows).bind(subjects).execute(&mut **connection).await?;
            }
        }
        Ok(())
    }

    /// The changes after the one with number `after`, in their order, at most 1,000.
    pub(crate) async fn changes_after(&mut self, after: i64) -> Result<Vec<Heard>, StoreError> {
        let rows: Vec<(i64, String, Option<String>)> = match self {
            Self::Sqlite(connection) => sqlx::query_as(AFTER).bind(after).fetch_all(&mut **connection).await?,
            Self::Postgres(connection) => sqlx::query_as(AFTER).bind(after).fetch_all(&mut **connection).await?,
        };
        rows.into_iter()
            .map(|(change_sequence, kind, subjects)| {
                let kind = FactKind::from_str_name(&kind).unwrap_or(FactKind::Unspecified);
                let touched = match subjects {
                    None => Touched::TooMany,
                    Some(ids) => Touched::These(serde_json::from_str(&ids).map_err(StoreError::corrupt)?),
                };
                Ok(Heard { change_sequence, kind, touched })
            })
            .collect()
    }

    /// Keeps the rows of `table` with the keys of `rows` as they are now, before they are replaced.
    pub(crate) async fn supersede(&mut self, table: &Table, rows: &[Value], stamp: &Stamp) -> Result<(), StoreError> {
        let Some((subject, others)) = table.key.split_first() else { return Ok(()) };
        let rows = Value::from(rows.to_vec()).to_string();
        let others: Vec<String> = others.iter().map(|column| format!("CAST(t.{column} AS TEXT)")).collect();
        let key = if others.is_empty() { "''".to_owned() } else { others.join(" || '/' || ") };
        let head = format!(
            "INSERT INTO superseded (subject, fact_table, superseded_sequence, fact_key, fact) \
             SELECT t.{subject}, '{}', $2, {key}",
            table.name
        );
        match self {
            Self::Sqlite(connection) => {
                let columns = table.key.iter().chain(table.columns);
                let fact: Vec<String> = columns.map(|column| format!("'{column}', t.{column}")).collect();
                let same: Vec<String> =
                    table.key.iter().map(|column| format!("t.{column} = r.value->>'{column}'")).collect();
                let sql = format!(
                    "{head}, json_object({}) FROM json_each($1) r JOIN {} t ON {}",
                    fact.join(", "),
                    table.name,
                    same.join(" AND ")
                );
                let query = sqlx::query(AssertSqlSafe(sql)).bind(rows).bind(stamp.change_sequence);
                query.execute(&mut **connection).await?;
            }
            Self::Postgres(connection) => {
                let sql = format!(
                    "{head}, to_jsonb(t) FROM jsonb_populate_recordset(NULL::{0}, $1::jsonb) r JOIN {0} t USING ({1})",
                    table.name,
                    table.key.join(", ")
                );
                let query = sqlx::query(AssertSqlSafe(sql)).bind(rows).bind(stamp.change_sequence);
                query.execute(&mut **connection).await?;
            }
        }
        Ok(())
    }
}
