//! The connectors, one folder each, and their registry.
//!
//! Removing a platform is deleting its folder, its `pub mod` and its line in
//! [`registry`]. Nothing outside this crate names one.

pub mod bluesky;
pub mod mastodon;
pub mod nostr;
pub mod webhook;

#[cfg(test)]
mod fuzz;

use std::sync::Arc;

use postrider_connector::Registry;

/// Every connector, in the order in which people see them.
pub fn registry() -> Registry {
    Registry::new(vec![
        Arc::new(bluesky::Bluesky),
        Arc::new(mastodon::Mastodon),
        Arc::new(nostr::Nostr),
        Arc::new(webhook::Webhook),
    ])
}
