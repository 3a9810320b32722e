-- When the person consented: a withdrawal that was written before that means an earlier consent.
ALTER TABLE grants ADD COLUMN consented_at BIGINT NOT NULL DEFAULT 0;
UPDATE grants SET consented_at = created_at;
-- How often its owner was warned that it ends: each warning is given once.
ALTER TABLE grants ADD COLUMN warnings BIGINT NOT NULL DEFAULT 0;

-- Whose consent a channel was used with, once that is destroyed: a request for deletion that comes after the
-- withdrawal must still find what is left. A hash, and only as long as the rest of the identity.
ALTER TABLE channels ADD COLUMN consent_hash BYTEA;
CREATE INDEX channels_by_consent ON channels (consent_hash) WHERE consent_hash IS NOT NULL;

-- What platforms told us of people: each message works once, and a deletion has a page that says what became of it.
CREATE TABLE withdrawals (
    id UUID PRIMARY KEY,
    platform TEXT NOT NULL,
    wish TEXT NOT NULL,
    request_hash BYTEA NOT NULL UNIQUE,
    code_hash BYTEA UNIQUE,
    grants BIGINT NOT NULL,
    channels BIGINT NOT NULL,
    gone_at BIGINT,
    received_at BIGINT NOT NULL
);
CREATE INDEX withdrawals_by_age ON withdrawals (received_at);

CREATE TABLE withdrawal_channels (
    withdrawal_id UUID NOT NULL REFERENCES withdrawals (id) ON DELETE CASCADE,
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    PRIMARY KEY (withdrawal_id, channel_id)
);
CREATE INDEX withdrawal_channels_by_channel ON withdrawal_channels (channel_id);
