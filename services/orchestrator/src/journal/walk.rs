//! Reading every chain, page by page.

use store::{StoreError, on_database};

use super::Journal;

const AFTER: &str = "SELECT person_id, sequence, document FROM link
    WHERE (person_id, sequence) > ($1, $2) AND kind = 'settlement' ORDER BY person_id, sequence LIMIT $3";

/// The link of a settlement: whose, where and its bytes.
pub(crate) type WalkedLink = (String, i64, Vec<u8>);

impl Journal {
    /// The settlements of all persons behind the place `sequence` of `person_id`, in the order of their chains, at most
    /// `count`.
    pub(crate) async fn settlements_after(
        &self,
        person_id: &str,
        sequence: i64,
        count: i64,
    ) -> Result<Vec<WalkedLink>, StoreError> {
        Ok(on_database!(&self.database, |pool| {
            sqlx::query_as(AFTER).bind(person_id).bind(sequence).bind(count).fetch_all(pool).await?
        }))
    }
}
