-- Which series use a file: it is needed again at the next occurrence, however long ago the last one was.
CREATE TABLE series_media (
    media_id UUID NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    series_id UUID NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    PRIMARY KEY (media_id, series_id)
);
CREATE INDEX series_media_by_series ON series_media (series_id);
