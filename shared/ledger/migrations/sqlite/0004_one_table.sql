-- What is booked, in one table and one index: the postings of an entry are numbered from 0, and the first carries the
-- digest that tells whether the entry is booked. An entry that costs nothing has one posting without a fund. Never updated.
CREATE TABLE numbered_posting (
    person_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest BLOB,
    settlement_id TEXT,
    fund TEXT,
    paid_fen INTEGER,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, entry_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO numbered_posting
    (person_id, entry_id, number, digest, settlement_id, fund, paid_fen, recorded_time)
    SELECT person_id, entry_id, number, CASE WHEN number = 0 THEN digest END, settlement_id, fund, paid_fen, recorded_time
    FROM (
        SELECT posted.person_id, posted.entry_id, posted.digest, posted.recorded_time, posting.settlement_id, posting.fund,
            posting.paid_fen,
            row_number() OVER (
                PARTITION BY posted.person_id, posted.entry_id ORDER BY posting.settlement_id, posting.fund
            ) - 1 AS number
        FROM posted LEFT JOIN posting ON posting.person_id = posted.person_id AND posting.entry_id = posted.entry_id
    ) AS joined;
DROP TABLE posting;
DROP TABLE posted;
ALTER TABLE numbered_posting RENAME TO posting;
