-- Who may use the admin API, and what operators did.

CREATE TABLE operators (
    name       TEXT    NOT NULL PRIMARY KEY,
    role       INTEGER NOT NULL,
    token_hash BLOB    NOT NULL, -- SHA-256
    created_ms INTEGER NOT NULL,
    token_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- a removed entry's number is not given out again
    at_ms      INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    object     TEXT    NOT NULL,
    given      TEXT    NOT NULL,
    request_id TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_age ON audit (at_ms);
