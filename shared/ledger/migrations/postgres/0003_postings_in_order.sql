-- Postings are kept in the order in which they are read, with one index and not two: posted sees to it that none is booked
-- again.
ALTER TABLE posting DROP CONSTRAINT posting_pkey;
ALTER TABLE posting ADD PRIMARY KEY (person_id, recorded_time, entry_id, settlement_id, fund);
DROP INDEX posting_newest;
