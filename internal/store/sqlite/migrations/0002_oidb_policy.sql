-- The newest version is in force.

CREATE TABLE oidb_policy (
    version    INTEGER PRIMARY KEY,
    record     TEXT    NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
