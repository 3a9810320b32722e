//! Links, mentions and tags as facets: UTF-8 byte ranges with a meaning.

use std::collections::{BTreeMap, BTreeSet};

use postrider_domain::content::Variant;
use postrider_domain::text::extract::{Found, Rules, at_handles, links, tags};
use postrider_domain::text::{Unit, measure};
use postrider_domain::{Code, Issue};
use serde_json::{Value, json};

/// The longest tag in graphemes (lexicon `app.bsky.richtext.facet`, 2026-08-20).
const LONGEST_TAG: usize = 64;

/// The handles that a text mentions, each once, in lower case.
pub(super) fn handles(text: &str) -> BTreeSet<String> {
    at_handles(text).into_iter().map(|found| found.value).collect()
}

/// The facets of a text in order; a handle without a DID stays plain text.
pub(super) fn facets(text: &str, dids: &BTreeMap<String, String>) -> Vec<Value> {
    let mut all: Vec<(Found, Value)> = Vec::new();
    all.extend(links(text, Rules::Spaced).into_iter().map(|found| {
        let feature = json!({"$type": "app.bsky.richtext.facet#link", "uri": found.value});
        (found, feature)
    }));
    all.extend(at_handles(text).into_iter().filter_map(|found| {
        let did = dids.get(&found.value)?;
        Some((found, json!({"$type": "app.bsky.richtext.facet#mention", "did": did})))
    }));
    all.extend(tags(text).into_iter().map(|found| {
        let feature = json!({"$type": "app.bsky.richtext.facet#tag", "tag": found.value});
        (found, feature)
    }));
    all.sort_by_key(|(found, _)| found.span.start);
    // Clients show overlapping facets in different ways; the first one wins here.
    let mut end = 0;
    all.retain(|(found, _)| {
        let free = found.span.start >= end;
        end = if free { found.span.end } else { end };
        free
    });
    all.into_iter().map(|(found, feature)| facet(&found, &feature)).collect()
}

fn facet(found: &Found, feature: &Value) -> Value {
    json!({"index": {"byteStart": found.span.start, "byteEnd": found.span.end}, "features": [feature]})
}

/// Warnings for what looks like a tag but is too long to become one.
pub(super) fn long_tags(variant: &Variant) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (index, part) in variant.parts.iter().enumerate() {
        for word in part.text.split_whitespace() {
            let Some(tag) = word.strip_prefix(['#', '＃']) else { continue };
            let used = measure(tag, Unit::Graphemes);
            if used > LONGEST_TAG {
                let issue = Issue::warning(Code::TooLong, format!("/parts/{index}/text"));
                issues.push(issue.with("limit", LONGEST_TAG).with("used", used).with("name", word));
            }
        }
    }
    issues
}

#[cfg(test)]
mod tests {
    use postrider_domain::content::PartContent;

    use super::*;

    fn found(text: &str, dids: &[(&str, &str)]) -> Vec<(String, String)> {
        let dids = dids.iter().map(|(handle, did)| ((*handle).to_owned(), (*did).to_owned())).collect();
        let show = |facet: &Value| {
            let at = |name: &str| facet["index"][name].as_u64().expect("an offset") as usize;
            let feature = facet["features"][0].as_object().expect("a feature");
            let value = feature.values().map(|v| v.as_str().unwrap_or("?")).collect::<Vec<_>>();
            (text[at("byteStart")..at("byteEnd")].to_owned(), value.join(" "))
        };
        facets(text, &dids).iter().map(show).collect()
    }

    #[test]
    fn offsets_are_bytes_whatever_comes_before() {
        let text = "Grüße 👩‍🚀 an @ada.test: #größe auf https://example.com/ä!";
        let facets = found(text, &[("ada.test", "did:plc:abc")]);
        let texts: Vec<&str> = facets.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["@ada.test", "#größe", "https://example.com/ä"]);
        assert!(facets[0].1.contains("did:plc:abc") && facets[1].1.contains("größe"), "{facets:?}");
    }

    #[test]
    fn a_handle_without_a_did_stays_plain() {
        assert_eq!(found("hello @bob.test", &[]), []);
        assert_eq!(handles("@Bob.Test and @bob.test"), BTreeSet::from(["bob.test".to_owned()]));
    }

    #[test]
    fn a_link_without_scheme_gets_one() {
        let facets = found("see example.com/x.", &[]);
        assert_eq!(facets[0].0, "example.com/x");
        assert!(facets[0].1.contains("https://example.com/x"), "{facets:?}");
    }

    #[test]
    fn nothing_overlaps_in_a_messy_text() {
        let text = "(https://a.example/#b) #c#d @e.test/f #https://g.example @h.test@i.test";
        let dids = BTreeMap::from(["e.test", "h.test", "i.test"].map(|h| (h.to_owned(), "did:plc:x".to_owned())));
        let mut end = 0;
        for facet in facets(text, &dids) {
            let (from, to) = (facet["index"]["byteStart"].as_u64(), facet["index"]["byteEnd"].as_u64());
            assert!(from >= Some(end) && to > from, "{facet}");
            end = to.expect("an offset");
        }
    }

    #[test]
    fn a_tag_of_64_is_one_and_of_65_is_warned_of() {
        let variant = |n: usize| Variant {
            parts: vec![PartContent { text: format!("see #{}", "é".repeat(n)), ..PartContent::default() }],
            ..Variant::default()
        };
        assert_eq!(long_tags(&variant(64)), []);
        assert_eq!(found(&variant(64).parts[0].text, &[]).len(), 1);
        let issues = long_tags(&variant(65));
        assert_eq!((issues[0].code, issues[0].field.as_str()), (Code::TooLong, "/parts/0/text"));
        assert_eq!(found(&variant(65).parts[0].text, &[]), []);
    }
}
