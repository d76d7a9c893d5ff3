-- Schema 7: what a party was told of a key, so that it is told once.
-- Portable as schema 1.

CREATE TABLE key_notices (
    party TEXT NOT NULL,
    -- Fingerprint.
    key   TEXT NOT NULL,
    -- That it follows another one (`rotation signing`), or that it ends (`ends 2027-12-31T00:00:00Z 30`).
    told  TEXT NOT NULL,
    at    TEXT NOT NULL,
    PRIMARY KEY (party, key, told)
);
