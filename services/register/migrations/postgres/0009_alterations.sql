-- Of which days a change tells something else than was told before, where that reaches into the past when it is made;
-- through_date is 9999-12-31 where it goes on. Never altered.

CREATE TABLE alteration (
    change_sequence BIGINT NOT NULL,
    -- In the order of the bytes: pages of several changes are merged in that order.
    subject TEXT COLLATE "C" NOT NULL,
    from_date DATE NOT NULL,
    through_date DATE NOT NULL,
    PRIMARY KEY (change_sequence, subject, from_date, through_date)
);

CREATE TRIGGER alteration_is_never_altered BEFORE UPDATE OR DELETE OR TRUNCATE ON alteration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration();
