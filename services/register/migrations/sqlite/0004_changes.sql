-- Who changed what, when and why; and what was recorded before. Nothing in these two tables is ever altered.

CREATE TABLE change (
    change_sequence INTEGER NOT NULL PRIMARY KEY,
    recorded_time TEXT NOT NULL,
    kind TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    changed_rows INTEGER NOT NULL,
    -- The persons, institutions or items that it touched, as a JSON array; none where they are too many to name.
    subjects TEXT
) STRICT;

CREATE TABLE superseded (
    subject TEXT NOT NULL,
    fact_table TEXT NOT NULL,
    superseded_sequence INTEGER NOT NULL,
    fact_key TEXT NOT NULL,
    fact TEXT NOT NULL,
    PRIMARY KEY (subject, fact_table, superseded_sequence, fact_key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER change_is_never_altered BEFORE UPDATE ON change
BEGIN SELECT RAISE(ABORT, 'a change is never altered'); END;
CREATE TRIGGER change_is_never_deleted BEFORE DELETE ON change
BEGIN SELECT RAISE(ABORT, 'a change is never deleted'); END;
CREATE TRIGGER superseded_is_never_altered BEFORE UPDATE ON superseded
BEGIN SELECT RAISE(ABORT, 'a superseded fact is never altered'); END;
CREATE TRIGGER superseded_is_never_deleted BEFORE DELETE ON superseded
BEGIN SELECT RAISE(ABORT, 'a superseded fact is never deleted'); END;

-- The change that recorded a fact; 0 for those of earlier versions.
ALTER TABLE person ADD COLUMN change_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cover ADD COLUMN change_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE category ADD COLUMN change_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE disease ADD COLUMN change_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE filing ADD COLUMN change_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE institution ADD COLUMN change_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN change_sequence INTEGER NOT NULL DEFAULT 0;
