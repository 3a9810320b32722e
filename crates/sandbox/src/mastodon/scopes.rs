//! Scopes: which exist, and which covers which.

use super::dialect::Facts;

/// The scopes that stand alone.
const TOP: [&str; 5] = ["read", "write", "follow", "push", "profile"];

/// What `read` and `write` are made of, as of Mastodon 4.7.
const READ: [&str; 11] = [
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "statuses",
];
const WRITE: [&str; 14] = [
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
    "mutes",
    "notifications",
    "reports",
    "statuses",
];

/// The scopes of a request: words separated by spaces.
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Every scope the program knows, for its metadata.
pub(crate) fn all(facts: &Facts) -> Vec<String> {
    let mut scopes: Vec<_> = TOP.iter().filter(|scope| known(facts, scope)).map(|scope| (*scope).to_owned()).collect();
    if facts.granular {
        scopes.extend(READ.iter().map(|part| format!("read:{part}")));
        scopes.extend(WRITE.iter().map(|part| format!("write:{part}")));
    }
    scopes
}

/// Whether the program has a scope of that name. `search` of reading exists too.
pub(crate) fn known(facts: &Facts, scope: &str) -> bool {
    match scope.split_once(':') {
        None if scope == "profile" => facts.api_level.is_some(),
        None => TOP.contains(&scope),
        Some(("read", part)) => facts.granular && (READ.contains(&part) || part == "search"),
        Some(("write", part)) => facts.granular && WRITE.contains(&part),
        Some(_) => false,
    }
}

/// Whether the granted scopes cover the wanted one: itself, or the part above it.
pub(crate) fn cover(granted: &[String], wanted: &str) -> bool {
    let above = wanted.split(':').next().unwrap_or(wanted);
    granted.iter().any(|scope| scope == wanted || scope == above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mastodon::dialect::Dialect;

    #[test]
    fn the_part_above_covers_and_the_part_beside_does_not() {
        let granted = split("read write:statuses");
        assert!(cover(&granted, "read:accounts") && cover(&granted, "write:statuses"));
        assert!(!cover(&granted, "write:media") && !cover(&granted, "write"));
    }

    #[test]
    fn programs_know_different_scopes() {
        let knows = |dialect: Dialect, scope| known(dialect.facts(), scope);
        assert!(knows(Dialect::Mastodon, "write:media") && knows(Dialect::Mastodon, "profile"));
        assert!(!knows(Dialect::Pixelfed, "write:media") && knows(Dialect::Pixelfed, "write"));
        assert!(!knows(Dialect::Gotosocial, "profile"));
        assert!(!knows(Dialect::Mastodon, "write:everything") && !knows(Dialect::Mastodon, "admin:write:x"));
        for dialect in Dialect::ALL {
            let scopes = all(dialect.facts());
            assert!(scopes.iter().all(|scope| known(dialect.facts(), scope)));
        }
    }
}
