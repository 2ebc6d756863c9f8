//! Batches of the journal on SQLite: single-row statements in one transaction, since there is no way to save.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use store::{StoreError, begin_write};

use super::{ChainQuery, ChainRead, Write};
use crate::chain::{Head, LinkHash, NewLink, Place};

const HEAD: &str = "SELECT sequence, hash, EXISTS (SELECT 1 FROM open_link WHERE open_link.person_id = link.person_id
        AND open_link.sequence = link.sequence) AS open
    FROM link WHERE person_id = $1 ORDER BY sequence DESC LIMIT 1";
const SAME_REQUEST: &str = "SELECT document FROM link WHERE person_id = $1 AND caller = $2 AND request_id = $3";
const IS_REVERSED: &str = "SELECT EXISTS (SELECT 1 FROM reversed_request
        WHERE person_id = $1 AND caller = $2 AND request_id = $3)";
const APPEND: &str = "INSERT INTO link
        (person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
const SPEND: &str = "INSERT INTO spent_number (person_id, settlement_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const CHANGE: &str = "INSERT INTO changed_settlement (person_id, settlement_id, sequence) VALUES ($1, $2, $3)";
const REVERSE: &str = "INSERT INTO reversed_request (person_id, caller, request_id, sequence) VALUES ($1, $2, $3, $4)";
const OPEN: &str = "INSERT INTO open_link (person_id, sequence) VALUES ($1, $2)";
const CLOSE: &str = "DELETE FROM open_link WHERE person_id = $1 AND sequence = $2";

const QUEUE: &str = "INSERT INTO closed_link (person_id, sequence) VALUES ($1, $2)";

pub(super) async fn read(
    pool: &SqlitePool,
    queries: Vec<ChainQuery>,
) -> Result<Vec<Result<ChainRead, StoreError>>, StoreError> {
    let mut connection = pool.acquire().await?;
    let mut reads = Vec::with_capacity(queries.len());
    for query in queries {
        reads.push(Ok(read_one(&mut connection, &query).await?));
    }
    Ok(reads)
}

async fn read_one(connection: &mut SqliteConnection, query: &ChainQuery) -> Result<ChainRead, StoreError> {
    let head = sqlx::query(HEAD).bind(query.person_id.as_str()).fetch_optional(&mut *connection).await?;
    let Some(head) = head.as_ref().map(head_of).transpose()? else {
        return Ok(ChainRead { head: Head::EMPTY, same_request: None, is_reversed: false });
    };
    let same = sqlx::query(SAME_REQUEST)
        .bind(query.person_id.as_str())
        .bind(query.caller.as_str())
        .bind(query.request_id.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let is_reversed = sqlx::query_scalar(IS_REVERSED)
        .bind(query.person_id.as_str())
        .bind(query.caller.as_str())
        .bind(query.request_id.as_str())
        .fetch_one(connection)
        .await?;
    Ok(ChainRead { head, same_request: same.map(|row| row.try_get("document")).transpose()?, is_reversed })
}

fn head_of(row: &SqliteRow) -> Result<Head, StoreError> {
    Ok(Head {
        sequence: row.try_get("sequence")?,
        hash: Some(LinkHash::from_stored(row.try_get("hash")?)),
        open: row.try_get("open")?,
    })
}

pub(super) async fn write(pool: &SqlitePool, writes: Vec<Write>) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
    let mut transaction = begin_write(pool).await?;
    let mut answers = Vec::with_capacity(writes.len());
    for write in writes {
        answers.push(Ok(match write {
            Write::Append(link) => append(&mut transaction, &link).await?,
            Write::Close(link) => {
                let close = sqlx::query(CLOSE).bind(link.person_id.as_str()).bind(link.sequence);
                if close.execute(&mut *transaction).await?.rows_affected() == 1 {
                    let queue = sqlx::query(QUEUE).bind(link.person_id.as_str()).bind(link.sequence);
                    queue.execute(&mut *transaction).await?;
                }
                true
            }
        }));
    }
    transaction.commit().await?;
    Ok(answers)
}

async fn append(connection: &mut SqliteConnection, link: &NewLink) -> Result<bool, StoreError> {
    let Place { person_id, sequence } = &link.place;
    if link.holds_money {
        let spend = sqlx::query(SPEND).bind(person_id.as_str()).bind(link.entry_id.as_str());
        if spend.execute(&mut *connection).await?.rows_affected() == 0 {
            return Ok(false);
        }
    }
    let appended = sqlx::query(APPEND)
        .bind(person_id.as_str())
        .bind(sequence)
        .bind(link.entry_id.as_str())
        .bind(link.kind)
        .bind(link.caller.as_str())
        .bind(link.request_id.as_str())
        .bind(link.recorded_time)
        .bind(link.document.as_slice())
        .bind(link.hash.as_bytes())
        .execute(&mut *connection)
        .await?;
    if appended.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query(OPEN).bind(person_id.as_str()).bind(sequence).execute(&mut *connection).await?;
    for settlement_id in &link.changed {
        let change = sqlx::query(CHANGE).bind(person_id.as_str()).bind(settlement_id).bind(sequence);
        change.execute(&mut *connection).await?;
    }
    if let Some(request_id) = &link.reversed_request_id {
        let reverse = sqlx::query(REVERSE).bind(person_id.as_str()).bind(link.caller.as_str());
        reverse.bind(request_id).bind(sequence).execute(connection).await?;
    }
    Ok(true)
}
