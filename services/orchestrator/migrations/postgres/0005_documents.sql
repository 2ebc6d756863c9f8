-- Longer documents are compressed, and LZ4 takes a tenth of the time. A server that was built without it keeps what it
-- has.
DO $$ BEGIN
    ALTER TABLE link ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$;
