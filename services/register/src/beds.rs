//! The beds of designated institutions and the insured on a day (云人社发〔2016〕308号 二（四）).

use chrono::NaiveDate;
use claim::{Standing, TreatmentRegion};
use store::{Database, StoreError};
use wire::register_v1::CountBedsResponse;

use crate::designation::InstitutionHistory;
use crate::reading::{Histories, read_each};
use crate::session::{Session, with_session};

/// How many institutions are read at once.
const AT_ONCE: i64 = 1_000;
const NEXT: &str =
    "SELECT DISTINCT institution_id FROM institution WHERE institution_id > $1 ORDER BY institution_id LIMIT $2";
/// No two times of cover of a person share a day.
const INSURED: &str = "SELECT COUNT(*) FROM cover WHERE from_date <= $1 AND (to_date IS NULL OR to_date >= $1) \
     AND state = 'active'";

/// Counts both on `date`.
pub(crate) async fn count(database: &Database, date: NaiveDate) -> Result<CountBedsResponse, StoreError> {
    let (mut beds, mut after) = (0_u64, String::new());
    loop {
        let read: Result<Histories<InstitutionHistory>, StoreError> =
            with_session!(database, |session| some_after(session, &after).await);
        let read = read?;
        let Some(last) = read.keys().max() else { break };
        after = last.to_string();
        beds += read.values().map(|history| beds_on(history, date)).sum::<u64>();
    }
    let insured: Result<i64, StoreError> =
        store::on_database!(database, |pool| { Ok(sqlx::query_scalar(INSURED).bind(date).fetch_one(pool).await?) });
    Ok(CountBedsResponse { beds, insured_persons: insured?.try_into().unwrap_or_default() })
}

fn beds_on(history: &InstitutionHistory, date: NaiveDate) -> u64 {
    let designated = history.described_on(date).filter(|_| history.standing_on(date).0 == Standing::InForce);
    let local = designated.filter(|institution| institution.treatment_region == TreatmentRegion::Local);
    local.and_then(|institution| institution.beds).map_or(0, u64::from)
}

async fn some_after(session: &mut Session<'_>, after: &str) -> Result<Histories<InstitutionHistory>, StoreError> {
    let ids: Vec<String> = match session {
        Session::Sqlite(connection) => {
            sqlx::query_scalar(NEXT).bind(after).bind(AT_ONCE).fetch_all(&mut **connection).await?
        }
        Session::Postgres(connection) => {
            sqlx::query_scalar(NEXT).bind(after).bind(AT_ONCE).fetch_all(&mut **connection).await?
        }
    };
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    read_each(session, &ids).await
}
