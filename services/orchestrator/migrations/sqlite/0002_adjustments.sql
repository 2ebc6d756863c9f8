-- What a link makes has a number: a settlement, an adjustment, a reversed request. kind says which.
ALTER TABLE link RENAME COLUMN settlement_id TO entry_id;
ALTER TABLE link ADD COLUMN kind TEXT NOT NULL DEFAULT 'settlement';
DROP INDEX link_by_settlement;
CREATE INDEX link_by_entry ON link (entry_id);

-- Which links changed a settlement after it was made.
CREATE TABLE changed_settlement (
    person_id TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (person_id, settlement_id, sequence)
) STRICT, WITHOUT ROWID;

-- Requests that were reversed before they arrived, and are refused when they do.
CREATE TABLE reversed_request (
    person_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    request_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (person_id, caller, request_id)
) STRICT, WITHOUT ROWID;
