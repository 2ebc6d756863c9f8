//! One file: its rows are put aside as they arrive; when all are there they are taken together, or not at all.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use identity_number::Keyring;
use serde_json::json;
use store::{Database, StoreError};
use wire::register_v1::{FactKind, FactRow as RowMessage, ImportFileResponse, ImportOutcome, RejectedCell};
use wire::{ErrorReason, Failure};

use crate::alteration;
use crate::caches::{Caches, Touched};
use crate::cells::{Header, rejection};
use crate::change::{Origin, Stamp};
use crate::history::PersonHistory;
use crate::import::{Changes, Import};
use crate::reading::{History, read_each};
use crate::rows::{FactRow, Record};
use crate::sealing::seal;
use crate::session::{Session, with_own_session};
use crate::staging::StagedRow;
use crate::tables::CATEGORY;
use crate::words::words;

/// How many rows are checked and written at once; also the most that a file may say of one person.
const ROWS_AT_ONCE: usize = 2_000;

/// Where the rows of a file come from.
pub(crate) trait Rows: Send {
    /// The next rows; `None` after the announced end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<RowMessage>>, Failure>> + Send;
}

/// Who is told what is found. Nobody listening is no fault.
pub(crate) trait Told: Send + Sync {
    /// Tells something.
    fn tell(&self, response: ImportFileResponse) -> impl Future<Output = ()> + Send;
}

/// What is asked for with a file.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) header: Header,
    pub(crate) kind: FactKind,
    pub(crate) validate_only: bool,
    /// Whether the rows are taken away.
    pub(crate) withdraw: bool,
    pub(crate) origin: Origin,
    /// The day from which an office's entitlements that are not in the file have ended.
    pub(crate) full_list_date: Option<NaiveDate>,
    /// The last day that can be over.
    pub(crate) today: NaiveDate,
    pub(crate) recorded_time: DateTime<Utc>,
}

/// The import of one file.
pub(crate) struct FileImport<'a, R, T> {
    order: &'a Order,
    keyring: Option<&'a Keyring>,
    told: &'a T,
    progress: ImportFileResponse,
    outcome: ImportOutcome,
    touched: Touched,
    rows: PhantomData<R>,
}

impl<R, T> fmt::Debug for FileImport<'_, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileImport").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

impl<'a, R: FactRow, T: Told> FileImport<'a, R, T> {
    pub(crate) fn new(order: &'a Order, keyring: Option<&'a Keyring>, told: &'a T) -> Self {
        Self {
            order,
            keyring,
            told,
            progress: ImportFileResponse::default(),
            outcome: ImportOutcome::default(),
            touched: Touched::default(),
            rows: PhantomData,
        }
    }

    /// Takes the file; what `caches` remember of it is forgotten.
    pub(crate) async fn run(
        mut self,
        database: &Database,
        caches: &Caches,
        rows: impl Rows,
    ) -> Result<ImportOutcome, ImportFailure> {
        let taken = self.take(database, rows).await;
        // Also after a failure: the commit may have got through without its answer.
        R::History::remembered(caches).forget_touched(&self.touched);
        taken.map(|()| self.outcome)
    }

    async fn take(&mut self, database: &Database, rows: impl Rows) -> Result<(), ImportFailure> {
        with_own_session!(database, |session| {
            self.stage(session, rows).await?;
            session.begin_write().await?;
            let stamp = Stamp {
                change_sequence: session.latest_change().await?.saturating_add(1),
                recorded_time: self.order.recorded_time,
                origin: self.order.origin.clone(),
            };
            self.check_and_write(session, &stamp).await?;
            if let Some(date) = self.order.full_list_date {
                self.end_unlisted(session, date, &stamp).await?;
            }
            if self.is_to_be_written() {
                let changed = self.outcome.changed_rows.saturating_add(self.outcome.ended_rows);
                session.record_change(&stamp, self.order.kind, changed, &self.touched).await?;
                let altered_subjects = session.altered_subjects(stamp.change_sequence).await?;
                session.commit().await?;
                let rows = self.outcome.rows;
                let change_sequence = stamp.change_sequence;
                self.outcome = ImportOutcome { stored_rows: rows, change_sequence, altered_subjects, ..self.outcome };
            }
            Ok(())
        })
    }

    async fn stage(&mut self, session: &mut Session<'_>, mut rows: impl Rows) -> Result<(), ImportFailure> {
        session.begin_staging().await?;
        let mut last = 0;
        while let Some(mut messages) = rows.next().await? {
            let unsealed = seal(&self.order.header, &mut messages, self.keyring);
            self.tell(unsealed).await;
            let mut import = Import::<R>::parse(&self.order.header, &messages, self.order.today);
            last = ascending(&messages, last)?;
            let mut sound = import.sound().peekable();
            let mut staged = Vec::with_capacity(messages.len());
            self.outcome.rows += u64::try_from(messages.len()).unwrap_or(u64::MAX);
            for message in messages {
                if let Some((_, row)) = sound.next_if(|(number, _)| *number == message.number) {
                    let detail = row.detail().unwrap_or_default().to_owned();
                    staged.push(StagedRow { subject: row.id().to_owned(), detail, row: message });
                }
            }
            drop(sound);
            session.stage(staged).await?;
            self.tell(import.take_rejected()).await;
        }
        Ok(session.end_staging().await?)
    }

    /// Checks what was put aside, and writes what is new while nothing is at fault.
    async fn check_and_write(&mut self, session: &mut Session<'_>, stamp: &Stamp) -> Result<(), ImportFailure> {
        let (mut subject, mut number) = (String::new(), 0);
        loop {
            let staged = session.staged_after(&subject, number, ROWS_AT_ONCE).await?;
            let is_last = staged.len() < ROWS_AT_ONCE;
            let staged = if is_last { staged } else { self.of_whole_subjects(staged).await };
            let Some(last) = staged.last() else { return Ok(()) };
            (subject, number) = (last.subject.clone(), last.row.number);
            let rows = staged.iter().map(|staged| &staged.row);
            let mut import = Import::<R>::parse(&self.order.header, rows, self.order.today);
            let changes = if self.order.withdraw {
                import.check_withdrawal(session, stamp).await?
            } else {
                import.check(session, stamp).await?
            };
            self.outcome.changed_rows += changes.rows;
            self.progress.checked_rows += u64::try_from(staged.len()).unwrap_or(u64::MAX);
            self.tell(import.take_rejected()).await;
            if self.is_to_be_written() && changes.rows > 0 {
                self.touched.add(import.ids());
                changes.write(session, stamp).await?;
                alteration::note(session, &import.into_before(), stamp, self.order.today).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn is_to_be_written(&self) -> bool {
        self.outcome.faults == 0 && !self.order.validate_only
    }

    /// Ends, on the day before `date`, the entitlements of the same office that are not on its full list.
    async fn end_unlisted(
        &mut self,
        session: &mut Session<'_>,
        date: NaiveDate,
        stamp: &Stamp,
    ) -> Result<(), ImportFailure> {
        let delivered_by = &self.order.origin.delivered_by;
        let mut person_id = String::new();
        loop {
            let unlisted = session.not_listed(delivered_by, date, &person_id, ROWS_AT_ONCE).await?;
            let Some((last, ..)) = unlisted.last() else { return Ok(()) };
            person_id.clone_from(last);
            let is_last = unlisted.len() < ROWS_AT_ONCE;
            // Those of the last person may be cut off; the next round has them all.
            let unlisted = unlisted.into_iter().filter(|(person, ..)| is_last || *person != person_id);
            let mut changes = Changes::default();
            let mut persons = Vec::new();
            for (person, category, from, _) in unlisted {
                self.outcome.ended_rows += 1;
                let columns = json!({
                    "person_id": person,
                    "category": category,
                    "from_date": from,
                    "to_date": date.pred_opt(),
                });
                changes.add(Record { table: &CATEGORY, columns, replaces: true }, stamp);
                persons.push(person);
            }
            if let Some(last) = persons.last() {
                person_id.clone_from(last);
            }
            if self.is_to_be_written() {
                let persons: Vec<&str> = persons.iter().map(String::as_str).collect();
                self.touched.add(persons.iter().copied());
                let before = read_each::<PersonHistory>(session, &persons).await?;
                changes.write(session, stamp).await?;
                alteration::note(session, &before, stamp, self.order.today).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Leaves out the last subject, of which more rows may follow. A subject with too many rows is at fault.
    async fn of_whole_subjects(&mut self, mut staged: Vec<StagedRow>) -> Vec<StagedRow> {
        let Some(last) = staged.last().map(|staged| staged.subject.clone()) else { return staged };
        if staged.first().is_some_and(|first| first.subject == last) {
            let words = words!(
                "the file has {ROWS_AT_ONCE} rows or more that say something of {last}",
                "文件中关于 {last} 的行达到 {ROWS_AT_ONCE} 行或更多"
            );
            let number = staged.last().map_or(0, |staged| staged.row.number);
            self.tell(vec![rejection(number, "", words)]).await;
        } else {
            staged.retain(|staged| staged.subject != last);
        }
        staged
    }

    async fn tell(&mut self, rejected: Vec<RejectedCell>) {
        self.outcome.faults += u64::try_from(rejected.len()).unwrap_or(u64::MAX);
        self.progress.read_rows = self.outcome.rows;
        self.told.tell(ImportFileResponse { rejected, ..self.progress.clone() }).await;
    }
}

fn ascending(messages: &[RowMessage], last: u64) -> Result<u64, Failure> {
    let mut last = last;
    for message in messages {
        if message.number <= last || i64::try_from(message.number).is_err() {
            let mut violations = claim::Violations::new();
            violations.add("rows", format_args!("row {} comes after row {last}: numbers must ascend", message.number));
            return Err(violations.into());
        }
        last = message.number;
    }
    Ok(last)
}

/// Why a file could not be taken.
#[derive(Debug)]
pub(crate) enum ImportFailure {
    /// What was sent cannot be a file.
    Refused(Failure),
    /// The store failed.
    Store(StoreError),
}

impl From<Failure> for ImportFailure {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<StoreError> for ImportFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for ImportFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A file whose sender was cut off.
pub(crate) fn cut_off() -> Failure {
    Failure::new(ErrorReason::FieldViolation, "the file ended before its end was announced; nothing was stored")
}
