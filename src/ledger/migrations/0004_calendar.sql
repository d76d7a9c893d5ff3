-- Schema 4: what concerns neither a delivery nor a login: notices to parties, the calendar of the agreement, the clock.
-- Portable as schema 1; only the triggers are SQLite's own dialect.

-- The record of all of it: appended, never changed.
CREATE TABLE service_events (
    -- Order of record. A clock can jump; this cannot.
    number  BIGINT NOT NULL PRIMARY KEY,
    at      TEXT   NOT NULL,
    event   TEXT   NOT NULL,
    party   TEXT,
    dataset TEXT,
    code    TEXT,
    -- Of a notice.
    name    TEXT,
    sha256  TEXT,
    detail  TEXT
);

CREATE TRIGGER service_events_keep BEFORE UPDATE ON service_events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER service_events_stay BEFORE DELETE ON service_events
BEGIN
    SELECT RAISE(ABORT, 'events are never removed');
END;

-- Since when a dataset is expected, and what its party was told of it.
CREATE TABLE calendar (
    dataset   TEXT   NOT NULL PRIMARY KEY,
    party     TEXT   NOT NULL,
    -- As the agreement writes it: another rule begins anew.
    rule      TEXT   NOT NULL,
    -- The day on which the service met this rule.
    since     TEXT   NOT NULL,
    -- First and last day of what the party was told to be missing; empty when nothing is.
    missing   TEXT,
    told_at   TEXT,
    reminders BIGINT NOT NULL CHECK (reminders >= 0),
    CHECK ((missing IS NULL) = (told_at IS NULL))
);

-- The newest instant of any event, unless an operator said that it was wrong.
CREATE TABLE clock (
    id   BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    mark TEXT,
    -- Whether the operator was told that the clock stands behind it.
    told BIGINT NOT NULL CHECK (told IN (0, 1))
);
INSERT INTO clock (id, mark, told) SELECT 1, MAX(at), 0 FROM events;
