-- Links that closed and have no number in the feed yet, in the order in which they closed.
CREATE TABLE closed_link (
    person_id TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    arrival BIGINT GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (person_id, sequence)
);
CREATE INDEX closed_link_by_arrival ON closed_link (arrival);

-- The feed: every closed link once, numbered without a gap.
CREATE TABLE feed (
    position BIGINT PRIMARY KEY,
    person_id TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    UNIQUE (person_id, sequence)
);

-- The last number that was given. Its row is the lock of whoever gives numbers; settling never touches it.
CREATE TABLE feed_head (position BIGINT NOT NULL);
INSERT INTO feed_head (position) VALUES (0);

INSERT INTO closed_link (person_id, sequence)
    SELECT person_id, sequence FROM link
    WHERE NOT EXISTS (SELECT 1 FROM open_link
        WHERE open_link.person_id = link.person_id AND open_link.sequence = link.sequence)
    -- In the order of each chain even where the clocks of two processes differed.
    ORDER BY MAX(recorded_time) OVER (PARTITION BY person_id ORDER BY sequence), person_id, sequence;
