//! The public pages: a Page's posts, one post, a reel, a story, the files.

use std::fmt::Write as _;

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{Comment, Kind, Media, Network, Page, Post, Timing};
use super::view::{media_url, permalink};
use super::{Answer, Scene};
use crate::gate::json_response;
use crate::graph::error::GraphError;
use crate::graph::{ids, time};
use crate::pages::{clock, escape, missing, page};

/// How many posts a page shows, newest first; the JSON has everything.
const SHOWN: usize = 200;

/// A grey point: the picture of everybody.
const AVATAR: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\n\
    IDATx\x9cc8\x01\0\0\xca\0\xc9\x99\xca]~\0\0\0\0IEND\xaeB`\x82";

/// The front page: which Pages are here.
pub(super) fn index(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let pages = scene.at().pages.values();
    let pages =
        pages.map(|page| format!("<li><a href=\"/{}\">{}</a></li>", escape(&page.username), escape(&page.name)));
    let body = format!(
        "<p>A simulated Facebook: consent, tokens and API. Give <code>{}</code> to a client in place of \
         <code>www.facebook.com</code>, <code>graph.facebook.com</code> and <code>rupload.facebook.com</code>.</p>\
         <ul>{}</ul>",
        escape(&scene.call.base),
        pages.collect::<String>()
    );
    Ok(Answer::Whole(page("Simulated Facebook", &body)))
}

/// `/<user name or id>` and its twin with `.json`.
pub(super) fn profile(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (name, as_json) = match scene.id.strip_suffix(".json") {
        Some(name) => (name, true),
        None => (scene.id.as_str(), false),
    };
    let base = &scene.call.base;
    Ok(Answer::Whole(match scene.at().page(name) {
        None => missing("such Page"),
        Some(found) if as_json => json_response(StatusCode::OK, Some(&summary(scene.at(), found, base))),
        Some(found) => page(&found.name, &html(scene.at(), found, base, scene.now)),
    }))
}

/// `/<page>/posts/<id>`.
pub(super) fn post(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::read(&scene.id).and_then(|id| scene.at().posts.get(&id));
    Ok(alone(scene, found.filter(|post| post.kind == Kind::Feed)))
}

/// `/<page>/videos/<video>`.
pub(super) fn video(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(alone(scene, of_video(scene, Kind::Feed)))
}

/// `/reel/<video>`.
pub(super) fn reel(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(alone(scene, of_video(scene, Kind::Reel)))
}

/// `/stories/<page>/<story>`, for a day. `/stories/<whole id of the post>` is no page (report of 2026-08-18).
pub(super) fn story(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::read(&scene.id).and_then(|id| scene.at().posts.get(&id));
    Ok(alone(scene, found.filter(|post| post.kind == Kind::Story && !post.over(scene.now))))
}

fn of_video<'a>(scene: &'a Scene<'_>, kind: Kind) -> Option<&'a Post> {
    let video = ids::read(&scene.id).and_then(|id| scene.at().videos.get(&id))?;
    scene.at().posts.get(&video.post?).filter(|post| post.kind == kind)
}

/// A page with one public post and what is said about it.
fn alone(scene: &Scene<'_>, post: Option<&Post>) -> Answer {
    let Some(post) = post.filter(|post| post.public()) else { return Answer::Whole(missing("such post")) };
    let name = scene.at().pages.get(&post.page).map_or("nobody", |page| page.name.as_str());
    let body = article(scene.at(), post, &scene.call.base, " class=\"asked\"");
    Answer::Whole(page(&format!("Post by {name}"), &body))
}

/// `/media/<id>`: the bytes of a photo, a video, a thumbnail or a picture of a comment, where they are kept.
pub(super) fn file(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::read(&scene.id).and_then(|id| media(scene.at(), id));
    let bytes = found.and_then(|media| Some((scene.state.files.get(&media.sha256)?, media.mime.clone())));
    Ok(Answer::Whole(match bytes {
        Some((bytes, mime)) => served(bytes, &mime),
        None => missing("such file"),
    }))
}

fn media(at: &Network, id: u64) -> Option<&Media> {
    let photo = at.photos.get(&id).map(|photo| &photo.media);
    let video = || at.videos.get(&id).and_then(|video| video.media.as_ref());
    let comment = || at.comments.get(&id).and_then(|comment| comment.picture.as_ref());
    let thumbnail = || {
        let all = at.videos.values().flat_map(|video| &video.thumbnails);
        all.filter(|thumbnail| thumbnail.id == id).map(|thumbnail| &thumbnail.media).next()
    };
    photo.or_else(video).or_else(comment).or_else(thumbnail)
}

/// The picture of everybody.
pub(super) fn avatar(_: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(Answer::Whole(served(Bytes::from_static(AVATAR), "image/png")))
}

fn served(bytes: Bytes, mime: &str) -> Response {
    ([(header::CONTENT_TYPE, mime), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes).into_response()
}

/// A Page and everything it said and did not delete, public or not, as JSON, oldest first.
pub(crate) fn summary(at: &Network, found: &Page, base: &str) -> Value {
    let posts = at.posts.values().filter(|post| post.page == found.id).map(|post| described(at, post, base));
    let comments = at.comments.values().filter(|comment| comment.page == found.id).map(
        |comment| json!({"id": comment.full_id(), "about": comment.object.to_string(), "message": comment.message}),
    );
    json!({
        "account": {"id": found.id.to_string(), "username": found.username, "name": found.name,
            "instagram": found.instagram},
        "posts": posts.collect::<Vec<_>>(),
        "comments": comments.collect::<Vec<_>>(),
    })
}

fn described(at: &Network, post: &Post, base: &str) -> Value {
    let files = at.files(post).map(
        |(id, file, alt)| json!({"id": id.to_string(), "sha256": file.sha256, "bytes": file.bytes, "mime": file.mime, "alt_text": alt}),
    );
    let scheduled = match post.timing {
        Timing::At(at) => Some(time(at)),
        _ => None,
    };
    json!({
        "id": post.full_id(),
        "kind": post.kind,
        "permalink": permalink(at, base, post),
        "timestamp": time(post.created_at),
        "published": post.public(),
        "scheduled": scheduled,
        "message": post.message,
        "link": post.link,
        "place": post.place.map(|id| id.to_string()),
        "video": post.video.map(|id| id.to_string()),
        "files": files.collect::<Vec<_>>(),
        "extras": post.extras,
    })
}

/// A Page's public posts, reels and stories as a page.
pub(crate) fn html(at: &Network, found: &Page, base: &str, now: Timestamp) -> String {
    let own = |post: &&Post| post.page == found.id && post.public() && !post.over(now);
    let mut posts: Vec<_> = at.posts.values().filter(own).collect();
    posts.sort_by_key(|post| std::cmp::Reverse(post.order));
    let empty = if posts.is_empty() { "<p>Nothing published yet.</p>" } else { "" };
    let username = escape(&found.username);
    let mut out = format!(
        "<p class=\"meta\">{username} · facebook · {} posts · <a href=\"{}/{username}.json\">JSON</a></p>{empty}",
        posts.len(),
        escape(base)
    );
    out.extend(posts.iter().take(SHOWN).map(|post| article(at, post, base, "")));
    out
}

fn article(at: &Network, post: &Post, base: &str, class: &str) -> String {
    let (written, page) = (time(post.created_at), at.pages.get(&post.page));
    let mut out = format!(
        "<article id=\"{}\"{class}><p class=\"meta\"><a href=\"{base}/{}\">{}</a> · <a href=\"{}\">\
         <time datetime=\"{written}\">{}</time></a></p>",
        post.id,
        escape(page.map_or("", |page| &page.username)),
        escape(page.map_or("", |page| &page.name)),
        escape(&permalink(at, base, post)),
        escape(&clock(&post.created_at.to_string())),
        base = escape(base),
    );
    let _ = write!(out, "<p class=\"text\">{}</p>", escape(post.message.as_deref().unwrap_or_default()));
    out.extend(at.files(post).map(|(id, media, alt)| figure(base, id, media, alt)));
    for note in notes(at, post) {
        let _ = write!(out, "<p class=\"meta\">{}</p>", escape(&note));
    }
    let said = at.comments.values().filter(|comment| comment.object == post.id);
    out.extend(said.map(|comment| quoted(base, comment)));
    out + "</article>"
}

fn quoted(base: &str, comment: &Comment) -> String {
    let picture = comment.picture.as_ref().map(|media| figure(base, comment.id, media, "")).unwrap_or_default();
    let text = escape(comment.message.as_deref().unwrap_or_default());
    format!("<blockquote id=\"{}\"><p class=\"text\">{text}</p>{picture}</blockquote>", comment.id)
}

fn figure(base: &str, id: u64, media: &Media, alt: &str) -> String {
    let (url, alt) = (escape(&media_url(base, id)), escape(alt));
    let shown = match media.mime.as_str() {
        _ if !media.kept => format!("<p class=\"meta\">{} bytes, not kept; sha-256 {}</p>", media.bytes, media.sha256),
        mime if mime.starts_with("image/") => format!("<img src=\"{url}\" alt=\"{alt}\">"),
        _ => format!("<video controls src=\"{url}\" title=\"{alt}\"></video>"),
    };
    let caption = if alt.is_empty() { "no alternative text".to_owned() } else { alt };
    format!("<figure>{shown}<figcaption class=\"meta\">{} · {caption}</figcaption></figure>", escape(&media.mime))
}

/// What the post says besides its text and its files.
fn notes(at: &Network, post: &Post) -> Vec<String> {
    let kind = match post.kind {
        Kind::Feed => None,
        Kind::Reel => Some("Reel".to_owned()),
        Kind::Story => Some("Story".to_owned()),
    };
    let place = post.place.and_then(|id| at.pages.get(&id)).map(|page| page.name.clone());
    let title = post.video.and_then(|id| at.videos.get(&id)?.title.clone());
    let named = [("Kind", kind), ("Title", title), ("Link", post.link.clone()), ("Place", place)];
    named.into_iter().filter_map(|(name, text)| text.map(|text| format!("{name}: {text}"))).collect()
}
