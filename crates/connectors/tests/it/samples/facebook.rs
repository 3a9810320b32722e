//! Samples of Facebook Pages, and their API in memory.

use std::collections::BTreeMap;

use postrider_connector::http::Method;
use postrider_connector::testkit::{Files, Platform, Refusal, Samples, answer, answer_with};
use postrider_connector::{Account, Credentials, Request, Response};
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};
use url::Url;

/// A Page.
pub(crate) struct FacebookSamples;

const PAGE: &str = "100";

fn variant(texts: &[&str], settings: &Value) -> Variant {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    Variant { parts: texts.iter().map(part).collect(), settings: settings.as_object().cloned().unwrap_or_default() }
}

/// A picture, another, a wide film, an upright one.
fn files() -> (Files, [MediaRef; 4]) {
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
    let wide = MediaFacts {
        kind: MediaKind::Video,
        mime: Mime::Mp4,
        duration_ms: Some(5_000),
        codec: Some("avc1.42001f".to_owned()),
        ..picture.clone()
    };
    let tall = MediaFacts { width: 1_080, height: 1_920, ..wide.clone() };
    let refs = [
        files.add(*b"a picture of a cat", picture.clone(), "A cat"),
        files.add(*b"a picture of a dog", MediaFacts { mime: Mime::Png, ..picture }, "A dog & \"Rex\""),
        files.add(*b"a wide film", wide, ""),
        files.add(*b"an upright film", tall, ""),
    ];
    (files, refs)
}

fn with_files(mut variant: Variant, wanted: &[usize]) -> Variant {
    let (_, refs) = files();
    variant.parts[0].media = wanted.iter().map(|n| refs[*n].clone()).collect();
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

impl Samples for FacebookSamples {
    fn name(&self) -> &'static str {
        "facebook"
    }

    fn account(&self) -> Account {
        Account {
            host: "https://graph.facebook.com".into(),
            remote_id: PAGE.into(),
            handle: "@bakery".into(),
            facts: json!({}),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("access", "EAAG-page-t0ken-aaaaaa")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let rich = "Grüße & <alle>: https://example.com/a_(b) #größe 👩‍🚀";
        vec![
            ("text", variant(&[rich], &json!({"place": "777"}))),
            ("link", variant(&["look at this"], &json!({"link": "https://example.com/shop?a=1&b=2"}))),
            ("image", with_files(variant(&["a picture"], &json!({})), &[0])),
            ("images", with_files(variant(&["both of them"], &json!({})), &[0, 1])),
            ("video", with_files(variant(&["it moves"], &json!({})), &[2])),
            ("reel", with_files(variant(&["it stands"], &json!({})), &[3])),
            ("story", with_files(variant(&[""], &json!({"format": "story"})), &[0])),
            ("story", with_files(variant(&[""], &json!({"format": "story"})), &[3])),
            ("comment", with_files(variant(&["a post", "the first comment", "the second"], &json!({})), &[1])),
        ]
    }

    fn files(&self) -> Files {
        files().0
    }

    fn states(&self) -> &'static str {
        include_str!("../../../src/facebook/fixtures/states.json")
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].as_str().unwrap_or_default().to_owned()
    }

    fn platform(&self) -> Box<dyn Platform> {
        Box::new(FakePage::default())
    }

    fn refusals(&self) -> Vec<Refusal> {
        let usage = json!({"100": [{"type": "pages", "estimated_time_to_regain_access": 7}]}).to_string();
        let usage = [("x-business-use-case-usage", usage.as_str())];
        vec![
            Refusal::new("a dead token", answer(400, said(190, 463, "Session has expired")), "reauth"),
            Refusal::new("a lost role", answer(400, said(190, 492, "Invalid session")), "user_action"),
            Refusal::new("a missing scope", answer(400, said(200, 0, "Permissions error")), "user_action"),
            Refusal::new("the same twice", answer(400, said(506, 0, "Duplicate status message")), "ambiguous"),
            Refusal::new("a link of theirs", answer(400, said(100, 1_609_008, "facebook link")), "rejected"),
            Refusal::new("a limit", answer_with(400, &usage, said(80_001, 0, "Too many calls")), "rate_limited"),
            Refusal::new("a block", answer(400, said(368, 0, "blocked for policy")), "user_action"),
            Refusal::new("an unknown fault", answer(500, said(1, 0, "An unknown error occurred")), "ambiguous"),
            Refusal::new("a number that nobody lists", answer(400, said(4_711, 0, "new")), "ambiguous"),
            Refusal::new("a success that cannot be read", answer(200, "<html>"), "ambiguous"),
        ]
    }

    fn links(&self) -> Vec<(String, String)> {
        [
            ("https://www.facebook.com/reel/601", "601"),
            ("https://www.facebook.com/permalink.php?story_fbid=55&id=100", "100_55"),
        ]
        .map(|(link, id)| (link.to_owned(), id.to_owned()))
        .into()
    }

    fn repeatable(&self) -> bool {
        false
    }
}

/// A video, as far as it came.
#[derive(Clone, Default)]
struct Film {
    edge: String,
    size: u64,
    arrived: u64,
    finished: bool,
    asked: u32,
}

/// What a Page has.
#[derive(Default)]
struct FakePage {
    photos: u64,
    films: BTreeMap<String, Film>,
    posts: Vec<Value>,
    stories: Vec<Value>,
    comments: Vec<Value>,
    visible: Vec<String>,
}

fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

/// A field of a form with a file.
fn field(request: &Request, name: &str) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let (_, rest) = body.split_once(&format!("name=\"{name}\"\r\n\r\n")).unwrap_or_else(|| panic!("{name} in {body}"));
    rest.split("\r\n").next().unwrap_or_default().to_owned()
}

const TIME: &str = "2026-11-23T13:30:00+0000";

impl FakePage {
    fn photo(&mut self, request: &Request) -> Response {
        assert_eq!(field(request, "published"), "false");
        assert!(request.attached.is_some());
        self.photos += 1;
        answer(200, json!({"id": (500 + self.photos).to_string()}).to_string())
    }

    fn feed(&mut self, request: &Request) -> Response {
        let form = form(request);
        let id = format!("{PAGE}_{}", self.posts.len() + 1);
        let photos = form.iter().filter(|(name, _)| name.starts_with("attached_media["));
        let photos: Vec<Value> = photos
            .map(|(_, value)| serde_json::from_str::<Value>(value).expect("JSON")["media_fbid"].clone())
            .collect();
        let targets: Vec<Value> = photos.iter().map(|id| json!({"target": {"id": id}})).collect();
        self.posts.insert(
            0,
            json!({
                "id": id, "message": form.get("message"), "created_time": TIME,
                "permalink_url": format!("https://www.facebook.com/{id}"), "attachments": {"data": targets},
            }),
        );
        self.visible.push(format!("post {id}"));
        answer(200, json!({ "id": id }).to_string())
    }

    fn film(&mut self, edge: &str, request: &Request) -> Response {
        if request.attached.is_some() {
            return self.chunk(request);
        }
        let form = form(request);
        match form["upload_phase"].as_str() {
            "start" => {
                let id = (601 + self.films.len()).to_string();
                let size = form.get("file_size").map_or(0, |size| size.parse().expect("a size"));
                self.films.insert(id.clone(), Film { edge: edge.to_owned(), size, ..Film::default() });
                let upload_url = format!("https://rupload.facebook.com/video-upload/v26.0/{id}");
                answer(
                    200,
                    match edge {
                        "videos" => json!({"video_id": id, "upload_session_id": format!("s{id}"), "start_offset": "0",
                                       "end_offset": "4"}),
                        _ => json!({"video_id": id, "upload_url": upload_url}),
                    }
                    .to_string(),
                )
            }
            "finish" => {
                let session = form.get("upload_session_id").map(|session| session.trim_start_matches('s'));
                let id = session.or(form.get("video_id").map(String::as_str)).expect("a video").to_owned();
                let film = self.films.get_mut(&id).expect("it was announced");
                assert_eq!(film.arrived, film.size, "finished too early");
                film.finished = true;
                self.visible.push(format!("film {id}"));
                if edge != "video_stories" {
                    return answer(200, json!({"success": true}).to_string());
                }
                self.stories.push(
                    json!({"post_id": format!("9{id}"), "media_id": id, "url": "https://www.facebook.com/stories/1"}),
                );
                answer(200, json!({"success": true, "post_id": format!("9{id}")}).to_string())
            }
            other => panic!("no such phase: {other}"),
        }
    }

    /// Four bytes at a time.
    fn chunk(&mut self, request: &Request) -> Response {
        let id = field(request, "upload_session_id").trim_start_matches('s').to_owned();
        let start: u64 = field(request, "start_offset").parse().expect("an offset");
        let film = self.films.get_mut(&id).expect("it was announced");
        assert!(start <= film.arrived, "a gap");
        let length = request.attached.as_ref().expect("bytes").blob.len;
        film.arrived = film.arrived.max(start + length);
        let (from, until) = (film.arrived, film.size.min(film.arrived + 4));
        answer(200, json!({"start_offset": from.to_string(), "end_offset": until.to_string()}).to_string())
    }

    /// The first time half of it is lost on the way.
    fn bytes(&mut self, id: &str, request: &Request) -> Response {
        let film = self.films.get_mut(id).expect("it was announced");
        film.size = request.headers["file_size"].parse().expect("a size");
        let offset: u64 = request.headers["offset"].parse().expect("an offset");
        if offset == 0 && film.arrived == 0 {
            film.arrived = film.size / 2;
            let info = json!({"retriable": true, "type": "ProcessingFailedError", "message": "again"});
            return answer(400, json!({ "debug_info": info }).to_string());
        }
        film.arrived = film.size;
        answer(200, json!({"success": true, "message": "Upload successful."}).to_string())
    }

    fn status(&mut self, id: &str) -> Response {
        let film = self.films.get_mut(id).expect("it was announced");
        film.asked += 1;
        let whole = film.size > 0 && film.arrived == film.size;
        let publishing = match (film.finished, film.asked % 2) {
            (false, _) => "not_started",
            (true, 0) => "in_progress",
            (true, _) => "complete",
        };
        let uploading =
            json!({"status": if whole { "complete" } else { "in_progress" }, "bytes_transferred": film.arrived});
        let status = json!({
            "video_status": if whole { "upload_complete" } else { "processing" }, "uploading_phase": uploading,
            "processing_phase": {"status": "not_started"}, "publishing_phase": {"status": publishing},
        });
        let address = format!("/{}/videos/{id}/", film.edge);
        let body = json!({"id": id, "status": status, "published": publishing == "complete", "permalink_url": address});
        answer(200, body.to_string())
    }

    fn photo_story(&mut self, request: &Request) -> Response {
        let photo = form(request)["photo_id"].clone();
        let post = format!("9{photo}");
        self.stories.push(json!({"post_id": post, "media_id": photo, "url": "https://www.facebook.com/stories/2"}));
        self.visible.push(format!("story {post}"));
        answer(200, json!({"success": true, "post_id": post}).to_string())
    }

    fn comment(&mut self, post: &str, request: &Request) -> Response {
        let id = format!("{}_{}", post.rsplit('_').next().unwrap_or_default(), self.comments.len() + 1);
        let message = form(request)["message"].clone();
        self.comments.insert(
            0,
            json!({
                "id": id, "message": message, "created_time": TIME, "from": {"id": PAGE},
                "permalink_url": format!("https://www.facebook.com/comment/{id}"),
            }),
        );
        self.visible.push(format!("comment {id}"));
        answer(200, json!({ "id": id }).to_string())
    }
}

impl Platform for FakePage {
    fn answer(&mut self, request: &Request) -> Response {
        let url = Url::parse(&request.url).expect("an address");
        let bytes = url.host_str() == Some("rupload.facebook.com");
        assert!(bytes || url.query_pairs().any(|(name, _)| name == "access_token"), "{url} without a token");
        let path: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
        let list = |data: &[Value]| answer(200, json!({ "data": data }).to_string());
        match (request.method, path.as_slice()) {
            (Method::Post, ["video-upload", "v26.0", id]) => self.bytes(id, request),
            (Method::Post, ["v26.0", PAGE, "photos"]) => self.photo(request),
            (Method::Post, ["v26.0", PAGE, "feed"]) => self.feed(request),
            (Method::Post, ["v26.0", PAGE, "photo_stories"]) => self.photo_story(request),
            (Method::Post, ["v26.0", PAGE, edge @ ("videos" | "video_reels" | "video_stories")]) => {
                self.film(edge, request)
            }
            (Method::Post, ["v26.0", post, "comments"]) => self.comment(post, request),
            (Method::Get, ["v26.0", PAGE, "published_posts"]) => list(&self.posts),
            (Method::Get, ["v26.0", PAGE, "stories"]) => list(&self.stories),
            (Method::Get, ["v26.0", _, "comments"]) => list(&self.comments),
            (Method::Get, ["v26.0", id]) if self.films.contains_key(*id) => self.status(id),
            (Method::Get, ["v26.0", id]) => {
                answer(200, json!({"permalink_url": format!("https://www.facebook.com/{id}"), "id": id}).to_string())
            }
            (method, path) => panic!("no such call: {method:?} {path:?}"),
        }
    }

    fn visible(&self) -> Vec<String> {
        self.visible.clone()
    }
}
