-- Who delivered an assistance category; empty where nobody said so.

ALTER TABLE category ADD COLUMN delivered_by TEXT NOT NULL DEFAULT '';
