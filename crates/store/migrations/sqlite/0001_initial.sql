-- Instants are microseconds since 1970 UTC. Texts of kind `json` hold JSON.
-- The PostgreSQL twin of this file has the same tables, columns and nullability.

CREATE TABLE instance (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    instance_id BLOB NOT NULL,
    canary BLOB NOT NULL,
    key_version INTEGER NOT NULL,
    tzdb_version TEXT NOT NULL,
    setup_token_hash BLOB,
    paused_at INTEGER,
    paused_why TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE nodes (
    boot_id BLOB PRIMARY KEY,
    node_id BLOB NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;
CREATE INDEX nodes_by_node ON nodes (node_id, started_at);

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    operator INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE one_time_links (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE login_throttles (
    subject TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    blocked_until INTEGER
) STRICT;

CREATE TABLE workspaces (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    approval_policy TEXT NOT NULL,
    missed_window_s INTEGER NOT NULL,
    paused_at INTEGER,
    event_seq INTEGER NOT NULL,
    data_key_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE data_keys (
    id BLOB PRIMARY KEY,
    owner_kind TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    wrapped BLOB,
    key_version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    destroyed_at INTEGER
) STRICT;

CREATE TABLE memberships (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT;
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE invitations (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    invited_by BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    accepted_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX invitations_by_workspace ON invitations (workspace_id);

CREATE TABLE api_keys (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id);

CREATE TABLE platform_apps (
    id BLOB PRIMARY KEY,
    workspace_id BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    host TEXT NOT NULL,
    client_id TEXT NOT NULL,
    secret_sealed BLOB NOT NULL,
    data_key_id BLOB NOT NULL,
    broken_at INTEGER,
    broken_code TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE oauth_states (
    id BLOB PRIMARY KEY,
    state_hash BLOB NOT NULL UNIQUE,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL,
    session_id BLOB,
    platform_app_id BLOB NOT NULL,
    host TEXT NOT NULL,
    verifier_sealed BLOB NOT NULL,
    redirect_uri TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    result TEXT
) STRICT;

CREATE TABLE grants (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    platform_app_id BLOB,
    host TEXT NOT NULL,
    person_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    credentials_sealed BLOB NOT NULL,
    data_key_id BLOB NOT NULL,
    state TEXT NOT NULL,
    expires_at INTEGER,
    refresh_at INTEGER,
    refresh_boot BLOB,
    refresh_until INTEGER,
    version INTEGER NOT NULL,
    reauth_since INTEGER,
    created_by BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_by_workspace ON grants (workspace_id);
CREATE INDEX grants_by_person ON grants (platform, person_id);
CREATE INDEX grants_to_refresh ON grants (refresh_at) WHERE refresh_at IS NOT NULL;

CREATE TABLE lanes (
    id BLOB PRIMARY KEY,
    platform TEXT NOT NULL,
    remote_account_id TEXT NOT NULL,
    busy_delivery BLOB,
    ready_at INTEGER NOT NULL,
    published_at INTEGER,
    min_gap_us INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (platform, remote_account_id)
) STRICT;
CREATE INDEX lanes_busy ON lanes (id) WHERE busy_delivery IS NOT NULL;

CREATE TABLE channels (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    grant_id BLOB REFERENCES grants (id) ON DELETE SET NULL,
    lane_id BLOB NOT NULL REFERENCES lanes (id),
    platform TEXT NOT NULL,
    host TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    picture TEXT,
    url TEXT,
    facts TEXT NOT NULL,
    state TEXT NOT NULL,
    last_ok_at INTEGER,
    last_code TEXT,
    last_code_at INTEGER,
    disconnected_at INTEGER,
    purged_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (workspace_id, platform, remote_id)
) STRICT;
CREATE INDEX channels_by_grant ON channels (grant_id);

CREATE TABLE labels (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    colour TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

CREATE TABLE media (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    mime TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB,
    alt TEXT NOT NULL,
    state TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    purged_at INTEGER
) STRICT;
CREATE INDEX media_by_hash ON media (workspace_id, sha256);

CREATE TABLE posts (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    author_id BLOB,
    revision_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    draft INTEGER NOT NULL,
    scheduled_at INTEGER,
    local_time TEXT,
    zone TEXT,
    missed_window_s INTEGER,
    source TEXT,
    external_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (workspace_id, source, external_id)
) STRICT;
CREATE INDEX posts_by_time ON posts (workspace_id, scheduled_at, id);
CREATE INDEX posts_by_creation ON posts (workspace_id, created_at, id);

CREATE TABLE post_labels (
    post_id BLOB NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    label_id BLOB NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
    PRIMARY KEY (post_id, label_id)
) STRICT;

CREATE TABLE revisions (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    post_id BLOB NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    content TEXT,
    approval TEXT NOT NULL,
    created_by BLOB,
    created_at INTEGER NOT NULL,
    UNIQUE (post_id, number)
) STRICT;

CREATE TABLE variants (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    revision_id BLOB NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    channel_id BLOB NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    content TEXT,
    UNIQUE (revision_id, channel_id)
) STRICT;

CREATE TABLE approvals (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    revision_id BLOB NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    decided_by BLOB,
    decision TEXT NOT NULL,
    note TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX approvals_by_revision ON approvals (revision_id);

CREATE TABLE deliveries (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    post_id BLOB NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    channel_id BLOB NOT NULL REFERENCES channels (id),
    lane_id BLOB NOT NULL REFERENCES lanes (id),
    occurrence TEXT NOT NULL,
    revision_id BLOB,
    authorised_by BLOB,
    state TEXT NOT NULL,
    hold_reason TEXT,
    scheduled_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    missed_window_s INTEGER NOT NULL,
    lease_epoch INTEGER NOT NULL,
    lease_boot BLOB,
    lease_until INTEGER,
    failures INTEGER NOT NULL,
    rescues INTEGER NOT NULL,
    stop_requested INTEGER NOT NULL,
    incomplete INTEGER NOT NULL,
    code TEXT,
    code_args TEXT,
    words TEXT,
    evidence TEXT,
    published_at INTEGER,
    settled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (post_id, channel_id, occurrence)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state IN ('scheduled', 'waiting');
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE state = 'running';
CREATE INDEX deliveries_by_time ON deliveries (workspace_id, scheduled_at, id);
CREATE INDEX deliveries_by_channel ON deliveries (channel_id, state);
CREATE INDEX deliveries_by_lane ON deliveries (lane_id, state);

CREATE TABLE parts (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id BLOB NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    lane_id BLOB NOT NULL REFERENCES lanes (id),
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    machine TEXT,
    remote_id TEXT,
    url TEXT,
    extra TEXT,
    published_at INTEGER,
    UNIQUE (delivery_id, position),
    UNIQUE (lane_id, remote_id)
) STRICT;

CREATE TABLE steps (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id BLOB NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    part_id BLOB NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    effect TEXT NOT NULL,
    honour_key TEXT,
    honoured_us INTEGER,
    sends BLOB,
    timeout_us INTEGER NOT NULL,
    first_intent_at INTEGER,
    intent_at INTEGER,
    sender_boot BLOB,
    call_ended_at INTEGER,
    result_at INTEGER,
    result TEXT,
    UNIQUE (part_id, seq)
) STRICT;
CREATE INDEX steps_by_delivery ON steps (delivery_id);

CREATE TABLE attempts (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    delivery_id BLOB NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    part_id BLOB REFERENCES parts (id) ON DELETE CASCADE,
    step_id BLOB REFERENCES steps (id) ON DELETE CASCADE,
    boot_id BLOB NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    platform_code TEXT,
    status INTEGER,
    words TEXT,
    exchanges TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery_id, started_at);

CREATE TABLE budgets (
    id BLOB PRIMARY KEY,
    scope_kind TEXT NOT NULL,
    scope_id BLOB NOT NULL,
    name TEXT NOT NULL,
    limit_units INTEGER,
    used_units INTEGER NOT NULL,
    reserved_units INTEGER NOT NULL,
    window_us INTEGER,
    window_start INTEGER NOT NULL,
    blocked_until INTEGER,
    updated_at INTEGER NOT NULL,
    UNIQUE (scope_kind, scope_id, name)
) STRICT;

CREATE TABLE reservations (
    step_id BLOB NOT NULL REFERENCES steps (id) ON DELETE CASCADE,
    budget_id BLOB NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    units INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    PRIMARY KEY (step_id, budget_id)
) STRICT;

CREATE TABLE jobs (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    workspace_id BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    payload TEXT NOT NULL,
    once_key TEXT UNIQUE,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    lease_epoch INTEGER NOT NULL,
    lease_boot BLOB,
    lease_until INTEGER,
    failures INTEGER NOT NULL,
    detail TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE state = 'ready';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';

CREATE TABLE notifications (
    id BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    args TEXT NOT NULL,
    post_id BLOB,
    delivery_id BLOB,
    channel_id BLOB,
    created_at INTEGER NOT NULL,
    read_at INTEGER
) STRICT;
CREATE INDEX notifications_by_user ON notifications (user_id, created_at);

CREATE TABLE events (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    ids TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, seq)
) STRICT;
CREATE INDEX events_by_age ON events (created_at);

CREATE TABLE audit_log (
    id BLOB PRIMARY KEY,
    workspace_id BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id BLOB,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_by_workspace ON audit_log (workspace_id, created_at);
CREATE INDEX audit_by_age ON audit_log (created_at);

CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER,
    answer TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency_keys (created_at);

CREATE TABLE entitlements (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    meter TEXT NOT NULL,
    source TEXT NOT NULL,
    limit_value INTEGER,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, meter, source)
) STRICT;

CREATE TABLE counters (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    meter TEXT NOT NULL,
    period TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, meter, period)
) STRICT;

CREATE TABLE settings (
    scope_id BLOB NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (scope_id, name)
) STRICT;

CREATE TABLE tombstones (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    deleted_at INTEGER NOT NULL
) STRICT;
