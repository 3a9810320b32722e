//! `POST /{page}/feed`: texts, links and many photos.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::model::{Kind, Post, Timing};
use super::{Answer, Scene, errors, media, settle, text, timing, view};
use crate::graph::error::{GraphError, Kind as ErrorKind};
use crate::graph::fields::Fields;
use crate::graph::{ids, later, millis};

/// What is read of the documented parameters; the rest is kept beside the post.
const USED: [&str; 9] = [
    "message",
    "link",
    "place",
    "attached_media",
    "published",
    "scheduled_publish_time",
    "unpublished_content_type",
    "text_format_preset_id",
    "video_id",
];

const MEDIA: &str = "attached_media";

/// Backgrounds of texts that are still offered. Which ones the real server knows is not documented.
const BACKGROUNDS: [&str; 2] = ["106018623298955", "1881421442117417"];

/// Puts `attached_media[0]`, `attached_media[1]` … together as the array that a JSON body has.
pub(super) fn gathered(pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>, GraphError> {
    let number = |name: &str| name.strip_prefix(MEDIA)?.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok();
    let (indexed, mut plain): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| number(name).is_some());
    if indexed.is_empty() {
        return Ok(plain);
    }
    let mut items = Vec::new();
    for (name, value) in indexed {
        let item: Value = serde_json::from_str(&value).map_err(|_| GraphError::param(&name, "must be valid JSON"))?;
        items.push((number(&name), item));
    }
    items.sort_by_key(|(number, _)| *number);
    if items.iter().enumerate().any(|(place, (number, _))| *number != Some(place)) {
        return Err(GraphError::param(MEDIA, "must be counted from 0 without a gap"));
    }
    let items: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
    plain.push((MEDIA.to_owned(), json!(items).to_string()));
    Ok(plain)
}

/// `POST /{page}/feed`.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let page = scene.writes_to(&scene.id)?;
    let mut post = blank(scene, page, Kind::Feed);
    words(scene, &mut post)?;
    post.timing = timing::read(&scene.params, &scene.at().settings, scene.now)?;
    post.photos = attached(scene, page)?;
    if post.message.is_none() && post.link.is_none() && post.photos.is_empty() {
        return Err(GraphError::param("message", "is required: say something, attach a link or attach media"));
    }
    background(scene)?;
    if post.public() && repeats(scene, &post) {
        return Err(errors::duplicate());
    }
    post.extras = scene.extras(&USED);
    let id = added(scene, post);
    answered(scene, &id, "id")
}

/// A post of a Page with nothing in it yet.
pub(super) fn blank(scene: &mut Scene<'_>, page: u64, kind: Kind) -> Post {
    let now = scene.now;
    let id = scene.at_mut().next_id(now);
    settle::blank(id, page, kind, now)
}

/// The message, the link and the place.
fn words(scene: &Scene<'_>, post: &mut Post) -> Result<(), GraphError> {
    let given = scene.params.text("message");
    text::short("message", given, text::MESSAGE)?;
    if let Some(given) = given {
        let shown = text::shown(scene.at(), given);
        (post.message, post.mentions) = (Some(shown.text), shown.mentions);
    }
    post.link = scene.params.text("link").map(text::link).transpose()?;
    post.place = place(scene)?;
    Ok(())
}

/// `no_story` would publish without a post, which is not simulated: it is refused instead of being ignored.
pub(super) fn with_story(scene: &Scene<'_>) -> Result<(), GraphError> {
    match scene.params.flag("no_story")? {
        Some(true) => Err(GraphError::param("no_story", "is not simulated: what is published makes a post")),
        _ => Ok(()),
    }
}

/// A place is a Page; others are not simulated.
pub(super) fn place(scene: &Scene<'_>) -> Result<Option<u64>, GraphError> {
    let Some(id) = scene.params.text("place") else { return Ok(None) };
    let found = ids::read(id).filter(|id| scene.at().pages.contains_key(id));
    found.map(Some).ok_or_else(|| GraphError::param("place", "must be the id of a place"))
}

/// The photos of `attached_media`: the Page's own, uploaded and not posted yet, each once.
fn attached(scene: &Scene<'_>, page: u64) -> Result<Vec<u64>, GraphError> {
    let wrong = |why: &str| GraphError::param(MEDIA, why);
    let Some(given) = scene.params.json(MEDIA)? else { return Ok(Vec::new()) };
    let items = given.as_array().filter(|items| !items.is_empty()).ok_or_else(|| wrong("must be a list of media"))?;
    let mut photos = Vec::with_capacity(items.len());
    for item in items {
        let id = item["media_fbid"].as_str().filter(|_| item.as_object().is_some_and(|item| item.len() == 1));
        let id = id.and_then(ids::read).ok_or_else(|| wrong("must be objects with a media_fbid"))?;
        let photo = scene.at().photos.get(&id).filter(|photo| photo.page == page);
        let photo = photo.ok_or_else(|| wrong(&format!("names {id}, which is no photo of this Page")))?;
        if photo.post.is_some() {
            return Err(media::already_posted());
        }
        if photos.contains(&id) {
            return Err(wrong(&format!("names {id} twice")));
        }
        photos.push(id);
    }
    Ok(photos)
}

/// A malformed background is refused; a retired one fails with HTTP 500 (both confirmed, facts of 2026-11-23).
fn background(scene: &Scene<'_>) -> Result<(), GraphError> {
    match scene.params.text("text_format_preset_id") {
        None => Ok(()),
        Some(id) if BACKGROUNDS.contains(&id) => Ok(()),
        Some(id) if ids::read(id).is_none() => Err(GraphError::param("text_format_preset_id", "must be an id")),
        Some(_) => {
            let error = GraphError::new(ErrorKind::OAuth, 1, "Please reduce the amount of data you're asking for");
            Err(error.with_status(StatusCode::INTERNAL_SERVER_ERROR))
        }
    }
}

/// Whether the Page's last public post says the same. Posts with photos are told apart by those.
fn repeats(scene: &Scene<'_>, post: &Post) -> bool {
    let own = |other: &&Post| other.page == post.page && other.kind == Kind::Feed && other.public();
    let last = scene.at().posts.values().filter(own).max_by_key(|other| other.order);
    last.is_some_and(|last| {
        let bare = post.photos.is_empty() && last.photos.is_empty() && last.video.is_none();
        bare && last.message == post.message && last.link == post.link
    })
}

/// Puts a post in its place, public or not; its whole id.
pub(super) fn added(scene: &mut Scene<'_>, mut post: Post) -> String {
    let id = post.full_id();
    post.listed_at = later(scene.now, millis(scene.at().settings.listing_lag_ms));
    for photo in &post.photos {
        if let Some(photo) = scene.at_mut().photos.get_mut(photo) {
            photo.post = Some(post.id);
        }
    }
    if post.timing == Timing::Now {
        settle::record(scene.state, &post, crate::state::Action::Create, scene.now);
    }
    scene.at_mut().posts.insert(post.id, post);
    id
}

/// The answer to a write: the id, or the fields that were asked for at once.
pub(super) fn answered(scene: &mut Scene<'_>, id: &str, name: &str) -> Result<Answer, GraphError> {
    let fields = Fields::read(scene.params.text("fields"))?;
    if fields.is_empty() {
        return Ok(Answer::Json(json!({name: id})));
    }
    view::node(scene, id, &fields).map(Answer::Json)
}
