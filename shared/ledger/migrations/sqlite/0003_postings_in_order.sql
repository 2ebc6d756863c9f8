-- Postings are kept in the order in which they are read, once and not twice: posted sees to it that none is booked again.
CREATE TABLE ordered_posting (
    person_id TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    fund TEXT NOT NULL,
    paid_fen INTEGER NOT NULL,
    PRIMARY KEY (person_id, recorded_time, entry_id, settlement_id, fund)
) STRICT, WITHOUT ROWID;
INSERT INTO ordered_posting (person_id, recorded_time, entry_id, settlement_id, fund, paid_fen)
    SELECT person_id, recorded_time, entry_id, settlement_id, fund, paid_fen FROM posting;
DROP TABLE posting;
ALTER TABLE ordered_posting RENAME TO posting;
