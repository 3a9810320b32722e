//! Weighted length: twitter-text configuration 3.
//!
//! Source: `config/v3.json` of twitter-text (2021-10-21) and
//! docs.x.com "Counting characters" (2026-08-22). Checked against the
//! conformance file `validate.yml`.

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_segmentation::UnicodeSegmentation;

use super::chars::{Indexed, is_invalid};
use super::emoji;
use super::extract::weighted_link_ranges;
use super::span::Span;

/// The weighted length a post may have.
pub const X_MAX: usize = 280;

/// What a weighted count found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct XMeasure {
    /// Weighted length.
    pub weighted: usize,
    /// Weighted length in thousandths of [`X_MAX`], rounded down; above 1,000 when too long.
    pub permillage: usize,
    /// Whether it is between 1 and [`X_MAX`] and holds no U+FFFE, U+FEFF or U+FFFF.
    pub valid: bool,
    /// The beginning that is within the limit and valid, in bytes of the text as given.
    pub valid_range: Span,
}

/// A configuration of twitter-text.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) max: usize,
    pub(super) scale: usize,
    pub(super) default: usize,
    pub(super) link: usize,
    /// First, last, weight.
    pub(super) ranges: &'static [(char, char, usize)],
    /// Whether an emoji sequence weighs as one character.
    pub(super) emoji: bool,
}

/// Configuration 3, the one in force.
pub(super) const V3: Weights = Weights {
    max: X_MAX,
    scale: 100,
    default: 200,
    link: 23,
    ranges: &[
        ('\u{0}', '\u{10FF}', 100),
        ('\u{2000}', '\u{200D}', 100),
        ('\u{2010}', '\u{201F}', 100),
        ('\u{2032}', '\u{2037}', 100),
    ],
    emoji: true,
};

impl Weights {
    fn of(&self, c: char) -> usize {
        let range = self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&c));
        range.map_or(self.default, |(_, _, weight)| *weight)
    }
}

/// Weighs a text as [`Unit::XWeighted`](super::Unit::XWeighted) does, and says how much of it fits.
pub fn measure_weighted(text: &str) -> XMeasure {
    weigh(text, &V3)
}

pub(super) fn weigh(text: &str, weights: &Weights) -> XMeasure {
    let composed: String = text.nfc().collect();
    let sum = add_up(&composed, weights);
    let weighted = sum.total / weights.scale;
    XMeasure {
        weighted,
        permillage: weighted * 1000 / weights.max,
        valid: sum.clean && (1..=weights.max).contains(&weighted),
        valid_range: Span::new(0, end_in_original(text, sum.fits)),
    }
}

struct Sum {
    /// In units of `1 / scale`.
    total: usize,
    clean: bool,
    /// Bytes of the composed text that fit.
    fits: usize,
}

fn add_up(composed: &str, weights: &Weights) -> Sum {
    let text = Indexed::new(composed);
    let mut links = weighted_link_ranges(&text).into_iter().peekable();
    let mut sum = Sum { total: 0, clean: true, fits: 0 };
    let mut at = 0;
    while let Some(c) = text.get(at) {
        let (end, weight) = match links.next_if(|link| link.start == at) {
            Some(link) => (link.end, weights.link * weights.scale),
            None => match emoji::sequence_len(text.slice(at, at + emoji::LONGEST)).filter(|_| weights.emoji) {
                Some(len) => (at + len, weights.default),
                None => (at + 1, weights.of(c)),
            },
        };
        sum.total += weight;
        sum.clean &= !is_invalid(c);
        if sum.clean && sum.total <= weights.max * weights.scale {
            sum.fits = text.span(0, end).end;
        }
        at = end;
    }
    sum
}

/// Where in the text as given the part ends that composes to `fits` bytes.
///
/// Composition never crosses the border of a grapheme cluster, so clusters can be
/// composed one by one.
fn end_in_original(text: &str, fits: usize) -> usize {
    if is_nfc(text) {
        return fits;
    }
    let mut composed = 0;
    let mut end = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        composed += cluster.nfc().map(char::len_utf8).sum::<usize>();
        if composed > fits {
            break;
        }
        end = at + cluster.len();
    }
    end
}
