//! Samples of Mastodon, and a server in memory.

use std::collections::BTreeMap;

use postrider_connector::http::Method;
use postrider_connector::testkit::{Files, Platform, Refusal, Samples, answer, answer_with};
use postrider_connector::{Account, Credentials, Request, Response};
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};
use url::Url;

const HOST: &str = "https://social.example";

/// An account on a server that keeps keys for an hour, or on one that ignores them.
pub(crate) struct MastodonSamples {
    pub(crate) keys_honoured: bool,
}

fn variant(texts: &[&str], settings: &Value) -> Variant {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    Variant { parts: texts.iter().map(part).collect(), settings: settings.as_object().cloned().unwrap_or_default() }
}

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

fn with_files(mut variant: Variant, parts: &[&[usize]]) -> Variant {
    let (_, refs) = files();
    for (part, wanted) in variant.parts.iter_mut().zip(parts) {
        part.media = wanted.iter().map(|n| refs[*n].clone()).collect();
    }
    variant
}

impl Samples for MastodonSamples {
    fn name(&self) -> &'static str {
        if self.keys_honoured { "mastodon" } else { "mastodon, a dialect without keys" }
    }

    fn account(&self) -> Account {
        Account {
            host: HOST.into(),
            remote_id: "77@social.example".into(),
            handle: "@ada@social.example".into(),
            facts: json!({"software": "mastodon", "version": "4.5.1", "keys_honoured": self.keys_honoured, "quotes": true}),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("access", "acc3ss-t0ken-aaaaaa")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let rich = "Grüße @bob@other.example & <alle>: https://example.com/a_(b) #größe 👩‍🚀";
        let all = json!({"visibility": "unlisted", "language": "de"});
        let warned = json!({"content_warning": "long"});
        let poll = json!({"poll": {"options": ["yes", "no"], "expires_in": 600, "multiple": true}});
        let quote = json!({"quote": format!("{HOST}/@bob/4711")});
        vec![
            ("text", variant(&[rich], &all)),
            ("thread", variant(&["one", "two #b", "three"], &warned)),
            (
                "image",
                with_files(variant(&["two pictures", "one more"], &json!({"sensitive": true})), &[&[0, 1], &[0]]),
            ),
            ("video", with_files(variant(&["it moves"], &json!({})), &[&[2]])),
            ("poll", variant(&["what do you say?"], &poll)),
            ("quote", variant(&["look at this"], &quote)),
        ]
    }

    fn files(&self) -> Files {
        files().0
    }

    fn states(&self) -> &'static str {
        include_str!("../../../src/mastodon/fixtures/states.json")
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].as_str().unwrap_or_default().to_owned()
    }

    fn platform(&self) -> Box<dyn Platform> {
        Box::new(FakeServer { keys_honoured: self.keys_honoured, ..FakeServer::default() })
    }

    fn refusals(&self) -> Vec<Refusal> {
        let said = |status: u16, words: &str| answer(status, json!({ "error": words }).to_string());
        let unsure = if self.keys_honoured { "transient" } else { "ambiguous" };
        let reset = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-23T13:00:00.000Z")];
        vec![
            Refusal::new("a bad token", said(401, "The access token is invalid"), "reauth"),
            Refusal::new("a missing scope", said(403, "This action is outside the authorized scopes"), "reauth"),
            Refusal::new("a closed account", said(403, "Your login is currently disabled"), "user_action"),
            Refusal::new(
                "a long text",
                said(422, "Validation failed: Text character limit of 500 exceeded"),
                "rejected",
            ),
            Refusal::new("too many files", said(422, "Cannot attach more than 4 files"), "rejected"),
            Refusal::new(
                "a file on another post",
                said(422, "Media 1 not found or already attached to another post"),
                "ambiguous",
            ),
            Refusal::new("an unlisted 422", said(422, "Etwas anderes"), "ambiguous"),
            Refusal::new("an unlisted 400", said(400, "Bad request"), "ambiguous"),
            Refusal::new("a limit", answer_with(429, &reset, r#"{"error":"Too many requests"}"#), "rate_limited"),
            Refusal::new("a fault", said(503, "Remote data could not be fetched"), unsure),
            Refusal::new("a success that cannot be read", answer(200, "<html>"), "ambiguous"),
        ]
    }

    fn links(&self) -> Vec<(String, String)> {
        ["/@ada/4711", "/users/ada/statuses/4711", "/@bob@other.example/4711", "/p/ada/4711/"]
            .map(|path| (format!("{HOST}{path}"), "4711".to_owned()))
            .into()
    }

    fn repeatable(&self) -> bool {
        self.keys_honoured
    }
}

/// Statuses and files of one account.
#[derive(Default)]
struct FakeServer {
    keys_honoured: bool,
    statuses: Vec<Value>,
    keys: BTreeMap<String, Value>,
    /// By id: how often it was asked after, and whether it is attached.
    files: BTreeMap<String, (u32, bool, String)>,
}

impl FakeServer {
    fn post(&mut self, request: &Request) -> Response {
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let key = request.headers.get("idempotency-key").cloned().expect("a key");
        if let Some(known) = self.keys.get(&key).filter(|_| self.keys_honoured) {
            return answer(200, known.to_string());
        }
        let ids: Vec<String> = body["media_ids"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|id| id.as_str().expect("text").to_owned())
            .collect();
        for id in &ids {
            match self.files.get(id) {
                Some((_, false, _)) => {}
                _ => {
                    return answer(
                        422,
                        json!({"error": format!("Media {id} not found or already attached to another post")})
                            .to_string(),
                    );
                }
            }
        }
        let attached: Vec<Value> = ids.iter().map(|id| json!({"id": id, "type": self.files[id].2})).collect();
        for id in &ids {
            self.files.get_mut(id).expect("checked").1 = true;
        }
        let id = (100 + self.statuses.len()).to_string();
        let text =
            body["status"].as_str().expect("text").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let status = json!({
            "id": id,
            "url": format!("{HOST}/@ada/{id}"),
            "created_at": "2026-11-23T13:30:00.000Z",
            "content": format!("<p>{text}</p>"),
            "spoiler_text": body["spoiler_text"].as_str().unwrap_or_default(),
            "in_reply_to_id": body["in_reply_to_id"],
            "media_attachments": attached,
            "reblog": null,
        });
        self.statuses.push(status.clone());
        self.keys.insert(key, status.clone());
        answer(200, status.to_string())
    }

    fn upload(&mut self, request: &Request) -> Response {
        assert!(request.headers["content-type"].starts_with("multipart/form-data; boundary="), "a form");
        let head = String::from_utf8_lossy(&request.body).into_owned();
        let kind = if head.contains("video/mp4") { "video" } else { "image" };
        let id = (500 + self.files.len()).to_string();
        self.files.insert(id.clone(), (0, false, kind.to_owned()));
        answer(202, json!({"id": id, "type": kind, "url": null}).to_string())
    }

    /// The first question finds it in process.
    fn file(&mut self, id: &str) -> Response {
        match self.files.get_mut(id) {
            Some((asked, false, kind)) => {
                *asked += 1;
                let status = if *asked > 1 { 200 } else { 206 };
                answer(status, json!({"id": id, "type": kind}).to_string())
            }
            _ => answer(404, r#"{"error":"Record not found"}"#),
        }
    }
}

impl Platform for FakeServer {
    fn answer(&mut self, request: &Request) -> Response {
        let url = Url::parse(&request.url).expect("an address");
        let path: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
        match (request.method, path.as_slice()) {
            (Method::Post, ["api", "v1", "statuses"]) => self.post(request),
            (Method::Post, ["api", "v2", "media"]) => self.upload(request),
            (Method::Get, ["api", "v1", "media", id]) => self.file(id),
            (Method::Get, ["api", "v1", "accounts", "77", "statuses"]) => {
                let newest_first: Vec<Value> = self.statuses.iter().rev().cloned().collect();
                answer(200, Value::from(newest_first).to_string())
            }
            (method, path) => panic!("no such call: {method:?} {path:?}"),
        }
    }

    fn visible(&self) -> Vec<String> {
        self.statuses.iter().map(|status| status["content"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
