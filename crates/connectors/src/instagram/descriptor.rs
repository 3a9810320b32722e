//! What the rest of the product may know about Instagram by its own log-in.

use std::time::Duration;

use postrider_connector::descriptor::{
    AuthKind, Charset, CommentRules, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, MediaRules,
    PictureRules, RateBudget, Registration, ScopeReason, TextFormat, TextLimit, ThreadRules, VideoRules,
};
use postrider_domain::media::{Mime, MimeSet};
use postrider_domain::text::Unit;

use super::limits;
use super::login::Login;

/// Where the API is (developers.facebook.com, "IG Container", read 2026-11-23).
pub(super) const ORIGIN: &str = "https://graph.instagram.com";

/// Its version ("Graph API: changelog", read 2026-11-23: released 2026-07-29, no end set).
pub(super) const VERSION: &str = "v26.0";

const MEDIA: &str = "developers.facebook.com, IG User: media, as restated by swat.io and others, read 2026-11-23";
const ERRORS: &str = "developers.facebook.com, Instagram platform: error codes, 2026-06-02";
const LIMIT: &str = "developers.facebook.com, IG User: content_publishing_limit, read 2026-11-23";
const PUBLISHING: &str = "developers.facebook.com, Instagram platform: content publishing, as restated 2026-09-09";

/// Shown by `tests/it/instagram.rs`.
const SHOWN: Evidence = Evidence { sandbox: Some("2026-11-27"), real_server: None, live: None };

/// What can be published, and how that was shown.
pub(super) const fn kinds(evidence: Evidence) -> [ContentKind; 5] {
    [
        ContentKind { kind: "image", evidence },
        ContentKind { kind: "carousel", evidence },
        ContentKind { kind: "reel", evidence },
        ContentKind { kind: "story", evidence },
        ContentKind { kind: "comment", evidence },
    ]
}

const TEXT: &[TextLimit] = &[TextLimit { unit: Unit::CodePoints, max: limits::CAPTION, source: MEDIA }];

/// A picture of a post.
const PICTURE: PictureRules = PictureRules {
    mimes: MimeSet::of(&[Mime::Jpeg]),
    max_bytes: 8 * 1024 * 1024,
    max_pixels: None,
    // 1,440 wide and 4:5. A wide one of this length is made smaller over there, as every one wider than 1,440 is.
    max_side: Some(1_800),
    ratio: Some((800, 1_910)),
    source: ERRORS,
};

/// A picture of a story, and the cover of a reel: no page names a ratio.
const FREE_PICTURE: PictureRules = PictureRules { max_side: None, ratio: None, ..PICTURE };

/// A reel. One page says 300 MB and the official sample 1 GB: the smaller one is kept.
const REEL: VideoRules = VideoRules {
    mimes: MimeSet::of(&[Mime::Mp4, Mime::Mov]),
    codecs: &["avc1", "avc3", "hvc1", "hev1"],
    max_bytes: 300_000_000,
    duration_ms: Some((3_000, 900_000)),
    max_pixels: None,
    max_side: Some(1_920),
    max_fps: Some(60),
    source: MEDIA,
};

/// The video of a story.
const STORY_VIDEO: VideoRules = VideoRules { max_bytes: 100_000_000, duration_ms: Some((3_000, 60_000)), ..REEL };

/// The files of a post.
pub(super) const OF_POST: MediaRules = MediaRules {
    max_items: limits::CAROUSEL,
    max_videos: limits::CAROUSEL,
    mixed: true,
    fetched: true,
    image: Some(PICTURE),
    animation: None,
    video: Some(REEL),
    alt: Some(TextLimit {
        unit: Unit::CodePoints,
        max: limits::ALT,
        source: "docs.upload-post.com, read 2026-11-27; Meta's pages that were read name no figure",
    }),
};

/// The video of a reel, and its cover.
pub(super) const OF_REEL: MediaRules =
    MediaRules { max_items: 2, max_videos: 1, image: Some(FREE_PICTURE), alt: None, ..OF_POST };

/// The file of a story.
pub(super) const OF_STORY: MediaRules = MediaRules { max_items: 1, video: Some(STORY_VIDEO), ..OF_REEL };

/// Instagram by its own log-in, described.
pub const DESCRIPTOR: Descriptor = Descriptor {
    id: "instagram",
    name: "Instagram",
    docs: "https://developers.facebook.com/docs/instagram-platform",
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
        ScopeReason {
            scope: "instagram_business_basic",
            why: "scope-read-account",
            feature: "connect",
            required: true,
        },
        ScopeReason {
            scope: "instagram_business_content_publish",
            why: "scope-write-posts",
            feature: "publish",
            required: true,
        },
        ScopeReason {
            scope: "instagram_business_manage_comments",
            why: "scope-comments",
            feature: "comment",
            required: false,
        },
    ],
    kinds: &kinds(SHOWN),
    text: TEXT,
    text_required: false,
    media: Some(OF_POST),
    // Our own figures: no page names any.
    thread: Some(ThreadRules {
        max_parts: 10,
        max_delay_s: 86_400,
        comment: Some(CommentRules {
            text: &[TextLimit {
                unit: Unit::CodePoints,
                max: limits::COMMENT,
                source: "docs.upload-post.com, read 2026-11-27; Meta names no figure",
            }],
        }),
    }),
    settings: include_str!("settings.schema.json"),
    budgets: &[
        RateBudget {
            // Pages say 25, 50 and 100. What holds for the account it says itself, and is asked before each post.
            name: "posts_per_day",
            limit: 100,
            window_s: 86_400,
            per_account: true,
            cost_per_part: 1,
            cost_per_file: 0,
            source: LIMIT,
        },
        RateBudget {
            // One for the post, and one for each file of several.
            name: "containers_per_day",
            limit: 400,
            window_s: 86_400,
            per_account: true,
            cost_per_part: 1,
            cost_per_file: 1,
            source: PUBLISHING,
        },
    ],
    lookup: LookupKind::Session,
    // No document names a delay; a container that is still FINISHED after a minute was not published.
    visibility_delay: Duration::from_secs(60),
    live: LiveSupport { edit: false, delete: false },
    deauthorisation: "A callback of the platform app, signed with its secret. A withdrawn consent shows at the next \
                      call as well, as code 190.",
    min_gap: Duration::ZERO,
};

/// What holds for stories: each part is one, so none is a comment and no permission for comments is needed.
pub(super) const fn of_stories(descriptor: Descriptor) -> Descriptor {
    let thread = match descriptor.thread {
        Some(rules) => Some(ThreadRules { comment: None, ..rules }),
        None => None,
    };
    Descriptor { thread, scopes: &[], ..descriptor }
}

const STORIES: Descriptor = of_stories(DESCRIPTOR);

/// The way in by Instagram's own log-in. Places are not taken there (read 2026-09-09 in another product's notes).
pub(super) const LOGIN: Login = Login { descriptor: &DESCRIPTOR, stories: &STORIES, places: false };
