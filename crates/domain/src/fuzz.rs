//! What must hold for any bytes, whoever wrote them. The targets in `fuzz/` look for bytes for which it does not;
//! the tests here run it over the corpus that is kept, and it grows by whatever was found.

use unicode_segmentation::UnicodeSegmentation;

use crate::text::extract::{self, Found, MentionStyle, Rules};
use crate::text::{LinkMatching, Unit, measure, measure_weighted, normalise_for_match, split_thread, without_tracking};

const UNITS: [Unit; 7] =
    [Unit::XWeighted, Unit::Graphemes, Unit::Utf16, Unit::Bytes, Unit::CodePoints, Unit::Threads, Unit::Fediverse];

/// Any text can be measured in every unit, searched, cut and compared, and the results fit each other.
///
/// The first byte says in which unit the text is cut, the second how long a piece may be.
pub fn text(data: &[u8]) {
    let (head, rest) = data.split_at(data.len().min(2));
    let text = String::from_utf8_lossy(rest);
    measured(&text);
    searched(&text);
    let number = |at: usize| usize::from(head.get(at).copied().unwrap_or_default());
    cut(&text, UNITS[number(0) % UNITS.len()], number(1));
    compared(&text);
}

fn measured(text: &str) {
    let [_, clusters, utf16, bytes, points, threads, _] = UNITS.map(|unit| measure(text, unit));
    assert!(clusters <= points && points <= utf16 && utf16 <= bytes, "{clusters} {points} {utf16} {bytes}");
    assert!(points <= threads && threads <= bytes, "{points} {threads} {bytes}");
    let weighted = measure_weighted(text);
    let fits = weighted.valid_range;
    assert!(fits.start == 0 && text.is_char_boundary(fits.end), "{weighted:?}");
    assert!(!weighted.valid || fits.end == text.len(), "valid, and not as a whole: {weighted:?}");
}

fn searched(text: &str) {
    in_order(text, &extract::links(text, Rules::Weighted));
    in_order(text, &extract::links(text, Rules::Spaced));
    in_order(text, &extract::mentions(text, MentionStyle::ScreenName));
    in_order(text, &extract::mentions(text, MentionStyle::ScreenNameOrList));
    in_order(text, &extract::at_handles(text));
    in_order(text, &extract::hashtags(text, Rules::Weighted));
    in_order(text, &extract::tags(text));
    in_order(text, &extract::cashtags(text));
    in_order(text, extract::reply_to(text).as_slice());
}

/// Each covers something, whole characters, and begins where the one before has ended.
fn in_order(text: &str, found: &[Found]) {
    let mut free = 0;
    for found in found {
        assert!(found.span.start >= free && !found.span.of(text).is_empty(), "{found:?} after {free}");
        free = found.span.end;
    }
}

fn cut(text: &str, unit: Unit, max: usize) {
    let pieces = split_thread(text, unit, max);
    assert!(pieces.iter().all(|piece| !piece.trim().is_empty()), "a blank piece");
    assert!(pieces.iter().flat_map(|piece| clusters(piece)).eq(clusters(text)), "something was lost, or cut apart");
}

fn clusters(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true).filter(|cluster| !cluster.trim().is_empty())
}

fn compared(text: &str) {
    let exact = normalise_for_match(text, LinkMatching::Exact);
    assert_eq!(normalise_for_match(&exact, LinkMatching::Exact), exact, "not the same a second time");
    for links in [LinkMatching::WithoutTracking, LinkMatching::Any] {
        let _ = normalise_for_match(text, links);
    }
    assert!(without_tracking(text).len() <= text.len(), "taking out made it longer");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_of_texts_holds() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/text");
        let files = std::fs::read_dir(folder).expect("the corpus is here");
        let mut ran = 0;
        for file in files.map(|file| file.expect("a file").path()) {
            println!("{}", file.display());
            super::text(&std::fs::read(&file).expect("it can be read"));
            ran += 1;
        }
        assert!(ran >= 10, "only {ran} files");
    }
}
