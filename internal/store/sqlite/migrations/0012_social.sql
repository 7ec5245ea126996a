-- What players tell their friends. A feed that was deleted keeps its request, so that repeating it does not post it again.

CREATE TABLE feeds (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    appid     INTEGER NOT NULL,
    uin       INTEGER NOT NULL, -- of the author
    request   TEXT    NOT NULL,
    content   TEXT    NOT NULL, -- JSON; '' once it was deleted
    posted_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX feeds_by_request ON feeds (appid, uin, request) WHERE request <> '';
CREATE INDEX feeds_of ON feeds (appid, uin, id, posted_ms) WHERE content <> '';
CREATE INDEX feeds_deleted ON feeds (appid, uin, id) WHERE content = '';
CREATE INDEX feeds_by_time ON feeds (posted_ms);

-- Until when a player has seen an entry of the Game Center.
CREATE TABLE red_dots (
    appid   INTEGER NOT NULL,
    uin     INTEGER NOT NULL,
    entry   TEXT    NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (appid, uin, entry)
) STRICT, WITHOUT ROWID;

CREATE TABLE challenges (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    appid      INTEGER NOT NULL,
    challenger INTEGER NOT NULL,
    opponent   INTEGER NOT NULL,
    request    TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    start_ms   INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL,
    member_ms  INTEGER NOT NULL, -- when its beginning was reported from a page, and by the game; 0 before
    game_ms    INTEGER NOT NULL,
    sides      TEXT    NOT NULL, -- JSON: the scores of the challenger and the opponent
    leader     INTEGER NOT NULL, -- the player with the greater score; 0 for nobody
    settled_ms INTEGER NOT NULL  -- when the result was counted; 0 before
) STRICT;

CREATE UNIQUE INDEX challenges_by_request ON challenges (appid, challenger, request);
CREATE INDEX challenges_of_challenger ON challenges (appid, challenger, id);
CREATE INDEX challenges_of_opponent ON challenges (appid, opponent, id);
CREATE INDEX challenges_over_of_challenger ON challenges (appid, challenger, settled_ms, end_ms);
CREATE INDEX challenges_over_of_opponent ON challenges (appid, opponent, settled_ms, end_ms);
CREATE INDEX challenges_by_end ON challenges (settled_ms, end_ms);

-- How players did in the challenges that are settled.
CREATE TABLE challenge_records (
    appid INTEGER NOT NULL,
    uin   INTEGER NOT NULL,
    won   INTEGER NOT NULL,
    lost  INTEGER NOT NULL,
    drawn INTEGER NOT NULL,
    PRIMARY KEY (appid, uin)
) STRICT, WITHOUT ROWID;
