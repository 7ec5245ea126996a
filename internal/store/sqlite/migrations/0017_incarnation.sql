-- How old the data is, and from where account numbers are given out since a restore.

CREATE TABLE incarnation (
    one       INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    mark      INTEGER NOT NULL,
    first_uin INTEGER NOT NULL
) STRICT;
INSERT INTO incarnation (one, mark, first_uin) VALUES (1, 0, 0);
