//! `POST /{page}/photos` and `/{page}/photo_stories`.

use serde_json::json;

use super::feed::{added, answered, blank, place, with_story};
use super::model::{Kind, Photo, Timing};
use super::{Answer, Order, Scene, errors, media, text, timing};
use crate::graph::error::{GraphError, Kind as ErrorKind};
use crate::graph::ids;

/// What is read of the documented parameters; the rest is kept beside the post.
const USED: [&str; 9] = [
    "url",
    "caption",
    "message",
    "alt_text_custom",
    "published",
    "temporary",
    "scheduled_publish_time",
    "unpublished_content_type",
    "place",
];

/// The address of the picture, for a call that is not refused anyway.
pub(super) fn order(scene: &Scene<'_>) -> Option<Order> {
    checked(scene).ok()?;
    scene.params.text("url").map(media::picture_order)
}

/// Everything that can be checked before the picture is there.
fn checked(scene: &Scene<'_>) -> Result<(u64, Timing), GraphError> {
    let page = scene.writes_to(&scene.id)?;
    let (caption, message) = (scene.params.text("caption"), scene.params.text("message"));
    if caption.is_some() && message.is_some() {
        return Err(GraphError::param("message", "does not go with caption"));
    }
    text::short("caption", caption.or(message), text::MESSAGE)?;
    with_story(scene)?;
    let timing = timing::read(&scene.params, &scene.at().settings, scene.now)?;
    if scene.params.flag("temporary")?.unwrap_or(false) && timing != Timing::Draft {
        return Err(GraphError::param("temporary", "goes with published=false"));
    }
    match (scene.params.text("url"), scene.file("source")) {
        (None, None) => Err(GraphError::param("url", "is required: (#324) Requires upload file")),
        (Some(_), Some(_)) => Err(GraphError::param("url", "does not go with source")),
        _ => Ok((page, timing)),
    }
}

/// `POST /{page}/photos`: a photo, and the post that shows it unless it stays unpublished.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (page, timing) = checked(scene)?;
    let place = place(scene)?;
    let file = scene.file("source").map(|file| file.received.clone());
    let picture = match file {
        Some(file) => media::picture(scene, &file)?,
        None => media::fetched(scene, "url")?,
    };
    let id = stored(scene, page, picture)?;
    if timing == Timing::Draft {
        return answered(scene, &id.to_string(), "id");
    }
    let mut post = blank(scene, page, Kind::Feed);
    let caption = scene.at().photos.get(&id).and_then(|photo| photo.caption.clone()).unwrap_or_default();
    let shown = text::shown(scene.at(), &caption);
    (post.message, post.mentions) = (Some(shown.text).filter(|text| !text.is_empty()), shown.mentions);
    (post.timing, post.photos, post.place, post.extras) = (timing, vec![id], place, scene.extras(&USED));
    let post_id = added(scene, post);
    match scene.params.text("fields") {
        Some(_) => answered(scene, &id.to_string(), "id"),
        None => Ok(Answer::Json(json!({"id": id.to_string(), "post_id": post_id}))),
    }
}

fn stored(scene: &mut Scene<'_>, page: u64, media: super::model::Media) -> Result<u64, GraphError> {
    let (params, now) = (&scene.params, scene.now);
    let caption = params.text("caption").or(params.text("message")).map(str::to_owned);
    let alt_text = params.text("alt_text_custom").map(str::to_owned);
    let temporary = params.flag("temporary")?.unwrap_or(false);
    let id = scene.at_mut().next_id(now);
    let photo = Photo { id, page, media, caption, alt_text, temporary, post: None, created_at: now };
    scene.at_mut().photos.insert(id, photo);
    Ok(id)
}

/// `POST /{page}/photo_stories`: an unpublished photo becomes a story. An address in its place ends in code 1
/// (confirmed, 2026-08).
pub(super) fn story(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let page = scene.writes_to(&scene.id)?;
    if scene.params.text("url").is_some() {
        return Err(GraphError::new(ErrorKind::OAuth, 1, "An unknown error has occurred."));
    }
    let given = scene.params.required("photo_id")?;
    let photo = ids::read(given).and_then(|id| scene.at().photos.get(&id)).filter(|photo| photo.page == page);
    let photo = photo.ok_or_else(|| GraphError::param("photo_id", "names no photo of this Page"))?;
    // That this is refused is certain, with which code is not.
    if photo.post.is_some() {
        return Err(errors::sub(1_366_051, "The photo was already posted"));
    }
    let id = photo.id;
    let mut post = blank(scene, page, Kind::Story);
    post.photos = vec![id];
    let post_id = added(scene, post);
    Ok(Answer::Json(json!({"success": true, "post_id": post_id})))
}
