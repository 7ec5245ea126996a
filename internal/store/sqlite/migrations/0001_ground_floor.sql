-- Times are epoch milliseconds. MSDK openids and openkey sessions are unsigned and stored as their signed twin.

CREATE TABLE apps (
    appid      INTEGER PRIMARY KEY,
    gameid     INTEGER UNIQUE,
    record     TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
    uin            INTEGER PRIMARY KEY,
    profile        TEXT    NOT NULL,
    state          INTEGER NOT NULL,
    class          INTEGER NOT NULL,
    password_hash  TEXT    NOT NULL,
    password_epoch INTEGER NOT NULL,
    created_ms     INTEGER NOT NULL
) STRICT;

CREATE TABLE openids (
    appid      INTEGER NOT NULL,
    openid     BLOB    NOT NULL,
    uin        INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (appid, openid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX openids_active ON openids (appid, uin) WHERE state = 0;
CREATE INDEX openids_account ON openids (uin);

CREATE TABLE players (
    appid       INTEGER NOT NULL,
    msdk_openid INTEGER NOT NULL,
    channel     INTEGER NOT NULL,
    openid      BLOB    NOT NULL,
    created_ms  INTEGER NOT NULL,
    PRIMARY KEY (appid, msdk_openid),
    UNIQUE (appid, channel, openid)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
    appid       INTEGER NOT NULL,
    openid      BLOB    NOT NULL,
    scopes      TEXT    NOT NULL,
    token_epoch INTEGER NOT NULL,
    pay_epoch   INTEGER NOT NULL,
    ended_epoch INTEGER NOT NULL,
    ended_by    INTEGER NOT NULL,
    changed_ms  INTEGER NOT NULL,
    PRIMARY KEY (appid, openid)
) STRICT, WITHOUT ROWID;

CREATE TABLE openkeys (
    appid      INTEGER NOT NULL,
    session    INTEGER NOT NULL,
    openid     BLOB    NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (appid, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX openkeys_lapse ON openkeys (expires_ms);

CREATE TABLE friendships (
    uin      INTEGER NOT NULL,
    friend   INTEGER NOT NULL,
    remark   TEXT    NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (uin, friend)
) STRICT, WITHOUT ROWID;
