//! Links, mentions, tags and cashtags in a text, with byte offsets.
//!
//! Two families of rules exist. *Weighted* rules are those of twitter-text: they
//! know scripts without spaces and weigh what they find. *Spaced* rules take
//! what stands between white space, as rich-text records with byte offsets do.

mod links;
mod social;
mod spaced;

use serde::{Deserialize, Serialize};

pub(super) use links::weighted_link_ranges;

use super::span::Span;

/// Something found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Found {
    /// Where it is, its `@`, `#` or `$` included.
    pub span: Span,
    /// What it says: the address of a link, a name without `@`, a tag without `#`, a symbol without `$`.
    pub value: String,
}

/// Which family of rules to look with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    /// twitter-text 3.1: with or without scheme, in any script; a link's value is as written.
    Weighted,
    /// Between white space; a link's value is a complete URL.
    Spaced,
}

/// What a mention looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MentionStyle {
    /// `@name`: up to 20 ASCII letters, digits or underscores.
    ScreenName,
    /// `@name` or `@name/list`; the value is `name` or `name/list`.
    ScreenNameOrList,
    /// `@name.example.org`: a domain name with a known ending or `.test`; the value is in lower case.
    Handle,
}

/// The links of a text, in order.
pub fn links(text: &str, rules: Rules) -> Vec<Found> {
    match rules {
        Rules::Weighted => links::weighted(text),
        Rules::Spaced => spaced::links(text),
    }
}

/// The mentions of a text, in order. What is part of a link is none.
pub fn mentions(text: &str, style: MentionStyle) -> Vec<Found> {
    match style {
        MentionStyle::ScreenName => social::mentions(text).into_iter().filter(|found| !is_list(found)).collect(),
        MentionStyle::ScreenNameOrList => social::mentions(text),
        MentionStyle::Handle => spaced::handles(text),
    }
}

/// The hashtags of a text, in order. What is part of a link is none.
pub fn hashtags(text: &str, rules: Rules) -> Vec<Found> {
    match rules {
        Rules::Weighted => social::hashtags(text),
        Rules::Spaced => spaced::tags(text),
    }
}

/// Ticker symbols such as `$ABC` or `$ABC.D`, in order.
pub fn cashtags(text: &str) -> Vec<Found> {
    social::cashtags(text)
}

/// The screen name a text replies to: one at its very beginning.
pub fn reply_to(text: &str) -> Option<Found> {
    social::reply_to(text)
}

/// Mentions that are domain names: [`MentionStyle::Handle`].
pub fn at_handles(text: &str) -> Vec<Found> {
    spaced::handles(text)
}

/// Tags between white space: [`Rules::Spaced`].
pub fn tags(text: &str) -> Vec<Found> {
    spaced::tags(text)
}

fn is_list(found: &Found) -> bool {
    found.value.contains('/')
}

/// Whether a span shares nothing with the links, which are in order.
fn outside(links: &[Found], span: Span) -> bool {
    let next = links.partition_point(|link| link.span.end <= span.start);
    links.get(next).is_none_or(|link| !link.span.overlaps(span))
}
