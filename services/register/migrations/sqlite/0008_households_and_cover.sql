-- The household, what is recorded of a time of cover, and how a cross-region filing was made.

ALTER TABLE person ADD COLUMN household_id TEXT;
ALTER TABLE cover ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE cover ADD COLUMN flexible TEXT;
ALTER TABLE filing ADD COLUMN route TEXT NOT NULL DEFAULT 'documents';
