-- The facts. Days from_date and to_date are both included; a row without to_date goes on.

CREATE TABLE person (
    person_id TEXT NOT NULL PRIMARY KEY,
    birth_date DATE NOT NULL,
    sex TEXT,
    kunming_household BOOLEAN NOT NULL,
    disability_level SMALLINT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL
);

CREATE TABLE cover (
    person_id TEXT NOT NULL REFERENCES person,
    from_date DATE NOT NULL,
    to_date DATE,
    scheme TEXT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, from_date)
);

CREATE TABLE category (
    person_id TEXT NOT NULL REFERENCES person,
    category TEXT NOT NULL,
    from_date DATE NOT NULL,
    to_date DATE,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, category, from_date)
);

CREATE TABLE disease (
    person_id TEXT NOT NULL REFERENCES person,
    code TEXT NOT NULL,
    approved_date DATE NOT NULL,
    to_date DATE,
    kind TEXT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, code, approved_date)
);

CREATE TABLE institution (
    institution_id TEXT NOT NULL,
    from_date DATE NOT NULL,
    to_date DATE,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    kind TEXT NOT NULL,
    treatment_region TEXT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (institution_id, from_date)
);

CREATE TABLE item (
    item_code TEXT NOT NULL,
    from_date DATE NOT NULL,
    to_date DATE,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    self_pay_rate_bp INTEGER NOT NULL,
    price_cap_fen BIGINT,
    drug TEXT,
    recorded_time TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_code, from_date)
);
