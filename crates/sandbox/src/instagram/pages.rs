//! The public pages: an account's posts, one post, the files.

use std::fmt::Write as _;

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::model::{Account, Content, Media, Network, Post, Product};
use super::view::{cover_url, media_url, permalink};
use super::{Answer, NAME, Scene};
use crate::gate::json_response;
use crate::graph::error::GraphError;
use crate::graph::{ids, time};
use crate::pages::{clock, escape, missing, page};

/// How many posts a page shows, newest first; the JSON has everything.
const SHOWN: usize = 200;

/// A grey point: the picture of everybody.
const AVATAR: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\n\
    IDATx\x9cc8\x01\0\0\xca\0\xc9\x99\xca]~\0\0\0\0IEND\xaeB`\x82";

/// The front page: who is here.
pub(super) fn index(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let one = |account: &Account| {
        format!("<li><a href=\"/{}\">{}</a></li>", escape(&account.username), escape(account.shown()))
    };
    let body = format!(
        "<p>A simulated Instagram: consent, tokens and API of Instagram Login. Give <code>{}</code> to a client in \
         place of <code>www.instagram.com</code>, <code>api.instagram.com</code> and \
         <code>graph.instagram.com</code>.</p><ul>{}</ul>",
        escape(&scene.call.base),
        scene.at().accounts.values().map(one).collect::<String>()
    );
    Ok(Answer::Whole(page("Simulated Instagram", &body)))
}

/// `/<name>` and its twin `/<name>.json`.
pub(super) fn profile(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (name, as_json) = match scene.id.strip_suffix(".json") {
        Some(name) => (name, true),
        None => (scene.id.as_str(), false),
    };
    let (base, now) = (&scene.call.base, scene.now);
    Ok(Answer::Whole(match scene.at().accounts.get(name) {
        None => missing("such account"),
        Some(account) if as_json => json_response(StatusCode::OK, Some(&summary(scene.at(), account, base))),
        Some(account) => page(account.shown(), &html(scene.at(), account, base, now)),
    }))
}

/// `/p/<shortcode>` and `/reel/<shortcode>`: a post and its comments.
pub(super) fn post(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::of_shortcode(&scene.id).and_then(|id| scene.at().post(id, scene.now));
    Ok(alone(scene, found.filter(|post| post.content.product != Product::Story)))
}

/// `/stories/<name>/<id>`.
pub(super) fn story(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::read(&scene.id).and_then(|id| scene.at().post(id, scene.now));
    Ok(alone(scene, found.filter(|post| post.content.product == Product::Story)))
}

fn alone(scene: &Scene<'_>, post: Option<&Post>) -> Answer {
    Answer::Whole(match post {
        None => missing("such post"),
        Some(post) => {
            let author = scene.at().accounts.get(&post.owner).map_or(post.owner.as_str(), Account::shown);
            let body = article(scene.at(), post, &scene.call.base, " class=\"asked\"");
            page(&format!("Post by {author}"), &body)
        }
    })
}

/// `/media/<id>`: the bytes of a picture or video, where they are kept.
pub(super) fn file(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let posts = || scene.at().posts.values();
    let own = |id: u64| scene.at().posts.get(&id).and_then(|post| post.content.media.as_ref());
    let child = |id: u64| posts().flat_map(|post| &post.children).find(|child| child.id == id)?.content.media.as_ref();
    let found = ids::read(&scene.id).and_then(|id| own(id).or_else(|| child(id)));
    Ok(served(scene, found))
}

/// `/cover/<id>`: the picture in front of a reel.
pub(super) fn cover(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::read(&scene.id).and_then(|id| scene.at().posts.get(&id)?.content.cover.as_ref());
    Ok(served(scene, found))
}

fn served(scene: &Scene<'_>, media: Option<&Media>) -> Answer {
    let bytes = media.and_then(|media| Some((scene.state.files.get(&media.sha256)?, media.mime.as_str())));
    Answer::Whole(match bytes {
        Some((bytes, mime)) => sent(bytes, mime),
        None => missing("such file"),
    })
}

/// The picture of everybody.
pub(super) fn avatar(_: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(Answer::Whole(sent(Bytes::from_static(AVATAR), "image/png")))
}

fn sent(bytes: Bytes, mime: &str) -> axum::response::Response {
    ([(header::CONTENT_TYPE, mime), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes).into_response()
}

/// An account and what it published and did not delete, as JSON, oldest first, each with what it was made from.
pub(crate) fn summary(at: &Network, account: &Account, base: &str) -> Value {
    let own = at.posts.values().filter(|post| post.owner == account.username);
    let posts = own.map(|post| {
        let files = post.files().map(
            |file| json!({"sha256": file.sha256, "bytes": file.bytes, "mime": file.mime, "alt_text": file.alt_text}),
        );
        let comments = at.comments.values().filter(|comment| comment.post == post.id);
        let comments = comments.map(|comment| {
            json!({"id": comment.id.to_string(), "parent_id": comment.parent.map(|id| id.to_string()),
                "text": comment.text, "timestamp": time(comment.created_at), "hidden": comment.hidden})
        });
        json!({
            "id": post.id.to_string(),
            "permalink": permalink(base, post),
            "timestamp": time(post.created_at),
            "container": post.container.to_string(),
            "files": files.collect::<Vec<_>>(),
            "caption": post.content.caption,
            "content": shown(&post.content),
            "children": post.children.iter().map(|child| shown(&child.content)).collect::<Vec<_>>(),
            "comments": comments.collect::<Vec<_>>(),
        })
    });
    json!({
        "account": {"id": account.id.to_string(), "username": account.username, "name": account.name,
            "account_type": account.kind},
        "posts": posts.collect::<Vec<_>>(),
    })
}

/// What a post was made from.
fn shown(content: &Content) -> Value {
    json!({
        "media_type": content.kind,
        "media_product_type": content.product,
        "cover": content.cover.as_ref().map(|cover| &cover.sha256),
        "thumb_offset": content.thumb_offset,
        "user_tags": content.user_tags,
        "product_tags": content.product_tags,
        "collaborators": content.collaborators,
        "location_id": content.location_id,
        "share_to_feed": content.share_to_feed,
        "trial": content.trial,
        "audio_name": content.audio_name,
        "audio_configuration": content.audio,
        "is_ai_generated": content.ai_generated,
        "extras": content.extras,
    })
}

/// An account's posts as a page.
pub(crate) fn html(at: &Network, account: &Account, base: &str, now: jiff::Timestamp) -> String {
    let own = |post: &&Post| post.owner == account.username && post.lives(now);
    let posts: Vec<_> = at.posts.values().rev().filter(own).collect();
    let empty = if posts.is_empty() { "<p>Nothing published yet.</p>" } else { "" };
    let username = escape(&account.username);
    let mut out = format!(
        "<p class=\"meta\">@{username} · {NAME} · {} posts · <a href=\"{}/{username}.json\">JSON</a></p>{empty}",
        posts.len(),
        escape(base)
    );
    out.extend(posts.iter().take(SHOWN).map(|post| article(at, post, base, "")));
    out
}

fn article(at: &Network, post: &Post, base: &str, class: &str) -> String {
    let time = time(post.created_at);
    let mut out = format!(
        "<article id=\"{}\"{class}><p class=\"meta\"><a href=\"{base}/{owner}\">@{owner}</a> · <a href=\"{}\">\
         <time datetime=\"{time}\">{}</time></a></p>",
        post.id,
        escape(&permalink(base, post)),
        clock(&post.created_at.to_string()),
        base = escape(base),
        owner = escape(&post.owner),
    );
    let own = post.content.media.iter().map(|media| figure(base, post.id, media, post.content.cover.is_some()));
    let children = post.children.iter();
    let children = children.filter_map(|child| Some(figure(base, child.id, child.content.media.as_ref()?, false)));
    out.extend(own.chain(children));
    let _ = write!(out, "<p class=\"text\">{}</p>", escape(post.content.caption.as_deref().unwrap_or_default()));
    for note in notes(&post.content) {
        let _ = write!(out, "<p class=\"meta\">{}</p>", escape(&note));
    }
    let comments = at.comments.values().filter(|comment| comment.post == post.id && !comment.hidden);
    out.extend(comments.map(|comment| {
        format!("<blockquote id=\"{}\">@{}: {}</blockquote>", comment.id, escape(&comment.owner), escape(&comment.text))
    }));
    out + "</article>"
}

fn figure(base: &str, id: u64, media: &Media, covered: bool) -> String {
    let (url, alt) = (escape(&media_url(base, id)), escape(media.alt_text.as_deref().unwrap_or_default()));
    let poster = if covered { format!(" poster=\"{}\"", escape(&cover_url(base, id))) } else { String::new() };
    let shown = match media.mime.as_str() {
        _ if !media.kept => format!("<p class=\"meta\">{} bytes, not kept; sha-256 {}</p>", media.bytes, media.sha256),
        mime if mime.starts_with("image/") => format!("<img src=\"{url}\" alt=\"{alt}\">"),
        _ => format!("<video controls src=\"{url}\"{poster} title=\"{alt}\"></video>"),
    };
    let caption = if alt.is_empty() { "no alternative text".to_owned() } else { alt };
    format!("<figure>{shown}<figcaption class=\"meta\">{} · {caption}</figcaption></figure>", escape(&media.mime))
}

/// What the post says besides its caption and its files.
fn notes(content: &Content) -> Vec<String> {
    let people: Vec<_> = content.user_tags.iter().filter_map(|tag| tag["username"].as_str()).collect();
    let list = |names: &[&str]| (!names.is_empty()).then(|| names.join(", "));
    let invited: Vec<_> = content.collaborators.iter().map(String::as_str).collect();
    let product = match content.product {
        Product::Feed => None,
        Product::Reels => Some("Reel"),
        Product::Story => Some("Story"),
    };
    let named = [
        ("Shown as", product.map(str::to_owned)),
        ("People", list(&people)),
        ("Invited", list(&invited)),
        ("Products", (!content.product_tags.is_empty()).then(|| content.product_tags.len().to_string())),
        ("Location", content.location_id.clone()),
        ("On trial", content.trial.clone()),
        ("Audio", content.audio_name.clone()),
        ("Shown in the feed", content.share_to_feed.map(|shown| if shown { "yes" } else { "no" }.to_owned())),
        ("Made with AI", content.ai_generated.then(|| "yes".to_owned())),
    ];
    named.into_iter().filter_map(|(name, text)| text.map(|text| format!("{name}: {text}"))).collect()
}
