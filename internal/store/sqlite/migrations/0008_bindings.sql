-- A binding is in force once bound is 1. Before that, and again once its guild gave it up, its steps at the group platform
-- are under way, and it holds its keys so that no other binding takes them.

CREATE TABLE bindings (
    appid      INTEGER NOT NULL,
    zone       TEXT    NOT NULL,
    guild      TEXT    NOT NULL,
    gc         INTEGER, -- NULL while the group is being created
    openid     BLOB    NOT NULL,
    guild_name TEXT    NOT NULL,
    uin        INTEGER NOT NULL,
    request    TEXT    NOT NULL,
    since_ms   INTEGER NOT NULL,
    bound      INTEGER NOT NULL,
    PRIMARY KEY (appid, zone, guild),
    UNIQUE (appid, gc),
    UNIQUE (appid, openid)
) STRICT, WITHOUT ROWID;
CREATE INDEX bindings_under_way ON bindings (since_ms) WHERE bound = 0;

CREATE TABLE reminders (
    appid INTEGER NOT NULL,
    uin   INTEGER NOT NULL,
    day   INTEGER NOT NULL, -- of the last reminder
    PRIMARY KEY (appid, uin)
) STRICT, WITHOUT ROWID;
