//! What Meta's networks have in common on the wire: the error body, apps and their
//! secrets, consent, tokens and how long they live, field selection, cursors, ids,
//! usage headers, signed requests, versions, and fetching media from an address.
//!
//! Written from the facts shared by Facebook, Instagram and Threads (audit of
//! 2026-11-23). What one network does its own way is in that network's folder.

pub(crate) mod apps;
pub(crate) mod consent;
pub(crate) mod error;
pub(crate) mod fields;
pub(crate) mod film;
pub(crate) mod grants;
pub(crate) mod ids;
pub(crate) mod paging;
pub(crate) mod params;
pub(crate) mod pull;
pub(crate) mod signed;
pub(crate) mod stored;
pub(crate) mod usage;
pub(crate) mod version;

use jiff::{SignedDuration, Timestamp};

/// The largest body of a call, in bytes: everything here is text.
pub(crate) const BODY_LIMIT: usize = 1_000_000;

/// A moment after another, or the last there is.
pub(crate) fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Milliseconds as a duration, as many as fit.
pub(crate) fn millis(count: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Parameters, one a line.
pub(crate) fn lines(sent: Vec<(String, String)>) -> String {
    sent.into_iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// A time as the Graph API writes it: `2024-09-12T23:17:39+0000`, as in the examples of
/// Meta's own collection for Threads of 2026-01-02.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_offset_without_a_colon() {
        let at: Timestamp = "2024-09-12T23:17:39.25Z".parse().expect("a time");
        assert_eq!(time(at), "2024-09-12T23:17:39+0000");
    }
}
