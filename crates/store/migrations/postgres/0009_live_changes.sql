-- What was asked to become of a delivery that is live. At most one is under way at a time.
CREATE TABLE live_changes (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id UUID NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    revision_id UUID,
    requested_by UUID,
    part_id UUID,
    machine TEXT,
    code TEXT,
    code_args TEXT,
    words TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX live_changes_under_way ON live_changes (delivery_id) WHERE state = 'waiting';
CREATE INDEX live_changes_by_delivery ON live_changes (delivery_id, created_at);

-- What is live of a delivery and its parts, where that is not what was published.
ALTER TABLE deliveries ADD COLUMN live_revision_id UUID;
ALTER TABLE deliveries ADD COLUMN edited_at BIGINT;
ALTER TABLE deliveries ADD COLUMN deleted_at BIGINT;
ALTER TABLE parts ADD COLUMN live_revision_id UUID;
ALTER TABLE parts ADD COLUMN edited_at BIGINT;
ALTER TABLE parts ADD COLUMN deleted_at BIGINT;

-- The change that is at work on a lane, and until when nobody else may be.
ALTER TABLE lanes ADD COLUMN changing UUID;
ALTER TABLE lanes ADD COLUMN changing_until BIGINT;
