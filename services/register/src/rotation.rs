//! Identity numbers under new keys.

use identity_number::{BlindIndex, IdentityNumber, Keyring, Sealed};
use serde_json::{Value, json};
use store::{Database, StoreError};

use crate::session::{Session, with_own_session};
use crate::tables::IDENTITY;

/// How many numbers one transaction rotates.
const AT_ONCE: i64 = 1_000;

const ALL_AFTER: &str = "SELECT person_id, blind_index, index_key, sealed, seal_key, CAST(recorded_time AS TEXT), \
     change_sequence FROM identity WHERE person_id > $1 ORDER BY person_id LIMIT $2";

/// Who has a number, by its blind index.
pub(crate) const FIND: &str = "SELECT person_id FROM identity WHERE blind_index = $1 AND index_key = $2";

type IdentityRow = (String, String, String, String, String, String, i64);

/// Seals and indexes anew what is not under the keys in use; answers how many. It can be cut off and begun again.
pub(crate) async fn rotate(database: &Database, keyring: &Keyring) -> Result<u64, StoreError> {
    let (mut rotated, mut after) = (0, String::new());
    loop {
        let round: Result<Option<(u64, String)>, StoreError> =
            with_own_session!(database, |session| rotate_some(session, keyring, &after).await);
        let Some((count, last)) = round? else { return Ok(rotated) };
        rotated += count;
        after = last;
    }
}

/// Rotates those of the next persons; answers how many and the last person, or `None` where no person is left.
async fn rotate_some(
    session: &mut Session<'_>,
    keyring: &Keyring,
    after: &str,
) -> Result<Option<(u64, String)>, StoreError> {
    session.begin_write().await?;
    let rows: Vec<IdentityRow> = match session {
        Session::Sqlite(connection) => {
            sqlx::query_as(ALL_AFTER).bind(after).bind(AT_ONCE).fetch_all(&mut **connection).await?
        }
        Session::Postgres(connection) => {
            sqlx::query_as(ALL_AFTER).bind(after).bind(AT_ONCE).fetch_all(&mut **connection).await?
        }
    };
    let Some(last) = rows.last().map(|row| row.0.clone()) else { return Ok(None) };
    let old = rows.into_iter().filter(|(_, _, index_key, _, seal_key, ..)| !keyring.is_current(seal_key, index_key));
    let new = old.map(|row| resealed(row, keyring)).collect::<Result<Vec<_>, _>>()?;
    let count = u64::try_from(new.len()).unwrap_or(u64::MAX);
    if !new.is_empty() {
        session.upsert(&IDENTITY, new).await?;
    }
    session.commit().await?;
    Ok(Some((count, last)))
}

fn resealed(row: IdentityRow, keyring: &Keyring) -> Result<Value, StoreError> {
    let (person_id, _, _, sealed, seal_key, recorded_time, change_sequence) = row;
    let number = keyring.open(&Sealed { key_id: seal_key, text: sealed }, &person_id).map_err(StoreError::corrupt)?;
    let sealed = keyring.seal(&number, &person_id).map_err(StoreError::corrupt)?;
    let index = keyring.index(&number).ok_or_else(|| StoreError::corrupt("keys without an index key"))?;
    Ok(json!({
        "person_id": person_id,
        "blind_index": index.text,
        "index_key": index.key_id,
        "sealed": sealed.text,
        "seal_key": sealed.key_id,
        "recorded_time": recorded_time,
        "change_sequence": change_sequence,
    }))
}

/// The persons who have `number`, in the order of their numbers.
pub(crate) async fn find(
    database: &Database,
    keyring: &Keyring,
    number: &IdentityNumber,
) -> Result<Vec<String>, StoreError> {
    let indexes = keyring.indexes(number);
    let mut persons = Vec::new();
    for BlindIndex { key_id, text } in indexes {
        let found: Result<Vec<String>, StoreError> = store::on_database!(database, |pool| {
            Ok(sqlx::query_scalar(FIND).bind(text).bind(key_id).fetch_all(pool).await?)
        });
        persons.extend(found?);
    }
    persons.sort();
    persons.dedup();
    Ok(persons)
}
