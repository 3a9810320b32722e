//! What tells the simulated programs apart: each speaks the Mastodon API in its
//! own way, and a client that knows only Mastodon is surprised by the rest.
//!
//! Sources: Mastodon documentation 4.7 (August 2026); the programs' own public
//! documents and observed answers, read November 2026. Where a document says
//! nothing the sandbox does what Mastodon does.

use serde::{Deserialize, Serialize};

use super::ids::Ids;
use super::settings::Settings;

/// A program that speaks the Mastodon API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    /// The reference.
    Mastodon,
    /// Pictures only; Laravel's error shapes; tokens that expire and are refreshed.
    Pixelfed,
    /// ULIDs, its own wording, no idempotency keys.
    Gotosocial,
    /// Numbered posts, long texts, no idempotency keys, no direct messages.
    Friendica,
    /// Takes idempotency keys and ignores them, `scheduled_at` as well.
    Takahe,
    /// Flake ids; remembers whole answers by token and key, for six hours (its idempotency plug, read 2026-11-25).
    Pleroma,
}

/// How a program counts a status against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Grapheme clusters; a URL counts as the reserved number, a mention without its host.
    Reserved,
    /// Code points, as they stand.
    CodePoints,
}

/// What `GET /api/v1/media/:id` shows of one's own files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Those that are on no status.
    Free,
    /// All (Friendica `Media.php`, Pleroma `MediaController.show`, read 2026-11-26).
    All,
    /// Those that are on a status; of others it stumbles over the missing post (Takahē `get_media`, read 2026-11-26).
    Used,
}

/// How a program tells its rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RateHeaders {
    /// `X-RateLimit-*` on every answer, the reset as an ISO 8601 time.
    Iso,
    /// `X-RateLimit-Limit` and `-Remaining`; with a 429 also `Retry-After` and the reset in epoch seconds.
    Laravel,
    /// None at all.
    Silent,
}

/// How a program writes the text of a status as HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Html {
    /// Whether paragraphs are elements; otherwise an empty line is two breaks.
    pub(crate) paragraphs: bool,
    /// How a line break is written.
    pub(crate) line_break: &'static str,
    /// Whether the shown text of a link is shortened, the rest being there but invisible.
    pub(crate) shortened: bool,
}

/// What `DELETE /api/v1/statuses/:id` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// The status with its source text.
    Status,
    /// An empty array.
    EmptyArray,
}

/// What `scheduled_at` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedules {
    /// A scheduled status is kept and published by the server.
    Kept,
    /// It is refused.
    Refused,
    /// It is ignored: the status is public at once.
    Ignored,
}

/// The constant part of a program.
pub(crate) struct Facts {
    /// The name in `nodeinfo`.
    pub(crate) software: &'static str,
    /// Its own version.
    pub(crate) version: &'static str,
    /// What `/api/v1/instance` calls the version.
    pub(crate) api_version: &'static str,
    /// The feature level in `api_versions`, where the program has one.
    pub(crate) api_level: Option<u32>,
    pub(crate) ids: Ids,
    pub(crate) count: Count,
    pub(crate) html: Html,
    /// Accepted `code_challenge_method`s; empty where PKCE is ignored.
    pub(crate) pkce: &'static [&'static str],
    /// Whether `/.well-known/oauth-authorization-server` answers.
    pub(crate) metadata: bool,
    /// Whether `/api/v2/instance` answers.
    pub(crate) instance_v2: bool,
    /// Whether scopes below `read` and `write` exist.
    pub(crate) granular: bool,
    /// How long an access token lives, in seconds.
    pub(crate) token_life: Option<i64>,
    pub(crate) schedules: Schedules,
    /// Whether `quoted_status_id` makes a quote; elsewhere it is ignored.
    pub(crate) quotes: bool,
    /// Whether polls exist.
    pub(crate) polls: bool,
    /// Whether a status that answers nothing must have media.
    pub(crate) media_required: bool,
    /// Whether `direct` is a visibility.
    pub(crate) direct: bool,
    pub(crate) shows_media: Shows,
    /// The answer to every upload where none is processed in the background.
    pub(crate) takes_at_once: Option<u16>,
    pub(crate) deleted: Deleted,
    pub(crate) rate_headers: RateHeaders,
    /// Whether a key brings back the whole first answer to that token, a refusal too.
    pub(crate) replays: bool,
    /// Fields of a new status that the program documents besides Mastodon's.
    pub(crate) own_fields: &'static [&'static str],
}

static MASTODON: Facts = Facts {
    software: "mastodon",
    version: "4.7.0",
    api_version: "4.7.0",
    api_level: Some(10),
    ids: Ids::Snowflake,
    count: Count::Reserved,
    html: Html { paragraphs: true, line_break: "<br />", shortened: true },
    pkce: &["S256"],
    metadata: true,
    instance_v2: true,
    granular: true,
    token_life: None,
    schedules: Schedules::Kept,
    quotes: true,
    polls: true,
    media_required: false,
    direct: true,
    shows_media: Shows::Free,
    takes_at_once: None,
    deleted: Deleted::Status,
    rate_headers: RateHeaders::Iso,
    replays: false,
    own_fields: &[],
};

static PIXELFED: Facts = Facts {
    software: "pixelfed",
    version: "0.12.5",
    api_version: "3.5.3 (compatible; Pixelfed 0.12.5)",
    api_level: None,
    html: Html { paragraphs: false, line_break: "<br />", shortened: false },
    pkce: &["S256", "plain"],
    metadata: false,
    granular: false,
    token_life: Some(365 * 86_400),
    schedules: Schedules::Ignored,
    quotes: false,
    polls: false,
    media_required: true,
    direct: false,
    rate_headers: RateHeaders::Laravel,
    own_fields: &["place_id", "collection_ids", "comments_disabled"],
    ..MASTODON
};

static GOTOSOCIAL: Facts = Facts {
    software: "gotosocial",
    version: "0.20.2",
    api_version: "4.4.0-gotosocial-0.20.2",
    api_level: None,
    ids: Ids::Ulid,
    count: Count::CodePoints,
    html: Html { paragraphs: true, line_break: "<br>", shortened: false },
    pkce: &[],
    metadata: false,
    schedules: Schedules::Refused,
    quotes: false,
    own_fields: &["content_type", "federated", "local_only", "interaction_policy"],
    ..MASTODON
};

static FRIENDICA: Facts = Facts {
    software: "friendica",
    version: "2026.01",
    api_version: "2.8.0 (compatible; Friendica 2026.01)",
    api_level: None,
    ids: Ids::Serial,
    count: Count::CodePoints,
    html: Html { paragraphs: false, line_break: "<br>", shortened: false },
    pkce: &[],
    metadata: false,
    granular: false,
    quotes: false,
    polls: false,
    direct: false,
    shows_media: Shows::All,
    takes_at_once: Some(200),
    deleted: Deleted::EmptyArray,
    rate_headers: RateHeaders::Silent,
    own_fields: &["friendica"],
    ..MASTODON
};

static TAKAHE: Facts = Facts {
    software: "takahe",
    version: "0.11.0",
    api_version: "takahe/0.11.0",
    api_level: None,
    count: Count::CodePoints,
    pkce: &[],
    metadata: false,
    schedules: Schedules::Ignored,
    quotes: false,
    shows_media: Shows::Used,
    takes_at_once: Some(200),
    rate_headers: RateHeaders::Silent,
    ..MASTODON
};

static PLEROMA: Facts = Facts {
    software: "pleroma",
    version: "2.9.1",
    api_version: "2.7.2 (compatible; Pleroma 2.9.1)",
    api_level: None,
    ids: Ids::Flake,
    count: Count::CodePoints,
    html: Html { paragraphs: false, line_break: "<br/>", shortened: false },
    pkce: &[],
    metadata: false,
    token_life: Some(100 * 365 * 86_400),
    quotes: false,
    shows_media: Shows::All,
    takes_at_once: Some(202),
    rate_headers: RateHeaders::Silent,
    replays: true,
    own_fields: &["content_type", "to", "expires_in", "in_reply_to_conversation_id", "preview", "quote_id"],
    ..MASTODON
};

impl Dialect {
    /// All of them, in the order in which their ports are given out.
    pub(crate) const ALL: [Self; 6] =
        [Self::Mastodon, Self::Pixelfed, Self::Gotosocial, Self::Friendica, Self::Takahe, Self::Pleroma];

    /// What does not change about the program.
    pub(crate) fn facts(self) -> &'static Facts {
        match self {
            Self::Mastodon => &MASTODON,
            Self::Pixelfed => &PIXELFED,
            Self::Gotosocial => &GOTOSOCIAL,
            Self::Friendica => &FRIENDICA,
            Self::Takahe => &TAKAHE,
            Self::Pleroma => &PLEROMA,
        }
    }

    /// The name of the simulated instance that runs it.
    pub(crate) fn name(self) -> &'static str {
        self.facts().software
    }

    /// The limits it ships with; an administrator changes them.
    pub(crate) fn settings(self) -> Settings {
        let usual = Settings::default();
        match self {
            Self::Mastodon => usual,
            Self::Pixelfed => Settings {
                max_media_attachments: 20,
                description_limit: 1_000,
                image_size_limit: 15_000 * 1_024,
                video_size_limit: 15_000 * 1_024,
                supported_mime_types: types(&["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"]),
                idempotency_s: None,
                ..usual
            },
            Self::Gotosocial => Settings {
                max_characters: 5_000,
                max_media_attachments: 6,
                characters_reserved_per_url: 25,
                image_size_limit: 41_943_040,
                video_size_limit: 41_943_040,
                poll_max_options: 6,
                idempotency_s: None,
                ..usual
            },
            Self::Friendica => Settings {
                max_characters: 200_000,
                max_media_attachments: 20,
                characters_reserved_per_url: 0,
                supported_mime_types: types(&["image/jpeg", "image/png", "image/gif", "image/webp"]),
                idempotency_s: None,
                ..usual
            },
            Self::Takahe => Settings {
                supported_mime_types: types(&["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"]),
                image_size_limit: 10 * 1_024 * 1_024,
                idempotency_s: None,
                ..usual
            },
            Self::Pleroma => Settings {
                max_characters: 5_000,
                max_media_attachments: 1_000,
                characters_reserved_per_url: 0,
                description_limit: 5_000,
                image_size_limit: 16_000_000,
                video_size_limit: 16_000_000,
                poll_max_options: 20,
                poll_max_characters_per_option: 200,
                poll_min_expiration: 0,
                poll_max_expiration: 365 * 86_400,
                idempotency_s: Some(6 * 3_600),
                ..usual
            },
        }
    }
}

fn types(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}
