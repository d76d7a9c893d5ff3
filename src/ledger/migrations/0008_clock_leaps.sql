-- Schema 8: the newest instant before the clock leapt ahead, until an operator says that it is right.
ALTER TABLE clock ADD COLUMN leapt TEXT;
