-- Where a file's bytes are, what was found out about them, and how far an upload is.
ALTER TABLE media ADD COLUMN declared TEXT NOT NULL DEFAULT '';
ALTER TABLE media ADD COLUMN focus TEXT;
ALTER TABLE media ADD COLUMN facts TEXT;
ALTER TABLE media ADD COLUMN notes TEXT;
ALTER TABLE media ADD COLUMN code TEXT;
ALTER TABLE media ADD COLUMN code_args TEXT;
ALTER TABLE media ADD COLUMN source_url TEXT;
ALTER TABLE media ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE media ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE media ADD COLUMN object_key TEXT;
ALTER TABLE media ADD COLUMN work_key TEXT;
ALTER TABLE media ADD COLUMN thumb_key TEXT;
ALTER TABLE media ADD COLUMN upload TEXT;
ALTER TABLE media ADD COLUMN upload_meta TEXT;
ALTER TABLE media ADD COLUMN lease BLOB;
ALTER TABLE media ADD COLUMN lease_until INTEGER;
ALTER TABLE media ADD COLUMN expires_at INTEGER;
CREATE INDEX media_by_creation ON media (workspace_id, created_at, id);
CREATE INDEX media_by_object ON media (workspace_id, object_key);
CREATE INDEX media_uploading ON media (expires_at) WHERE state = 'uploading';

-- A file as one platform wants it. The recipe's key names its limits and the renderer.
CREATE TABLE renditions (
    media_id BLOB NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    recipe_key TEXT NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    recipe TEXT NOT NULL,
    state TEXT NOT NULL,
    object_key TEXT,
    sha256 BLOB,
    mime TEXT,
    bytes INTEGER,
    width INTEGER,
    height INTEGER,
    duration_ms INTEGER,
    notes TEXT,
    code TEXT,
    code_args TEXT,
    progress INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (media_id, recipe_key)
) STRICT;

-- Which posts use a file in their present content.
CREATE TABLE media_usage (
    media_id BLOB NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    post_id BLOB NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    PRIMARY KEY (media_id, post_id)
) STRICT;
CREATE INDEX media_usage_by_post ON media_usage (post_id);

-- The files a part is sent with, as they were when it began: limits that change later change nothing of it.
ALTER TABLE parts ADD COLUMN media TEXT;
