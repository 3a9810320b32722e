-- When an account's server was last asked what it allows.
ALTER TABLE channels ADD COLUMN surveyed_at BIGINT;
CREATE INDEX channels_by_survey ON channels (surveyed_at) WHERE state <> 'disconnected';
