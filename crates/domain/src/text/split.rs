//! Cutting a long text into the parts of a thread.

use std::collections::BTreeMap;

use unicode_segmentation::UnicodeSegmentation;

use super::chars::is_any_punctuation;
use super::extract::{self, Found, MentionStyle, Rules};
use super::span::Span;
use super::{Unit, measure};

/// How good a place to cut is; later is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Between two grapheme clusters.
    Cluster,
    /// Between two words that nothing separates, such as at a hyphen.
    Inner,
    /// Between words.
    Word,
    /// Between sentences.
    Sentence,
    /// Between paragraphs.
    Paragraph,
}

/// Cuts a text into pieces of at most `max` in the given unit.
///
/// A cut is made after a paragraph or a sentence if the piece is then at least
/// half as long as it could be, else between words, else inside a word between
/// grapheme clusters. White space at a cut is dropped. A link, mention or tag is
/// never cut: one that is longer than `max`, and a single grapheme cluster that
/// is, becomes a piece of its own that does not fit, for preflight to report.
/// A blank text gives no pieces.
pub fn split_thread(text: &str, unit: Unit, max: usize) -> Vec<String> {
    let breaks = Breaks::new(text, unit, max);
    let mut pieces = Vec::new();
    let mut start = breaks.skip_blank(0);
    while start < text.len() {
        let end = breaks.piece_end(start);
        pieces.push(breaks.piece(start, end).to_owned());
        start = breaks.skip_blank(end);
    }
    pieces
}

/// A text with the places where it may be cut.
struct Breaks<'t> {
    text: &'t str,
    unit: Unit,
    max: usize,
    /// Byte offset and rank, in order; the last is the end of the text.
    places: Vec<(usize, Rank)>,
}

impl<'t> Breaks<'t> {
    fn new(text: &'t str, unit: Unit, max: usize) -> Self {
        let ranks = ranks(text);
        let mut whole = protected(text, unit, max).into_iter().peekable();
        let mut places = Vec::new();
        let ends = text.grapheme_indices(true).map(|(at, cluster)| at + cluster.len());
        for end in ends.filter(|end| *end < text.len()) {
            while whole.next_if(|span| span.end <= end).is_some() {}
            if whole.peek().is_none_or(|span| end <= span.start) {
                places.push((end, ranks.get(&end).copied().unwrap_or(Rank::Cluster)));
            }
        }
        places.push((text.len(), Rank::Paragraph));
        Self { text, unit, max, places }
    }

    /// The first cluster from here on that is not white space.
    fn skip_blank(&self, from: usize) -> usize {
        let blank = self.text[from..].graphemes(true).take_while(|cluster| is_blank(cluster));
        from + blank.map(str::len).sum::<usize>()
    }

    /// The text between two places, without white space at its end.
    fn piece(&self, start: usize, end: usize) -> &'t str {
        let piece = &self.text[start..end];
        let blank = piece.graphemes(true).rev().take_while(|cluster| is_blank(cluster));
        &piece[..piece.len() - blank.map(str::len).sum::<usize>()]
    }

    fn fits(&self, start: usize, place: usize) -> bool {
        measure(self.piece(start, self.places[place].0), self.unit) <= self.max
    }

    /// Where the piece that begins here ends.
    fn piece_end(&self, start: usize) -> usize {
        let first = self.places.partition_point(|(at, _)| *at <= start);
        let last = self.last_fitting(start, first);
        if last + 1 == self.places.len() {
            return self.text.len();
        }
        let choice = &self.places[first..=last];
        let full = self.places[last].0 - start;
        let best = |rank: Rank, least: usize| {
            choice.iter().rev().find(|(at, have)| *have >= rank && at - start >= least).map(|(at, _)| *at)
        };
        best(Rank::Paragraph, full / 2)
            .or_else(|| best(Rank::Sentence, full / 2))
            .or_else(|| best(Rank::Word, 0))
            .or_else(|| best(Rank::Inner, 0))
            .unwrap_or(self.places[last].0)
    }

    /// The last place up to which the text fits, or the first place if none does.
    ///
    /// Doubles the step until the text is too long, so that the cost depends on
    /// the piece and not on the whole text.
    fn last_fitting(&self, start: usize, first: usize) -> usize {
        let end = self.places.len() - 1;
        let (mut good, mut step) = (first, 1);
        let mut bad = loop {
            let probe = (good + step).min(end);
            if !self.fits(start, probe) {
                break probe;
            }
            if probe == end {
                return end;
            }
            (good, step) = (probe, step * 2);
        };
        while good + 1 < bad {
            let middle = usize::midpoint(good, bad);
            if self.fits(start, middle) { good = middle } else { bad = middle }
        }
        good
    }
}

fn is_blank(cluster: &str) -> bool {
    cluster.chars().all(char::is_whitespace)
}

/// Places better than between clusters.
fn ranks(text: &str) -> BTreeMap<usize, Rank> {
    let mut ranks = BTreeMap::new();
    for (at, word) in text.split_word_bound_indices() {
        if is_blank(word) {
            let rank = if word.contains(['\n', '\u{2029}']) { Rank::Paragraph } else { Rank::Word };
            ranks.insert(at + word.len(), rank);
        } else if at > 0 {
            ranks.entry(at).or_insert(unspaced_rank(&text[..at], word));
        }
    }
    for (at, _) in text.split_sentence_bound_indices() {
        let ended = text[..at].ends_with(|c: char| c.is_whitespace() || matches!(c, '。' | '！' | '？' | '｡'));
        if let Some(rank) = ranks.get_mut(&at).filter(|_| ended) {
            *rank = (*rank).max(Rank::Sentence);
        }
    }
    ranks
}

/// The rank of a place between words without white space: a good one in scripts
/// that write none, unless a closing mark would start the next piece.
fn unspaced_rank(before: &str, word: &str) -> Rank {
    let neighbours = [before.chars().next_back(), word.chars().next()];
    let unspaced = neighbours.into_iter().flatten().any(is_unspaced);
    if unspaced && !word.starts_with(is_any_punctuation) { Rank::Word } else { Rank::Inner }
}

/// Whether the script of this character puts no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3001}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF01}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// What must stay whole, merged and in order.
///
/// Links between white space may swallow a whole text that has none; those that
/// do not fit a piece are left to the stricter rules.
fn protected(text: &str, unit: Unit, max: usize) -> Vec<Span> {
    let strict = [
        extract::links(text, Rules::Weighted),
        extract::mentions(text, MentionStyle::ScreenNameOrList),
        extract::hashtags(text, Rules::Weighted),
        extract::cashtags(text),
        extract::at_handles(text),
    ];
    let loose = [extract::links(text, Rules::Spaced), extract::tags(text)];
    let fitting = |found: &Found| measure(found.span.of(text), unit) <= max;
    let loose = loose.into_iter().flatten().filter(fitting);
    let mut spans: Vec<Span> = strict.into_iter().flatten().chain(loose).map(|found| found.span).collect();
    spans.sort_unstable();
    spans.into_iter().fold(Vec::new(), merged)
}

fn merged(mut spans: Vec<Span>, next: Span) -> Vec<Span> {
    match spans.last_mut().filter(|last| last.end > next.start) {
        Some(last) => last.end = last.end.max(next.end),
        None => spans.push(next),
    }
    spans
}
