-- Persons are walked in the order of their bytes, as in the payers' books.
ALTER TABLE link ALTER COLUMN person_id TYPE TEXT COLLATE "C";
ALTER TABLE open_link ALTER COLUMN person_id TYPE TEXT COLLATE "C";

-- What a link makes has a number: a settlement, an adjustment, a reversed request. kind says which.
ALTER TABLE link RENAME COLUMN settlement_id TO entry_id;
ALTER TABLE link ADD COLUMN kind TEXT NOT NULL DEFAULT 'settlement';
ALTER INDEX link_by_settlement RENAME TO link_by_entry;

-- Which links changed a settlement after it was made.
CREATE TABLE changed_settlement (
    person_id TEXT COLLATE "C" NOT NULL,
    settlement_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (person_id, settlement_id, sequence)
);

-- Requests that were reversed before they arrived, and are refused when they do.
CREATE TABLE reversed_request (
    person_id TEXT COLLATE "C" NOT NULL,
    caller TEXT NOT NULL,
    request_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (person_id, caller, request_id)
);
