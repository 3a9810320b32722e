-- Platform apps know their server and, where they registered themselves, the address they registered.
ALTER TABLE platform_apps ADD COLUMN server TEXT;
ALTER TABLE platform_apps ADD COLUMN redirect_uri TEXT;

-- Nothing in it lives longer than a quarter of an hour, so it is made anew.
DROP TABLE oauth_states;
CREATE TABLE oauth_states (
    id UUID PRIMARY KEY,
    state_hash BYTEA NOT NULL UNIQUE,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    session_id UUID,
    link_id UUID,
    browser_hash BYTEA,
    platform TEXT NOT NULL,
    platform_app_id UUID NOT NULL,
    host TEXT NOT NULL,
    verifier_sealed BYTEA NOT NULL,
    redirect_uri TEXT NOT NULL,
    return_to TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    code_hash BYTEA,
    page_hash BYTEA,
    pending_sealed BYTEA,
    result TEXT
);
CREATE INDEX oauth_states_by_end ON oauth_states (expires_at);

CREATE TABLE connect_links (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    created_by UUID NOT NULL,
    platform TEXT NOT NULL,
    fields TEXT NOT NULL,
    note TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX connect_links_by_workspace ON connect_links (workspace_id, created_at);
