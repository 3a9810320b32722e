-- What was asked to become of a delivery that is live. At most one is under way at a time.
CREATE TABLE live_changes (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id BLOB NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    revision_id BLOB,
    requested_by BLOB,
    part_id BLOB,
    machine TEXT,
    code TEXT,
    code_args TEXT,
    words TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX live_changes_under_way ON live_changes (delivery_id) WHERE state = 'waiting';
CREATE INDEX live_changes_by_delivery ON live_changes (delivery_id, created_at);

-- What is live of a delivery and its parts, where that is not what was published.
ALTER TABLE deliveries ADD COLUMN live_revision_id BLOB;
ALTER TABLE deliveries ADD COLUMN edited_at INTEGER;
ALTER TABLE deliveries ADD COLUMN deleted_at INTEGER;
ALTER TABLE parts ADD COLUMN live_revision_id BLOB;
ALTER TABLE parts ADD COLUMN edited_at INTEGER;
ALTER TABLE parts ADD COLUMN deleted_at INTEGER;

-- The change that is at work on a lane, and until when nobody else may be.
ALTER TABLE lanes ADD COLUMN changing BLOB;
ALTER TABLE lanes ADD COLUMN changing_until INTEGER;
