//! Each format against a few samples, and against the official files when present.

use super::*;
use crate::bluesky::specs;

type Rule = fn(&str) -> bool;

fn is_at_uri(text: &str) -> bool {
    at_uri(text).is_some()
}

/// File stem, the rule, how many valid and invalid lines the files hold at least.
const FILES: [(&str, Rule, usize, usize); 9] = [
    ("tid", tid, 6, 7),
    ("recordkey", record_key, 14, 11),
    ("handle", handle, 60, 40),
    ("did", did, 20, 18),
    ("atidentifier", at_identifier, 10, 15),
    ("nsid", nsid, 20, 20),
    ("aturi", is_at_uri, 20, 60),
    ("datetime", datetime, 30, 40),
    ("language", language, 15, 5),
];

/// Lines that hold a sample: not empty, not a comment. A handle sample may begin
/// or end with a space, so nothing is trimmed.
fn samples(text: &str) -> Vec<&str> {
    let sample = |line: &&str| !line.is_empty() && !line.starts_with("# ");
    text.lines().filter(sample).collect()
}

#[test]
fn official_syntax_files() {
    let Some(root) = specs::bluesky() else {
        return;
    };
    for (stem, rule, valid, invalid) in FILES {
        for (kind, want, least) in [("valid", true, valid), ("invalid", false, invalid)] {
            let name = format!("interop-test-files/syntax/{stem}_syntax_{kind}.txt");
            let text = std::fs::read_to_string(root.join(&name)).expect(&name);
            let lines = samples(&text);
            assert!(lines.len() >= least, "{name}: only {} samples", lines.len());
            for line in lines {
                assert_eq!(rule(line), want, "{name}: {line:?}");
            }
        }
    }
}

#[test]
fn official_files_of_well_formed_but_wrong_values() {
    let Some(root) = specs::bluesky() else {
        return;
    };
    for (stem, rule) in [("datetime", datetime as Rule), ("language", language)] {
        let name = format!("interop-test-files/syntax/{stem}_parse_invalid.txt");
        let text = std::fs::read_to_string(root.join(&name)).expect(&name);
        assert!(samples(&text).len() >= 6);
        for line in samples(&text) {
            assert!(!rule(line), "{name}: {line:?}");
        }
    }
}

#[test]
fn identifiers() {
    assert!(handle("ada.sandbox.test") && handle("xn--ls8h.test"));
    for wrong in ["ada", "ada.", "-a.test", "a..test", "127.0.0.1", "büch.test"] {
        assert!(!handle(wrong), "{wrong}");
    }
    assert!(did("did:plc:7iza6de2dwap2sbkpav7c6c6") && did("did:web:localhost%3A1234"));
    for wrong in ["did:plc:", "did:PLC:x", "did:plc:x:", "plc:x", "did:plc:a/b"] {
        assert!(!did(wrong), "{wrong}");
    }
    assert!(nsid("app.bsky.feed.post") && !nsid("app.bsky") && !nsid("a.b.c-d"));
    assert!(record_key("self") && !record_key("..") && !record_key("a/b"));
}

#[test]
fn at_uris_come_apart() {
    let uri = at_uri("at://did:plc:abc/app.bsky.feed.post/3jzfcijpj2z2a").expect("valid");
    assert_eq!(uri.authority, "did:plc:abc");
    assert_eq!(uri.collection, Some("app.bsky.feed.post"));
    assert_eq!(uri.rkey, Some("3jzfcijpj2z2a"));
    assert!(at_uri("at://ada.test").is_some());
    assert!(at_uri("at://ada.test/").is_none());
    assert!(at_uri("at://ada.test/app.bsky.feed.post/x#y").is_none());
}

#[test]
fn uris_have_a_scheme_and_no_spaces() {
    for right in ["https://example.com/a?b#c", "mailto:a@b", "at://ada.test", "dns:x"] {
        assert!(uri(right), "{right}");
    }
    for wrong in ["example.com", "https://", "https:///x", "ht tp://x", "https://a b", ":x"] {
        assert!(!uri(wrong), "{wrong}");
    }
}

#[test]
fn moments_must_exist() {
    assert!(datetime("2026-02-28T23:59:59.999Z") && datetime("2026-11-23T08:00:00+01:00"));
    for wrong in [
        "2026-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T08:00:00",
        "2026-11-23 08:00:00Z",
        "2026-11-23T08:00:00-00:00",
        "0000-01-01T00:00:00+00:01",
        "2026-11-23T08:00:00.Z",
        "é026-11-23T08:00:00Z",
    ] {
        assert!(!datetime(wrong), "{wrong}");
    }
}

#[test]
fn language_tags_follow_the_grammar() {
    for right in ["en", "pt-BR", "zh-Hant-TW", "zh-min-nan", "x-mine", "sl-rozaj-biske"] {
        assert!(language(right), "{right}");
    }
    for wrong in ["", "e", "EN", "english", "en_GB", "en-", "de-419-DE", "en-a", "de-1901-1901"] {
        assert!(!language(wrong), "{wrong}");
    }
}
