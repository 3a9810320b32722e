//! Samples of Instagram, and its API in memory.

use std::collections::BTreeMap;

use postrider_connector::http::Method;
use postrider_connector::testkit::{Files, Platform, Refusal, Samples, answer, answer_with};
use postrider_connector::{Account, Credentials, Request, Response};
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};
use url::Url;

/// A professional account.
pub(crate) struct InstagramSamples;

const ACCOUNT: &str = "17841400000000077";

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
        width: 720,
        height: 1_280,
        duration_ms: Some(5_000),
        fps: Some(30.0),
        codec: Some("avc1.42001f".to_owned()),
        ..picture.clone()
    };
    let refs = [
        files.add(*b"a picture of a cat", picture.clone(), "A cat"),
        files.add(*b"a picture of a dog", picture, "A dog & \"Rex\""),
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
        "message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, "is_transient": false,
        "fbtrace_id": "A6LJylpZRKw2xKLFsAP-cJh",
    });
    json!({ "error": error }).to_string()
}

impl Samples for InstagramSamples {
    fn name(&self) -> &'static str {
        "instagram"
    }

    fn account(&self) -> Account {
        Account {
            host: "https://graph.instagram.com".into(),
            remote_id: ACCOUNT.into(),
            handle: "@ada.b".into(),
            facts: json!({"id": "25000000000000077"}),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("access", "IGAA-acc3ss-t0ken-aaaaaa")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let rich = "Grüße & <alle>: https://example.com/a_(b) #größe @grace 👩‍🚀";
        let tagged = json!({"collaborators": ["grace_h"], "user_tags": [{"name": "alan.t", "x": 0.25, "y": 1}]});
        let reel = json!({
            "kind": "reel", "cover_ms": 1500, "share_to_feed": true, "audio_name": "Rain & wind", "trial": "manual",
            "user_tags": [{"name": "alan.t"}],
        });
        let story = json!({"kind": "story", "user_tags": [{"name": "alan.t"}]});
        vec![
            ("image", with_files(variant(&[rich], &tagged), &[&[0]])),
            (
                "carousel",
                with_files(
                    variant(&["all of them"], &json!({"user_tags": [{"name": "alan.t", "file": 3}]})),
                    &[&[0, 1, 2]],
                ),
            ),
            ("reel", with_files(variant(&["it moves"], &reel), &[&[2]])),
            ("reel", with_files(variant(&["with a cover"], &json!({"kind": "reel"})), &[&[1, 2]])),
            ("story", with_files(variant(&["", ""], &story), &[&[0], &[2]])),
            ("comment", with_files(variant(&["a cat", "more & more #one"], &json!({})), &[&[0]])),
        ]
    }

    fn files(&self) -> Files {
        files().0
    }

    fn states(&self) -> &'static str {
        include_str!("../../../src/instagram/fixtures/states.json")
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].as_str().unwrap_or_default().to_owned()
    }

    fn platform(&self) -> Box<dyn Platform> {
        Box::new(FakeServer::default())
    }

    fn refusals(&self) -> Vec<Refusal> {
        let usage = json!({"17": [{"type": "instagram", "estimated_time_to_regain_access": 7}]}).to_string();
        let usage = [("x-business-use-case-usage", usage.as_str())];
        vec![
            Refusal::new("a dead token", answer(400, said(190, 463, "Session has expired")), "reauth"),
            Refusal::new("a missing scope", answer(400, said(10, 0, "Application does not have permission")), "reauth"),
            Refusal::new("a long caption", answer(400, said(36_004, 2_207_010, "caption too long")), "rejected"),
            Refusal::new("another format", answer(400, said(36_001, 2_207_005, "not supported")), "rejected"),
            Refusal::new("another ratio", answer(400, said(36_003, 2_207_009, "aspect ratio")), "rejected"),
            Refusal::new("a file out of reach", answer(400, said(9_004, 2_207_052, "not fetched")), "transient"),
            Refusal::new("a slow file", answer(400, said(-2, 2_207_003, "timeout")), "transient"),
            Refusal::new("suspected spam", answer(400, said(4, 2_207_051, "restricted")), "rate_limited"),
            Refusal::new("a limit", answer_with(400, &usage, said(80_002, 0, "Too many calls")), "rate_limited"),
            Refusal::new("a restricted account", answer(400, said(25, 2_207_050, "restricted")), "user_action"),
            Refusal::new("an unknown fault", answer(500, said(1, 0, "An unknown error occurred")), "transient"),
            Refusal::new("a number that nobody lists", answer(400, said(4_711, 0, "new")), "transient"),
            Refusal::new("a success that cannot be read", answer(200, "<html>"), "transient"),
        ]
    }

    fn links(&self) -> Vec<(String, String)> {
        ["https://www.instagram.com/p/DCkkKl_OGb1/", "https://www.instagram.com/reel/DCkkKl_OGb1/?igsh=x"]
            .map(|link| (link.to_owned(), "DCkkKl_OGb1".to_owned()))
            .into()
    }

    fn repeatable(&self) -> bool {
        true
    }
}

type Form = BTreeMap<String, String>;

/// What a container holds, and where it stands.
#[derive(Clone, Default)]
struct Kept {
    form: Form,
    asked: u32,
    refused: bool,
    published: bool,
}

/// Containers, posts and comments of one account.
#[derive(Default)]
struct FakeServer {
    containers: BTreeMap<String, Kept>,
    posts: Vec<(String, Form)>,
    comments: Vec<(String, String, String)>,
}

fn form_of(request: &Request) -> Form {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn made(id: &str) -> Response {
    answer(200, json!({ "id": id }).to_string())
}

fn kind(form: &Form) -> &str {
    form.get("media_type").map_or("IMAGE", String::as_str)
}

fn is_video(form: &Form) -> bool {
    form.contains_key("video_url")
}

impl FakeServer {
    fn make(&mut self, request: &Request) -> Response {
        let form = form_of(request);
        for name in ["image_url", "video_url", "cover_url"] {
            assert!(form.get(name).is_none_or(|url| url.starts_with("https://post.example/")), "{form:?}");
        }
        let has = |name: &str| form.contains_key(name);
        match kind(&form) {
            "CAROUSEL" => {
                let finished = |id: &str| self.containers.get(id).is_some_and(|kept| kept.asked > 1);
                let children: Vec<&str> = form["children"].split(',').collect();
                assert!((2..=10).contains(&children.len()) && children.into_iter().all(finished), "{form:?}");
            }
            "STORIES" => assert!(!has("caption") && !has("collaborators") && !has("alt_text"), "{form:?}"),
            "REELS" => assert!(has("video_url") && !has("alt_text"), "{form:?}"),
            "VIDEO" => assert!(has("is_carousel_item") && !has("caption"), "{form:?}"),
            "IMAGE" => assert!(has("image_url") && !(has("is_carousel_item") && has("caption")), "{form:?}"),
            other => panic!("no such type: {other}"),
        }
        let id = (17_890_000_000_001_001_u64 + self.containers.len() as u64).to_string();
        self.containers.insert(id.clone(), Kept { form, ..Kept::default() });
        made(&id)
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
        answer(200, json!({"status_code": status, "status": status, "id": id}).to_string())
    }

    /// The first time it is not ready.
    fn publish(&mut self, request: &Request) -> Response {
        let form = form_of(request);
        let kept = self.containers.get_mut(&form["creation_id"]).expect("a container that was made");
        assert!(kept.asked > 1 && !kept.published, "published too early, or twice");
        if !std::mem::replace(&mut kept.refused, true) {
            return answer(400, said(9_007, 2_207_027, "Media ID is not available"));
        }
        kept.published = true;
        let (id, form) = ((17_900_000_000_000_001_u64 + self.posts.len() as u64).to_string(), kept.form.clone());
        self.posts.push((id.clone(), form));
        made(&id)
    }

    fn comment(&mut self, below: &str, request: &Request) -> Response {
        assert!(self.posts.iter().any(|(id, _)| id == below), "a comment below nothing");
        let id = (18_000_000_000_000_001_u64 + self.comments.len() as u64).to_string();
        self.comments.push((id.clone(), below.to_owned(), form_of(request)["message"].clone()));
        made(&id)
    }

    fn list(&self, stories: bool) -> Response {
        let shown = self.posts.iter().rev().filter(|(_, form)| (kind(form) == "STORIES") == stories);
        let posts: Vec<Value> = shown.map(|(id, form)| post(id, form)).collect();
        answer(200, json!({ "data": posts }).to_string())
    }

    fn comments(&self, below: &str) -> Response {
        let shown = self.comments.iter().filter(|(_, post, _)| post == below);
        let rows: Vec<Value> =
            shown.map(|(id, _, text)| json!({"id": id, "text": text, "timestamp": NOW, "username": "ada.b"})).collect();
        answer(200, json!({ "data": rows }).to_string())
    }
}

const NOW: &str = "2026-11-23T13:30:00+0000";

fn permalink(id: &str) -> String {
    format!("https://www.instagram.com/p/P{id}/")
}

fn post(id: &str, form: &Form) -> Value {
    let (kind, product) = match kind(form) {
        "CAROUSEL" => ("CAROUSEL_ALBUM", "FEED"),
        "REELS" => ("VIDEO", "REELS"),
        "STORIES" => (if is_video(form) { "VIDEO" } else { "IMAGE" }, "STORY"),
        _ => ("IMAGE", "FEED"),
    };
    let mut post = json!({
        "id": id, "timestamp": NOW, "media_type": kind, "media_product_type": product, "permalink": permalink(id),
    });
    if let Some(caption) = form.get("caption") {
        post["caption"] = json!(caption);
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
            (Method::Get, ["v26.0", ACCOUNT, "content_publishing_limit"]) => {
                let config = json!({"quota_total": 50, "quota_duration": 86_400});
                answer(200, json!({"data": [{"quota_usage": self.posts.len(), "config": config}]}).to_string())
            }
            (Method::Post, ["v26.0", ACCOUNT, "media"]) => self.make(request),
            (Method::Post, ["v26.0", ACCOUNT, "media_publish"]) => self.publish(request),
            (Method::Get, ["v26.0", ACCOUNT, "media"]) => self.list(false),
            (Method::Get, ["v26.0", ACCOUNT, "stories"]) => self.list(true),
            (Method::Post, ["v26.0", id, "comments"]) => self.comment(id, request),
            (Method::Get, ["v26.0", id, "comments"]) => self.comments(id),
            (Method::Get, ["v26.0", id]) if self.containers.contains_key(*id) => self.container(id),
            (Method::Get, ["v26.0", id]) => answer(200, json!({"permalink": permalink(id), "id": id}).to_string()),
            (method, path) => panic!("no such call: {method:?} {path:?}"),
        }
    }

    fn visible(&self) -> Vec<String> {
        let posts = self.posts.iter().map(|(_, form)| {
            let file = form.get("image_url").or(form.get("video_url")).map_or("", String::as_str);
            // Stories have no text: what they show tells them apart.
            form.get("caption").cloned().unwrap_or_else(|| file.to_owned())
        });
        posts.chain(self.comments.iter().map(|(_, _, text)| text.clone())).collect()
    }
}

/// The same account by Facebook's log-in: with the token of its Page.
pub(crate) struct InstagramByFacebookSamples;

impl Samples for InstagramByFacebookSamples {
    fn name(&self) -> &'static str {
        "instagram by facebook"
    }

    fn account(&self) -> Account {
        Account { host: "https://graph.facebook.com".into(), facts: json!({}), ..InstagramSamples.account() }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("access", "EAAG-page-t0ken-aaaaaa")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        InstagramSamples.variants()
    }

    fn files(&self) -> Files {
        InstagramSamples.files()
    }

    fn states(&self) -> &'static str {
        InstagramSamples.states()
    }

    fn state_name(&self, state: &Value) -> String {
        InstagramSamples.state_name(state)
    }

    fn platform(&self) -> Box<dyn Platform> {
        InstagramSamples.platform()
    }

    fn refusals(&self) -> Vec<Refusal> {
        InstagramSamples.refusals()
    }

    fn links(&self) -> Vec<(String, String)> {
        InstagramSamples.links()
    }

    fn repeatable(&self) -> bool {
        InstagramSamples.repeatable()
    }
}
