//! How long a text is, and how many links it has.

use std::collections::BTreeSet;

use unicode_properties::UnicodeEmoji as _;
use unicode_properties::emoji::EmojiStatus;
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

/// The most a text may count (page "posts", 2026-04-14).
pub(crate) const LIMIT: usize = 500;

/// The most different links of a post (changelog, since 2025-12-22).
pub(crate) const LINKS: usize = 5;

/// What a text counts: one for each code point, and for an emoji the length of its UTF-8.
///
/// What an emoji is, the page does not say. Here it is a grapheme that is shown as one by
/// itself, or is asked to be by a variation selector; `©` and `1` are none.
pub(crate) fn count(text: &str) -> usize {
    text.graphemes(true).map(|grapheme| if emoji(grapheme) { grapheme.len() } else { grapheme.chars().count() }).sum()
}

fn emoji(grapheme: &str) -> bool {
    let pictured = |c: char| {
        c == '\u{fe0f}'
            || matches!(
                c.emoji_status(),
                EmojiStatus::EmojiPresentation
                    | EmojiStatus::EmojiPresentationAndModifierBase
                    | EmojiStatus::EmojiPresentationAndEmojiComponent
                    | EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent
            )
    };
    grapheme.chars().any(pictured)
}

/// The different web addresses of a text, in order. Addresses without a scheme are not
/// counted; whether the real server does is not documented.
pub(crate) fn links(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let words = text.split(|c: char| c.is_whitespace() || "<>\"".contains(c));
    let found = words.filter_map(|word| {
        let at = word.find("https://").into_iter().chain(word.find("http://")).min()?;
        web(word[at..].trim_end_matches(|c: char| ".,;:!?)]}'".contains(c)))
    });
    found.filter(|link| seen.insert(link.clone())).collect()
}

/// A web address in its usual form.
pub(crate) fn web(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    (["http", "https"].contains(&url.scheme()) && url.host().is_some()).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_counts_as_its_bytes_and_all_else_as_one() {
        for (text, want) in [
            ("", 0),
            ("abc", 3),
            ("äé", 2),
            ("日本", 2),
            ("👍", 4),
            ("👍🏽", 8),
            ("👩‍👩‍👧‍👦", 25),
            ("🇩🇪", 8),
            ("❤️", 6),
            ("1️⃣", 7),
            ("©1#", 3),
            ("a👍b", 6),
        ] {
            assert_eq!(count(text), want, "{text}");
        }
    }

    #[test]
    fn links_are_counted_once_each() {
        let text =
            "See https://a.example/x, (http://b.example) and https://a.example/x. Not a.example nor ftp://c.example";
        assert_eq!(links(text), ["https://a.example/x", "http://b.example/"]);
        assert_eq!(links("https://a.example https://A.example/"), ["https://a.example/"]);
        assert_eq!(links("https:// http://"), Vec::<String>::new());
    }
}
