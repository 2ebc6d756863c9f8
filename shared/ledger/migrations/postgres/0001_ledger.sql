-- Where a person's counters stand. moved_from_fen is where the last move started: a move is written only onto a row
-- that still stands there.
CREATE TABLE counter (
    person_id TEXT COLLATE "C" NOT NULL,
    benefit_year INTEGER NOT NULL,
    counter TEXT COLLATE "C" NOT NULL,
    value_fen BIGINT NOT NULL,
    moved_from_fen BIGINT NOT NULL,
    PRIMARY KEY (person_id, benefit_year, counter)
);

-- Which settlements are booked, those that cost nothing among them. Never updated.
CREATE TABLE posted (
    person_id TEXT COLLATE "C" NOT NULL,
    settlement_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, settlement_id)
);

-- What a settlement cost a fund. Never updated.
CREATE TABLE posting (
    person_id TEXT COLLATE "C" NOT NULL,
    settlement_id TEXT COLLATE "C" NOT NULL,
    fund TEXT COLLATE "C" NOT NULL,
    paid_fen BIGINT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, settlement_id, fund)
);

CREATE INDEX posting_newest ON posting (person_id, recorded_time, settlement_id, fund);
