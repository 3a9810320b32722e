//! What the rest of the product may know about Threads.

use std::time::Duration;

use postrider_connector::descriptor::{
    AuthKind, Charset, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, MediaRules, PictureRules,
    RateBudget, Registration, ScopeReason, TextFormat, TextLimit, ThreadRules, VideoRules,
};
use postrider_domain::media::{Mime, MimeSet};
use postrider_domain::text::Unit;

use super::limits;

/// Where the API is (developers.facebook.com, "Threads API: overview", 2025-12-22).
pub(super) const ORIGIN: &str = "https://graph.threads.net";

/// Its only version (the same).
pub(super) const VERSION: &str = "v1.0";

const POSTS: &str = "developers.facebook.com, Threads API: posts, 2026-04-14";
const OVERVIEW: &str = "developers.facebook.com, Threads API: overview, 2025-12-22";
const TROUBLE: &str = "developers.facebook.com, Threads API: troubleshooting, read 2026-11-23";

/// Shown by `tests/it/threads.rs`.
const SHOWN: Evidence = Evidence { sandbox: Some("2026-11-27"), real_server: None, live: None };

/// Threads, described.
pub const DESCRIPTOR: Descriptor = Descriptor {
    id: "threads",
    name: "Threads",
    docs: "https://developers.facebook.com/docs/threads",
    host: Some(ORIGIN),
    api_version: VERSION,
    sunset: None,
    auth: AuthKind::OAuth {
        fields: &[],
        registration: Registration::Static {
            console: "https://developers.facebook.com/apps",
            client_id: TextFormat { chars: Charset::Digits, min: 10, max: 20, suffix: "" },
            secret: TextFormat { chars: Charset::Hex, min: 32, max: 32, suffix: "" },
        },
    },
    scopes: &[
        ScopeReason { scope: "threads_basic", why: "scope-read-account", feature: "connect", required: true },
        ScopeReason { scope: "threads_content_publish", why: "scope-write-posts", feature: "publish", required: true },
        // Lists of replies are read with it, and a lost reply is looked for there.
        ScopeReason { scope: "threads_read_replies", why: "scope-read-posts", feature: "lookup", required: false },
        ScopeReason { scope: "threads_delete", why: "scope-delete-posts", feature: "delete", required: false },
    ],
    kinds: &[
        ContentKind { kind: "text", evidence: SHOWN },
        ContentKind { kind: "thread", evidence: SHOWN },
        ContentKind { kind: "image", evidence: SHOWN },
        ContentKind { kind: "video", evidence: SHOWN },
        ContentKind { kind: "carousel", evidence: SHOWN },
        ContentKind { kind: "link", evidence: SHOWN },
        ContentKind { kind: "poll", evidence: SHOWN },
        ContentKind { kind: "quote", evidence: SHOWN },
    ],
    text: &[TextLimit { unit: Unit::Threads, max: limits::TEXT, source: POSTS }],
    text_required: true,
    media: Some(MediaRules {
        max_items: limits::CAROUSEL,
        max_videos: limits::CAROUSEL,
        mixed: true,
        fetched: true,
        image: Some(PictureRules {
            mimes: MimeSet::of(&[Mime::Jpeg, Mime::Png]),
            max_bytes: 8 * 1024 * 1024,
            max_pixels: None,
            // Wider ones are made smaller over there: ours are better made here.
            max_side: Some(limits::LONGEST),
            ratio: Some((100, 10_000)),
            source: OVERVIEW,
        }),
        animation: None,
        video: Some(VideoRules {
            mimes: MimeSet::of(&[Mime::Mp4, Mime::Mov]),
            codecs: &["avc1", "avc3", "hvc1", "hev1"],
            max_bytes: 1_000_000_000,
            duration_ms: Some((1, 300_000)),
            max_pixels: None,
            max_side: Some(1_920),
            max_fps: Some(60),
            source: OVERVIEW,
        }),
        alt: None,
    }),
    // Our own figures: the platform names none.
    thread: Some(ThreadRules { max_parts: 50, max_delay_s: 86_400, comment: None }),
    settings: include_str!("settings.schema.json"),
    budgets: &[RateBudget {
        // Replies have a budget of 1,000 of their own, which one of the posts never reaches.
        name: "posts_per_day",
        limit: 250,
        window_s: 86_400,
        per_account: true,
        cost_per_part: 1,
        cost_per_file: 0,
        source: TROUBLE,
    }],
    lookup: LookupKind::Session,
    // No document names a delay; a container that is still FINISHED after a minute was not published.
    visibility_delay: Duration::from_secs(60),
    live: LiveSupport { edit: false, delete: true },
    deauthorisation: "A callback of the platform app, signed with its secret. A withdrawn consent shows at the next \
                      call as well, as code 190.",
    min_gap: Duration::ZERO,
};
