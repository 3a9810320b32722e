//! Counting characters the way networks count them, and finding what in a text
//! is a link, a mention or a tag.
//!
//! Rules are named by what they do, never by who uses them: which network
//! counts how is said by its descriptor.

mod chars;
mod emoji;
pub mod extract;
mod fediverse;
mod matching;
mod span;
mod split;
mod tld;
mod tracking;
mod weighted;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

pub use matching::{LinkMatching, normalise_for_match};
pub use span::Span;
pub use split::split_thread;
pub use tracking::without_tracking;
pub use weighted::{X_MAX, XMeasure, measure_weighted};

/// How characters are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// twitter-text configuration 3: after NFC, most European characters weigh
    /// 1 and all others 2, a link weighs 23, an emoji sequence 2.
    XWeighted,
    /// Extended grapheme clusters (UAX 29): what a reader calls a character.
    Graphemes,
    /// UTF-16 code units: characters beyond U+FFFF count twice.
    Utf16,
    /// Bytes of the UTF-8 encoding.
    Bytes,
    /// Unicode scalar values.
    CodePoints,
    /// Unicode scalar values, except that an emoji counts as its UTF-8 bytes
    /// (Threads, "Create posts", 2026-04-14). The document does not say what a
    /// character with an optional emoji form is; such a one counts as emoji, so
    /// that a doubtful text is refused here rather than there.
    Threads,
    /// Extended grapheme clusters, except that a link with its scheme counts 23 and
    /// `@name@host` as `@name`.
    Fediverse,
}

/// The length of a text in a unit.
pub fn measure(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::XWeighted => measure_weighted(text).weighted,
        Unit::Graphemes => text.graphemes(true).count(),
        Unit::Utf16 => text.chars().map(char::len_utf16).sum(),
        Unit::Bytes => text.len(),
        Unit::CodePoints => text.chars().count(),
        Unit::Threads => text.graphemes(true).map(emoji_as_bytes).sum(),
        Unit::Fediverse => fediverse::measure(text),
    }
}

/// One grapheme cluster counted by [`Unit::Threads`].
fn emoji_as_bytes(cluster: &str) -> usize {
    let chars: Vec<char> = cluster.chars().collect();
    if emoji::sequence_len(&chars).is_some() { cluster.len() } else { chars.len() }
}
