-- Of which days a change tells something else than was told before, where that reaches into the past when it is made;
-- through_date is 9999-12-31 where it goes on. Never altered.

CREATE TABLE alteration (
    change_sequence INTEGER NOT NULL,
    subject TEXT NOT NULL,
    from_date TEXT NOT NULL,
    through_date TEXT NOT NULL,
    PRIMARY KEY (change_sequence, subject, from_date, through_date)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER alteration_is_never_altered BEFORE UPDATE ON alteration
BEGIN SELECT RAISE(ABORT, 'an alteration is never altered'); END;
CREATE TRIGGER alteration_is_never_deleted BEFORE DELETE ON alteration
BEGIN SELECT RAISE(ABORT, 'an alteration is never deleted'); END;
