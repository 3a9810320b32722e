-- A lane is that of an account at a server: what one server says about an id must not
-- block the account with that id at another. Channels that shared a lane across servers
-- get one each; the channel that was first keeps the old one.
-- The PostgreSQL twin of this file has the same tables, columns and nullability.

-- A table's UNIQUE can only be changed by making the table again. What refers to it is
-- checked at the end of the migration.
PRAGMA defer_foreign_keys = ON;

CREATE TABLE lanes_before AS SELECT * FROM lanes;
DROP TABLE lanes;
CREATE TABLE lanes (
    id BLOB PRIMARY KEY,
    platform TEXT NOT NULL,
    host TEXT NOT NULL,
    remote_account_id TEXT NOT NULL,
    busy_delivery BLOB,
    ready_at INTEGER NOT NULL,
    published_at INTEGER,
    min_gap_us INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (platform, host, remote_account_id)
) STRICT;
CREATE INDEX lanes_busy ON lanes (id) WHERE busy_delivery IS NOT NULL;
INSERT INTO lanes (id, platform, host, remote_account_id, busy_delivery, ready_at, published_at, min_gap_us, created_at)
SELECT id, platform, COALESCE((SELECT c.host FROM channels c WHERE c.lane_id = lanes_before.id
    AND c.purged_at IS NULL ORDER BY c.created_at, c.id LIMIT 1), ''),
    remote_account_id, busy_delivery, ready_at, published_at, min_gap_us, created_at FROM lanes_before;
DROP TABLE lanes_before;

INSERT INTO lanes (id, platform, host, remote_account_id, ready_at, min_gap_us, created_at)
SELECT randomblob(16), l.platform, c.host, l.remote_account_id, 0, max(l.min_gap_us), min(c.created_at)
FROM channels c JOIN lanes l ON l.id = c.lane_id WHERE c.host <> l.host AND c.purged_at IS NULL
GROUP BY l.platform, c.host, l.remote_account_id;

UPDATE channels SET lane_id = (SELECT own.id FROM lanes l JOIN lanes own ON own.platform = l.platform
    AND own.remote_account_id = l.remote_account_id AND own.host = channels.host WHERE l.id = channels.lane_id)
WHERE purged_at IS NULL AND host <> (SELECT l.host FROM lanes l WHERE l.id = channels.lane_id);

-- What is being sent frees the lane it was claimed on, so it stays there.
UPDATE deliveries SET lane_id = (SELECT c.lane_id FROM channels c WHERE c.id = deliveries.channel_id)
WHERE state <> 'running' AND lane_id <> (SELECT c.lane_id FROM channels c WHERE c.id = deliveries.channel_id);
UPDATE parts SET lane_id = (SELECT d.lane_id FROM deliveries d WHERE d.id = parts.delivery_id)
WHERE lane_id <> (SELECT d.lane_id FROM deliveries d WHERE d.id = parts.delivery_id);
