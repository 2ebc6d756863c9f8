-- The level by which prices are capped at an institution, where it is not its own; and what an item's price is capped at by
-- level, where that is not the price of all levels.

ALTER TABLE institution ADD COLUMN price_cap_level TEXT;
ALTER TABLE item ADD COLUMN price_cap_level_1_fen INTEGER;
ALTER TABLE item ADD COLUMN price_cap_level_2_fen INTEGER;
ALTER TABLE item ADD COLUMN price_cap_level_3_fen INTEGER;
