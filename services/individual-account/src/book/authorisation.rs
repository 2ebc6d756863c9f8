//! Who may draw on whose account (家庭共济): dated, by kinship.

use chrono::{DateTime, NaiveDate, Utc};
use claim::{Kinship, PersonId};
use store::{StoreError, on_database};

use super::rows::person;
use super::{AccountBook, AccountError};

const AUTHORISE: &str = "
    INSERT INTO authorisation (person_id, member_id, from_date, to_date, kinship, recorded_time)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (person_id, member_id, from_date) DO UPDATE SET to_date = excluded.to_date, kinship = excluded.kinship,
        recorded_time = excluded.recorded_time";
const REVOKE: &str = "
    UPDATE authorisation SET to_date = $3, recorded_time = $4
    WHERE person_id = $1 AND member_id = $2 AND from_date <= $3 AND (to_date IS NULL OR to_date > $3)";
const HOLDS: &str = "
    SELECT COUNT(*) FROM authorisation
    WHERE person_id = $1 AND member_id = $2 AND from_date <= $3 AND (to_date IS NULL OR to_date >= $3)";
const OF_HOLDER: &str = "
    SELECT member_id, kinship, from_date, to_date FROM authorisation WHERE person_id = $1 ORDER BY member_id, from_date";

/// One family member who may draw on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorisation {
    /// The account's holder.
    pub person_id: PersonId,
    /// Who may draw on it.
    pub member_id: PersonId,
    /// What the member is to the holder.
    pub kinship: Kinship,
    /// The first day.
    pub from_date: NaiveDate,
    /// The last day; none while it lasts.
    pub to_date: Option<NaiveDate>,
}

type Row = (String, String, NaiveDate, Option<NaiveDate>);

impl AccountBook {
    /// Lets a family member draw on an account. The same again changes nothing.
    ///
    /// # Errors
    /// No account, a closed one, or the store.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 第二十一条.
    pub async fn authorise(&self, authorisation: &Authorisation, now: DateTime<Utc>) -> Result<(), AccountError> {
        let account = self.account(&authorisation.person_id).await?.ok_or(AccountError::NotFound)?;
        if account.closed_time.is_some() {
            return Err(AccountError::Closed);
        }
        on_database!(self.database(), |pool| {
            sqlx::query(AUTHORISE)
                .bind(authorisation.person_id.as_str())
                .bind(authorisation.member_id.as_str())
                .bind(authorisation.from_date)
                .bind(authorisation.to_date)
                .bind(authorisation.kinship.as_str())
                .bind(now)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// Ends what authorises a member after `last_date`. Answers whether anything did.
    ///
    /// # Errors
    /// The store.
    pub async fn revoke(
        &self,
        person_id: &PersonId,
        member_id: &PersonId,
        last_date: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<bool, AccountError> {
        let ended = on_database!(self.database(), |pool| {
            let revoke = sqlx::query(REVOKE).bind(person_id.as_str()).bind(member_id.as_str());
            revoke.bind(last_date).bind(now).execute(pool).await?.rows_affected()
        });
        Ok(ended > 0)
    }

    /// Whether a member may draw on an account on a day.
    ///
    /// # Errors
    /// The store.
    pub async fn is_authorised(
        &self,
        person_id: &PersonId,
        member_id: &PersonId,
        date: NaiveDate,
    ) -> Result<bool, AccountError> {
        let holding: i64 = on_database!(self.database(), |pool| {
            let holding = sqlx::query_scalar(HOLDS).bind(person_id.as_str()).bind(member_id.as_str());
            holding.bind(date).fetch_one(pool).await?
        });
        Ok(holding > 0)
    }

    /// Everybody who was ever authorised by a holder.
    ///
    /// # Errors
    /// The store.
    pub async fn authorisations(&self, person_id: &PersonId) -> Result<Vec<Authorisation>, AccountError> {
        let rows: Vec<Row> = on_database!(self.database(), |pool| {
            sqlx::query_as(OF_HOLDER).bind(person_id.as_str()).fetch_all(pool).await?
        });
        let authorisation = |(member_id, kinship, from_date, to_date): Row| {
            Ok(Authorisation {
                person_id: person_id.clone(),
                member_id: person(&member_id)?,
                kinship: kinship.parse().map_err(StoreError::corrupt)?,
                from_date,
                to_date,
            })
        };
        rows.into_iter().map(authorisation).collect()
    }
}
