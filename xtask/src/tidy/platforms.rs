//! Only connectors name a platform: deleting one is deleting a folder and a registry line.

use crate::tree::{Finding, Tree};

/// The ids that connectors have or will have. A literal counts only when it *equals* one of these.
const IDS: &[&str] = &[
    "blogger",
    "bluesky",
    "devto",
    "discord",
    "dribbble",
    "facebook",
    "farcaster",
    "forem",
    "ghost",
    "google_business_profile",
    "hashnode",
    "instagram",
    "kick",
    "lemmy",
    "linkedin",
    "linkedin_page",
    "listmonk",
    "mailchimp",
    "mastodon",
    "matrix",
    "medium",
    "misskey",
    "nostr",
    "pinterest",
    "pixelfed",
    "reddit",
    "slack",
    "snapchat",
    "telegram",
    "threads",
    "tiktok",
    "tumblr",
    "twitch",
    "twitter",
    "vimeo",
    "vk",
    "webhook",
    "wordpress",
    "x",
    "youtube",
];

/// Crates that may: the connectors, their simulated counterparts, and what drives both from outside.
const HOMES: &[&str] = &["connectors", "sandbox", "e2e", "chaos", "bench", "xtask"];

/// Path prefixes outside the homes that may, each with its reason.
const ALLOWED: &[(&str, &str)] =
    &[("crates/server/src/demo", "the demo connects simulated accounts of named platforms")];

/// Finds platform ids in string literals outside connectors; tests may name them.
pub fn only_in_connectors(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        let allowed = ALLOWED.iter().any(|(prefix, _)| source.path.starts_with(prefix));
        if allowed || HOMES.contains(&source.crate_name()) {
            continue;
        }
        for (text, line) in source.strings() {
            if IDS.contains(&text) && !source.is_test(line) {
                let message = format!("platform id \"{text}\" outside connectors: ask the descriptor");
                findings.push(Finding::new(&source.path, line, message));
            }
        }
    }
    findings
}
