-- When the last refresh token of a login was used, 0 before: its answer can be asked for again for a moment.

ALTER TABLE logins ADD COLUMN refreshed_ms INTEGER NOT NULL DEFAULT 0;
