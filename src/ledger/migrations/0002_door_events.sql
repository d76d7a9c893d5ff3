-- Schema 2: what happened at the door, apart from any delivery. Kept for as long as answered deliveries are.
-- Portable as schema 1; only the triggers are SQLite's own dialect.

CREATE TABLE door_events (
    -- Order of record. A clock can jump; this cannot.
    number BIGINT NOT NULL PRIMARY KEY,
    at     TEXT   NOT NULL,
    event  TEXT   NOT NULL,
    party  TEXT,
    peer   TEXT,
    client TEXT,
    -- Fingerprint of the key that logged in.
    login  TEXT,
    action TEXT,
    -- Paths only as far as they follow the naming rule.
    file   TEXT,
    target TEXT,
    bytes  BIGINT,
    sha256 TEXT,
    ms     BIGINT,
    reason TEXT
);

CREATE TRIGGER door_events_keep BEFORE UPDATE ON door_events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

-- At the end of its time an event goes, but none before an older one: nobody removes one from the middle.
CREATE TRIGGER door_events_stay BEFORE DELETE ON door_events
WHEN EXISTS (SELECT 1 FROM door_events WHERE number < OLD.number)
BEGIN
    SELECT RAISE(ABORT, 'events go in their order');
END;
