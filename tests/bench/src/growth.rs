//! Settling on journals that hold ten thousand, a million and ten million links.
//!
//! The links are filled in by the server: every row has the columns, keys and sizes of a real one but for its document,
//! which no settlement of another request reads. Indexes are built behind the rows, as a restored backup has them.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::bench::{Bench, TARGET_CALLERS};
use crate::contest::{self, Contender};
use crate::figure::{rounded, seconds};
use crate::load::Rpc;
use crate::platform::Serving;
use crate::postgres;
use crate::report::say;

const ROUNDS: usize = 5;
/// The sizes, with what each is called as a contender; the first is the yardstick.
const SIZES: [(u64, &str); 3] = [(10_000, "links_10k"), (1_000_000, "links_1m"), (10_000_000, "links_10m")];
/// What a filled link takes on disk with its bookings, its place in the feed, indexes and log, at most.
const BYTES_PER_LINK: u64 = 1_400;
/// What is left for others on the disk.
const BYTES_KEPT_FREE: u64 = 2 * 1024 * 1024 * 1024;

/// The tables that are filled, with the columns and the values of one row; `:step` counts the rounds over the persons.
const FILLED: [(&str, &str, &str); 3] = [
    (
        "orchestrator.link",
        "person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash, counters",
        "person_id, step, entry_id, 'settlement', 'fill', 'fill-' || entry_id, recorded_time, \
         decode(repeat('5a', 64), 'hex'), sha256(entry_id::bytea), ''::bytea",
    ),
    ("orchestrator.feed", "position, person_id, sequence", "position, person_id, step"),
    (
        "basic_insurance.posting",
        "person_id, entry_id, number, digest, settlement_id, fund, paid_fen, recorded_time",
        "person_id, entry_id, 0, sha256(entry_id::bytea), entry_id, 'pooling-fund', 10000 + step, recorded_time",
    ),
];

impl Bench {
    /// Settlements a second on growing journals, in turns.
    ///
    /// # Errors
    /// Where a journal cannot be filled or settling fails.
    pub(crate) async fn growth(&mut self, links_max: u64) -> Result<()> {
        say("settlements on growing journals");
        let mut grown = Vec::new();
        for (links, name) in SIZES.into_iter().filter(|(links, _)| *links <= links_max) {
            self.check_room(links.saturating_mul(BYTES_PER_LINK))?;
            grown.push((name, self.grown(links, name).await?));
        }
        let contenders: Vec<_> = grown
            .iter()
            .map(|(name, serving)| Contender::Platform {
                name,
                endpoint: &serving.endpoint,
                rpc: Rpc::Settle,
                requests: &self.requests,
            })
            .collect();
        let outcome = contest::hold(&contenders, self.terms(TARGET_CALLERS, ROUNDS), Some(&self.server)).await?;
        drop(contenders);
        if let Some((largest, _)) = grown.last() {
            let key = if *largest == "links_10m" { "growth_ratio" } else { "growth_ratio_1m" };
            self.summary.figure(key, outcome.ratio(largest));
        }
        self.summary.raw("growth", outcome.to_json());
        self.summary.chart("growth", "Settlements on growing journals", vec![outcome.rates()]);
        for (name, serving) in grown {
            serving.stop().await?;
            postgres::execute(&self.server, "postgres", &format!("DROP DATABASE {name}")).await?;
        }
        Ok(())
    }

    /// A platform on a journal of so many links.
    async fn grown(&mut self, links: u64, name: &'static str) -> Result<Serving> {
        let location = self.registered_database(name).await?;
        // The first start makes the tables.
        self.onestop.serve_all(&location).await?.stop().await?;
        let started = Instant::now();
        let steps = links.div_ceil(self.persons).max(1);
        let persons = links.div_ceil(steps);
        for (table, columns, values) in FILLED {
            postgres::execute(&self.server, name, &fill(table, columns, values, steps, persons)).await?;
        }
        let head = format!("UPDATE orchestrator.feed_head SET position = {}", steps.saturating_mul(persons));
        postgres::execute(&self.server, name, &head).await?;
        postgres::execute(&self.server, name, "VACUUM ANALYZE").await?;
        say(&format!("  {links} links were filled in within {} s", rounded(seconds(started.elapsed()))));
        let serving = self.onestop.serve_all(&location).await?;
        self.warm_up(&serving).await?;
        Ok(serving)
    }

    /// Refuses to fill the disk.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<()> {
        let free = Command::new("df").args(["--output=avail", "--block-size=1"]).arg(self.directory.path()).output()?;
        let free =
            String::from_utf8_lossy(&free.stdout).lines().nth(1).and_then(|bytes| bytes.trim().parse::<u64>().ok());
        let free = free.context("df does not tell what is free")?;
        let needed = bytes.saturating_add(BYTES_KEPT_FREE);
        if free < needed {
            bail!("{needed} free bytes are needed and there are {free}; ask for less, such as by --growth-links");
        }
        Ok(())
    }
}

/// The statements that fill a table in rounds over the persons, without its indexes meanwhile.
fn fill(table: &str, columns: &str, values: &str, steps: u64, persons: u64) -> String {
    format!(
        "SET maintenance_work_mem = '512MB';
        CREATE TEMP TABLE kept AS
            SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
                AS make, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS remove
            FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype IN ('p', 'u')
            UNION ALL
            SELECT pg_get_indexdef(indexrelid), format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
            WHERE indrelid = '{table}'::regclass
                AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'));
        DO $$ DECLARE statement text; BEGIN
            FOR statement IN SELECT remove FROM kept LOOP EXECUTE statement; END LOOP;
            FOR step IN 1..{steps} LOOP
                INSERT INTO {table} ({columns})
                SELECT {values} FROM (
                    SELECT person_id, (step - 1) * {persons}::bigint + row_number() OVER () AS position,
                        lpad(to_hex(step), 8, '0') || '-0000-7000-8000-'
                            || lpad(to_hex(row_number() OVER ()), 12, '0') AS entry_id,
                        timestamptz '2020-01-01' + step * interval '1 day' AS recorded_time
                    FROM (SELECT person_id FROM register.person LIMIT {persons}) AS person
                ) AS row;
            END LOOP;
            FOR statement IN SELECT make FROM kept LOOP EXECUTE statement; END LOOP;
        END $$;
        DROP TABLE kept;"
    )
}
