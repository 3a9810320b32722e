-- How often in a row the process ended while it worked on a job: what ends it each time is not tried for ever.
ALTER TABLE jobs ADD COLUMN deaths BIGINT NOT NULL DEFAULT 0;
