//! Samples of Bluesky.

use postrider_connector::testkit::{Files, Platform, Refusal, Samples, answer, fixture};
use postrider_connector::{Account, Credentials};
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};

use super::pds::{BOB, DID, FakePds};

pub(crate) struct BlueskySamples;

fn variant(texts: &[&str], settings: &Value) -> Variant {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    Variant { parts: texts.iter().map(part).collect(), settings: settings.as_object().cloned().unwrap_or_default() }
}

/// Two pictures and a video.
fn files() -> (Files, [MediaRef; 3]) {
    let mut files = Files::default();
    let picture = MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Jpeg,
        bytes: 0,
        width: 400,
        height: 300,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    };
    let video = MediaFacts { kind: MediaKind::Video, mime: Mime::Mp4, duration_ms: Some(5_000), ..picture.clone() };
    let refs = [
        files.add(*b"a picture of a cat", picture.clone(), "A cat"),
        files.add(*b"a picture of a dog", MediaFacts { mime: Mime::Png, ..picture }, "A dog, \"Rex\""),
        files.add(*b"a video of both", video, "They play"),
    ];
    (files, refs)
}

/// The variant with these files in each of its parts.
fn with_files(mut variant: Variant, parts: &[&[usize]]) -> Variant {
    let (_, refs) = files();
    for (part, wanted) in variant.parts.iter_mut().zip(parts) {
        part.media = wanted.iter().map(|n| refs[*n].clone()).collect();
    }
    variant
}

macro_rules! refusal {
    ($file:literal, $class:literal) => {
        Refusal::new($file, fixture(include_str!(concat!("../../../src/bluesky/fixtures/", $file, ".http"))), $class)
    };
}

impl Samples for BlueskySamples {
    fn name(&self) -> &'static str {
        "bluesky"
    }

    fn account(&self) -> Account {
        Account {
            host: "https://pds.example".into(),
            remote_id: DID.into(),
            handle: "ada.test".into(),
            facts: json!({
                "server": "did:web:pds.example",
                "blob_upload_limit": 52_428_800,
                "video_service": "https://video.example",
            }),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("access", "acc3ss.t0ken.aaaaaa").with("refresh", "r3fresh.t0ken.bbbbbb")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let rich = "Grüße @bob.test und @nobody.test: https://example.com/ä #größe 👩‍🚀";
        let all = json!({"langs": ["de", "en"], "labels": ["graphic-media"], "reply_gate": ["mentioned", "followers"]});
        let quote = json!({"quote": format!("https://bsky.app/profile/{BOB}/post/3kabcdefgh22a"), "langs": ["en"]});
        let card = json!({"card": {"url": "https://example.com/ä", "title": "Title", "description": "About"}});
        vec![
            ("text", variant(&[rich], &all)),
            ("thread", variant(&["one @bob.test", "two #b", "three"], &json!({"reply_gate": "nobody"}))),
            ("quote", variant(&["look at this"], &quote)),
            ("image", with_files(variant(&["two pictures", "and one more"], &quote), &[&[0, 1], &[0]])),
            ("video", with_files(variant(&["it moves"], &json!({})), &[&[2]])),
            ("card", with_files(variant(&["read this"], &card), &[&[1]])),
        ]
    }

    fn files(&self) -> Files {
        files().0
    }

    fn states(&self) -> &'static str {
        include_str!("../../../src/bluesky/fixtures/states.json")
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].as_str().unwrap_or_default().to_owned()
    }

    fn platform(&self) -> Box<dyn Platform> {
        Box::new(FakePds::new())
    }

    fn refusals(&self) -> Vec<Refusal> {
        let named = |name: &str| json!({"error": name, "message": "words"}).to_string();
        vec![
            refusal!("expired_token", "reauth"),
            refusal!("auth_missing", "reauth"),
            refusal!("takedown", "user_action"),
            refusal!("rate_limited", "rate_limited"),
            refusal!("invalid_record", "rejected"),
            refusal!("upstream_failure", "transient"),
            Refusal::new("a bare 401", answer(401, ""), "reauth"),
            Refusal::new("a bare 413", answer(413, ""), "rejected"),
            Refusal::new("a 403 of a firewall", answer(403, "<html>no</html>"), "ambiguous"),
            Refusal::new("an unlisted 400", answer(400, named("Surprise")), "ambiguous"),
            Refusal::new("InvalidToken", answer(400, named("InvalidToken")), "reauth"),
            Refusal::new("AccountDeactivated", answer(400, named("AccountDeactivated")), "user_action"),
            Refusal::new("a success that cannot be read", answer(200, "<html>"), "ambiguous"),
        ]
    }

    fn links(&self) -> Vec<(String, String)> {
        let id = format!("at://{DID}/app.bsky.feed.post/3m6b4d5xk2s2a");
        vec![
            (id.clone(), id.clone()),
            (format!("https://bsky.app/profile/{DID}/post/3m6b4d5xk2s2a"), id.clone()),
            ("https://bsky.app/profile/ada.test/post/3m6b4d5xk2s2a".into(), id),
        ]
    }

    fn repeatable(&self) -> bool {
        true
    }
}
