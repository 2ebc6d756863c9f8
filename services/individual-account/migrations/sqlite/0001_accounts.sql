-- One account a person. balance_fen is the sum of its movements, held_fen the sum of its holds that are still held, and
-- sequence the number of its last movement. Whatever changes an account, its holds or its movements counts revision up,
-- and is written only onto the revision that it was decided on.
CREATE TABLE account (
    person_id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    revised_from INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    balance_fen INTEGER NOT NULL,
    held_fen INTEGER NOT NULL,
    closed_time TEXT,
    CHECK (held_fen >= 0 AND balance_fen >= held_fen)
) STRICT, WITHOUT ROWID;

-- What came in and went out. Never updated. reference names what it is for: a period, a settlement, a person.
CREATE TABLE movement (
    person_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    request_id TEXT NOT NULL,
    amount_fen INTEGER NOT NULL,
    balance_fen INTEGER NOT NULL,
    other_person_id TEXT,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, sequence)
) STRICT, WITHOUT ROWID;

-- What is given back can be of several settlements in one adjustment, and of one settlement in several.
CREATE UNIQUE INDEX movement_reference ON movement (person_id, kind, reference) WHERE kind <> 'return';
CREATE UNIQUE INDEX movement_request ON movement (person_id, kind, request_id) WHERE kind <> 'return';
CREATE UNIQUE INDEX movement_return ON movement (person_id, reference, request_id) WHERE kind = 'return';
CREATE INDEX movement_patient ON movement (COALESCE(other_person_id, person_id)) WHERE kind IN ('draw', 'return');

-- Money that a settlement has spoken for. state: held, captured, void.
CREATE TABLE hold (
    person_id TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    amount_fen INTEGER NOT NULL,
    state TEXT NOT NULL,
    expiry_time TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, settlement_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_expiry ON hold (expiry_time) WHERE state = 'held';
CREATE INDEX hold_patient ON hold (patient_id, settlement_id);

-- Who may draw on whose account, by civil days, both inclusive.
CREATE TABLE authorisation (
    person_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    kinship TEXT NOT NULL,
    recorded_time TEXT NOT NULL,
    PRIMARY KEY (person_id, member_id, from_date)
) STRICT, WITHOUT ROWID;
