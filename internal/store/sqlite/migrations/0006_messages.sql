-- A person's inbox. Rows are inserted in the order of time, which is the order in which they are swept.

CREATE TABLE messages (
    uin     INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    sender  INTEGER NOT NULL, -- 0 for the official account
    appid   INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    request TEXT    NOT NULL,
    content TEXT    NOT NULL, -- JSON
    sent_ms INTEGER NOT NULL,
    read_ms INTEGER NOT NULL,
    PRIMARY KEY (uin, id)
) STRICT;

CREATE UNIQUE INDEX messages_by_request ON messages (appid, sender, request) WHERE request <> '';

-- How many messages an account sent and got through an app on a day; with a peer, how many it sent to that account.
CREATE TABLE message_counts (
    appid INTEGER NOT NULL,
    uin   INTEGER NOT NULL,
    peer  INTEGER NOT NULL, -- 0 for all
    day   INTEGER NOT NULL,
    sent  INTEGER NOT NULL,
    got   INTEGER NOT NULL,
    PRIMARY KEY (appid, uin, peer, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_counts_by_day ON message_counts (day);

CREATE TABLE scenes (
    appid   INTEGER NOT NULL,
    program TEXT    NOT NULL, -- the mini program; '' for none
    scene   TEXT    NOT NULL,
    record  TEXT    NOT NULL, -- JSON
    PRIMARY KEY (appid, program, scene)
) STRICT, WITHOUT ROWID;
