//! Samples of Threads, and its API in memory.

use std::collections::BTreeMap;

use postrider_connector::http::Method;
use postrider_connector::testkit::{Files, Platform, Refusal, Samples, answer, answer_with};
use postrider_connector::{Account, Credentials, Request, Response};
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};
use url::Url;

/// A post of the account that is there already.
const QUOTED: &str = "https://www.threads.com/@ada/post/DCkkKl_OGb1";

/// A public account.
pub(crate) struct ThreadsSamples;

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
    let video = MediaFacts {
        kind: MediaKind::Video,
        mime: Mime::Mp4,
        duration_ms: Some(5_000),
        codec: Some("avc1.42001f".to_owned()),
        ..picture.clone()
    };
    let refs = [
        files.add(*b"a picture of a cat", picture.clone(), "A cat"),
        files.add(*b"a picture of a dog", MediaFacts { mime: Mime::Png, ..picture }, "A dog & \"Rex\""),
        files.add(*b"a video of both", video, ""),
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

/// A Graph error.
fn said(code: i64, subcode: i64, message: &str) -> String {
    let error = json!({
        "message": message, "type": "THApiException", "code": code, "error_subcode": subcode, "is_transient": false,
        "fbtrace_id": "A6LJylpZRKw2xKLFsAP-cJh",
    });
    json!({ "error": error }).to_string()
}

impl Samples for ThreadsSamples {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn account(&self) -> Account {
        Account {
            host: "https://graph.threads.net".into(),
            remote_id: "24000000000000077".into(),
            handle: "@ada".into(),
            facts: json!({}),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("access", "THAA-acc3ss-t0ken-aaaaaa")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let rich = "Grüße & <alle>: https://example.com/a_(b) #größe 👩‍🚀";
        let topic = json!({"reply_control": "followers_only", "topic": "Zürich"});
        vec![
            ("text", variant(&[rich], &topic)),
            ("thread", variant(&["one", "two #b", "three"], &json!({}))),
            ("image", with_files(variant(&["a picture", "one more"], &json!({"spoiler": true})), &[&[0], &[1]])),
            ("video", with_files(variant(&["it moves"], &json!({})), &[&[2]])),
            ("carousel", with_files(variant(&["all of them"], &json!({})), &[&[0, 1, 2]])),
            ("link", variant(&["look at this"], &json!({"link": "https://example.com/shop?a=1&b=2"}))),
            ("quote", variant(&["see above"], &json!({"quote": QUOTED}))),
            ("poll", variant(&["what do you say?"], &json!({"poll": ["yes", "no", "perhaps"]}))),
        ]
    }

    fn files(&self) -> Files {
        files().0
    }

    fn states(&self) -> &'static str {
        include_str!("../../../src/threads/fixtures/states.json")
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].as_str().unwrap_or_default().to_owned()
    }

    fn platform(&self) -> Box<dyn Platform> {
        Box::new(FakeServer::default())
    }

    fn refusals(&self) -> Vec<Refusal> {
        let usage = json!({"24": [{"type": "threads", "estimated_time_to_regain_access": 7}]}).to_string();
        let usage = [("x-business-use-case-usage", usage.as_str())];
        vec![
            Refusal::new("a dead token", answer(400, said(190, 463, "Session has expired")), "reauth"),
            Refusal::new("a missing scope", answer(400, said(10, 0, "Application does not have permission")), "reauth"),
            Refusal::new("a long text", answer(400, said(100, 0, "text must be at most 500 characters")), "rejected"),
            Refusal::new("six links", answer(400, said(100, 0, "(#100) THREADS_API__LINK_LIMIT_EXCEEDED")), "rejected"),
            Refusal::new("a file out of reach", answer(400, said(1, 2_207_052, "could not be fetched")), "transient"),
            Refusal::new("a limit", answer_with(400, &usage, said(32, 0, "Too many calls")), "rate_limited"),
            Refusal::new("a restricted account", answer(400, said(24, 4_279_013, "restricted")), "user_action"),
            Refusal::new("an unknown fault", answer(500, said(1, 0, "An unknown error occurred")), "transient"),
            Refusal::new("a number that nobody lists", answer(400, said(4_711, 0, "new")), "transient"),
            Refusal::new("a success that cannot be read", answer(200, "<html>"), "transient"),
        ]
    }

    fn links(&self) -> Vec<(String, String)> {
        ["https://www.threads.net/@ada/post/DCkkKl_OGb1", "https://www.threads.com/@ada/post/DCkkKl_OGb1/"]
            .map(|link| (link.to_owned(), "DCkkKl_OGb1".to_owned()))
            .into()
    }

    fn repeatable(&self) -> bool {
        true
    }
}

/// What a container holds, and where it stands.
#[derive(Clone, Default)]
struct Kept {
    form: BTreeMap<String, String>,
    asked: u32,
    refused: bool,
    published: bool,
}

/// Containers and posts of one account.
#[derive(Default)]
struct FakeServer {
    containers: BTreeMap<String, Kept>,
    posts: Vec<(String, BTreeMap<String, String>)>,
}

impl FakeServer {
    fn make(&mut self, request: &Request) -> Response {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        assert!(form.contains_key("media_type"), "{form:?}");
        assert!(form.get("quote_post_id").is_none_or(|id| id == "17800000000000009"), "{form:?}");
        for name in ["image_url", "video_url"] {
            assert!(form.get(name).is_none_or(|url| url.starts_with("https://post.example/")), "{form:?}");
        }
        let id = (1_001 + self.containers.len()).to_string();
        self.containers.insert(id.clone(), Kept { form, ..Kept::default() });
        answer(200, json!({ "id": id }).to_string())
    }

    /// The first question finds it in process.
    fn container(&mut self, id: &str) -> Response {
        let kept = self.containers.get_mut(id).expect("a container that was made");
        kept.asked += 1;
        let status = match (kept.published, kept.asked) {
            (true, _) => "PUBLISHED",
            (false, 1) => "IN_PROGRESS",
            (false, _) => "FINISHED",
        };
        answer(200, json!({"status": status, "id": id}).to_string())
    }

    /// The first time it is not to be seen yet.
    fn publish(&mut self, request: &Request) -> Response {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let kept = self.containers.get_mut(&form["creation_id"]).expect("a container that was made");
        assert!(kept.asked > 1, "published before it was finished");
        if !std::mem::replace(&mut kept.refused, true) {
            return answer(400, said(24, 4_279_009, "Media Not Found"));
        }
        kept.published = true;
        let (id, form) = ((17_900_000_000_000_001 + self.posts.len()).to_string(), kept.form.clone());
        self.posts.push((id.clone(), form));
        answer(200, json!({ "id": id }).to_string())
    }

    fn list(&self, replies: bool) -> Response {
        let shown = self.posts.iter().rev().filter(|(_, form)| form.contains_key("reply_to_id") == replies);
        let mut posts: Vec<Value> = shown.map(|(id, form)| post(id, form)).collect();
        let before = json!({
            "id": "17800000000000009", "text": "before", "timestamp": "2026-01-01T08:00:00+0000",
            "media_type": "TEXT_POST", "permalink": QUOTED,
        });
        posts.extend((!replies).then_some(before));
        answer(200, json!({ "data": posts }).to_string())
    }
}

fn permalink(id: &str) -> String {
    format!("https://www.threads.com/@ada/post/P{id}")
}

fn post(id: &str, form: &BTreeMap<String, String>) -> Value {
    let kind = match form["media_type"].as_str() {
        "TEXT" => "TEXT_POST",
        "CAROUSEL" => "CAROUSEL_ALBUM",
        other => other,
    };
    let mut post = json!({
        "id": id, "text": form.get("text"), "timestamp": "2026-11-23T13:30:00+0000", "media_type": kind,
        "permalink": permalink(id),
    });
    if let Some(parent) = form.get("reply_to_id") {
        post["replied_to"] = json!({ "id": parent });
    }
    if let Some(children) = form.get("children") {
        let data: Vec<Value> = children.split(',').map(|id| json!({ "id": id })).collect();
        post["children"] = json!({ "data": data });
    }
    post
}

impl Platform for FakeServer {
    fn answer(&mut self, request: &Request) -> Response {
        let url = Url::parse(&request.url).expect("an address");
        assert!(url.query_pairs().any(|(name, _)| name == "access_token"), "{url} without a token");
        let path: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
        match (request.method, path.as_slice()) {
            (Method::Post, ["v1.0", "me", "threads"]) => self.make(request),
            (Method::Post, ["v1.0", "me", "threads_publish"]) => self.publish(request),
            (Method::Get, ["v1.0", "me", "threads"]) => self.list(false),
            (Method::Get, ["v1.0", "me", "replies"]) => self.list(true),
            (Method::Get, ["v1.0", id]) if self.containers.contains_key(*id) => self.container(id),
            (Method::Get, ["v1.0", id]) => answer(200, json!({"permalink": permalink(id), "id": id}).to_string()),
            (method, path) => panic!("no such call: {method:?} {path:?}"),
        }
    }

    fn visible(&self) -> Vec<String> {
        self.posts.iter().map(|(_, form)| form.get("text").cloned().unwrap_or_default()).collect()
    }
}
