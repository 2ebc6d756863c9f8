-- The initial self-pay of residents, where it is not that of everybody; and what an item is, where that was said.

ALTER TABLE item ADD COLUMN self_pay_rate_resident_bp INTEGER;
ALTER TABLE item ADD COLUMN item_kind TEXT;
