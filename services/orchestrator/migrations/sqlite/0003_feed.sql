-- Links that closed and have no number in the feed yet, in the order in which they closed.
CREATE TABLE closed_link (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    UNIQUE (person_id, sequence)
) STRICT;

-- The feed: every closed link once, numbered without a gap.
CREATE TABLE feed (
    position INTEGER PRIMARY KEY,
    person_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    UNIQUE (person_id, sequence)
) STRICT;

-- The last number that was given. Its row is the lock of whoever gives numbers; settling never touches it.
CREATE TABLE feed_head (position INTEGER NOT NULL) STRICT;
INSERT INTO feed_head (position) VALUES (0);

INSERT INTO closed_link (person_id, sequence)
    SELECT person_id, sequence FROM link
    WHERE NOT EXISTS (SELECT 1 FROM open_link
        WHERE open_link.person_id = link.person_id AND open_link.sequence = link.sequence)
    -- In the order of each chain even where the clocks of two processes differed.
    ORDER BY MAX(recorded_time) OVER (PARTITION BY person_id ORDER BY sequence), person_id, sequence;
