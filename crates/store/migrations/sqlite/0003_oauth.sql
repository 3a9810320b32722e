-- Platform apps know their server and, where they registered themselves, the address they registered.
ALTER TABLE platform_apps ADD COLUMN server TEXT;
ALTER TABLE platform_apps ADD COLUMN redirect_uri TEXT;

-- Nothing in it lives longer than a quarter of an hour, so it is made anew.
DROP TABLE oauth_states;
CREATE TABLE oauth_states (
    id BLOB PRIMARY KEY,
    state_hash BLOB NOT NULL UNIQUE,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL,
    session_id BLOB,
    link_id BLOB,
    browser_hash BLOB,
    platform TEXT NOT NULL,
    platform_app_id BLOB NOT NULL,
    host TEXT NOT NULL,
    verifier_sealed BLOB NOT NULL,
    redirect_uri TEXT NOT NULL,
    return_to TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    code_hash BLOB,
    page_hash BLOB,
    pending_sealed BLOB,
    result TEXT
) STRICT;
CREATE INDEX oauth_states_by_end ON oauth_states (expires_at);

CREATE TABLE connect_links (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    created_by BLOB NOT NULL,
    platform TEXT NOT NULL,
    fields TEXT NOT NULL,
    note TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX connect_links_by_workspace ON connect_links (workspace_id, created_at);
