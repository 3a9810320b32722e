//! What the rest of the product may know about Facebook Pages.

use std::time::Duration;

use postrider_connector::descriptor::{
    AuthKind, Charset, CommentRules, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, MediaRules,
    PictureRules, Registration, ScopeReason, TextFormat, TextLimit, ThreadRules, VideoRules,
};
use postrider_domain::media::{Mime, MimeSet};
use postrider_domain::text::Unit;

use super::limits;
use crate::meta_pages as pages;

const USE: &str = "known from use, specs of 2026-11-23";
const STORIES: &str = "developers.facebook.com, Page stories API, read 2026-11-23";
const REELS: &str = "developers.facebook.com, Reels publishing, 2026-07-30";

/// Shown by `tests/it/facebook.rs`.
const SHOWN: Evidence = Evidence { sandbox: Some("2026-11-27"), real_server: None, live: None };

/// Facebook Pages, described.
pub const DESCRIPTOR: Descriptor = Descriptor {
    id: "facebook",
    name: "Facebook",
    docs: "https://developers.facebook.com/docs/pages-api",
    host: Some(pages::ORIGIN),
    api_version: pages::VERSION,
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
        ScopeReason { scope: "pages_show_list", why: "scope-read-account", feature: "connect", required: true },
        ScopeReason { scope: "pages_read_engagement", why: "scope-read-posts", feature: "lookup", required: true },
        ScopeReason { scope: "pages_manage_posts", why: "scope-write-posts", feature: "publish", required: true },
        ScopeReason { scope: "pages_manage_engagement", why: "scope-comments", feature: "comment", required: false },
        // Pages of a business portfolio show only there.
        ScopeReason { scope: "business_management", why: "scope-portfolios", feature: "portfolios", required: false },
    ],
    kinds: &[
        ContentKind { kind: "text", evidence: SHOWN },
        ContentKind { kind: "link", evidence: SHOWN },
        ContentKind { kind: "image", evidence: SHOWN },
        ContentKind { kind: "images", evidence: SHOWN },
        ContentKind { kind: "video", evidence: SHOWN },
        ContentKind { kind: "reel", evidence: SHOWN },
        ContentKind { kind: "story", evidence: SHOWN },
        ContentKind { kind: "comment", evidence: SHOWN },
    ],
    text: &[TextLimit { unit: Unit::Utf16, max: limits::TEXT, source: USE }],
    text_required: true,
    media: Some(MediaRules {
        max_items: limits::PICTURES,
        max_videos: 1,
        mixed: false,
        fetched: false,
        image: Some(PictureRules {
            mimes: MimeSet::of(&[Mime::Jpeg, Mime::Png]),
            max_bytes: limits::PICTURE_BYTES,
            max_pixels: None,
            max_side: None,
            ratio: None,
            source: STORIES,
        }),
        animation: None,
        video: Some(VideoRules {
            mimes: MimeSet::of(&[Mime::Mp4, Mime::Mov]),
            codecs: &["avc1", "avc3", "hvc1", "hev1"],
            max_bytes: limits::VIDEO_BYTES,
            duration_ms: Some(limits::VIDEO_MS),
            max_pixels: None,
            max_side: None,
            max_fps: Some(60),
            source: REELS,
        }),
        alt: None,
    }),
    // Our own figure: the platform names none.
    thread: Some(ThreadRules {
        max_parts: 10,
        max_delay_s: 86_400,
        comment: Some(CommentRules { text: &[TextLimit { unit: Unit::Utf16, max: limits::COMMENT, source: USE }] }),
    }),
    settings: include_str!("settings.schema.json"),
    // Of what it documents, one fits no budget: thirty reels a day, which other posts do not spend.
    budgets: &[],
    lookup: LookupKind::Session,
    // No document names a delay; "not found" is believed after a minute (specs of 2026-11-23).
    visibility_delay: Duration::from_secs(60),
    live: LiveSupport { edit: true, delete: true },
    deauthorisation: "A callback of the platform app, signed with its secret. A withdrawn consent shows at the next \
                      call as well, as code 190.",
    min_gap: Duration::ZERO,
};
