-- Cross-region filings of persons. Days from_date and to_date are both included; a row without to_date goes on.

CREATE TABLE filing (
    person_id TEXT NOT NULL REFERENCES person,
    from_date DATE NOT NULL,
    to_date DATE,
    filing TEXT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, from_date)
);
