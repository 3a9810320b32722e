//! `POST /{id}` and `DELETE /{id}`: changing and deleting what a Page said.

use serde_json::json;

use super::feed::answered;
use super::model::{Timing, Video};
use super::{Answer, Scene, comments, documented, settle, text, timing};
use crate::graph::error::GraphError;
use crate::graph::ids;
use crate::state::Action;

/// What the specification knows for posts, videos and comments together; each kind takes its own.
pub(super) const ANY: &str = "action_links ad_breaks allow_bm_crossposting allow_crossposting_for_pages attached_media \
    attachment_id attachment_share_url attachment_url backdated_time backdated_time_granularity call_to_action \
    composer_session_id content_category content_tags custom_labels description direct_share_status embeddable \
    expiration expire_now explicitly_added_mentionee_ids feed_story_visibility increment_play_count \
    is_explicit_location is_hidden is_pinned is_published message name og_action_type_id og_hide_object_attachment \
    og_icon_id og_object_id og_phrase og_set_profile_badge og_suggestion_mechanism place preferred_thumbnail_id privacy \
    product_item publish_to_news_feed publish_to_videos_tab published scheduled_publish_time should_sync_product_edit \
    social_actions source_type sponsor_id sponsor_relationship tags target text_format_preset_id timeline_visibility \
    tracking universal_video_id";

/// What publishing needs, and what comments need.
const POSTS: [&str; 2] = ["pages_read_engagement", "pages_manage_posts"];
const ENGAGEMENT: [&str; 2] = ["pages_read_engagement", "pages_manage_engagement"];

/// Which kind of thing an id is.
enum Thing {
    Post(u64, u64),
    Video(u64, u64),
    Photo(u64, u64),
    Comment(u64, u64),
}

fn thing(scene: &Scene<'_>) -> Result<Thing, GraphError> {
    let (at, id) = (scene.at(), scene.id.as_str());
    let number = ids::read(id);
    let post = at.post(id).map(|post| Thing::Post(post.id, post.page));
    let video = || number.and_then(|id| at.videos.get(&id)).map(|video| Thing::Video(video.id, video.page));
    let photo = || number.and_then(|id| at.photos.get(&id)).map(|photo| Thing::Photo(photo.id, photo.page));
    let comment = || at.comment(id).map(|comment| Thing::Comment(comment.id, comment.page));
    let found = post.or_else(video).or_else(photo).or_else(comment);
    found.ok_or_else(|| GraphError::gone(id))
}

/// Refuses parameters of another kind.
fn only(scene: &Scene<'_>, known: &str) -> Result<(), GraphError> {
    let known: Vec<_> = known.split(' ').chain(["access_token", "appsecret_proof", "fields"]).collect();
    scene.params.only(&[&known])
}

/// `POST /{id}`.
pub(super) fn edit(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    match thing(scene)? {
        Thing::Post(id, page) => post(scene, id, page)?,
        Thing::Video(id, page) => video(scene, id, page)?,
        Thing::Comment(id, page) => comment(scene, id, page)?,
        Thing::Photo(..) => return Err(GraphError::gone(&scene.id)),
    }
    let id = scene.id.clone();
    match scene.params.text("fields") {
        Some(_) => answered(scene, &id, "id"),
        None => Ok(Answer::Json(json!({"success": true}))),
    }
}

/// A post: its message, its place, and whether or when it is public.
fn post(scene: &mut Scene<'_>, id: u64, page: u64) -> Result<(), GraphError> {
    only(scene, documented::EDIT)?;
    scene.writes_as(page, &POSTS)?;
    text::short("message", scene.params.text("message"), text::MESSAGE)?;
    let shown = scene.params.text("message").map(|message| text::shown(scene.at(), message));
    let publish = scene.params.flag("is_published")?.unwrap_or(false);
    let again = match scene.params.text("scheduled_publish_time") {
        Some(_) => Some(timing::scheduled(&scene.params, &scene.at().settings, scene.now)?),
        None => None,
    };
    let now = scene.now;
    let Some(post) = scene.at_mut().posts.get_mut(&id) else { return Ok(()) };
    if post.public() && again.is_some() {
        return Err(GraphError::param("scheduled_publish_time", "does not go with a post that is published"));
    }
    post.timing = again.unwrap_or(post.timing);
    post.updated_at = now;
    let changed = shown.is_some();
    if let Some(shown) = shown {
        (post.message, post.mentions) = (Some(shown.text), shown.mentions);
    }
    match post.timing {
        Timing::Now if changed => {
            let post = post.clone();
            settle::record(scene.state, &post, Action::Update, now);
        }
        Timing::Draft | Timing::At(_) if publish => settle::publish(scene.state, id, now),
        _ => {}
    }
    Ok(())
}

/// A video: its texts; those of its post with them.
fn video(scene: &mut Scene<'_>, id: u64, page: u64) -> Result<(), GraphError> {
    only(scene, documented::EDIT_VIDEO)?;
    scene.writes_as(page, &POSTS)?;
    let description = scene.params.text("description").map(str::to_owned);
    text::short("description", description.as_deref(), text::MESSAGE)?;
    let name = scene.params.text("name").map(str::to_owned);
    let publish = scene.params.flag("published")?.unwrap_or(false);
    let now = scene.now;
    let Some(video) = scene.at_mut().videos.get_mut(&id) else { return Ok(()) };
    video.title = name.or(video.title.take());
    video.description = description.clone().or(video.description.take());
    if publish && video.post.is_none() && video.plan.is_some() {
        video.plan = Some(settle::plan(Timing::Now, now));
    }
    let shown = description.map(|description| text::shown(scene.at(), &description).text);
    let post = scene.at().videos.get(&id).and_then(|video| video.post);
    if let Some((post, text)) = post.and_then(|id| scene.at_mut().posts.get_mut(&id)).zip(shown) {
        (post.message, post.updated_at) = (Some(text), now);
        let post = post.clone();
        settle::record(scene.state, &post, Action::Update, now);
    }
    Ok(())
}

fn comment(scene: &mut Scene<'_>, id: u64, page: u64) -> Result<(), GraphError> {
    only(scene, documented::EDIT_COMMENT)?;
    scene.writes_as(page, &ENGAGEMENT)?;
    let message = scene.params.required("message")?;
    text::short("message", Some(message), text::COMMENT)?;
    let text = text::shown(scene.at(), message).text;
    let Some(comment) = scene.at_mut().comments.get_mut(&id) else { return Ok(()) };
    comment.message = Some(text);
    let comment = comment.clone();
    comments::record(scene, &comment, Action::Update);
    Ok(())
}

/// `DELETE /{id}`.
pub(super) fn delete(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    match thing(scene)? {
        Thing::Post(id, page) => {
            scene.writes_as(page, &POSTS)?;
            gone(scene, id);
        }
        Thing::Video(id, page) => {
            scene.writes_as(page, &POSTS)?;
            let video: Option<Video> = scene.at_mut().videos.remove(&id);
            video.and_then(|video| video.post).into_iter().for_each(|post| gone(scene, post));
        }
        Thing::Photo(id, page) => {
            scene.writes_as(page, &POSTS)?;
            photo(scene, id);
        }
        Thing::Comment(id, page) => {
            scene.writes_as(page, &ENGAGEMENT)?;
            if let Some(comment) = scene.at_mut().comments.remove(&id) {
                comments::record(scene, &comment, Action::Delete);
            }
        }
    }
    Ok(Answer::Json(json!({"success": true})))
}

/// Takes a post away, with what was said about it.
fn gone(scene: &mut Scene<'_>, id: u64) {
    let now = scene.now;
    let Some(post) = scene.at_mut().posts.remove(&id) else { return };
    scene.at_mut().comments.retain(|_, comment| comment.object != id);
    if post.public() {
        settle::record(scene.state, &post, Action::Delete, now);
    }
}

/// Takes a photo away, and the post that shows nothing else.
fn photo(scene: &mut Scene<'_>, id: u64) {
    let Some(photo) = scene.at_mut().photos.remove(&id) else { return };
    let Some(post) = photo.post.and_then(|id| scene.at_mut().posts.get_mut(&id)) else { return };
    post.photos.retain(|other| *other != id);
    if post.photos.is_empty() && post.link.is_none() {
        let id = post.id;
        gone(scene, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_every_kind_is_let_through() {
        for names in [documented::EDIT, documented::EDIT_VIDEO, documented::EDIT_COMMENT] {
            for name in names.split(' ') {
                assert!(documented::has(ANY, name), "{name}");
            }
        }
    }
}
