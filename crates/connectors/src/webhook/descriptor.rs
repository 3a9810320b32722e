//! What the rest of the product may know about webhooks.

use std::time::Duration;

use postrider_connector::auth::ConnectField;
use postrider_connector::descriptor::{
    AuthKind, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, TextLimit, ThreadRules,
};
use postrider_domain::text::Unit;

/// Shown by `tests/it/scenarios.rs`.
const SHOWN: Evidence = Evidence { sandbox: Some("2026-11-23"), real_server: None, live: None };

/// Webhooks, described.
pub const DESCRIPTOR: Descriptor = Descriptor {
    id: "webhook",
    name: "Webhook",
    docs: "https://www.standardwebhooks.com",
    host: None,
    api_version: "Standard Webhooks 1.0.0",
    sunset: None,
    auth: AuthKind::Fixed {
        fields: &[
            ConnectField { name: "url", secret: true, optional: false, default: None },
            ConnectField { name: "secret", secret: true, optional: false, default: None },
            ConnectField { name: "name", secret: false, optional: true, default: None },
            ConnectField { name: "deduplicates", secret: false, optional: true, default: Some("false") },
        ],
    },
    // The receiver's owner gives the address and the secret; there is nothing else to ask for.
    scopes: &[],
    kinds: &[ContentKind { kind: "text", evidence: SHOWN }, ContentKind { kind: "thread", evidence: SHOWN }],
    text: &[TextLimit {
        unit: Unit::Bytes,
        max: 10_000,
        source: "ours: Standard Webhooks 1.0.0 recommends payloads below 20 kB, and JSON may double a text",
    }],
    text_required: true,
    media: None,
    // Our own figures: the specification knows no threads.
    thread: Some(ThreadRules { max_parts: 25, max_delay_s: 86_400, comment: None }),
    settings: include_str!("settings.schema.json"),
    budgets: &[],
    lookup: LookupKind::None,
    visibility_delay: Duration::ZERO,
    live: LiveSupport { edit: false, delete: false },
    deauthorisation: "The receiver answers 410 Gone.",
    min_gap: Duration::ZERO,
};
