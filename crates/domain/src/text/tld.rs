//! Known top-level domains.
//!
//! `data/tlds.txt` is the union of the single-label ICANN rules of the Public
//! Suffix List (as in psl 2.1.247, autumn 2026) and the list of twitter-text
//! (2021-10-21), whose retired names its conformance cases still expect.
//! Lower case, one a line, sorted.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::chars::{Indexed, is_domain};

/// The longest name has 18 characters.
const LONGEST: usize = 18;

static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("data/tlds.txt").lines().collect());

/// Whether this is a top-level domain, in any case; punycode names are taken
/// at their word.
pub(super) fn is_known(label: &str) -> bool {
    let lower = label.to_lowercase();
    KNOWN.contains(lower.as_str()) || lower.strip_prefix("xn--").is_some_and(|rest| !rest.is_empty())
}

/// Where a top-level domain that begins here ends, or `None`.
///
/// The longest name wins. What follows may be a letter of another script, as in
/// `example.comです`, but no ASCII letter, digit, `@`, `+` or `-`.
pub(super) fn ends_at(text: &Indexed, from: usize) -> Option<usize> {
    let mut name = String::new();
    let mut found = None;
    for at in from..text.len().min(from + LONGEST) {
        let Some(c) = text.get(at).filter(|c| is_domain(*c)) else { break };
        name.extend(c.to_lowercase());
        let closed = !text.is(at + 1, |c| c.is_ascii_alphanumeric() || matches!(c, '@' | '+' | '-'));
        if closed && KNOWN.contains(name.as_str()) {
            found = Some(at + 1);
        }
    }
    found.or_else(|| punycode_ends_at(text, from))
}

fn punycode_ends_at(text: &Indexed, from: usize) -> Option<usize> {
    let body = from + "xn--".len();
    let end = text.run(body, |c| c.is_ascii_alphanumeric() || c == '-');
    (text.starts_with(from, "xn--") && end > body).then_some(end)
}
