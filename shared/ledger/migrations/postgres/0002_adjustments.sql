-- An adjustment is booked as a settlement is, under a number of its own.
ALTER TABLE posted RENAME COLUMN settlement_id TO entry_id;

-- What a settlement cost a fund, or what an adjustment changed of it: entry_id says which of the two. Never updated.
ALTER TABLE posting ADD COLUMN entry_id TEXT COLLATE "C";
UPDATE posting SET entry_id = settlement_id;
ALTER TABLE posting ALTER COLUMN entry_id SET NOT NULL;
ALTER TABLE posting DROP CONSTRAINT posting_pkey;
ALTER TABLE posting ADD PRIMARY KEY (person_id, entry_id, settlement_id, fund);
DROP INDEX posting_newest;
CREATE INDEX posting_newest ON posting (person_id, recorded_time, entry_id, settlement_id, fund);
