-- Whether an institution may settle the special diseases that are exempt from the deductible at any level.

ALTER TABLE institution ADD COLUMN special_exempt_allowed BOOLEAN NOT NULL DEFAULT FALSE;
