-- +goose Up
-- Since when a grant has held without a break.

ALTER TABLE grants ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;
UPDATE grants SET since_ms = changed_ms;
