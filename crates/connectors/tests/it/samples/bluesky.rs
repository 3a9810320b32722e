//! Samples of Bluesky.

use postrider_connector::testkit::{Platform, Refusal, Samples, answer, fixture};
use postrider_connector::{Account, Credentials};
use postrider_domain::content::{PartContent, Variant};
use serde_json::{Value, json};

use super::pds::{BOB, DID, FakePds};

pub(crate) struct BlueskySamples;

fn variant(texts: &[&str], settings: &Value) -> Variant {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    Variant { parts: texts.iter().map(part).collect(), settings: settings.as_object().cloned().unwrap_or_default() }
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
            facts: json!({"server": "did:web:pds.example", "blob_upload_limit": 52_428_800}),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("access", "acc3ss.t0ken.aaaaaa").with("refresh", "r3fresh.t0ken.bbbbbb")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let rich = "Grüße @bob.test und @nobody.test: https://example.com/ä #größe 👩‍🚀";
        let all = json!({"langs": ["de", "en"], "labels": ["graphic-media"], "reply_gate": ["mentioned", "followers"]});
        let quote = json!({"quote": format!("https://bsky.app/profile/{BOB}/post/3kabcdefgh22a"), "langs": ["en"]});
        vec![
            ("text", variant(&[rich], &all)),
            ("thread", variant(&["one @bob.test", "two #b", "three"], &json!({"reply_gate": "nobody"}))),
            ("quote", variant(&["look at this"], &quote)),
        ]
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
