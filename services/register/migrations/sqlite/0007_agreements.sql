-- The agreements of designated institutions and what their supervision needs. A state lasts until the next one begins;
-- to_date is its last day where it ends by itself.

CREATE TABLE agreement (
    institution_id TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    state TEXT NOT NULL,
    -- Why, separated by blanks; empty where the state needs no reason.
    grounds TEXT NOT NULL,
    temporary TEXT,
    decided_by TEXT,
    recorded_time TEXT NOT NULL,
    change_sequence INTEGER NOT NULL,
    PRIMARY KEY (institution_id, from_date)
) STRICT, WITHOUT ROWID;

-- Whether it is designated by its agreements alone and not by the days of its own rows.
ALTER TABLE institution ADD COLUMN by_agreement INTEGER NOT NULL DEFAULT FALSE;
-- The hospital as whose department it is run.
ALTER TABLE institution ADD COLUMN department_of TEXT;
ALTER TABLE institution ADD COLUMN district TEXT;
ALTER TABLE institution ADD COLUMN tier TEXT;
ALTER TABLE institution ADD COLUMN grade TEXT;
ALTER TABLE institution ADD COLUMN legal_form TEXT;
ALTER TABLE institution ADD COLUMN beds INTEGER;
-- The agency in charge of it; none where that cannot be told.
ALTER TABLE institution ADD COLUMN supervised_by TEXT;
