-- Schema 10: what each run of a reconciliation came to, in counts, for the trend that its later summaries show.
-- Portable as schema 1.

CREATE TABLE run_figures (
    delivery       TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    reconciliation TEXT NOT NULL,
    -- Who may know these figures; the other party may know others.
    reader         TEXT NOT NULL,
    figures        TEXT NOT NULL,
    PRIMARY KEY (delivery, reconciliation, reader)
);
