//! What the rest of the product may know about Bluesky.

use std::time::Duration;

use postrider_connector::auth::ConnectField;
use postrider_connector::descriptor::{
    AuthKind, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, RateBudget, TextLimit, ThreadRules,
};
use postrider_domain::text::Unit;

/// Where accounts live that are on no server of their own.
pub(super) const DEFAULT_HOST: &str = "https://bsky.social";

const POST_LEXICON: &str = "lexicon app.bsky.feed.post, bluesky-social/atproto d6296a1, 2026-08-20";
const RATE_LIMITS: &str = "https://docs.bsky.app/docs/advanced-guides/rate-limits, and the reference server d6296a1, \
                           2026-08-20: create 3 points, put 2, delete 1";

/// Shown by `tests/it/scenarios.rs`, and by `tests/it/real_server.rs` against PDS 0.4.217.
const SHOWN: Evidence = Evidence { sandbox: Some("2026-11-23"), real_server: Some("2026-11-23"), live: None };

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
        ],
    },
    // An app password opens what it opens; there is nothing narrower to ask for.
    scopes: &[],
    kinds: &[
        ContentKind { kind: "text", evidence: SHOWN },
        ContentKind { kind: "thread", evidence: SHOWN },
        ContentKind { kind: "quote", evidence: SHOWN },
    ],
    text: &[
        TextLimit { unit: Unit::Graphemes, max: 300, source: POST_LEXICON },
        TextLimit { unit: Unit::Bytes, max: 3_000, source: POST_LEXICON },
    ],
    text_required: true,
    media: None,
    // Our own figures: the platform names none. A part costs points, see the budgets.
    thread: Some(ThreadRules { max_parts: 50, max_delay_s: 86_400 }),
    settings: include_str!("settings.schema.json"),
    budgets: &[
        RateBudget {
            name: "points_per_hour",
            limit: 5_000,
            window_s: 3_600,
            per_account: true,
            cost_per_part: 2,
            source: RATE_LIMITS,
        },
        RateBudget {
            name: "points_per_day",
            limit: 35_000,
            window_s: 86_400,
            per_account: true,
            cost_per_part: 2,
            source: RATE_LIMITS,
        },
    ],
    lookup: LookupKind::Key,
    // The lookup asks the repository itself, which is immediate and exact.
    visibility_delay: Duration::ZERO,
    live: LiveSupport { edit: false, delete: false },
    deauthorisation: "No callback. A withdrawn app password shows at the next call, as ExpiredToken, InvalidToken \
                      or AuthenticationRequired.",
    // None is documented.
    min_gap: Duration::ZERO,
};
