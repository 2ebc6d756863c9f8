-- An adjustment is booked as a settlement is, under a number of its own.
ALTER TABLE posted RENAME COLUMN settlement_id TO entry_id;

-- What a settlement cost a fund, or what an adjustment changed of it: entry_id says which of the two. Never updated.
CREATE TABLE booked_posting (
    person_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    fund TEXT NOT NULL,
    paid_fen INTEGER NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, entry_id, settlement_id, fund)
) STRICT, WITHOUT ROWID;
INSERT INTO booked_posting (person_id, entry_id, settlement_id, fund, paid_fen, recorded_time)
    SELECT person_id, settlement_id, settlement_id, fund, paid_fen, recorded_time FROM posting;
DROP TABLE posting;
ALTER TABLE booked_posting RENAME TO posting;
CREATE INDEX posting_newest ON posting (person_id, recorded_time, entry_id, settlement_id, fund);
