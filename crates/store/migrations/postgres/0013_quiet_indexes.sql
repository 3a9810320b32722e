-- Every claim and every result moved the delivery's entries in these two to another place, in pages that the log then
-- had to hold: a claim became dearer the more was scheduled on its channel. What an account or a channel has is asked
-- for when a person acts on it, and may read past what is settled.
DROP INDEX deliveries_by_channel;
DROP INDEX deliveries_by_lane;
CREATE INDEX deliveries_by_channel ON deliveries (channel_id);
CREATE INDEX deliveries_by_lane ON deliveries (lane_id);
