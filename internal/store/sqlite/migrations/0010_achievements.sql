-- A number is stored as its order-preserving key; x'' is no number.

CREATE TABLE achievements (
    appid      INTEGER NOT NULL,
    uin        INTEGER NOT NULL,
    type       INTEGER NOT NULL,
    data       TEXT    NOT NULL,
    number     BLOB    NOT NULL,
    expires_ms INTEGER NOT NULL, -- 0 for never
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (appid, uin, type)
) STRICT, WITHOUT ROWID;

-- Best scores. A week is the number of its Monday; 0 is all time.
CREATE TABLE board_scores (
    appid      INTEGER NOT NULL,
    week       INTEGER NOT NULL,
    uin        INTEGER NOT NULL,
    score      BLOB    NOT NULL,
    reached_ms INTEGER NOT NULL,
    PRIMARY KEY (appid, week, uin)
) STRICT, WITHOUT ROWID;

-- What a player played on the last day with a score, and in its week.
CREATE TABLE rounds (
    appid       INTEGER NOT NULL,
    uin         INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    day_best    BLOB    NOT NULL,
    day_rounds  INTEGER NOT NULL,
    week        INTEGER NOT NULL,
    week_rounds INTEGER NOT NULL,
    PRIMARY KEY (appid, uin)
) STRICT, WITHOUT ROWID;

CREATE TABLE recent_games (
    uin       INTEGER NOT NULL,
    appid     INTEGER NOT NULL,
    played_ms INTEGER NOT NULL,
    PRIMARY KEY (uin, appid)
) STRICT, WITHOUT ROWID;
