-- Events stay until every lane has delivered them. Their numbers are never given twice, even when no event is left, so that a
-- consumer can tell a repetition from a new one.

CREATE TABLE outbox (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms  INTEGER NOT NULL,
    record TEXT    NOT NULL
) STRICT;

CREATE TABLE outbox_lanes (
    lane      INTEGER PRIMARY KEY,
    delivered INTEGER NOT NULL
) STRICT;
INSERT INTO outbox_lanes (lane, delivered) VALUES (0, 0), (1, 0);

ALTER TABLE accounts ADD COLUMN signed_out_ms INTEGER NOT NULL DEFAULT 0;

-- Sessions on the platform's own pages that were ended before their time.
CREATE TABLE ended_sessions (
    uin     INTEGER NOT NULL,
    secret  BLOB    NOT NULL,
    ends_ms INTEGER NOT NULL,
    PRIMARY KEY (uin, secret)
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_sessions_end ON ended_sessions (ends_ms);
