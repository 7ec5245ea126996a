-- +goose Up
-- The tables of store/sqlite, as they are after its migration 17: each column means the same. Every unique key begins with the app or the
-- account, but for numbers that are given out to all. Texts are compared byte by byte.

CREATE TABLE apps (
    appid      BIGINT PRIMARY KEY,
    gameid     BIGINT UNIQUE,
    record     TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);

CREATE TABLE accounts (
    uin            BIGINT PRIMARY KEY,
    profile        TEXT   NOT NULL,
    state          BIGINT NOT NULL,
    class          BIGINT NOT NULL,
    password_hash  TEXT   NOT NULL,
    password_epoch BIGINT NOT NULL,
    created_ms     BIGINT NOT NULL,
    signed_out_ms  BIGINT NOT NULL
);

CREATE TABLE openids (
    appid       BIGINT NOT NULL,
    openid      BYTEA  NOT NULL,
    uin         BIGINT NOT NULL,
    state       BIGINT NOT NULL,
    token_epoch BIGINT NOT NULL DEFAULT 0,
    pay_epoch   BIGINT NOT NULL DEFAULT 0,
    ended_epoch BIGINT NOT NULL DEFAULT 0,
    ended_by    BIGINT NOT NULL DEFAULT 0,
    scopes      TEXT   NOT NULL DEFAULT '',
    since_ms    BIGINT NOT NULL DEFAULT 0,
    changed_ms  BIGINT NOT NULL,
    PRIMARY KEY (appid, openid)
) WITH (fillfactor = 90); -- a login changes its row, which then finds room on the same page
CREATE UNIQUE INDEX openids_active ON openids (uin, appid) WHERE state = 0;
CREATE INDEX openids_account ON openids (uin);

CREATE TABLE players (
    appid       BIGINT NOT NULL,
    msdk_openid BIGINT NOT NULL,
    channel     BIGINT NOT NULL,
    openid      BYTEA  NOT NULL,
    created_ms  BIGINT NOT NULL,
    PRIMARY KEY (appid, msdk_openid),
    UNIQUE (appid, channel, openid)
);

CREATE TABLE openkeys (
    appid      BIGINT NOT NULL,
    session    BIGINT NOT NULL,
    openid     BYTEA  NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (appid, session)
);
CREATE INDEX openkeys_lapse ON openkeys (expires_ms);

CREATE TABLE friendships (
    uin      BIGINT NOT NULL,
    friend   BIGINT NOT NULL,
    remark   TEXT   NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (uin, friend)
);

CREATE TABLE oidb_policy (
    version    BIGINT PRIMARY KEY,
    record     TEXT   NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE TABLE logins (
    id             BIGINT NOT NULL,
    appid          BIGINT NOT NULL,
    salt           BIGINT NOT NULL,
    serial         BIGINT NOT NULL,
    openid         BYTEA  NOT NULL,
    redirect_uri   TEXT   NOT NULL,
    scopes         TEXT   NOT NULL,
    challenge      TEXT   NOT NULL,
    password_epoch BIGINT NOT NULL,
    token_epoch    BIGINT NOT NULL,
    expires_ms     BIGINT NOT NULL,
    refreshed_ms   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (appid, id)
) WITH (fillfactor = 80);
CREATE INDEX logins_age ON logins (id);

CREATE SEQUENCE message_ids AS INTEGER MAXVALUE 4095 MINVALUE 0 START 0 CYCLE;

CREATE TABLE messages (
    uin     BIGINT NOT NULL,
    id      BIGINT NOT NULL,
    sender  BIGINT NOT NULL,
    appid   BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    request TEXT   NOT NULL,
    content TEXT   NOT NULL,
    sent_ms BIGINT NOT NULL,
    read_ms BIGINT NOT NULL,
    day     BIGINT,
    PRIMARY KEY (uin, id)
);
CREATE UNIQUE INDEX messages_by_request ON messages (appid, sender, request) WHERE request <> '';
CREATE INDEX messages_age ON messages (sent_ms);

CREATE TABLE messages_sent (
    appid BIGINT NOT NULL,
    uin   BIGINT NOT NULL,
    day   BIGINT NOT NULL,
    sent  BIGINT NOT NULL,
    PRIMARY KEY (appid, uin, day)
) WITH (fillfactor = 80);
CREATE INDEX messages_sent_by_day ON messages_sent (day);

CREATE TABLE scenes (
    appid   BIGINT NOT NULL,
    program TEXT   NOT NULL COLLATE "C",
    scene   TEXT   NOT NULL COLLATE "C",
    record  TEXT   NOT NULL,
    PRIMARY KEY (appid, program, scene)
);

CREATE TABLE qqgroups (
    gc         BIGINT PRIMARY KEY CHECK (gc < 4294967296),
    name       TEXT   NOT NULL,
    owner      BIGINT NOT NULL,
    members    BIGINT NOT NULL,
    capacity   BIGINT NOT NULL,
    game       BIGINT NOT NULL,
    fee        BIGINT NOT NULL,
    sealed     BIGINT NOT NULL,
    read_only  BIGINT NOT NULL,
    disbanded  BIGINT NOT NULL,
    messages   BIGINT NOT NULL,
    creator    BIGINT NOT NULL,
    request    TEXT   NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX qqgroups_owned ON qqgroups (owner, gc) WHERE disbanded = 0;
CREATE INDEX qqgroups_created ON qqgroups (creator, created_ms) WHERE request <> '';
CREATE UNIQUE INDEX qqgroups_request ON qqgroups (creator, request) WHERE request <> '';

CREATE TABLE qqgroup_members (
    uin      BIGINT NOT NULL,
    gc       BIGINT NOT NULL,
    role     BIGINT NOT NULL,
    card     TEXT   NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (uin, gc)
);
CREATE INDEX qqgroup_members_group ON qqgroup_members (gc, uin);
CREATE INDEX qqgroup_members_admins ON qqgroup_members (gc, uin) WHERE role = 2;

CREATE TABLE qqgroup_guilds (
    appid BIGINT NOT NULL,
    gc    BIGINT NOT NULL,
    zone  TEXT   NOT NULL,
    guild TEXT   NOT NULL,
    PRIMARY KEY (appid, gc)
);
CREATE INDEX qqgroup_guilds_group ON qqgroup_guilds (gc);

CREATE TABLE qqgroup_messages (
    gc          BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    uin         BIGINT NOT NULL,
    request     TEXT   NOT NULL,
    kind        BIGINT NOT NULL,
    title       TEXT   NOT NULL,
    text        TEXT   NOT NULL,
    url         TEXT   NOT NULL,
    picture_url TEXT   NOT NULL,
    sent_ms     BIGINT NOT NULL,
    PRIMARY KEY (gc, id)
);
CREATE UNIQUE INDEX qqgroup_messages_request ON qqgroup_messages (gc, uin, request) WHERE request <> '';

CREATE TABLE bindings (
    appid      BIGINT NOT NULL,
    zone       TEXT   NOT NULL COLLATE "C",
    guild      TEXT   NOT NULL COLLATE "C",
    gc         BIGINT,
    openid     BYTEA  NOT NULL,
    guild_name TEXT   NOT NULL,
    uin        BIGINT NOT NULL,
    request    TEXT   NOT NULL,
    since_ms   BIGINT NOT NULL,
    bound      BIGINT NOT NULL,
    PRIMARY KEY (appid, zone, guild),
    UNIQUE (appid, gc),
    UNIQUE (appid, openid)
);
CREATE INDEX bindings_under_way ON bindings (since_ms, appid, zone, guild) WHERE bound = 0;

CREATE TABLE reminders (
    appid BIGINT NOT NULL,
    uin   BIGINT NOT NULL,
    day   BIGINT NOT NULL,
    PRIMARY KEY (appid, uin)
);

CREATE TABLE outbox (
    id     BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at_ms  BIGINT NOT NULL,
    record TEXT   NOT NULL
);

CREATE TABLE outbox_lanes (
    lane      BIGINT PRIMARY KEY,
    delivered BIGINT NOT NULL
);
INSERT INTO outbox_lanes (lane, delivered) VALUES (0, 0), (1, 0);

CREATE TABLE ended_sessions (
    uin     BIGINT NOT NULL,
    secret  BYTEA  NOT NULL,
    ends_ms BIGINT NOT NULL,
    PRIMARY KEY (uin, secret)
);
CREATE INDEX ended_sessions_end ON ended_sessions (ends_ms);

CREATE TABLE achievements (
    appid      BIGINT NOT NULL,
    uin        BIGINT NOT NULL,
    type       BIGINT NOT NULL,
    data       TEXT   NOT NULL,
    number     BYTEA  NOT NULL,
    expires_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (appid, uin, type)
) WITH (fillfactor = 80);

CREATE TABLE board_scores (
    appid      BIGINT NOT NULL,
    week       BIGINT NOT NULL,
    uin        BIGINT NOT NULL,
    score      BYTEA  NOT NULL,
    reached_ms BIGINT NOT NULL,
    PRIMARY KEY (appid, week, uin)
) WITH (fillfactor = 80);

CREATE TABLE rounds (
    appid       BIGINT NOT NULL,
    uin         BIGINT NOT NULL,
    day         BIGINT NOT NULL,
    day_best    BYTEA  NOT NULL,
    day_rounds  BIGINT NOT NULL,
    week        BIGINT NOT NULL,
    week_rounds BIGINT NOT NULL,
    PRIMARY KEY (appid, uin)
) WITH (fillfactor = 80);

CREATE TABLE recent_games (
    uin       BIGINT NOT NULL,
    appid     BIGINT NOT NULL,
    played_ms BIGINT NOT NULL,
    PRIMARY KEY (uin, appid)
) WITH (fillfactor = 80);

CREATE TABLE game_commands (
    name   TEXT NOT NULL COLLATE "C" PRIMARY KEY,
    record TEXT NOT NULL
);

CREATE TABLE feeds (
    id        BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    appid     BIGINT NOT NULL,
    uin       BIGINT NOT NULL,
    request   TEXT   NOT NULL,
    content   TEXT   NOT NULL,
    posted_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX feeds_by_request ON feeds (appid, uin, request) WHERE request <> '';
CREATE INDEX feeds_of ON feeds (appid, uin, id, posted_ms) WHERE content <> '';
CREATE INDEX feeds_deleted ON feeds (appid, uin, id) WHERE content = '';
CREATE INDEX feeds_by_time ON feeds (posted_ms);

CREATE TABLE red_dots (
    appid   BIGINT NOT NULL,
    uin     BIGINT NOT NULL,
    entry   TEXT   NOT NULL,
    seen_ms BIGINT NOT NULL,
    PRIMARY KEY (appid, uin, entry)
);

CREATE TABLE challenges (
    id         BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    appid      BIGINT NOT NULL,
    challenger BIGINT NOT NULL,
    opponent   BIGINT NOT NULL,
    request    TEXT   NOT NULL,
    title      TEXT   NOT NULL,
    start_ms   BIGINT NOT NULL,
    end_ms     BIGINT NOT NULL,
    member_ms  BIGINT NOT NULL,
    game_ms    BIGINT NOT NULL,
    sides      TEXT   NOT NULL,
    leader     BIGINT NOT NULL,
    settled_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX challenges_by_request ON challenges (appid, challenger, request);
CREATE INDEX challenges_of_challenger ON challenges (appid, challenger, id);
CREATE INDEX challenges_of_opponent ON challenges (appid, opponent, id);
CREATE INDEX challenges_over_of_challenger ON challenges (appid, challenger, settled_ms, end_ms);
CREATE INDEX challenges_over_of_opponent ON challenges (appid, opponent, settled_ms, end_ms);
CREATE INDEX challenges_by_end ON challenges (settled_ms, end_ms);

CREATE TABLE challenge_records (
    appid BIGINT NOT NULL,
    uin   BIGINT NOT NULL,
    won   BIGINT NOT NULL,
    lost  BIGINT NOT NULL,
    drawn BIGINT NOT NULL,
    PRIMARY KEY (appid, uin)
);

CREATE TABLE operators (
    name       TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    role       BIGINT NOT NULL,
    token_hash BYTEA  NOT NULL,
    created_ms BIGINT NOT NULL,
    token_ms   BIGINT NOT NULL
);

CREATE TABLE audit (
    id         BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at_ms      BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    object     TEXT   NOT NULL,
    given      TEXT   NOT NULL,
    request_id TEXT   NOT NULL
);
CREATE INDEX audit_age ON audit (at_ms);

CREATE TABLE probe (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    n  BIGINT NOT NULL
);

CREATE TABLE incarnation (
    one       BIGINT PRIMARY KEY CHECK (one = 1),
    mark      BIGINT NOT NULL,
    first_uin BIGINT NOT NULL
);
INSERT INTO incarnation (one, mark, first_uin) VALUES (1, 0, 0);

-- What steps have changed, for the caches of the other gateways.
CREATE TABLE changes (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx      XID8        NOT NULL DEFAULT pg_current_xact_id(),
    gateway BIGINT      NOT NULL, -- which made the step
    step    BIGINT      NOT NULL, -- the gateway's number for it
    record  TEXT        NOT NULL, -- JSON
    at      TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX changes_tx ON changes (tx);
CREATE INDEX changes_age ON changes (at);

-- Which gateway does what is done once for all, and until when if it is not heard of again.
CREATE TABLE leader (
    one     BIGINT      PRIMARY KEY CHECK (one = 1),
    gateway BIGINT      NOT NULL,
    until   TIMESTAMPTZ NOT NULL
);
INSERT INTO leader (one, gateway, until) VALUES (1, 0, clock_timestamp());

-- Which gateway does what only one at a time may do, and until when if it is not heard of again.
CREATE TABLE turns (
    key     TEXT        PRIMARY KEY,
    gateway BIGINT      NOT NULL,
    until   TIMESTAMPTZ NOT NULL
);

-- Attempts, such as to sign in, by key: the theoretical arrival of the next, in nanoseconds.
CREATE TABLE attempts (
    key     TEXT   PRIMARY KEY,
    arrival BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX attempts_age ON attempts (arrival);

CREATE TABLE nonces (
    appid BIGINT NOT NULL,
    nonce BYTEA  NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (appid, nonce)
);
CREATE INDEX nonces_age ON nonces (at_ms);

-- The gateways, for the operator to see.
CREATE TABLE gateways (
    id      BIGINT      PRIMARY KEY,
    about   TEXT        NOT NULL, -- JSON
    seen    TIMESTAMPTZ NOT NULL
);

-- The fingerprint of the keys that all gateways seal with.
CREATE TABLE keys (
    one         BIGINT PRIMARY KEY CHECK (one = 1),
    fingerprint TEXT   NOT NULL
);

-- The version of the tables that a gateway has to know at least. A migration that takes away or changes what the version before it uses sets it;
-- one that only adds does not, so that gateways of both versions work side by side.
CREATE TABLE compatibility (
    one   BIGINT PRIMARY KEY CHECK (one = 1),
    least BIGINT NOT NULL
);
INSERT INTO compatibility (one, least) VALUES (1, 1);

-- What statements of store/tables use of SQLite that PostgreSQL calls otherwise.
CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (value TEXT)
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT json_array_elements_text(list::json)';
CREATE FUNCTION unhex(digits TEXT) RETURNS BYTEA
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT decode(digits, 'hex') $$;
