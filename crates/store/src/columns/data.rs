//! The list itself. A line is `CLASS: column Kind, column Kind null, …;`.

use super::{Basis, Category, Column, Kind, Retention, Table};

/// What the columns of a line have in common.
struct Class {
    category: Category,
    purpose: &'static str,
    basis: Basis,
    retention: Retention,
    personal: bool,
    exported: bool,
    secret: bool,
}

const fn personal(category: Category, retention: Retention, purpose: &'static str) -> Class {
    Class { category, purpose, basis: Basis::Contract, retention, personal: true, exported: true, secret: false }
}

const fn technical(retention: Retention, purpose: &'static str) -> Class {
    let (category, basis) = (Category::Technical, Basis::NotPersonal);
    Class { category, purpose, basis, retention, personal: false, exported: false, secret: false }
}

/// Never leaves the database, whatever it is about.
const fn secret(class: Class) -> Class {
    Class { secret: true, exported: false, ..class }
}

const fn kept_for_safety(class: Class) -> Class {
    Class { basis: Basis::LegitimateInterest, ..class }
}

const ACCOUNT: Class = personal(Category::Account, Retention::Account, "to know who you are and reach you");
const PASSWORD: Class = secret(personal(Category::Account, Retention::Account, "to check your password"));
const SESSION: Class =
    kept_for_safety(personal(Category::Logs, Retention::Expiry, "to keep you logged in and show you from where"));
const TOKEN: Class = secret(personal(Category::Account, Retention::Expiry, "to recognise a token we never store"));
const GUESSES: Class = Class {
    exported: false,
    ..kept_for_safety(personal(Category::Logs, Retention::Expiry, "to slow down who guesses passwords"))
};
const MEMBERSHIP: Class = personal(Category::Account, Retention::Account, "to know who may do what in a workspace");
const INVITATION: Class = personal(Category::Account, Retention::Expiry, "to invite people to a workspace");
const WORKSPACE: Class = personal(Category::Account, Retention::Account, "to run the workspace as its members set it");
const API_KEY: Class = personal(Category::Account, Retention::Account, "to let your programs act for you");
const KEY: Class = secret(technical(Retention::Instance, "to keep secrets sealed"));
const APP: Class = technical(Retention::Account, "to connect channels through an app at the platform");
const APP_SECRET: Class = secret(technical(Retention::Account, "to prove to the platform that the app is ours"));
const CONNECTING: Class =
    personal(Category::Grants, Retention::Expiry, "to come back from the platform's consent page");
const CONNECTING_SECRET: Class =
    secret(personal(Category::Grants, Retention::Expiry, "to prove that the consent page was opened by us"));
const CONNECT_LINK: Class =
    personal(Category::Grants, Retention::Expiry, "to let somebody connect an account for your workspace");
const GRANT: Class = personal(Category::Grants, Retention::Disconnect, "to publish as you allowed at the platform");
const CREDENTIALS: Class =
    secret(personal(Category::Grants, Retention::Disconnect, "to publish as you allowed at the platform"));
const CHANNEL: Class =
    personal(Category::ChannelIdentity, Retention::DisconnectAnd30Days, "to show and reach the account you post to");
const CONSENT_TRACE: Class = secret(personal(
    Category::ChannelIdentity,
    Retention::DisconnectAnd30Days,
    "to find what is left of you when you ask for its deletion",
));
const WITHDRAWAL: Class = Class {
    exported: false,
    ..kept_for_safety(personal(Category::Logs, Retention::Days90, "to show what became of a request for deletion"))
};
const WITHDRAWAL_CODE: Class = secret(WITHDRAWAL);
const CHANNEL_STATE: Class = technical(Retention::Account, "to show whether a channel works");
const CONTENT: Class = personal(Category::Content, Retention::PublishedAnd90Days, "to publish what you write");
const SERIES: Class =
    personal(Category::PublishedRecord, Retention::Account, "to make a post for each time of a series");
const SERIES_CONTENT: Class =
    personal(Category::Content, Retention::EndedAnd90Days, "to make a post for each time of a series");
const LABEL: Class = personal(Category::Content, Retention::Account, "to sort your posts");
const POST: Class =
    personal(Category::PublishedRecord, Retention::Account, "to show what was planned, when and by whom");
const RECORD: Class =
    personal(Category::PublishedRecord, Retention::Account, "to show what went out and what became of it");
const REMOTE: Class = personal(
    Category::ChannelIdentity,
    Retention::DisconnectAnd30Days,
    "to find what was published, and never publish it twice",
);
const BODY: Class =
    personal(Category::AttemptBodies, Retention::PublishedAnd90Days, "to explain what the platform answered");
const MACHINE: Class = Class {
    exported: false,
    ..personal(Category::Content, Retention::PublishedAnd90Days, "to go on where publishing was interrupted")
};
const UPLOAD: Class = Class {
    exported: false,
    ..personal(Category::Content, Retention::PublishedAnd90Days, "to take in your files and fit them to each network")
};
const ENGINE: Class = technical(Retention::Account, "to publish once, and to go on after a failure");
const NODE: Class = technical(Retention::Instance, "to know which processes serve this instance");
const BUDGET: Class = technical(Retention::Instance, "to stay within the limits of platforms");
const JOB: Class = technical(Retention::Days90, "to do what must follow");
const NOTE: Class = personal(Category::Account, Retention::Days90, "to tell you what happened");
const EVENT: Class = technical(Retention::Hours24, "to keep open screens up to date");
const AUDIT: Class =
    kept_for_safety(personal(Category::Logs, Retention::Days90, "to see who did what, should something go wrong"));
const REPEAT: Class = Class {
    exported: false,
    ..personal(Category::Content, Retention::Hours24, "to answer a repeated request with the first answer")
};
const LIMIT: Class = technical(Retention::Account, "to count what the workspace may use");
const SETTING: Class = personal(Category::Account, Retention::Account, "to keep what you chose");
const TOMBSTONE: Class = technical(Retention::Instance, "to keep deleted things deleted after a restore");
const INSTANCE: Class = technical(Retention::Instance, "to know which installation this is");
const LANE: Class = personal(
    Category::ChannelIdentity,
    Retention::DisconnectAnd30Days,
    "to publish one thing at a time to one account",
);
const LANE_STATE: Class = technical(Retention::Instance, "to publish one thing at a time to one account");

const fn column(table: &'static str, name: &'static str, kind: Kind, nullable: bool, class: &Class) -> Column {
    Column {
        table,
        name,
        kind,
        nullable,
        category: class.category,
        purpose: class.purpose,
        basis: class.basis,
        retention: class.retention,
        personal: class.personal,
        exported: class.exported,
        secret: class.secret,
    }
}

macro_rules! tables {
    (@nullable) => { false };
    (@nullable null) => { true };
    ($($table:ident($($key:ident),+) { $($class:ident: $($name:ident $kind:ident $($null:ident)?),+;)+ })+) => {
        /// Every table, each after those it refers to.
        pub const TABLES: &[Table] = &[$(Table {
            name: stringify!($table),
            key: &[$(stringify!($key)),+],
            columns: &[$($(
                column(stringify!($table), stringify!($name), Kind::$kind, tables!(@nullable $($null)?), &$class),
            )+)+],
        }),+];
    };
}

tables! {
    instance(id) {
        INSTANCE: id Int, instance_id Uuid, key_version Int, tzdb_version Text, paused_at Int null,
            paused_why Text null, created_at Int;
        KEY: canary Bytes, setup_token_hash Bytes null;
    }
    nodes(boot_id) {
        NODE: boot_id Uuid, node_id Uuid, host Text, version Text, started_at Int, heartbeat_at Int, closed_at Int null;
    }
    users(id) {
        ACCOUNT: id Uuid, email Text, email_key Text, name Text, operator Bool, created_at Int, updated_at Int;
        PASSWORD: password_hash Text;
    }
    sessions(id) {
        SESSION: id Uuid, user_id Uuid, agent Text, address Text, created_at Int, seen_at Int, expires_at Int;
        TOKEN: token_hash Bytes;
    }
    one_time_links(id) {
        TOKEN: id Uuid, kind Text, user_id Uuid, token_hash Bytes, created_at Int, expires_at Int, used_at Int null;
    }
    login_throttles(subject) {
        GUESSES: subject Text, failures Int, first_at Int, blocked_until Int null;
    }
    workspaces(id) {
        WORKSPACE: id Uuid, name Text, zone Text, approval_policy Text, missed_window_s Int, paused_at Int null,
            created_at Int, updated_at Int;
        ENGINE: event_seq Int;
        KEY: data_key_id Uuid;
    }
    data_keys(id) {
        KEY: id Uuid, owner_kind Text, owner_id Uuid, wrapped Bytes null, key_version Int, created_at Int,
            destroyed_at Int null;
    }
    memberships(workspace_id, user_id) {
        MEMBERSHIP: workspace_id Uuid, user_id Uuid, role Text, created_at Int;
    }
    invitations(id) {
        INVITATION: id Uuid, workspace_id Uuid, email Text, role Text, invited_by Uuid, created_at Int, expires_at Int,
            accepted_at Int null, revoked_at Int null;
        TOKEN: token_hash Bytes;
    }
    api_keys(id) {
        API_KEY: id Uuid, workspace_id Uuid, user_id Uuid, name Text, role Text, hint Text, created_at Int,
            expires_at Int null, used_at Int null, revoked_at Int null;
        TOKEN: token_hash Bytes;
    }
    platform_apps(id) {
        APP: id Uuid, workspace_id Uuid null, platform Text, host Text, client_id Text, server Json null,
            redirect_uri Text null, broken_at Int null, broken_code Text null, created_at Int, updated_at Int;
        APP_SECRET: secret_sealed Bytes, data_key_id Uuid;
    }
    oauth_states(id) {
        CONNECTING: id Uuid, workspace_id Uuid, user_id Uuid, session_id Uuid null, link_id Uuid null, platform Text,
            platform_app_id Uuid, host Text, redirect_uri Text, return_to Text null, created_at Int, expires_at Int,
            used_at Int null, result Json null;
        CONNECTING_SECRET: state_hash Bytes, verifier_sealed Bytes, browser_hash Bytes null, code_hash Bytes null,
            page_hash Bytes null, pending_sealed Bytes null;
    }
    connect_links(id) {
        CONNECT_LINK: id Uuid, workspace_id Uuid, created_by Uuid, platform Text, fields Json, note Text,
            created_at Int, expires_at Int, used_at Int null, revoked_at Int null;
        TOKEN: token_hash Bytes;
    }
    grants(id) {
        GRANT: id Uuid, workspace_id Uuid, platform Text, platform_app_id Uuid null, host Text, person_id Text,
            scopes Json, state Text, expires_at Int null, refresh_at Int null, version Int, reauth_since Int null,
            created_by Uuid, consented_at Int, created_at Int, updated_at Int;
        ENGINE: refresh_boot Uuid null, refresh_until Int null, warnings Int;
        CREDENTIALS: credentials_sealed Bytes, data_key_id Uuid;
    }
    lanes(id) {
        LANE: platform Text, host Text, remote_account_id Text;
        LANE_STATE: id Uuid, busy_delivery Uuid null, ready_at Int, published_at Int null, min_gap_us Int,
            created_at Int, changing Uuid null, changing_until Int null;
    }
    channels(id) {
        CHANNEL: id Uuid, workspace_id Uuid, grant_id Uuid null, platform Text, host Text, remote_id Text, handle Text,
            name Text, picture Text null, url Text null, facts Json;
        CONSENT_TRACE: consent_hash Bytes null;
        CHANNEL_STATE: lane_id Uuid, state Text, last_ok_at Int null, last_code Text null, last_code_at Int null,
            disconnected_at Int null, purged_at Int null, created_at Int, updated_at Int,
            surveyed_at Int null;
    }
    withdrawals(id) {
        WITHDRAWAL: id Uuid, platform Text, wish Text, grants Int, channels Int, gone_at Int null, received_at Int;
        WITHDRAWAL_CODE: request_hash Bytes, code_hash Bytes null;
    }
    withdrawal_channels(withdrawal_id, channel_id) {
        WITHDRAWAL: withdrawal_id Uuid, channel_id Uuid;
    }
    labels(id) {
        LABEL: id Uuid, workspace_id Uuid, name Text, colour Text, created_at Int;
    }
    media(id) {
        CONTENT: id Uuid, workspace_id Uuid, name Text, mime Text, bytes Int, sha256 Bytes null, alt Text, state Text,
            created_by Uuid, created_at Int, purged_at Int null, declared Text, focus Json null, facts Json null,
            notes Json null, code Text null, code_args Json null, source_url Text null;
        UPLOAD: received Int, reserved Int, object_key Text null, work_key Text null, thumb_key Text null,
            upload Json null, upload_meta Text null, lease Uuid null, lease_until Int null, expires_at Int null;
    }
    renditions(media_id, recipe_key) {
        UPLOAD: media_id Uuid, recipe_key Text, workspace_id Uuid, recipe Json, state Text, object_key Text null,
            sha256 Bytes null, mime Text null, bytes Int null, width Int null, height Int null,
            duration_ms Int null, notes Json null, code Text null, code_args Json null, progress Int,
            created_at Int, updated_at Int;
    }
    series(id) {
        SERIES: id Uuid, workspace_id Uuid, author_id Uuid null, rule Text, start_local Text, zone Text,
            missed_window_s Int null, labels Json, version Int, materialised_until Text null, ended_at Int null,
            blocked_code Text null, created_at Int, updated_at Int;
        SERIES_CONTENT: content Json null;
    }
    series_skips(series_id, occurrence) {
        SERIES: series_id Uuid, occurrence Text;
    }
    posts(id) {
        POST: id Uuid, workspace_id Uuid, author_id Uuid null, revision_id Uuid, version Int, draft Bool,
            scheduled_at Int null, local_time Text null, zone Text null, missed_window_s Int null, source Text null,
            external_id Text null, series_id Uuid null, occurrence Text null, detached Bool, created_at Int,
            updated_at Int;
    }
    post_labels(post_id, label_id) {
        LABEL: post_id Uuid, label_id Uuid;
    }
    series_media(media_id, series_id) {
        SERIES: media_id Uuid, series_id Uuid, workspace_id Uuid;
    }
    media_usage(media_id, post_id) {
        POST: media_id Uuid, post_id Uuid, workspace_id Uuid;
    }
    revisions(id) {
        POST: id Uuid, workspace_id Uuid, post_id Uuid, number Int, approval Text, created_by Uuid null, created_at Int;
        CONTENT: content Json null;
    }
    variants(id) {
        POST: id Uuid, workspace_id Uuid, revision_id Uuid, channel_id Uuid;
        CONTENT: content Json null;
    }
    approvals(id) {
        POST: id Uuid, workspace_id Uuid, revision_id Uuid, decided_by Uuid null, decision Text, created_at Int;
        CONTENT: note Text null;
    }
    deliveries(id) {
        RECORD: id Uuid, workspace_id Uuid, post_id Uuid, channel_id Uuid, occurrence Text, revision_id Uuid null,
            authorised_by Uuid null, state Text, hold_reason Text null, scheduled_at Int, due_at Int,
            missed_window_s Int, stop_requested Bool, incomplete Bool, code Text null, code_args Json null,
            published_at Int null, settled_at Int null, created_at Int, updated_at Int, live_revision_id Uuid null,
            edited_at Int null, deleted_at Int null;
        ENGINE: lane_id Uuid, lease_epoch Int, lease_boot Uuid null, lease_until Int null, failures Int, rescues Int;
        BODY: words Text null, evidence Json null;
    }
    parts(id) {
        RECORD: id Uuid, workspace_id Uuid, delivery_id Uuid, position Int, state Text, published_at Int null,
            live_revision_id Uuid null, edited_at Int null, deleted_at Int null;
        ENGINE: lane_id Uuid;
        MACHINE: machine Json null, extra Json null, media Json null;
        REMOTE: remote_id Text null, url Text null;
    }
    live_changes(id) {
        RECORD: id Uuid, workspace_id Uuid, delivery_id Uuid, kind Text, state Text, revision_id Uuid null,
            requested_by Uuid null, part_id Uuid null, code Text null, code_args Json null, created_at Int,
            updated_at Int, ended_at Int null;
        MACHINE: machine Json null;
        BODY: words Text null;
    }
    steps(id) {
        ENGINE: id Uuid, workspace_id Uuid, delivery_id Uuid, part_id Uuid, seq Int, effect Text, honour_key Text null,
            honoured_us Int null, sends Bytes null, timeout_us Int, first_intent_at Int null, intent_at Int null,
            sender_boot Uuid null, call_ended_at Int null, ask_only Bool, earlier_open Bool, result_at Int null;
        MACHINE: result Json null;
    }
    attempts(id) {
        RECORD: id Uuid, workspace_id Uuid, delivery_id Uuid, part_id Uuid null, step_id Uuid null, action Text,
            outcome Text, code Text null, platform_code Text null, status Int null, started_at Int, ended_at Int;
        ENGINE: boot_id Uuid;
        BODY: words Text null, exchanges Json null;
    }
    budgets(id) {
        BUDGET: id Uuid, scope_kind Text, scope_id Uuid, name Text, limit_units Int null, used_units Int,
            reserved_units Int, window_us Int null, window_start Int, blocked_until Int null, updated_at Int;
    }
    reservations(step_id, budget_id) {
        BUDGET: step_id Uuid, budget_id Uuid, units Int, created_at Int, settled_at Int null;
    }
    jobs(id) {
        JOB: id Uuid, kind Text, workspace_id Uuid null, payload Json, once_key Text null, state Text, due_at Int,
            lease_epoch Int, lease_boot Uuid null, lease_until Int null, failures Int, detail Text null,
            created_at Int, updated_at Int, deaths Int;
    }
    notifications(id) {
        NOTE: id Uuid, workspace_id Uuid, user_id Uuid, code Text, args Json, post_id Uuid null, delivery_id Uuid null,
            channel_id Uuid null, created_at Int, read_at Int null, in_app Bool, mail_due Bool;
    }
    events(workspace_id, seq) {
        EVENT: workspace_id Uuid, seq Int, kind Text, ids Json, created_at Int;
    }
    audit_log(id) {
        AUDIT: id Uuid, workspace_id Uuid null, user_id Uuid null, action Text, subject Text, address Text, created_at Int;
    }
    idempotency_keys(caller, idempotency_key) {
        REPEAT: caller Text, idempotency_key Text, request_hash Bytes, status Int null, answer Text null, created_at Int;
    }
    entitlements(workspace_id, meter, source) {
        LIMIT: workspace_id Uuid, meter Text, source Text, limit_value Int null, updated_at Int;
    }
    counters(workspace_id, meter, period) {
        LIMIT: workspace_id Uuid, meter Text, period Text, used Int;
    }
    settings(scope_id, name) {
        SETTING: scope_id Uuid, name Text, value Json, updated_at Int;
    }
    tombstones(id) {
        TOMBSTONE: id Uuid, kind Text, deleted_at Int;
    }
}
