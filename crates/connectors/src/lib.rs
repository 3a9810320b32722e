//! The connectors, one folder each, and their registry.
//!
//! Removing a platform is deleting its folder, its `pub mod` and its line in
//! [`registry`]. Nothing outside this crate names one.

pub mod bluesky;
pub mod facebook;
pub mod instagram;
pub mod mastodon;
mod meta;
mod meta_list;
mod meta_pages;
mod meta_signed;
pub mod nostr;
pub mod threads;
pub mod webhook;

#[cfg(test)]
mod fuzz;

use std::collections::BTreeMap;
use std::sync::Arc;

use postrider_connector::Registry;

/// Every connector, in the order in which people see them, with the APIs that are shipped.
pub fn registry() -> Registry {
    registry_at(&BTreeMap::new()).expect("what is shipped is right")
}

/// The same with some APIs elsewhere: by platform, an origin with a version such as `https://graph.threads.net/v1.0`.
///
/// # Errors
/// A platform that is not there or has no API of its own, and what is wrong with an address.
pub fn registry_at(apis: &BTreeMap<String, String>) -> Result<Registry, String> {
    if let Some(unknown) = apis.keys().find(|platform| !MOVABLE.contains(&platform.as_str())) {
        return Err(format!("`{unknown}` has no API that can be elsewhere; {} have", MOVABLE.join(", ")));
    }
    let at = |platform: &str| apis.get(platform).map(String::as_str);
    let facebook = at(facebook::DESCRIPTOR.id).map_or_else(|| Ok(Default::default()), facebook::Facebook::at)?;
    let instagram = at(instagram::DESCRIPTOR.id).map_or_else(|| Ok(Default::default()), instagram::Instagram::at)?;
    let by_facebook = at(instagram::FACEBOOK_DESCRIPTOR.id)
        .map_or_else(|| Ok(instagram::Instagram::by_facebook()), instagram::Instagram::by_facebook_at)?;
    let threads = at(threads::DESCRIPTOR.id).map_or_else(|| Ok(Default::default()), threads::Threads::at)?;
    Ok(Registry::new(vec![
        Arc::new(bluesky::Bluesky),
        Arc::new(mastodon::Mastodon),
        Arc::new(facebook),
        Arc::new(instagram),
        Arc::new(by_facebook),
        Arc::new(threads),
        Arc::new(nostr::Nostr),
        Arc::new(webhook::Webhook),
    ]))
}

/// Platforms with one API for everybody, which an operator may have to point elsewhere: a newer version, a simulation.
const MOVABLE: &[&str] =
    &[facebook::DESCRIPTOR.id, instagram::DESCRIPTOR.id, instagram::FACEBOOK_DESCRIPTOR.id, threads::DESCRIPTOR.id];
