//! Batches of the journal on PostgreSQL: one statement for all reads, one for all writes of a batch.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, PgConnection, Row};
use store::StoreError;

use super::{ChainQuery, ChainRead, Write, answers, chain_read_of, parted};
use crate::chain::{NewLink, Place};

/// Every look-up is a sub-select of one row, which leaves the planner no other way than by its key: the plan is kept, and
/// may have been made while the tables were empty.
const READ: &str = "SELECT head.sequence, head.hash, head.counters,
        (SELECT TRUE FROM open_link
            WHERE open_link.person_id = query.person_id AND open_link.sequence = head.sequence LIMIT 1
        ) IS NOT NULL AS open,
        (SELECT document FROM link AS same
            WHERE same.person_id = query.person_id AND same.caller = query.caller AND same.request_id = query.request_id
            LIMIT 1
        ) AS document,
        (SELECT TRUE FROM reversed_request AS reversed
            WHERE reversed.person_id = query.person_id AND reversed.caller = query.caller
                AND reversed.request_id = query.request_id
            LIMIT 1
        ) IS NOT NULL AS is_reversed
    FROM UNNEST($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS query (person_id, caller, request_id, place)
    LEFT JOIN LATERAL (
        SELECT link.sequence, link.hash, link.counters FROM link
        WHERE link.person_id = query.person_id ORDER BY link.sequence DESC LIMIT 1
    ) AS head ON TRUE
    ORDER BY query.place";
/// The parts of the one statement that writes a batch. A part that a batch has no rows for is left out of it, because each
/// of them costs as much to set up as several rows to write.
///
/// Closed links are found one by one as [`READ`] finds its rows, and deleted where they were found.
const CLOSED: &str = "closed AS (
        DELETE FROM open_link WHERE ctid = ANY (ARRAY(
            SELECT (SELECT open_link.ctid FROM open_link
                WHERE open_link.person_id = done.person_id AND open_link.sequence = done.sequence LIMIT 1)
            FROM UNNEST($10::text[], $11::bigint[]) AS done (person_id, sequence)
        ))
        RETURNING person_id, sequence
    ), queued AS (
        INSERT INTO closed_link (person_id, sequence) SELECT person_id, sequence FROM closed
    )";
const WANTED: &str = "wanted AS (
        SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::timestamptz[], $8::bytea[], $9::bytea[], $16::bool[], $17::bytea[])
            AS wanted (person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash,
                holds_money, counters)
    )";
/// The links to append where none of a batch holds money.
const FREE: &str = "free AS (SELECT * FROM wanted)";
/// Those whose numbers were not given up.
const SPENT: &str = "spent AS (
        INSERT INTO spent_number (person_id, settlement_id)
        SELECT person_id, entry_id FROM wanted WHERE holds_money
        ON CONFLICT DO NOTHING
        RETURNING person_id, settlement_id
    ), free AS (
        SELECT * FROM wanted
        WHERE NOT holds_money OR (person_id, entry_id) IN (SELECT person_id, settlement_id FROM spent)
    )";
const APPENDED: &str = "appended AS (
        INSERT INTO link
            (person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash, counters)
        SELECT person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash, counters
        FROM free
        ON CONFLICT DO NOTHING
        RETURNING person_id, sequence, entry_id, caller
    ), opened AS (
        INSERT INTO open_link (person_id, sequence) SELECT person_id, sequence FROM appended
    )";
const CHANGED: &str = "changed AS (
        INSERT INTO changed_settlement (person_id, settlement_id, sequence)
        SELECT appended.person_id, change.settlement_id, appended.sequence
        FROM UNNEST($12::text[], $13::text[]) AS change (entry_id, settlement_id) JOIN appended USING (entry_id)
    )";
const REVERSED: &str = "reversed AS (
        INSERT INTO reversed_request (person_id, caller, request_id, sequence)
        SELECT appended.person_id, appended.caller, reversal.request_id, appended.sequence
        FROM UNNEST($14::text[], $15::text[]) AS reversal (entry_id, request_id) JOIN appended USING (entry_id)
    )";
const APPENDED_ENTRIES: &str = "SELECT entry_id FROM appended";
const NO_ENTRIES: &str = "SELECT NULL::text AS entry_id WHERE FALSE";

pub(super) async fn read(
    connection: &mut PgConnection,
    queries: Vec<ChainQuery>,
) -> Result<Vec<Result<ChainRead, StoreError>>, StoreError> {
    let persons: Vec<&str> = queries.iter().map(|query| query.person_id.as_str()).collect();
    let callers: Vec<&str> = queries.iter().map(|query| query.caller.as_str()).collect();
    let requests: Vec<&str> = queries.iter().map(|query| query.request_id.as_str()).collect();
    let rows = sqlx::query(READ).bind(&persons).bind(&callers).bind(&requests).fetch_all(connection).await?;
    rows.iter().map(|row| chain_read_of(row).map(Ok)).collect()
}

/// The statement that appends `links` and closes `done`.
fn write_of(links: &[&NewLink], done: &[&Place]) -> String {
    let mut parts = Vec::new();
    if !done.is_empty() {
        parts.push(CLOSED);
    }
    if !links.is_empty() {
        let some_hold_money = links.iter().any(|link| link.holds_money);
        parts.extend([WANTED, if some_hold_money { SPENT } else { FREE }, APPENDED]);
    }
    if links.iter().any(|link| !link.changed.is_empty()) {
        parts.push(CHANGED);
    }
    if links.iter().any(|link| link.reversed_request_id.is_some()) {
        parts.push(REVERSED);
    }
    let entries = if links.is_empty() { NO_ENTRIES } else { APPENDED_ENTRIES };
    format!("WITH {} {entries}", parts.join(", "))
}

pub(super) async fn write(
    connection: &mut PgConnection,
    writes: Vec<Write>,
) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
    let (mut links, mut done) = parted(&writes);
    // Processes that take row locks in one order cannot wait for each other in a circle.
    links.sort_unstable_by_key(|link| &link.place);
    done.sort_unstable();
    let changes: Vec<_> =
        links.iter().flat_map(|link| link.changed.iter().map(|changed| (link.entry_id.as_str(), changed))).collect();
    let reversed: Vec<_> =
        links.iter().filter_map(|link| Some((link.entry_id.as_str(), link.reversed_request_id.as_deref()?))).collect();
    let rows = sqlx::query(AssertSqlSafe(write_of(&links, &done)))
        .bind(links.iter().map(|link| link.place.person_id.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.place.sequence).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.entry_id.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.kind).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.caller.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.request_id.as_str()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.recorded_time).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.document.as_slice()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.hash.as_bytes()).collect::<Vec<_>>())
        .bind(done.iter().map(|link| link.person_id.as_str()).collect::<Vec<_>>())
        .bind(done.iter().map(|link| link.sequence).collect::<Vec<_>>())
        .bind(changes.iter().map(|(entry_id, _)| *entry_id).collect::<Vec<_>>())
        .bind(changes.iter().map(|(_, settlement_id)| settlement_id.as_str()).collect::<Vec<_>>())
        .bind(reversed.iter().map(|(entry_id, _)| *entry_id).collect::<Vec<_>>())
        .bind(reversed.iter().map(|(_, request_id)| *request_id).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.holds_money).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.counters.as_slice()).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    let appended = rows.iter().map(|row| row.try_get("entry_id")).collect::<Result<HashSet<&str>, _>>()?;
    Ok(answers(&writes, &appended))
}

#[cfg(test)]
mod tests {
    use store::testing::{TestStore, whole_reads};
    use store::{Database, Location};

    use super::*;
    use crate::journal::Journal;
    use crate::journal::tests::link;

    async fn whole_reads_of(location: &Location, types: &[&str], statement: &str) -> Vec<String> {
        let journal = Journal::open(location).await.unwrap();
        let Database::Postgres(pool) = &journal.database else { panic!("a journal on PostgreSQL") };
        whole_reads(pool, types, statement).await.unwrap()
    }

    #[tokio::test]
    async fn chains_are_read_and_written_by_their_keys_even_where_the_plan_was_made_on_empty_tables() {
        let store = TestStore::postgres().await;
        let none = Vec::<String>::new();
        assert_eq!(whole_reads_of(&store.location, &["text[]"; 3], READ).await, none);
        let types = [
            "text[]",
            "bigint[]",
            "text[]",
            "text[]",
            "text[]",
            "text[]",
            "timestamptz[]",
            "bytea[]",
            "bytea[]",
            "text[]",
            "bigint[]",
            "text[]",
            "text[]",
            "text[]",
            "text[]",
            "bool[]",
            "bytea[]",
        ];
        let plain = link("s", "r", false);
        let rare = NewLink {
            changed: vec!["s".to_owned()],
            reversed_request_id: Some("r".to_owned()),
            ..link("t", "q", true)
        };
        for (links, done) in [
            (vec![&plain], vec![&plain.place]),
            (vec![&plain], Vec::new()),
            (Vec::new(), vec![&plain.place]),
            (vec![&plain, &rare], vec![&plain.place]),
        ] {
            let write = write_of(&links, &done);
            assert_eq!(whole_reads_of(&store.location, &types, &write).await, none, "{write}");
        }
        for seen in [
            "SELECT link.sequence FROM link JOIN open_link USING (sequence) WHERE $1::text IS NULL",
            "SELECT sequence FROM link WHERE person_id = $1 AND kind = 'settlement'",
        ] {
            assert_ne!(whole_reads_of(&store.location, &["text"], seen).await, none, "{seen}");
        }
    }
}
