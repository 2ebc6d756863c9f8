-- Numbers of settlements that held money before they were decided. A number is spent once: by its link, or by whoever
-- makes sure that there will never be one.
CREATE TABLE spent_number (
    person_id TEXT COLLATE "C" NOT NULL,
    settlement_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (person_id, settlement_id)
);
