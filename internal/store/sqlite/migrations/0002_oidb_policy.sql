-- +goose Up
-- The newest version holds.

CREATE TABLE oidb_policy (
    version    INTEGER PRIMARY KEY,
    record     TEXT    NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
