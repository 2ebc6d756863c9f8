//! Batches of the journal on PostgreSQL: one statement for all reads, one for all writes of a batch.

use std::collections::HashSet;

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use store::StoreError;

use super::{ChainQuery, ChainRead, Write};
use crate::chain::{Head, LinkHash};

const READ: &str = "SELECT head.sequence, head.hash, open_link.sequence IS NOT NULL AS open, same.document
    FROM UNNEST($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS query (person_id, caller, request_id, place)
    LEFT JOIN LATERAL (
        SELECT link.sequence, link.hash FROM link
        WHERE link.person_id = query.person_id ORDER BY link.sequence DESC LIMIT 1
    ) AS head ON TRUE
    LEFT JOIN open_link ON open_link.person_id = query.person_id AND open_link.sequence = head.sequence
    LEFT JOIN link AS same ON same.person_id = query.person_id AND same.caller = query.caller
        AND same.request_id = query.request_id
    ORDER BY query.place";
const WRITE: &str = "WITH closed AS (
        DELETE FROM open_link USING UNNEST($9::text[], $10::bigint[]) AS done (person_id, sequence)
        WHERE open_link.person_id = done.person_id AND open_link.sequence = done.sequence
    ), wanted AS (
        SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
            $7::bytea[], $8::bytea[], $11::bool[])
            AS wanted (person_id, sequence, settlement_id, caller, request_id, recorded_time, document, hash, holds_money)
    ), spent AS (
        INSERT INTO spent_number (person_id, settlement_id)
        SELECT person_id, settlement_id FROM wanted WHERE holds_money
        ON CONFLICT DO NOTHING
        RETURNING person_id, settlement_id
    ), appended AS (
        INSERT INTO link (person_id, sequence, settlement_id, caller, request_id, recorded_time, document, hash)
        SELECT person_id, sequence, settlement_id, caller, request_id, recorded_time, document, hash FROM wanted
        WHERE NOT holds_money OR (person_id, settlement_id) IN (SELECT person_id, settlement_id FROM spent)
        ON CONFLICT DO NOTHING
        RETURNING person_id, sequence, settlement_id
    ), opened AS (
        INSERT INTO open_link (person_id, sequence) SELECT person_id, sequence FROM appended
    )
    SELECT settlement_id FROM appended";

pub(super) async fn read(
    pool: &PgPool,
    queries: Vec<ChainQuery>,
) -> Result<Vec<Result<ChainRead, StoreError>>, StoreError> {
    let persons: Vec<&str> = queries.iter().map(|query| query.person_id.as_str()).collect();
    let callers: Vec<&str> = queries.iter().map(|query| query.caller.as_str()).collect();
    let requests: Vec<&str> = queries.iter().map(|query| query.request_id.as_str()).collect();
    let rows = sqlx::query(READ).bind(&persons).bind(&callers).bind(&requests).fetch_all(pool).await?;
    rows.iter().map(|row| read_of(row).map(Ok)).collect()
}

fn read_of(row: &PgRow) -> Result<ChainRead, StoreError> {
    let Some(sequence) = row.try_get("sequence")? else {
        return Ok(ChainRead { head: Head::EMPTY, same_request: None });
    };
    let hash = Some(LinkHash::from_stored(row.try_get("hash")?));
    let head = Head { sequence, hash, open: row.try_get("open")? };
    Ok(ChainRead { head, same_request: row.try_get("document")? })
}

pub(super) async fn write(pool: &PgPool, writes: Vec<Write>) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
    let mut links = Vec::new();
    let mut done = Vec::new();
    for write in &writes {
        match write {
            Write::Append(link) => links.push(link),
            Write::Close(link) => done.push(link),
        }
    }
    // Processes that take row locks in one order cannot wait for each other in a circle.
    links.sort_unstable_by_key(|link| (&link.person_id, link.sequence));
    done.sort_unstable_by_key(|link| (&link.person_id, link.sequence));
    let rows = sqlx::query(WRITE)
        .bind(links.iter().map(|link| link.person_id.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.sequence).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.settlement_id.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.caller.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.request_id.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.recorded_time).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.document.as_slice()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.hash.as_bytes()).collect::<Vec<_>>())
        .bind(done.iter().map(|link| link.person_id.as_str()).collect::<Vec<_>>())
        .bind(done.iter().map(|link| link.sequence).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.holds_money).collect::<Vec<_>>())
        .fetch_all(pool)
        .await?;
    let appended = rows.iter().map(|row| row.try_get("settlement_id")).collect::<Result<HashSet<&str>, _>>()?;
    let answer = |write: &Write| match write {
        Write::Append(link) => appended.contains(link.settlement_id.as_str()),
        Write::Close(_) => true,
    };
    Ok(writes.iter().map(|write| Ok(answer(write))).collect())
}
