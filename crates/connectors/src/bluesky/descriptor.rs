//! What the rest of the product may know about Bluesky.

use std::time::Duration;

use postrider_connector::auth::ConnectField;
use postrider_connector::descriptor::{
    AuthKind, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, MediaRules, PictureRules, RateBudget,
    TextLimit, ThreadRules, VideoRules,
};
use postrider_domain::media::{Mime, MimeSet};
use postrider_domain::text::Unit;

use super::media::VIDEO_SERVICE;

/// Where accounts live that are on no server of their own.
pub(super) const DEFAULT_HOST: &str = "https://bsky.social";

const POST_LEXICON: &str = "lexicon app.bsky.feed.post, bluesky-social/atproto d6296a1, 2026-08-20";
const RATE_LIMITS: &str = "https://docs.bsky.app/docs/advanced-guides/rate-limits, and the reference server d6296a1, \
                           2026-08-20: create 3 points, put 2, delete 1";

/// Shown by `tests/it/scenarios.rs`, and by `tests/it/real_server.rs` against PDS 0.4.217.
const SHOWN: Evidence = Evidence { sandbox: Some("2026-11-23"), real_server: Some("2026-11-23"), live: None };

/// Shown by `tests/it/bluesky_media.rs`, and by `tests/it/real_server.rs` against PDS 0.4.217.
const MEDIA: Evidence = Evidence { sandbox: Some("2026-11-25"), real_server: Some("2026-11-25"), live: None };

/// Videos through the video service, which no server of ours runs; straight to a server as above.
const VIDEO: Evidence = Evidence { sandbox: Some("2026-11-25"), real_server: None, live: None };

/// Bluesky, described.
pub const DESCRIPTOR: Descriptor = Descriptor {
    id: "bluesky",
    name: "Bluesky",
    docs: "https://docs.bsky.app",
    host: Some(DEFAULT_HOST),
    api_version: "atproto lexicons of 2026-08-20",
    sunset: None,
    auth: AuthKind::Session {
        fields: &[
            ConnectField { name: "host", secret: false, optional: true, default: Some(DEFAULT_HOST) },
            ConnectField { name: "identifier", secret: false, optional: false, default: None },
            ConnectField { name: "password", secret: true, optional: false, default: None },
            ConnectField { name: "code", secret: true, optional: true, default: None },
            ConnectField { name: "video_service", secret: false, optional: true, default: Some(VIDEO_SERVICE) },
        ],
    },
    // An app password opens what it opens; there is nothing narrower to ask for.
    scopes: &[],
    kinds: &[
        ContentKind { kind: "text", evidence: SHOWN },
        ContentKind { kind: "thread", evidence: SHOWN },
        ContentKind { kind: "quote", evidence: SHOWN },
        ContentKind { kind: "image", evidence: MEDIA },
        ContentKind { kind: "video", evidence: VIDEO },
        ContentKind { kind: "card", evidence: MEDIA },
    ],
    text: &[
        TextLimit { unit: Unit::Graphemes, max: 300, source: POST_LEXICON },
        TextLimit { unit: Unit::Bytes, max: 3_000, source: POST_LEXICON },
    ],
    text_required: true,
    media: Some(MediaRules {
        max_items: 4,
        max_videos: 1,
        mixed: false,
        fetched: false,
        image: Some(PictureRules {
            // The lexicon takes `image/*`; these are what every client shows.
            mimes: MimeSet::of(&[Mime::Jpeg, Mime::Png, Mime::Webp]),
            max_bytes: 2_000_000,
            max_pixels: None,
            max_side: None,
            ratio: None,
            source: "lexicon app.bsky.embed.images, bluesky-social/atproto d6296a1, 2026-08-20",
        }),
        // Clients show only the first frame of an animated picture.
        animation: None,
        video: Some(VideoRules {
            mimes: MimeSet::of(&[Mime::Mp4]),
            codecs: &[],
            max_bytes: 300_000_000,
            duration_ms: None,
            max_pixels: None,
            max_side: None,
            max_fps: None,
            source: "lexicon app.bsky.embed.video, bluesky-social/atproto d6296a1, 2026-08-20",
        }),
        alt: Some(TextLimit { unit: Unit::Graphemes, max: 2_000, source: "our own figure: the lexicon names none" }),
    }),
    // Our own figures: the platform names none. A part costs points, see the budgets.
    thread: Some(ThreadRules { max_parts: 50, max_delay_s: 86_400, comment: None }),
    settings: include_str!("settings.schema.json"),
    budgets: &[
        RateBudget {
            name: "points_per_hour",
            limit: 5_000,
            window_s: 3_600,
            per_account: true,
            cost_per_part: 2,
            cost_per_file: 0,
            source: RATE_LIMITS,
        },
        RateBudget {
            name: "points_per_day",
            limit: 35_000,
            window_s: 86_400,
            per_account: true,
            cost_per_part: 2,
            cost_per_file: 0,
            source: RATE_LIMITS,
        },
    ],
    lookup: LookupKind::Key,
    // The lookup asks the repository itself, which is immediate and exact.
    visibility_delay: Duration::ZERO,
    live: LiveSupport { edit: false, delete: true },
    deauthorisation: "No callback. A withdrawn app password shows at the next call, as ExpiredToken, InvalidToken \
                      or AuthenticationRequired.",
    // None is documented.
    min_gap: Duration::ZERO,
};
