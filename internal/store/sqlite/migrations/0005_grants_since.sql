-- The time since when a grant has been in force without a break.

ALTER TABLE grants ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;
UPDATE grants SET since_ms = changed_ms;
