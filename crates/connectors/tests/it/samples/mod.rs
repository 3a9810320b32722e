//! What each connector brings to the conformance suite.

mod bluesky;
mod facebook;
mod instagram;
mod mastodon;
mod nostr;
mod pds;
mod threads;
mod webhook;

use postrider_connector::testkit::Samples;

pub(crate) use bluesky::BlueskySamples;
pub(crate) use facebook::FacebookSamples;
pub(crate) use instagram::InstagramSamples;
pub(crate) use mastodon::MastodonSamples;
pub(crate) use threads::ThreadsSamples;
pub(crate) use webhook::{SECRET, WebhookSamples};

/// The samples of a connector, one for each of its ways; empty for one that has none yet.
pub(crate) fn of(id: &str) -> Vec<Box<dyn Samples>> {
    match id {
        "bluesky" => vec![Box::new(BlueskySamples)],
        "facebook" => vec![Box::new(FacebookSamples)],
        "instagram" => vec![Box::new(InstagramSamples)],
        "instagram_facebook" => vec![Box::new(instagram::InstagramByFacebookSamples)],
        "mastodon" => vec![
            Box::new(mastodon::MastodonSamples { keys_honoured: true }), //
            Box::new(mastodon::MastodonSamples { keys_honoured: false }),
        ],
        "nostr" => vec![
            Box::new(nostr::NostrSamples { relays: 1 }), //
            Box::new(nostr::NostrSamples { relays: 3 }),
        ],
        "threads" => vec![Box::new(threads::ThreadsSamples)],
        "webhook" => vec![
            Box::new(WebhookSamples { deduplicates: false }), //
            Box::new(WebhookSamples { deduplicates: true }),
        ],
        _ => Vec::new(),
    }
}
