-- Identity numbers, sealed, with a blind index to find them by. Here nothing that was replaced is kept.

CREATE TABLE identity (
    person_id TEXT NOT NULL PRIMARY KEY REFERENCES person,
    blind_index TEXT NOT NULL,
    index_key TEXT NOT NULL,
    sealed TEXT NOT NULL,
    seal_key TEXT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    change_sequence BIGINT NOT NULL
);

CREATE INDEX identity_by_blind_index ON identity (blind_index);
