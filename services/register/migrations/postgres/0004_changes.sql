-- Who changed what, when and why; and what was recorded before. Nothing in these two tables is ever altered.

CREATE TABLE change (
    change_sequence BIGINT NOT NULL PRIMARY KEY,
    recorded_time TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    changed_rows BIGINT NOT NULL,
    -- The persons, institutions or items that it touched, as a JSON array; none where they are too many to name.
    subjects TEXT
);

CREATE TABLE superseded (
    subject TEXT NOT NULL,
    fact_table TEXT NOT NULL,
    superseded_sequence BIGINT NOT NULL,
    fact_key TEXT NOT NULL,
    fact JSONB NOT NULL,
    PRIMARY KEY (subject, fact_table, superseded_sequence, fact_key)
);

CREATE FUNCTION refuse_alteration() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of % are never altered', TG_TABLE_NAME; END $$;
CREATE TRIGGER change_is_never_altered BEFORE UPDATE OR DELETE OR TRUNCATE ON change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration();
CREATE TRIGGER superseded_is_never_altered BEFORE UPDATE OR DELETE OR TRUNCATE ON superseded
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration();

-- The change that recorded a fact; 0 for those of earlier versions.
ALTER TABLE person ADD COLUMN change_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cover ADD COLUMN change_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE category ADD COLUMN change_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE disease ADD COLUMN change_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE filing ADD COLUMN change_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE institution ADD COLUMN change_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN change_sequence BIGINT NOT NULL DEFAULT 0;
