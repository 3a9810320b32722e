//! What must hold for any text that is searched for facets; see `fuzz/`.

use postrider_domain::content::{PartContent, Variant};
use postrider_domain::text::{Unit, measure};
use serde_json::Value;
use url::Url;

use super::facets;

/// Facets stand in order, cover whole characters, and carry what the lexicon allows.
///
/// Every second handle resolves.
pub fn facets(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let known = facets::handles(&text).into_iter().step_by(2);
    let dids = known.map(|handle| (handle, "did:plc:ewvi7nxzyoun6zhxrhs64oiz".to_owned())).collect();
    let mut free = 0;
    for facet in facets::facets(&text, &dids) {
        let at = |name: &str| facet["index"][name].as_u64().expect("an offset") as usize;
        let (start, end) = (at("byteStart"), at("byteEnd"));
        let covered = text.get(start..end).expect("whole characters of the text");
        assert!(start >= free && !covered.is_empty(), "{facet} after {free}");
        feature(covered, &facet["features"][0], &dids);
        free = end;
    }
    let part = PartContent { text: text.into_owned(), ..PartContent::default() };
    let _ = facets::long_tags(&Variant { parts: vec![part], ..Variant::default() });
}

/// What a facet means, against lexicon `app.bsky.richtext.facet` (2026-08-20).
fn feature(covered: &str, feature: &Value, dids: &std::collections::BTreeMap<String, String>) {
    let word = |name: &str| feature[name].as_str().expect("a word");
    match word("$type").rsplit('#').next() {
        Some("link") => {
            let url = Url::parse(word("uri")).expect("a link is a URL");
            assert!(matches!(url.scheme(), "http" | "https") && url.host_str().is_some(), "{url}");
        }
        Some("mention") => {
            assert_eq!(dids.get(&covered[1..].to_ascii_lowercase()).map(String::as_str), Some(word("did")));
        }
        Some("tag") => {
            let tag = word("tag");
            assert!(tag.len() <= 640 && (1..=64).contains(&measure(tag, Unit::Graphemes)), "{tag:?}");
            assert!(covered.ends_with(tag) && !tag.contains(char::is_whitespace), "{tag:?} in {covered:?}");
        }
        other => panic!("an unknown feature: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_of_facets_holds() {
        crate::fuzz::corpus("facets", super::facets);
    }
}
