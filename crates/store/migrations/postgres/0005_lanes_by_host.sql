-- A lane is that of an account at a server: what one server says about an id must not
-- block the account with that id at another. Channels that shared a lane across servers
-- get one each; the channel that was first keeps the old one.
-- The SQLite twin of this file has the same tables, columns and nullability.

ALTER TABLE lanes ADD COLUMN host TEXT;
UPDATE lanes SET host = COALESCE((SELECT c.host FROM channels c WHERE c.lane_id = lanes.id
    AND c.purged_at IS NULL ORDER BY c.created_at, c.id LIMIT 1), '');
ALTER TABLE lanes ALTER COLUMN host SET NOT NULL;
ALTER TABLE lanes DROP CONSTRAINT lanes_platform_remote_account_id_key;
ALTER TABLE lanes ADD CONSTRAINT lanes_platform_host_remote_account_id_key UNIQUE (platform, host, remote_account_id);

INSERT INTO lanes (id, platform, host, remote_account_id, ready_at, min_gap_us, created_at)
SELECT gen_random_uuid(), l.platform, c.host, l.remote_account_id, 0, max(l.min_gap_us), min(c.created_at)
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
