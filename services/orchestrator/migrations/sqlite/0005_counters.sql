-- Where the person's counters stand behind a link, so that a bill need not ask the payers for it. Links of before have
-- none; behind such a head the payers are asked once.
ALTER TABLE link ADD COLUMN counters BLOB;
