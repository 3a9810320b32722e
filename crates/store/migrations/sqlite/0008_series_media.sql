-- Which series use a file: it is needed again at the next occurrence, however long ago the last one was.
CREATE TABLE series_media (
    media_id BLOB NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    series_id BLOB NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    PRIMARY KEY (media_id, series_id)
) STRICT;
CREATE INDEX series_media_by_series ON series_media (series_id);
