-- What an account got is counted from its inbox; only what it sent is counted apart. Days of messages from before are those of
-- the default time zone, UTC+8.

ALTER TABLE messages ADD COLUMN day INTEGER; -- of the limits that the message counts for; NULL for none

UPDATE messages SET day = (sent_ms / 1000 + 28800) / 86400 WHERE sender <> 0;

CREATE TABLE messages_sent (
    appid INTEGER NOT NULL,
    uin   INTEGER NOT NULL,
    day   INTEGER NOT NULL,
    sent  INTEGER NOT NULL,
    PRIMARY KEY (appid, uin, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX messages_sent_by_day ON messages_sent (day);

INSERT INTO messages_sent SELECT appid, uin, day, sent FROM message_counts WHERE peer = 0 AND sent > 0;

DROP TABLE message_counts;
