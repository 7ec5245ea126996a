-- +goose Up
-- A code without a token epoch was not exchanged yet. A refresh token that was used has spent = 1.

CREATE TABLE login_codes (
    appid          INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    openid         BLOB    NOT NULL,
    redirect_uri   TEXT    NOT NULL,
    scopes         TEXT    NOT NULL,
    challenge      TEXT    NOT NULL,
    password_epoch INTEGER NOT NULL,
    expires_ms     INTEGER NOT NULL,
    token_epoch    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (appid, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX login_codes_lapse ON login_codes (expires_ms);

CREATE TABLE refresh_tokens (
    appid          INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    openid         BLOB    NOT NULL,
    token_epoch    INTEGER NOT NULL,
    password_epoch INTEGER NOT NULL,
    expires_ms     INTEGER NOT NULL,
    spent          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (appid, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_lapse ON refresh_tokens (expires_ms);
