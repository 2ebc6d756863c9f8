-- What day surgery for a diagnosis is paid as. The level is empty where the price is that of levels without one of their own.

CREATE TABLE disease_price (
    diagnosis TEXT NOT NULL,
    level TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    name TEXT NOT NULL,
    price_fen INTEGER NOT NULL,
    recorded_time TEXT NOT NULL,
    change_sequence INTEGER NOT NULL,
    PRIMARY KEY (diagnosis, level, from_date)
) STRICT, WITHOUT ROWID;
