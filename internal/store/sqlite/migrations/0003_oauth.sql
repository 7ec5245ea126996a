-- A login has one row from its code to its last refresh token; serial is that of the valid ticket. Ids follow the
-- time, so that logins at about the same time share pages.

CREATE TABLE logins (
    id             INTEGER PRIMARY KEY,
    appid          INTEGER NOT NULL,
    salt           INTEGER NOT NULL,
    serial         INTEGER NOT NULL,
    openid         BLOB    NOT NULL,
    redirect_uri   TEXT    NOT NULL,
    scopes         TEXT    NOT NULL,
    challenge      TEXT    NOT NULL,
    password_epoch INTEGER NOT NULL,
    token_epoch    INTEGER NOT NULL,
    expires_ms     INTEGER NOT NULL
) STRICT;
