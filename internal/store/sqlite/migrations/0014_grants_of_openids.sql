-- A grant is a part of its openid's row, of which a check reads one instead of two; its token_epoch is 0 until there is one.
-- Indexes go first and come last: the pages that they free are used again, and each is made of all rows at once.

DROP INDEX openids_active;
DROP INDEX openids_account;

CREATE TABLE openids_and_grants (
    appid       INTEGER NOT NULL,
    openid      BLOB    NOT NULL,
    uin         INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    token_epoch INTEGER NOT NULL DEFAULT 0,
    pay_epoch   INTEGER NOT NULL DEFAULT 0,
    ended_epoch INTEGER NOT NULL DEFAULT 0,
    ended_by    INTEGER NOT NULL DEFAULT 0,
    scopes      TEXT    NOT NULL DEFAULT '',
    since_ms    INTEGER NOT NULL DEFAULT 0,
    changed_ms  INTEGER NOT NULL, -- of either
    PRIMARY KEY (appid, openid)
) STRICT, WITHOUT ROWID;

INSERT INTO openids_and_grants
SELECT o.appid, o.openid, o.uin, o.state, ifnull(g.token_epoch, 0), ifnull(g.pay_epoch, 0), ifnull(g.ended_epoch, 0), ifnull(g.ended_by, 0),
       ifnull(g.scopes, ''), ifnull(g.since_ms, 0), max(o.changed_ms, ifnull(g.changed_ms, 0))
FROM openids o LEFT JOIN grants g ON g.appid = o.appid AND g.openid = o.openid
ORDER BY o.appid, o.openid;

DROP TABLE grants;
DROP TABLE openids;
ALTER TABLE openids_and_grants RENAME TO openids;
CREATE UNIQUE INDEX openids_active ON openids (appid, uin) WHERE state = 0;
CREATE INDEX openids_account ON openids (uin);
