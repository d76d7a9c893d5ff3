-- Schema 1. Forward only: a change is a new file, never an edit of this one (its checksum is kept with the data).
--
-- Portable on purpose: TEXT and BIGINT alone, instants as RFC 3339 UTC text with nine decimals (so text order is
-- time order), digests as 64 lower-case hexadecimal digits, words as in the Rust types, JSON as TEXT.
-- Only the triggers at the end are SQLite's own dialect.

-- Every delivery known, as far as it got.
CREATE TABLE deliveries (
    id          TEXT   NOT NULL PRIMARY KEY,
    -- Order of receipt. A clock can jump; this cannot.
    ordinal     BIGINT NOT NULL UNIQUE,
    party       TEXT   NOT NULL,
    stem        TEXT   NOT NULL,
    folder      TEXT   NOT NULL,
    received    TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('claiming', 'open', 'answered', 'rejected')),
    attempt     BIGINT NOT NULL CHECK (attempt >= 1),
    faults      BIGINT NOT NULL CHECK (faults >= 0),
    retry_at    TEXT,
    code        TEXT,
    -- Since when everything to be published lies ready in staging.
    prepared_at TEXT,
    CHECK ((state = 'rejected') = (code IS NOT NULL))
);
CREATE INDEX deliveries_by_party ON deliveries (party, ordinal);
CREATE INDEX deliveries_by_state ON deliveries (state, ordinal);
CREATE INDEX deliveries_by_stem ON deliveries (stem);

-- File names to move: manifest, signature, data files.
CREATE TABLE files (
    delivery TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    name     TEXT   NOT NULL,
    PRIMARY KEY (delivery, position)
);
CREATE INDEX files_by_name ON files (name);

-- The data files of a verified manifest, and what ingest found in each.
CREATE TABLE parts (
    delivery  TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    dataset   TEXT   NOT NULL,
    position  BIGINT NOT NULL,
    mode      TEXT   NOT NULL,
    as_of     TEXT   NOT NULL,
    sequence  BIGINT NOT NULL,
    file      TEXT   NOT NULL,
    digest    TEXT   NOT NULL,
    -- SHA-256 of the plaintext; the other columns of the outcome stand or fall with it.
    plaintext TEXT,
    total     BIGINT,
    accepted  BIGINT,
    refused   BIGINT,
    findings  TEXT,
    PRIMARY KEY (delivery, dataset)
);
CREATE INDEX parts_by_sequence ON parts (dataset, sequence);
CREATE INDEX parts_by_plaintext ON parts (plaintext);

-- What each part's answer depends on besides its own bytes, noted anew until it is closed. Apart from the parts, because
-- those are written anew when an interrupted delivery is verified again.
CREATE TABLE inputs (
    delivery TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    dataset  TEXT NOT NULL,
    inputs   TEXT NOT NULL,
    PRIMARY KEY (delivery, dataset)
);

-- Plaintexts handed out, or about to be.
CREATE TABLE published (
    delivery  TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    position  BIGINT NOT NULL,
    reader    TEXT   NOT NULL,
    folder    TEXT   NOT NULL,
    file      TEXT   NOT NULL,
    plaintext TEXT   NOT NULL,
    PRIMARY KEY (delivery, position)
);

-- Which answered delivery wrote which difference state, in order.
CREATE TABLE difference_states (
    reconciliation TEXT   NOT NULL,
    number         BIGINT NOT NULL,
    delivery       TEXT   NOT NULL REFERENCES deliveries (id),
    PRIMARY KEY (reconciliation, number)
);

-- What lies incomplete in the inboxes.
CREATE TABLE waiting (
    party       TEXT   NOT NULL,
    place       TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    since       TEXT   NOT NULL,
    told        BIGINT NOT NULL CHECK (told IN (0, 1)),
    PRIMARY KEY (party, place)
);

-- The story of every delivery. No reference: it outlives a delivery that was withdrawn.
CREATE TABLE events (
    delivery TEXT   NOT NULL,
    number   BIGINT NOT NULL,
    at       TEXT   NOT NULL,
    stage    TEXT   NOT NULL,
    outcome  TEXT   NOT NULL,
    code     TEXT,
    detail   TEXT,
    PRIMARY KEY (delivery, number)
);

CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never removed');
END;
