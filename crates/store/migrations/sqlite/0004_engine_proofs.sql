-- The same bytes are not sent again by themselves: only asking can tell what came of them.
ALTER TABLE steps ADD COLUMN ask_only INTEGER NOT NULL DEFAULT 0;
-- A call that was repeated was not known to be over.
ALTER TABLE steps ADD COLUMN earlier_open INTEGER NOT NULL DEFAULT 0;
