//! What the rest of the product may know about Mastodon.

use std::time::Duration;

use postrider_connector::auth::ConnectField;
use postrider_connector::descriptor::{
    AuthKind, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, MediaRules, PictureRules, RateBudget,
    Registration, ScopeReason, TextLimit, ThreadRules, VideoRules,
};
use postrider_domain::media::{Mime, MimeSet};
use postrider_domain::text::Unit;

/// Where the limits of an account are from.
pub(super) const SAID: &str = "the account's own server (GET /api/v2/instance)";

const DEFAULTS: &str = "mastodon/documentation 2903485, 2026-07-02 (Instance); the account's own server says its own";
const LIMITS: &str = "mastodon/documentation 2903485, 2026-07-02 (Rate limits)";

/// Shown by `tests/it/mastodon.rs`.
const SHOWN: Evidence = Evidence { sandbox: Some("2026-11-25"), real_server: None, live: None };

const PICTURES: PictureRules = PictureRules {
    mimes: MimeSet::of(&[Mime::Jpeg, Mime::Png, Mime::Webp, Mime::Gif, Mime::Heic, Mime::Avif]),
    max_bytes: 16_777_216,
    max_pixels: None,
    max_side: None,
    ratio: None,
    source: DEFAULTS,
};

/// Mastodon, described.
pub const DESCRIPTOR: Descriptor = Descriptor {
    id: "mastodon",
    name: "Mastodon",
    docs: "https://docs.joinmastodon.org/api/",
    host: None,
    api_version: "Mastodon API 4.7 (v1 and v2), down to 3.x and its dialects",
    sunset: None,
    auth: AuthKind::OAuth {
        fields: &[ConnectField { name: "server", secret: false, optional: false, default: None }],
        registration: Registration::Dynamic,
    },
    scopes: &[
        ScopeReason { scope: "read:accounts", why: "scope-read-account", feature: "connect", required: true },
        ScopeReason { scope: "read:statuses", why: "scope-read-posts", feature: "lookup", required: false },
        ScopeReason { scope: "write:statuses", why: "scope-write-posts", feature: "publish", required: true },
        ScopeReason { scope: "write:media", why: "scope-write-media", feature: "media", required: false },
    ],
    kinds: &[
        ContentKind { kind: "text", evidence: SHOWN },
        ContentKind { kind: "thread", evidence: SHOWN },
        ContentKind { kind: "image", evidence: SHOWN },
        ContentKind { kind: "video", evidence: SHOWN },
        ContentKind { kind: "poll", evidence: SHOWN },
        ContentKind { kind: "quote", evidence: SHOWN },
    ],
    text: &[TextLimit { unit: Unit::Fediverse, max: 500, source: DEFAULTS }],
    text_required: true,
    media: Some(MediaRules {
        max_items: 4,
        max_videos: 1,
        mixed: false,
        fetched: false,
        image: Some(PICTURES),
        animation: Some(PictureRules { mimes: MimeSet::of(&[Mime::Gif]), ..PICTURES }),
        video: Some(VideoRules {
            mimes: MimeSet::of(&[Mime::Mp4, Mime::Webm, Mime::Mov]),
            codecs: &[],
            max_bytes: 103_809_024,
            duration_ms: None,
            max_pixels: None,
            max_side: None,
            max_fps: None,
            source: DEFAULTS,
        }),
        alt: Some(TextLimit { unit: Unit::CodePoints, max: 1_500, source: DEFAULTS }),
    }),
    // Our own figures: the platform names none.
    thread: Some(ThreadRules { max_parts: 50, max_delay_s: 86_400, comment: None }),
    settings: include_str!("settings.schema.json"),
    budgets: &[
        RateBudget {
            name: "requests_per_5_minutes",
            limit: 300,
            window_s: 300,
            per_account: true,
            cost_per_part: 1,
            cost_per_file: 1,
            source: LIMITS,
        },
        RateBudget {
            name: "media_per_30_minutes",
            limit: 30,
            window_s: 1_800,
            per_account: true,
            cost_per_part: 0,
            cost_per_file: 1,
            source: LIMITS,
        },
    ],
    lookup: LookupKind::Listing,
    // A status is written before the answer is sent; dialects that list late get a margin of our own.
    visibility_delay: Duration::from_secs(30),
    live: LiveSupport { edit: true, delete: true },
    deauthorisation: "No callback. A withdrawn consent shows at the next call, as 401.",
    min_gap: Duration::ZERO,
};
