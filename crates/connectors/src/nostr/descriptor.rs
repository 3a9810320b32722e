//! What the rest of the product may know about Nostr.

use std::time::Duration;

use postrider_connector::auth::ConnectField;
use postrider_connector::descriptor::{
    AuthKind, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, MediaRules, PictureRules, TextLimit,
    ThreadRules, VideoRules,
};
use postrider_domain::media::{Mime, MimeSet};
use postrider_domain::text::Unit;

/// Shown by `tests/it/nostr.rs` against a relay of the `nostr` project.
const SHOWN: Evidence = Evidence { sandbox: None, real_server: Some("2026-11-25"), live: None };

/// Shown by `make test-real` against a relay, a media server and a client that others wrote.
const INDEPENDENT: Evidence = Evidence { real_server: Some("2026-11-26"), ..SHOWN };

const FILES: &str = "our own figures: every Blossom server sets its own and says so when a file is refused";

const PICTURES: PictureRules = PictureRules {
    mimes: MimeSet::of(&[Mime::Jpeg, Mime::Png, Mime::Webp, Mime::Gif]),
    max_bytes: 20_000_000,
    max_pixels: None,
    max_side: None,
    ratio: None,
    source: FILES,
};

/// Nostr, described.
pub const DESCRIPTOR: Descriptor = Descriptor {
    id: "nostr",
    name: "Nostr",
    docs: "https://github.com/nostr-protocol/nips",
    host: None,
    api_version: "NIPs of 2026-07-22 (db5fe3d)",
    sunset: None,
    auth: AuthKind::Fixed {
        fields: &[
            ConnectField { name: "nsec", secret: true, optional: false, default: None },
            ConnectField { name: "relays", secret: false, optional: false, default: None },
            ConnectField { name: "quorum", secret: false, optional: true, default: Some("1") },
            ConnectField { name: "media_server", secret: false, optional: true, default: None },
        ],
    },
    // A key opens everything that the key can sign.
    scopes: &[],
    kinds: &[
        ContentKind { kind: "text", evidence: INDEPENDENT },
        ContentKind { kind: "thread", evidence: INDEPENDENT },
        ContentKind { kind: "quote", evidence: SHOWN },
        ContentKind { kind: "image", evidence: INDEPENDENT },
        ContentKind { kind: "video", evidence: SHOWN },
    ],
    text: &[TextLimit {
        unit: Unit::Bytes,
        max: 30_000,
        source: "our own figure; a relay that takes less says so (NIP-11, limitation.max_content_length)",
    }],
    text_required: true,
    media: Some(MediaRules {
        max_items: 20,
        max_videos: 20,
        mixed: true,
        fetched: false,
        image: Some(PICTURES),
        animation: Some(PictureRules { mimes: MimeSet::of(&[Mime::Gif, Mime::Webp]), ..PICTURES }),
        video: Some(VideoRules {
            mimes: MimeSet::of(&[Mime::Mp4, Mime::Webm, Mime::Mov]),
            codecs: &[],
            max_bytes: 500_000_000,
            duration_ms: None,
            max_pixels: None,
            max_side: None,
            max_fps: None,
            source: FILES,
        }),
        alt: Some(TextLimit { unit: Unit::CodePoints, max: 2_000, source: "our own figure: NIP-92 names none" }),
    }),
    // Our own figures: the protocol names none.
    thread: Some(ThreadRules { max_parts: 50, max_delay_s: 86_400, comment: None }),
    settings: include_str!("settings.schema.json"),
    // Relays have limits of their own and say so when they are reached.
    budgets: &[],
    lookup: LookupKind::Key,
    // A relay that has said OK has the event (NIP-01, NIP-20).
    visibility_delay: Duration::ZERO,
    live: LiveSupport { edit: false, delete: true },
    deauthorisation: "None: a key cannot be withdrawn. Disconnecting destroys our copy.",
    min_gap: Duration::ZERO,
};
