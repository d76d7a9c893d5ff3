-- Schema 3: places in inboxes are kept without names that could be a person's. What lies there is noted anew.
DELETE FROM waiting;
