//! Comparing what we sent with what a network lists.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use url::Url;

use super::extract::{self, Rules};

/// Stands for any link where links are not compared.
const ANY_LINK: &str = "\u{FFFC}";

/// Query parameters that only say where a visitor came from.
const TRACKING: [&str; 11] =
    ["dclid", "fbclid", "gclid", "igsh", "igshid", "li_fat_id", "mc_cid", "mc_eid", "msclkid", "ttclid", "twclid"];

/// How links in two texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkMatching {
    /// As they are written.
    Exact,
    /// As normalised URLs, scheme added where missing, without tracking parameters.
    WithoutTracking,
    /// Any link equals any other: for networks that put short links in their place.
    Any,
}

/// A text in the form in which two copies of it are equal.
///
/// NFC; runs of white space become one space; none at the ends; zero-width
/// spaces and byte order marks are dropped, since networks drop them; links as
/// `links` says. The result is for comparing only, never for sending.
pub fn normalise_for_match(text: &str, links: LinkMatching) -> String {
    let visible: String = text.chars().filter(|c| !matches!(c, '\u{200B}' | '\u{FEFF}')).collect();
    let composed: String = visible.nfc().collect();
    let linked = match links {
        LinkMatching::Exact => composed,
        LinkMatching::WithoutTracking => replace_links(&composed, without_tracking),
        LinkMatching::Any => replace_links(&composed, |_| ANY_LINK.to_owned()),
    };
    linked.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn replace_links(text: &str, replacement: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for link in extract::links(text, Rules::Weighted) {
        out.push_str(&text[done..link.span.start]);
        out.push_str(&replacement(&link.value));
        done = link.span.end;
    }
    out + &text[done..]
}

fn without_tracking(link: &str) -> String {
    let address = if link.contains("://") { link.to_owned() } else { format!("https://{link}") };
    let Ok(mut url) = Url::parse(&address) else { return link.to_owned() };
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| !is_tracking(name)).map(into_owned).collect();
    if kept.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    url.to_string()
}

fn into_owned((name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (name.into_owned(), value.into_owned())
}

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_") || TRACKING.contains(&name)
}
