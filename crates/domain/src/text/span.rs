//! Where something is in a text.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// A range of UTF-8 bytes, end exclusive, always on character boundaries of
/// the text it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span of these bytes.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The part of the text it covers; empty if it lies outside the text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// Length in bytes.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers nothing.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two share at least one byte.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The same range in UTF-16 code units.
    pub fn utf16(self, text: &str) -> Range<usize> {
        self.counted(text, |part| part.chars().map(char::len_utf16).sum())
    }

    /// The same range in Unicode scalar values.
    pub fn code_points(self, text: &str) -> Range<usize> {
        self.counted(text, |part| part.chars().count())
    }

    /// The same range in grapheme clusters, widened to whole clusters.
    pub fn graphemes(self, text: &str) -> Range<usize> {
        let ends = text.grapheme_indices(true).map(|(at, cluster)| at + cluster.len());
        let start = ends.clone().take_while(|end| *end <= self.start).count();
        let starts = text.grapheme_indices(true).map(|(at, _)| at);
        start..starts.take_while(|at| *at < self.end).count().max(start)
    }

    /// The span of a range given in UTF-16 code units, or `None` if it leaves
    /// the text or cuts a surrogate pair.
    pub fn from_utf16(text: &str, range: Range<usize>) -> Option<Self> {
        let span = Self::new(byte_of_utf16(text, range.start)?, byte_of_utf16(text, range.end)?);
        (span.start <= span.end).then_some(span)
    }

    fn counted(self, text: &str, count: impl Fn(&str) -> usize) -> Range<usize> {
        let start = count(text.get(..self.start).unwrap_or(text));
        start..start + count(self.of(text))
    }
}

fn byte_of_utf16(text: &str, wanted: usize) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= wanted {
            return (units == wanted).then_some(at);
        }
        units += c.len_utf16();
    }
    (units == wanted).then_some(text.len())
}
