-- Instants are microseconds since 1970 UTC. Texts of kind `json` hold JSON.
-- The SQLite twin of this file has the same tables, columns and nullability.

CREATE TABLE instance (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    instance_id UUID NOT NULL,
    canary BYTEA NOT NULL,
    key_version BIGINT NOT NULL,
    tzdb_version TEXT NOT NULL,
    setup_token_hash BYTEA,
    paused_at BIGINT,
    paused_why TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE nodes (
    boot_id UUID PRIMARY KEY,
    node_id UUID NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX nodes_by_node ON nodes (node_id, started_at);

CREATE TABLE users (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    operator BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE one_time_links (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE login_throttles (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    blocked_until BIGINT
);

CREATE TABLE workspaces (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    approval_policy TEXT NOT NULL,
    missed_window_s BIGINT NOT NULL,
    paused_at BIGINT,
    event_seq BIGINT NOT NULL,
    data_key_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE data_keys (
    id UUID PRIMARY KEY,
    owner_kind TEXT NOT NULL,
    owner_id UUID NOT NULL,
    wrapped BYTEA,
    key_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    destroyed_at BIGINT
);

CREATE TABLE memberships (
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE invitations (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    invited_by UUID NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX invitations_by_workspace ON invitations (workspace_id);

CREATE TABLE api_keys (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id);

CREATE TABLE platform_apps (
    id UUID PRIMARY KEY,
    workspace_id UUID REFERENCES workspaces (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    host TEXT NOT NULL,
    client_id TEXT NOT NULL,
    secret_sealed BYTEA NOT NULL,
    data_key_id UUID NOT NULL,
    broken_at BIGINT,
    broken_code TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE oauth_states (
    id UUID PRIMARY KEY,
    state_hash BYTEA NOT NULL UNIQUE,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    session_id UUID,
    platform_app_id UUID NOT NULL,
    host TEXT NOT NULL,
    verifier_sealed BYTEA NOT NULL,
    redirect_uri TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    result TEXT
);

CREATE TABLE grants (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    platform_app_id UUID,
    host TEXT NOT NULL,
    person_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    credentials_sealed BYTEA NOT NULL,
    data_key_id UUID NOT NULL,
    state TEXT NOT NULL,
    expires_at BIGINT,
    refresh_at BIGINT,
    refresh_boot UUID,
    refresh_until BIGINT,
    version BIGINT NOT NULL,
    reauth_since BIGINT,
    created_by UUID NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX grants_by_workspace ON grants (workspace_id);
CREATE INDEX grants_by_person ON grants (platform, person_id);
CREATE INDEX grants_to_refresh ON grants (refresh_at) WHERE refresh_at IS NOT NULL;

CREATE TABLE lanes (
    id UUID PRIMARY KEY,
    platform TEXT NOT NULL,
    remote_account_id TEXT NOT NULL,
    busy_delivery UUID,
    ready_at BIGINT NOT NULL,
    published_at BIGINT,
    min_gap_us BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (platform, remote_account_id)
);
CREATE INDEX lanes_busy ON lanes (id) WHERE busy_delivery IS NOT NULL;

CREATE TABLE channels (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    grant_id UUID REFERENCES grants (id) ON DELETE SET NULL,
    lane_id UUID NOT NULL REFERENCES lanes (id),
    platform TEXT NOT NULL,
    host TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    picture TEXT,
    url TEXT,
    facts TEXT NOT NULL,
    state TEXT NOT NULL,
    last_ok_at BIGINT,
    last_code TEXT,
    last_code_at BIGINT,
    disconnected_at BIGINT,
    purged_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, platform, remote_id)
);
CREATE INDEX channels_by_grant ON channels (grant_id);

CREATE TABLE labels (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    colour TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE media (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    mime TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 BYTEA,
    alt TEXT NOT NULL,
    state TEXT NOT NULL,
    created_by UUID NOT NULL,
    created_at BIGINT NOT NULL,
    purged_at BIGINT
);
CREATE INDEX media_by_hash ON media (workspace_id, sha256);

CREATE TABLE posts (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    author_id UUID,
    revision_id UUID NOT NULL,
    version BIGINT NOT NULL,
    draft BOOLEAN NOT NULL,
    scheduled_at BIGINT,
    local_time TEXT,
    zone TEXT,
    missed_window_s BIGINT,
    source TEXT,
    external_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, source, external_id)
);
CREATE INDEX posts_by_time ON posts (workspace_id, scheduled_at, id);
CREATE INDEX posts_by_creation ON posts (workspace_id, created_at, id);

CREATE TABLE post_labels (
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    label_id UUID NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
    PRIMARY KEY (post_id, label_id)
);

CREATE TABLE revisions (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    content TEXT,
    approval TEXT NOT NULL,
    created_by UUID,
    created_at BIGINT NOT NULL,
    UNIQUE (post_id, number)
);

CREATE TABLE variants (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    revision_id UUID NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    content TEXT,
    UNIQUE (revision_id, channel_id)
);

CREATE TABLE approvals (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    revision_id UUID NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    decided_by UUID,
    decision TEXT NOT NULL,
    note TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX approvals_by_revision ON approvals (revision_id);

CREATE TABLE deliveries (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    channel_id UUID NOT NULL REFERENCES channels (id),
    lane_id UUID NOT NULL REFERENCES lanes (id),
    occurrence TEXT NOT NULL,
    revision_id UUID,
    authorised_by UUID,
    state TEXT NOT NULL,
    hold_reason TEXT,
    scheduled_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    missed_window_s BIGINT NOT NULL,
    lease_epoch BIGINT NOT NULL,
    lease_boot UUID,
    lease_until BIGINT,
    failures BIGINT NOT NULL,
    rescues BIGINT NOT NULL,
    stop_requested BOOLEAN NOT NULL,
    incomplete BOOLEAN NOT NULL,
    code TEXT,
    code_args TEXT,
    words TEXT,
    evidence TEXT,
    published_at BIGINT,
    settled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (post_id, channel_id, occurrence)
);
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state IN ('scheduled', 'waiting');
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE state = 'running';
CREATE INDEX deliveries_by_time ON deliveries (workspace_id, scheduled_at, id);
CREATE INDEX deliveries_by_channel ON deliveries (channel_id, state);
CREATE INDEX deliveries_by_lane ON deliveries (lane_id, state);

CREATE TABLE parts (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id UUID NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    lane_id UUID NOT NULL REFERENCES lanes (id),
    position BIGINT NOT NULL,
    state TEXT NOT NULL,
    machine TEXT,
    remote_id TEXT,
    url TEXT,
    extra TEXT,
    published_at BIGINT,
    UNIQUE (delivery_id, position),
    UNIQUE (lane_id, remote_id)
);

CREATE TABLE steps (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id UUID NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    part_id UUID NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    effect TEXT NOT NULL,
    honour_key TEXT,
    honoured_us BIGINT,
    sends BYTEA,
    timeout_us BIGINT NOT NULL,
    first_intent_at BIGINT,
    intent_at BIGINT,
    sender_boot UUID,
    call_ended_at BIGINT,
    result_at BIGINT,
    result TEXT,
    UNIQUE (part_id, seq)
);
CREATE INDEX steps_by_delivery ON steps (delivery_id);

CREATE TABLE attempts (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id UUID NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    part_id UUID REFERENCES parts (id) ON DELETE CASCADE,
    step_id UUID REFERENCES steps (id) ON DELETE CASCADE,
    boot_id UUID NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    platform_code TEXT,
    status BIGINT,
    words TEXT,
    exchanges TEXT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
);
CREATE INDEX attempts_by_delivery ON attempts (delivery_id, started_at);

CREATE TABLE budgets (
    id UUID PRIMARY KEY,
    scope_kind TEXT NOT NULL,
    scope_id UUID NOT NULL,
    name TEXT NOT NULL,
    limit_units BIGINT,
    used_units BIGINT NOT NULL,
    reserved_units BIGINT NOT NULL,
    window_us BIGINT,
    window_start BIGINT NOT NULL,
    blocked_until BIGINT,
    updated_at BIGINT NOT NULL,
    UNIQUE (scope_kind, scope_id, name)
);

CREATE TABLE reservations (
    step_id UUID NOT NULL REFERENCES steps (id) ON DELETE CASCADE,
    budget_id UUID NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    units BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (step_id, budget_id)
);

CREATE TABLE jobs (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    workspace_id UUID REFERENCES workspaces (id) ON DELETE CASCADE,
    payload TEXT NOT NULL,
    once_key TEXT UNIQUE,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_epoch BIGINT NOT NULL,
    lease_boot UUID,
    lease_until BIGINT,
    failures BIGINT NOT NULL,
    detail TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE state = 'ready';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';

CREATE TABLE notifications (
    id UUID PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    args TEXT NOT NULL,
    post_id UUID,
    delivery_id UUID,
    channel_id UUID,
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX notifications_by_user ON notifications (user_id, created_at);

CREATE TABLE events (
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    ids TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX events_by_age ON events (created_at);

CREATE TABLE audit_log (
    id UUID PRIMARY KEY,
    workspace_id UUID REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id UUID,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX audit_by_workspace ON audit_log (workspace_id, created_at);
CREATE INDEX audit_by_age ON audit_log (created_at);

CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT,
    answer TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
);
CREATE INDEX idempotency_by_age ON idempotency_keys (created_at);

CREATE TABLE entitlements (
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    meter TEXT NOT NULL,
    source TEXT NOT NULL,
    limit_value BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, meter, source)
);

CREATE TABLE counters (
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    meter TEXT NOT NULL,
    period TEXT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, meter, period)
);

CREATE TABLE settings (
    scope_id UUID NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope_id, name)
);

CREATE TABLE tombstones (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    deleted_at BIGINT NOT NULL
);
