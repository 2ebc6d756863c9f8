//! The days that changes altered, told page by page.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use store::{Database, StoreError};
use wire::register_v1::{self as proto, FactKind, SubjectKind};
use wire::{ErrorReason, Failure, FromMessage, Reader};

use crate::session::{Session, with_session};

/// The most changes that one question may be about.
const CHANGES_MAX: usize = 100;
/// The most subjects that are told at once, or that one question may name.
const SUBJECTS_MAX: i32 = 1_000;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct AlterationQuestion {
    changes: BTreeSet<i64>,
    kind: SubjectKind,
    subjects: Vec<String>,
    after: String,
    page_size: i32,
}

impl FromMessage for AlterationQuestion {
    type Message = proto::ListAlterationsRequest;

    fn read(message: proto::ListAlterationsRequest, at: &Reader<'_>) -> Option<Self> {
        let kind = message.kind();
        let is_known = kind != SubjectKind::Unspecified;
        let is_known = at.check("kind", is_known, "is required: persons, institutions or items");
        let changes = at.check_count("change_sequences", message.change_sequences.len(), 1..=CHANGES_MAX);
        let subjects_max = usize::try_from(SUBJECTS_MAX).unwrap_or_default();
        let subjects = at.check_count("subjects", message.subjects.len(), 0..=subjects_max);
        let page_size = at.number("page_size", message.page_size, 1..=SUBJECTS_MAX);
        is_known?;
        changes?;
        subjects?;
        Some(Self {
            changes: message.change_sequences.into_iter().collect(),
            kind,
            subjects: message.subjects,
            after: message.after,
            page_size: page_size?,
        })
    }
}

/// Answers `question`.
///
/// # Errors
/// The numbers of no change, and a store that cannot be read.
pub(crate) async fn list(
    database: &Database,
    question: &AlterationQuestion,
) -> Result<Result<proto::ListAlterationsResponse, Failure>, StoreError> {
    with_session!(database, |session| {
        let kinds = session.kinds_of(&question.changes).await?;
        let unknown: Vec<String> =
            question.changes.iter().filter(|change| !kinds.contains_key(change)).map(i64::to_string).collect();
        if !unknown.is_empty() {
            let message = format!("there is no change {}; nothing was done", unknown.join(", "));
            return Ok(Err(Failure::new(ErrorReason::ChangeNotFound, message)));
        }
        let mut altered = BTreeMap::<String, (NaiveDate, NaiveDate)>::new();
        for (change, _) in kinds.into_iter().filter(|(_, kind)| *kind == question.kind) {
            for (subject, from, through) in session.alterations(change, question).await? {
                let days = altered.entry(subject).or_insert((from, through));
                *days = (days.0.min(from), days.1.max(through));
            }
        }
        let page = altered.into_iter().take(usize::try_from(question.page_size).unwrap_or_default());
        let alterations = page.map(|(subject, (from, through))| proto::Alteration {
            subject,
            from_date: Some(from.into()),
            through_date: Some(through.into()),
        });
        Ok::<_, StoreError>(Ok(proto::ListAlterationsResponse { alterations: alterations.collect() }))
    })
}

/// What facts of a kind are of.
const fn subject_kind_of(kind: FactKind) -> SubjectKind {
    match kind {
        FactKind::Person | FactKind::Category | FactKind::Disease | FactKind::Filing => SubjectKind::Person,
        FactKind::Institution | FactKind::Agreement => SubjectKind::Institution,
        FactKind::Item | FactKind::DiseasePrice => SubjectKind::Item,
        FactKind::Unspecified => SubjectKind::Unspecified,
    }
}

impl Session<'_> {
    /// What those of `changes` that exist are of.
    async fn kinds_of(&mut self, changes: &BTreeSet<i64>) -> Result<BTreeMap<i64, SubjectKind>, StoreError> {
        let changes: Vec<i64> = changes.iter().copied().collect();
        let rows: Vec<(i64, String)> = match self {
            Self::Sqlite(connection) => {
                const KINDS: &str = "SELECT change_sequence, kind FROM change WHERE change_sequence IN (SELECT value FROM json_each($1))";
                sqlx::query_as(KINDS).bind(Value::from(changes).to_string()).fetch_all(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                const KINDS: &str = "SELECT change_sequence, kind FROM change WHERE change_sequence = ANY($1)";
                sqlx::query_as(KINDS).bind(changes).fetch_all(&mut **connection).await?
            }
        };
        let kind = |name: &str| subject_kind_of(FactKind::from_str_name(name).unwrap_or(FactKind::Unspecified));
        Ok(rows.into_iter().map(|(change, name)| (change, kind(&name))).collect())
    }

    /// What one change altered: the named subjects, or the next ones behind a place.
    async fn alterations(
        &mut self,
        change: i64,
        question: &AlterationQuestion,
    ) -> Result<Vec<(String, NaiveDate, NaiveDate)>, StoreError> {
        let AlterationQuestion { subjects, after, page_size, .. } = question;
        let sql = |named: &str| {
            AssertSqlSafe(format!(
                "SELECT subject, MIN(from_date), MAX(through_date) FROM alteration \
                 WHERE change_sequence = $1 AND subject > $2 {named} GROUP BY subject ORDER BY subject LIMIT $3"
            ))
        };
        Ok(match self {
            Self::Sqlite(connection) => {
                let named = if subjects.is_empty() { "" } else { "AND subject IN (SELECT value FROM json_each($4))" };
                let query = sqlx::query_as(sql(named)).bind(change).bind(after).bind(page_size);
                let query =
                    if subjects.is_empty() { query } else { query.bind(Value::from(subjects.as_slice()).to_string()) };
                query.fetch_all(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                let named = if subjects.is_empty() { "" } else { "AND subject = ANY($4)" };
                let query = sqlx::query_as(sql(named)).bind(change).bind(after).bind(page_size);
                let query = if subjects.is_empty() { query } else { query.bind(subjects) };
                query.fetch_all(&mut **connection).await?
            }
        })
    }
}
