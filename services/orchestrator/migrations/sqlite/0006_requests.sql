-- A request is found by its caller's name for it first: callers name requests by time or count, so that new ones stand
-- together, where those of a person stand anywhere.
CREATE TABLE named_link (
    person_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    caller TEXT NOT NULL,
    request_id TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    document BLOB NOT NULL,
    hash BLOB NOT NULL,
    counters BLOB,
    PRIMARY KEY (person_id, sequence),
    UNIQUE (caller, request_id, person_id)
) STRICT;
INSERT INTO named_link
    (person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash, counters)
    SELECT person_id, sequence, entry_id, kind, caller, request_id, recorded_time, document, hash, counters FROM link;
DROP TABLE link;
ALTER TABLE named_link RENAME TO link;
CREATE INDEX link_by_entry ON link (entry_id);
