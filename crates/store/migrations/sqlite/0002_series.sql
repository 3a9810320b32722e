-- Series: rules that make posts. `materialised_until` and occurrences are local
-- times, so that they name the same occurrence whatever the zone database says.

CREATE TABLE series (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    author_id BLOB,
    content TEXT,
    rule TEXT NOT NULL,
    start_local TEXT NOT NULL,
    zone TEXT NOT NULL,
    missed_window_s INTEGER,
    labels TEXT NOT NULL,
    version INTEGER NOT NULL,
    materialised_until TEXT,
    ended_at INTEGER,
    blocked_code TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX series_by_creation ON series (workspace_id, created_at, id);
CREATE INDEX series_going_on ON series (id) WHERE ended_at IS NULL;

CREATE TABLE series_skips (
    series_id BLOB NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    occurrence TEXT NOT NULL,
    PRIMARY KEY (series_id, occurrence)
) STRICT;

ALTER TABLE posts ADD COLUMN series_id BLOB REFERENCES series (id) ON DELETE SET NULL;
ALTER TABLE posts ADD COLUMN occurrence TEXT;
ALTER TABLE posts ADD COLUMN detached INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX posts_by_occurrence ON posts (series_id, occurrence);
