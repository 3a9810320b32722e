//! The public pages: a person's posts, one post, the files.

use std::fmt::Write as _;

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::model::{Content, Media, Network, Person, Post};
use super::posts::{media, media_url, permalink};
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

/// The front page: who is here.
pub(super) fn index(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let people =
        scene.at().people.values().map(|person| {
            format!("<li><a href=\"/@{}\">{}</a></li>", escape(&person.username), escape(person.shown()))
        });
    let body = format!(
        "<p>A simulated Threads: consent, tokens and API. Give <code>{}</code> to a client in place of \
         <code>www.threads.net</code> and <code>graph.threads.net</code>.</p><ul>{}</ul>",
        escape(&scene.call.base),
        people.collect::<String>()
    );
    Ok(Answer::Whole(page("Simulated Threads", &body)))
}

/// `/@<name>` and its twin `/@<name>.json`.
pub(super) fn profile(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (name, as_json) = match scene.id.strip_suffix(".json") {
        Some(name) => (name, true),
        None => (scene.id.as_str(), false),
    };
    let (base, now) = (&scene.call.base, scene.now);
    Ok(Answer::Whole(match scene.at().people.get(name) {
        None => missing("such account"),
        Some(person) if as_json => json_response(StatusCode::OK, Some(&summary(scene.at(), person, base))),
        Some(person) => page(person.shown(), &html(scene.at(), person, base, now)),
    }))
}

/// `/@<name>/post/<shortcode>`: a post between what it answers and the answers to it.
pub(super) fn thread(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (at, base, now) = (scene.at(), &scene.call.base, scene.now);
    let Some(post) = ids::of_shortcode(&scene.id).and_then(|id| at.post(id, now)) else {
        return Ok(Answer::Whole(missing("such post")));
    };
    let parent = |post: &&Post| at.post(post.content.reply_to?, now);
    let mut before: Vec<_> = std::iter::successors(parent(&post), parent).take(SHOWN).collect();
    before.reverse();
    let mut body: String = before.into_iter().map(|post| article(at, post, base, "")).collect();
    body.push_str(&article(at, post, base, " class=\"asked\""));
    body.extend(at.replies(post.id, now).filter(|reply| !reply.hidden).map(|reply| article(at, reply, base, "")));
    let author = at.people.get(&post.owner).map_or(post.owner.as_str(), Person::shown);
    Ok(Answer::Whole(page(&format!("Post by {author}"), &body)))
}

/// `/media/<id>`: the bytes of a picture or video, where they are kept.
pub(super) fn file(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::read(&scene.id).and_then(|id| media(scene.at(), id));
    let bytes = found.and_then(|media| Some((scene.state.files.get(&media.sha256)?, media.mime.clone())));
    Ok(Answer::Whole(match bytes {
        Some((bytes, mime)) => served(bytes, &mime),
        None => missing("such file"),
    }))
}

/// The picture of everybody.
pub(super) fn avatar(_: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(Answer::Whole(served(Bytes::from_static(AVATAR), "image/png")))
}

fn served(bytes: Bytes, mime: &str) -> axum::response::Response {
    ([(header::CONTENT_TYPE, mime), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes).into_response()
}

/// A person and what they published and did not delete, as JSON, oldest first, each with what it was made from.
pub(crate) fn summary(at: &Network, person: &Person, base: &str) -> Value {
    let own = at.posts.values().filter(|post| post.owner == person.username);
    let posts = own.map(|post| {
        let files = post.files().map(
            |file| json!({"sha256": file.sha256, "bytes": file.bytes, "mime": file.mime, "alt_text": file.alt_text}),
        );
        json!({
            "id": post.id.to_string(),
            "permalink": permalink(base, post),
            "timestamp": time(post.created_at),
            "container": post.container.map(|id| id.to_string()),
            "repost_of": post.repost_of.map(|id| id.to_string()),
            "hidden": post.hidden,
            "until": post.until.map(time),
            "files": files.collect::<Vec<_>>(),
            "text": post.content.text,
            "content": shown(&post.content),
        })
    });
    json!({
        "account": {"id": person.id.to_string(), "username": person.username, "name": person.name,
            "private": person.private},
        "posts": posts.collect::<Vec<_>>(),
    })
}

/// What a post was made from, with ids as texts.
fn shown(content: &Content) -> Value {
    json!({
        "media_type": content.kind,
        "reply_to_id": content.reply_to.map(|id| id.to_string()),
        "quote_post_id": content.quote.map(|id| id.to_string()),
        "reply_control": content.reply_control,
        "enable_reply_approvals": content.reply_approvals,
        "allowlisted_country_codes": content.countries,
        "link_attachment": content.link,
        "poll": content.poll.as_ref().map(|poll| &poll.options),
        "text_attachment": content.text_attachment,
        "gif_attachment": content.gif,
        "text_entities": content.text_entities,
        "topic_tag": content.topic_tag,
        "location_id": content.location_id,
        "is_spoiler_media": content.spoiler_media,
        "is_ghost_post": content.ghost,
    })
}

/// A person's posts as a page.
pub(crate) fn html(at: &Network, person: &Person, base: &str, now: jiff::Timestamp) -> String {
    let own = |post: &&Post| post.owner == person.username && post.lives(now);
    let posts: Vec<_> = at.posts.values().rev().filter(own).collect();
    let empty = if posts.is_empty() { "<p>Nothing published yet.</p>" } else { "" };
    let username = escape(&person.username);
    let mut out = format!(
        "<p class=\"meta\">@{username} · threads · {} posts · <a href=\"{}/@{username}.json\">JSON</a></p>{empty}",
        posts.len(),
        escape(base)
    );
    out.extend(posts.iter().take(SHOWN).map(|post| article(at, post, base, "")));
    out
}

fn article(at: &Network, post: &Post, base: &str, class: &str) -> String {
    let time = time(post.created_at);
    let mut out = format!(
        "<article id=\"{}\"{class}><p class=\"meta\"><a href=\"{base}/@{owner}\">@{owner}</a> · <a href=\"{}\">\
         <time datetime=\"{time}\">{}</time></a></p>",
        post.id,
        escape(&permalink(base, post)),
        clock(&post.created_at.to_string()),
        base = escape(base),
        owner = escape(&post.owner),
    );
    let _ = write!(out, "<p class=\"text\">{}</p>", escape(post.content.text.as_deref().unwrap_or_default()));
    let children = post.children.iter().map(|child| figure(base, child.id, &child.media));
    out.extend(post.content.media.iter().map(|media| figure(base, post.id, media)).chain(children));
    for note in notes(at, post, base) {
        let _ = write!(out, "<p class=\"meta\">{}</p>", escape(&note));
    }
    out + "</article>"
}

fn figure(base: &str, id: u64, media: &Media) -> String {
    let (url, alt) = (escape(&media_url(base, id)), escape(media.alt_text.as_deref().unwrap_or_default()));
    let shown = match media.mime.as_str() {
        _ if !media.kept => format!("<p class=\"meta\">{} bytes, not kept; sha-256 {}</p>", media.bytes, media.sha256),
        mime if mime.starts_with("image/") => format!("<img src=\"{url}\" alt=\"{alt}\">"),
        _ => format!("<video controls src=\"{url}\" title=\"{alt}\"></video>"),
    };
    let caption = if alt.is_empty() { "no alternative text".to_owned() } else { alt };
    format!("<figure>{shown}<figcaption class=\"meta\">{} · {caption}</figcaption></figure>", escape(&media.mime))
}

/// What the post says besides its text and its files.
fn notes(at: &Network, post: &Post, base: &str) -> Vec<String> {
    let content = &post.content;
    let link = |id: u64| at.posts.get(&id).map_or_else(|| id.to_string(), |found| permalink(base, found));
    let json = |value: &Value| value.to_string();
    let named = [
        ("Topic", content.topic_tag.clone()),
        ("Link", content.link.clone()),
        ("Poll", content.poll.as_ref().map(|poll| poll.options.join(" / "))),
        ("Text attachment", content.text_attachment.as_ref().map(json)),
        ("GIF", content.gif.as_ref().map(json)),
        ("Spoilers", content.text_entities.as_ref().map(json)),
        ("Files", content.spoiler_media.then(|| "marked as spoilers".to_owned())),
        ("Location", content.location_id.clone()),
        ("In reply to", content.reply_to.map(link)),
        ("Quotes", content.quote.map(link)),
        ("Reposts", post.repost_of.map(link)),
        ("Vanishes", post.until.map(|until| clock(&until.to_string()))),
    ];
    named.into_iter().filter_map(|(name, text)| text.map(|text| format!("{name}: {text}"))).collect()
}
