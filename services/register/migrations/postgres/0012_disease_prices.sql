-- What day surgery for a diagnosis is paid as. The level is empty where the price is that of levels without one of their own.

CREATE TABLE disease_price (
    diagnosis TEXT NOT NULL,
    level TEXT NOT NULL,
    from_date DATE NOT NULL,
    to_date DATE,
    name TEXT NOT NULL,
    price_fen BIGINT NOT NULL,
    recorded_time TIMESTAMPTZ NOT NULL,
    change_sequence BIGINT NOT NULL,
    PRIMARY KEY (diagnosis, level, from_date)
);
