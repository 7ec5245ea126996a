-- The group platform. Members are found by account and by group; the roles are 1 owner, 2 administrator, 3 member.

CREATE TABLE qqgroups (
    gc         INTEGER PRIMARY KEY CHECK (gc < 4294967296),
    name       TEXT    NOT NULL,
    owner      INTEGER NOT NULL,
    members    INTEGER NOT NULL,
    capacity   INTEGER NOT NULL,
    game       INTEGER NOT NULL,
    fee        INTEGER NOT NULL,
    sealed     INTEGER NOT NULL,
    read_only  INTEGER NOT NULL,
    disbanded  INTEGER NOT NULL,
    messages   INTEGER NOT NULL,
    creator    INTEGER NOT NULL,
    request    TEXT    NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX qqgroups_owned ON qqgroups (owner, gc) WHERE disbanded = 0;
CREATE INDEX qqgroups_created ON qqgroups (creator, created_ms) WHERE request <> '';
CREATE UNIQUE INDEX qqgroups_request ON qqgroups (creator, request) WHERE request <> '';

CREATE TABLE qqgroup_members (
    uin      INTEGER NOT NULL,
    gc       INTEGER NOT NULL,
    role     INTEGER NOT NULL,
    card     TEXT    NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (uin, gc)
) STRICT, WITHOUT ROWID;
CREATE INDEX qqgroup_members_group ON qqgroup_members (gc, uin);
CREATE INDEX qqgroup_members_admins ON qqgroup_members (gc, uin) WHERE role = 2;

CREATE TABLE qqgroup_guilds (
    appid INTEGER NOT NULL,
    gc    INTEGER NOT NULL,
    zone  TEXT    NOT NULL,
    guild TEXT    NOT NULL,
    PRIMARY KEY (appid, gc)
) STRICT, WITHOUT ROWID;
CREATE INDEX qqgroup_guilds_group ON qqgroup_guilds (gc);

CREATE TABLE qqgroup_messages (
    gc          INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    uin         INTEGER NOT NULL,
    request     TEXT    NOT NULL,
    kind        INTEGER NOT NULL,
    title       TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    picture_url TEXT    NOT NULL,
    sent_ms     INTEGER NOT NULL,
    PRIMARY KEY (gc, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX qqgroup_messages_request ON qqgroup_messages (gc, uin, request) WHERE request <> '';
