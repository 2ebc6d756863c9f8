CREATE TABLE link (
    person_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    settlement_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    request_id TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    document BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (person_id, sequence),
    UNIQUE (person_id, caller, request_id)
) STRICT;

CREATE INDEX link_by_settlement ON link (settlement_id);

-- Links whose payers may not have booked them yet: small at any time, whatever the history.
CREATE TABLE open_link (
    person_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (person_id, sequence)
) STRICT, WITHOUT ROWID;
