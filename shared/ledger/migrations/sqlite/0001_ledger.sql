-- Where a person's counters stand. moved_from_fen is where the last move started: a move is written only onto a row
-- that still stands there.
CREATE TABLE counter (
    person_id TEXT NOT NULL,
    benefit_year INTEGER NOT NULL,
    counter TEXT NOT NULL,
    value_fen INTEGER NOT NULL,
    moved_from_fen INTEGER NOT NULL,
    PRIMARY KEY (person_id, benefit_year, counter)
) STRICT, WITHOUT ROWID;

-- Which settlements are booked, those that cost nothing among them. Never updated.
CREATE TABLE posted (
    person_id TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, settlement_id)
) STRICT, WITHOUT ROWID;

-- What a settlement cost a fund. Never updated.
CREATE TABLE posting (
    person_id TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    fund TEXT NOT NULL,
    paid_fen INTEGER NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, settlement_id, fund)
) STRICT, WITHOUT ROWID;

CREATE INDEX posting_newest ON posting (person_id, recorded_time, settlement_id, fund);
