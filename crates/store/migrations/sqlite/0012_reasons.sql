-- What monitors count every few seconds: how many wait, are held or ask, and why. What is scheduled, runs or is
-- settled, which is nearly everything, has no entry here.
CREATE INDEX deliveries_by_reason ON deliveries (state, hold_reason, code) WHERE state IN ('waiting', 'held', 'unconfirmed');
