-- A request is found by its caller's name for it first: callers name requests by time or count, so that new ones stand
-- together, where those of a person stand anywhere. Names are compared by their bytes.
ALTER TABLE link DROP CONSTRAINT link_person_id_caller_request_id_key;
ALTER TABLE link
    ALTER COLUMN caller TYPE TEXT COLLATE "C",
    ALTER COLUMN request_id TYPE TEXT COLLATE "C",
    ALTER COLUMN entry_id TYPE TEXT COLLATE "C";
ALTER TABLE link ADD UNIQUE (caller, request_id, person_id);
