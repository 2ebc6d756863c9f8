//! The facts of one person, institution or item with their trail: those of a day, as they were believed at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;
use store::{Database, StoreError};
use wire::register_v1 as proto;
use wire::register_v1::SubjectKind;
use wire::{FromMessage, Reader};

use crate::session::{Session, with_session};
use crate::tables::{AGREEMENT, CATEGORY, COVER, DISEASE, DISEASE_PRICE, FILING, INSTITUTION, ITEM, PERSON, Table};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct FactQuestion {
    tables: &'static [Table],
    id: String,
    effective_date: Option<NaiveDate>,
    believed_time: Option<DateTime<Utc>>,
    with_superseded: bool,
}

pub(crate) const PERSON_TABLES: &[Table] = &[PERSON, COVER, CATEGORY, DISEASE, FILING];
pub(crate) const INSTITUTION_TABLES: &[Table] = &[INSTITUTION, AGREEMENT];
pub(crate) const CATALOGUE_TABLES: &[Table] = &[ITEM, DISEASE_PRICE];

impl FromMessage for FactQuestion {
    type Message = proto::ListFactsRequest;

    fn read(message: proto::ListFactsRequest, at: &Reader<'_>) -> Option<Self> {
        let tables = match message.kind() {
            SubjectKind::Person => Some(PERSON_TABLES),
            SubjectKind::Institution => Some(INSTITUTION_TABLES),
            SubjectKind::Item => Some(CATALOGUE_TABLES),
            SubjectKind::Unspecified => {
                at.fault("kind", "is required: a person, an institution or an item");
                None
            }
        };
        let id = at.id::<claim::PersonId>("id", &message.id);
        let effective_date = at.optional_date("effective_date", message.effective_date);
        let believed_time = match message.believed_time {
            None => Some(None),
            time => at.time("believed_time", time).map(Some),
        };
        let is_one = message.believed_time.is_none() || !message.with_superseded;
        let is_one = at.check("with_superseded", is_one, "is given together with believed_time");
        is_one?;
        Some(Self {
            tables: tables?,
            id: id?.to_string(),
            effective_date: effective_date?,
            believed_time: believed_time?,
            with_superseded: message.with_superseded,
        })
    }
}

/// A fact as it is or was stored.
struct Stored {
    table: &'static str,
    columns: Map<String, Value>,
    superseded_sequence: Option<i64>,
}

/// Answers `question`.
pub(crate) async fn list(database: &Database, question: &FactQuestion) -> Result<proto::ListFactsResponse, StoreError> {
    let (stored, changes): (Vec<Stored>, Changes) = with_session!(database, |session| {
        let stored = session.stored_facts(question).await?;
        let mut sequences: Vec<i64> = stored.iter().filter_map(|fact| fact.superseded_sequence).collect();
        sequences.extend(stored.iter().map(Stored::change_sequence));
        let changes = session.changes(&sequences).await?;
        Ok::<_, StoreError>((stored, changes))
    })?;
    let mut facts = Vec::new();
    for fact in stored {
        let superseding = fact.superseded_sequence.and_then(|sequence| changes.get(&sequence)).cloned();
        let superseded = superseding.as_ref().map(|change| change.0);
        let recorded = fact.recorded_time()?;
        let believed = match question.believed_time {
            None => question.with_superseded || fact.superseded_sequence.is_none(),
            Some(time) => recorded <= time && superseded.is_none_or(|superseded| superseded > time),
        };
        if believed && question.effective_date.is_none_or(|date| fact.holds_on(date)) {
            let change = changes.get(&fact.change_sequence()).map(|change| change.1.clone());
            facts.push((fact.table, recorded, fact.into_message(recorded, superseding, change)));
        }
    }
    let order = |name: &str| question.tables.iter().position(|table| table.name == name);
    facts.sort_by(|(a, a_recorded, _), (b, b_recorded, _)| (order(a), a_recorded).cmp(&(order(b), b_recorded)));
    Ok(proto::ListFactsResponse { facts: facts.into_iter().map(|(_, _, fact)| fact).collect() })
}

impl Stored {
    fn text(&self, column: &str) -> Option<&str> {
        self.columns.get(column).and_then(Value::as_str)
    }

    fn change_sequence(&self) -> i64 {
        self.columns.get("change_sequence").and_then(Value::as_i64).unwrap_or_default()
    }

    fn recorded_time(&self) -> Result<DateTime<Utc>, StoreError> {
        let time = self.text("recorded_time").unwrap_or_default();
        DateTime::parse_from_rfc3339(time).map(|time| time.to_utc()).map_err(StoreError::corrupt)
    }

    /// Whether the fact is of the day. What has no first day is of every day.
    fn holds_on(&self, date: NaiveDate) -> bool {
        let day = |column: &str| self.text(column).and_then(|text| text.parse::<NaiveDate>().ok());
        let from = day("from_date").or_else(|| day("approved_date"));
        from.is_none_or(|from| from <= date) && day("to_date").is_none_or(|to| date <= to)
    }

    fn into_message(
        self,
        recorded: DateTime<Utc>,
        superseding: Option<(DateTime<Utc>, proto::Change)>,
        change: Option<proto::Change>,
    ) -> proto::Fact {
        let (superseded, superseding_change) = superseding.unzip();
        let cells = self.columns.into_iter().filter(|(column, _)| !STAMP.contains(&column.as_str()));
        proto::Fact {
            table: self.table.to_owned(),
            cells: cells.map(|(column, value)| proto::FactCell { column, text: text_of(&value) }).collect(),
            recorded_time: Some(wire::timestamp(recorded)),
            superseded_time: superseded.map(wire::timestamp),
            change,
            superseding_change,
        }
    }
}

/// What is told of every fact beside its cells.
const STAMP: [&str; 2] = ["recorded_time", "change_sequence"];

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// What is believed no more of one person, institution or item.
pub(crate) const SUPERSEDED: &str =
    "SELECT fact_table, superseded_sequence, CAST(fact AS TEXT) FROM superseded WHERE subject = $1";

/// The rows of one person, institution or item in a table, on SQLite.
pub(crate) fn sqlite_text(table: &Table) -> String {
    let columns = table.key.iter().chain(table.columns);
    let fact: Vec<String> = columns.map(|column| format!("'{column}', {column}")).collect();
    let key = table.key.first().copied().unwrap_or_default();
    format!("SELECT json_object({}) FROM {} WHERE {key} = $1", fact.join(", "), table.name)
}

/// As [`sqlite_text`], on PostgreSQL.
pub(crate) fn postgres_text(table: &Table) -> String {
    let key = table.key.first().copied().unwrap_or_default();
    format!("SELECT CAST(to_jsonb(t) AS TEXT) FROM {} t WHERE {key} = $1", table.name)
}

type Changes = BTreeMap<i64, (DateTime<Utc>, proto::Change)>;

impl Session<'_> {
    /// What is stored of the subject in its tables, and what was.
    async fn stored_facts(&mut self, question: &FactQuestion) -> Result<Vec<Stored>, StoreError> {
        let mut stored = Vec::new();
        for table in question.tables {
            for fact in self.stored_rows(table, &question.id).await? {
                stored.push(Stored { table: table.name, columns: object(&fact)?, superseded_sequence: None });
            }
        }
        if question.with_superseded || question.believed_time.is_some() {
            for (name, sequence, fact) in self.superseded_rows(&question.id).await? {
                if let Some(table) = question.tables.iter().find(|table| table.name == name) {
                    let columns = object(&fact)?;
                    stored.push(Stored { table: table.name, columns, superseded_sequence: Some(sequence) });
                }
            }
        }
        Ok(stored)
    }

    async fn stored_rows(&mut self, table: &Table, id: &str) -> Result<Vec<String>, StoreError> {
        Ok(match self {
            Self::Sqlite(connection) => {
                let sql = AssertSqlSafe(sqlite_text(table));
                sqlx::query_scalar(sql).bind(id).fetch_all(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                let sql = AssertSqlSafe(postgres_text(table));
                sqlx::query_scalar(sql).bind(id).fetch_all(&mut **connection).await?
            }
        })
    }

    async fn superseded_rows(&mut self, id: &str) -> Result<Vec<(String, i64, String)>, StoreError> {
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_as(SUPERSEDED).bind(id).fetch_all(&mut **connection).await?,
            Self::Postgres(connection) => sqlx::query_as(SUPERSEDED).bind(id).fetch_all(&mut **connection).await?,
        })
    }

    async fn changes(&mut self, sequences: &[i64]) -> Result<Changes, StoreError> {
        const COLUMNS: &str = "SELECT change_sequence, recorded_time, changed_by, reason, source FROM change";
        type Row = (i64, DateTime<Utc>, String, String, String);
        let rows: Vec<Row> = match self {
            Self::Sqlite(connection) => {
                let sql = format!("{COLUMNS} WHERE change_sequence IN (SELECT value FROM json_each($1))");
                let sequences = Value::from(sequences).to_string();
                sqlx::query_as(AssertSqlSafe(sql)).bind(sequences).fetch_all(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                let sql = format!("{COLUMNS} WHERE change_sequence = ANY($1)");
                sqlx::query_as(AssertSqlSafe(sql)).bind(sequences).fetch_all(&mut **connection).await?
            }
        };
        let change = |(change_sequence, recorded_time, changed_by, reason, source): Row| {
            (change_sequence, (recorded_time, proto::Change { change_sequence, changed_by, reason, source }))
        };
        Ok(rows.into_iter().map(change).collect())
    }
}

fn object(text: &str) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_str(text).map_err(StoreError::corrupt)
}
