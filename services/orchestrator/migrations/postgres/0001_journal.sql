CREATE TABLE link (
    person_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    settlement_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    request_id TEXT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    document BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (person_id, sequence),
    UNIQUE (person_id, caller, request_id)
);

CREATE INDEX link_by_settlement ON link (settlement_id);

-- Links whose payers may not have booked them yet: small at any time, whatever the history.
CREATE TABLE open_link (
    person_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (person_id, sequence)
);
