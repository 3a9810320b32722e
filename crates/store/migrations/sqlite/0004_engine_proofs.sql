-- The same bytes are not sent again by themselves: only asking can tell what came of them.
ALTER TABLE steps ADD COLUMN ask_only INTEGER NOT NULL DEFAULT 0;
-- A call that was repeated was not known to be over.
ALTER TABLE steps ADD COLUMN earlier_open INTEGER NOT NULL DEFAULT 0;

-- What refers to a part or step is found when that is forgotten.
CREATE INDEX attempts_by_part ON attempts (part_id);
CREATE INDEX attempts_by_step ON attempts (step_id);
-- What was said is purged by age.
CREATE INDEX attempts_kept ON attempts (ended_at) WHERE exchanges IS NOT NULL;
-- A boot is remembered while a call of it is open.
CREATE INDEX steps_open ON steps (sender_boot) WHERE result IS NULL;
-- What waits for a person is listed and counted.
CREATE INDEX deliveries_asking ON deliveries (workspace_id, scheduled_at, id) WHERE state IN ('held', 'unconfirmed');
