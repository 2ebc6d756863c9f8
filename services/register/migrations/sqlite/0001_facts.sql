-- The facts. Days from_date and to_date are both included; a row without to_date goes on.

CREATE TABLE person (
    person_id TEXT NOT NULL PRIMARY KEY,
    birth_date TEXT NOT NULL,
    sex TEXT,
    kunming_household INTEGER NOT NULL,
    disability_level INTEGER NOT NULL,
    recorded_time TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cover (
    person_id TEXT NOT NULL REFERENCES person,
    from_date TEXT NOT NULL,
    to_date TEXT,
    scheme TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, from_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE category (
    person_id TEXT NOT NULL REFERENCES person,
    category TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, category, from_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE disease (
    person_id TEXT NOT NULL REFERENCES person,
    code TEXT NOT NULL,
    approved_date TEXT NOT NULL,
    to_date TEXT,
    kind TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, code, approved_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE institution (
    institution_id TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    kind TEXT NOT NULL,
    treatment_region TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (institution_id, from_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
    item_code TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    self_pay_rate_bp INTEGER NOT NULL,
    price_cap_fen INTEGER,
    drug TEXT,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (item_code, from_date)
) STRICT, WITHOUT ROWID;
