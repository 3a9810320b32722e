-- Series: rules that make posts. `materialised_until` and occurrences are local
-- times, so that they name the same occurrence whatever the zone database says.

CREATE TABLE series (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    author_id UUID,
    content TEXT,
    rule TEXT NOT NULL,
    start_local TEXT NOT NULL,
    zone TEXT NOT NULL,
    missed_window_s BIGINT,
    labels TEXT NOT NULL,
    version BIGINT NOT NULL,
    materialised_until TEXT,
    ended_at BIGINT,
    blocked_code TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX series_by_creation ON series (workspace_id, created_at, id);
CREATE INDEX series_going_on ON series (id) WHERE ended_at IS NULL;

CREATE TABLE series_skips (
    series_id UUID NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    occurrence TEXT NOT NULL,
    PRIMARY KEY (series_id, occurrence)
);

ALTER TABLE posts ADD COLUMN series_id UUID REFERENCES series (id) ON DELETE SET NULL;
ALTER TABLE posts ADD COLUMN occurrence TEXT;
ALTER TABLE posts ADD COLUMN detached BOOLEAN NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX posts_by_occurrence ON posts (series_id, occurrence);
