//! Batches of the journal on SQLite: one statement for all reads and few for all writes of a batch, since each costs two
//! switches of threads.

use std::collections::HashSet;

use sqlx::{QueryBuilder, SqliteConnection};
use store::{StoreError, begin_write};

use super::{ChainQuery, ChainRead, Write, answers, chain_read_of, parted};
use crate::chain::{NewLink, Place};

const READ: &str =
    ") SELECT head.sequence, head.hash, head.counters, open_link.sequence IS NOT NULL AS open, same.document,
        reversed.sequence IS NOT NULL AS is_reversed
    FROM query
    LEFT JOIN link AS head ON head.person_id = query.person_id
        AND head.sequence = (SELECT MAX(sequence) FROM link WHERE link.person_id = query.person_id)
    LEFT JOIN open_link ON open_link.person_id = query.person_id AND open_link.sequence = head.sequence
    LEFT JOIN link AS same ON same.person_id = query.person_id AND same.caller = query.caller
        AND same.request_id = query.request_id
    LEFT JOIN reversed_request AS reversed ON reversed.person_id = query.person_id AND reversed.caller = query.caller
        AND reversed.request_id = query.request_id
    ORDER BY query.place";
const APPEND: &str = "INSERT INTO link
    (person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash, counters) ";

pub(super) async fn read(
    connection: &mut SqliteConnection,
    queries: Vec<ChainQuery>,
) -> Result<Vec<Result<ChainRead, StoreError>>, StoreError> {
    let mut query = QueryBuilder::new("WITH query (place, person_id, caller, request_id) AS (");
    query.push_values((0_i64..).zip(&queries), |mut row, (place, asked)| {
        row.push_bind(place).push_bind(asked.person_id.as_str());
        row.push_bind(asked.caller.as_str()).push_bind(asked.request_id.as_str());
    });
    let rows = query.push(READ).build().fetch_all(connection).await?;
    rows.iter().map(|row| chain_read_of(row).map(Ok)).collect()
}

pub(super) async fn write(
    connection: &mut SqliteConnection,
    writes: Vec<Write>,
) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
    let (links, done) = parted(&writes);
    let mut transaction = begin_write(connection).await?;
    close(&mut transaction, &done).await?;
    let appended = append(&mut transaction, &links).await?;
    transaction.commit().await?;
    Ok(answers(&writes, &appended))
}

/// Closes links and queues for the feed those that were open, in the order of their closing.
async fn close(connection: &mut SqliteConnection, done: &[&Place]) -> Result<(), StoreError> {
    if done.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::new("DELETE FROM open_link WHERE (person_id, sequence) IN (");
    query.push_values(done, |mut row, place| {
        row.push_bind(place.person_id.as_str()).push_bind(place.sequence);
    });
    query.push(") RETURNING person_id, sequence");
    let mut closed: Vec<(String, i64)> = query.build_query_as().fetch_all(&mut *connection).await?;
    if closed.is_empty() {
        return Ok(());
    }
    closed.sort_unstable();
    let mut query = QueryBuilder::new("INSERT INTO closed_link (person_id, sequence) ");
    query.push_values(&closed, |mut row, (person_id, sequence)| {
        row.push_bind(person_id).push_bind(*sequence);
    });
    query.build().execute(connection).await?;
    Ok(())
}

/// Appends the links whose place and request are free, and answers their numbers.
async fn append(connection: &mut SqliteConnection, links: &[&NewLink]) -> Result<HashSet<String>, StoreError> {
    let spent = spend(connection, links).await?;
    let free = links.iter().filter(|link| !link.holds_money || spent.contains(link.entry_id.as_str()));
    let free: Vec<&NewLink> = free.copied().collect();
    if free.is_empty() {
        return Ok(HashSet::new());
    }
    let mut query = QueryBuilder::new(APPEND);
    query.push_values(&free, |mut row, link| {
        row.push_bind(link.place.person_id.as_str()).push_bind(link.place.sequence);
        row.push_bind(link.entry_id.as_str()).push_bind(link.kind);
        row.push_bind(link.caller.as_str()).push_bind(link.request_id.as_str());
        row.push_bind(link.recorded_time).push_bind(link.document.as_slice()).push_bind(link.hash.as_bytes());
        row.push_bind(link.counters.as_slice());
    });
    query.push(" ON CONFLICT DO NOTHING RETURNING entry_id");
    let appended: Vec<String> = query.build_query_scalar().fetch_all(&mut *connection).await?;
    let appended: HashSet<String> = appended.into_iter().collect();
    let links: Vec<&NewLink> = free.into_iter().filter(|link| appended.contains(link.entry_id.as_str())).collect();
    note(connection, &links).await?;
    Ok(appended)
}

/// Spends the numbers of links that hold money, and answers those that nobody had spent.
async fn spend(connection: &mut SqliteConnection, links: &[&NewLink]) -> Result<HashSet<String>, StoreError> {
    let holding: Vec<_> = links.iter().filter(|link| link.holds_money).collect();
    if holding.is_empty() {
        return Ok(HashSet::new());
    }
    let mut query = QueryBuilder::new("INSERT INTO spent_number (person_id, settlement_id) ");
    query.push_values(holding, |mut row, link| {
        row.push_bind(link.place.person_id.as_str()).push_bind(link.entry_id.as_str());
    });
    query.push(" ON CONFLICT DO NOTHING RETURNING settlement_id");
    let spent: Vec<String> = query.build_query_scalar().fetch_all(connection).await?;
    Ok(spent.into_iter().collect())
}

/// Notes what was appended: that it is open, what it changes and which requests it keeps out.
async fn note(connection: &mut SqliteConnection, links: &[&NewLink]) -> Result<(), StoreError> {
    if links.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::new("INSERT INTO open_link (person_id, sequence) ");
    query.push_values(links, |mut row, link| {
        row.push_bind(link.place.person_id.as_str()).push_bind(link.place.sequence);
    });
    query.build().execute(&mut *connection).await?;
    for NewLink { place, changed, caller, reversed_request_id, .. } in links {
        // An adjustment changes any number of settlements, so each is a statement of its own: links of this kind are few.
        for settlement_id in changed {
            let change = "INSERT INTO changed_settlement (person_id, settlement_id, sequence) VALUES ($1, $2, $3)";
            let change = sqlx::query(change).bind(place.person_id.as_str()).bind(settlement_id).bind(place.sequence);
            change.execute(&mut *connection).await?;
        }
        if let Some(request_id) = reversed_request_id {
            let reverse = "INSERT INTO reversed_request (person_id, caller, request_id, sequence)
                VALUES ($1, $2, $3, $4)";
            let reverse = sqlx::query(reverse).bind(place.person_id.as_str()).bind(caller.as_str());
            reverse.bind(request_id).bind(place.sequence).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
