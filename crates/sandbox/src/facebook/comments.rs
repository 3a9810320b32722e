//! Comments of a Page on its own posts, photos and videos, and their list.

use serde_json::Value;

use super::feed::answered;
use super::model::{Comment, Network};
use super::{Answer, Order, Scene, media, settle, text, view};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::paging::{self, Order as Sort, Page};
use crate::graph::{ids, later, millis};
use crate::state::Action;
use crate::visible::{Shown, Visible};

/// What can be commented on: the object behind an id, its Page, and the comment that is answered.
struct Target {
    page: u64,
    object: u64,
    parent: Option<u64>,
}

/// A post, a photo, a video, or another comment.
fn target(at: &Network, id: &str) -> Option<Target> {
    if let Some(post) = at.post(id).filter(|post| post.public()) {
        return Some(Target { page: post.page, object: post.id, parent: None });
    }
    if let Some(comment) = at.comment(id) {
        return Some(Target { page: comment.page, object: comment.object, parent: Some(comment.id) });
    }
    let number = ids::read(id)?;
    let page = at.photos.get(&number).map(|photo| photo.page).or(at.videos.get(&number).map(|video| video.page))?;
    Some(Target { page, object: number, parent: None })
}

/// The address of a picture beside a comment, for a call that is not refused anyway.
pub(super) fn order(scene: &Scene<'_>) -> Option<Order> {
    checked(scene).ok()?;
    scene.params.text("attachment_url").map(media::picture_order)
}

fn checked(scene: &Scene<'_>) -> Result<Target, GraphError> {
    let target = target(scene.at(), &scene.id).ok_or_else(|| GraphError::gone(&scene.id))?;
    scene.writes_as(target.page, &["pages_read_engagement", "pages_manage_engagement"])?;
    let message = scene.params.text("message");
    text::short("message", message, text::COMMENT)?;
    let others = ["attachment_id", "attachment_share_url"].iter().any(|name| scene.params.text(name).is_some());
    match message.is_none() && scene.params.text("attachment_url").is_none() && !others {
        true => Err(GraphError::param("message", "is required, or an attachment")),
        false => Ok(target),
    }
}

/// `POST /{object}/comments`.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let target = checked(scene)?;
    let picture = match scene.params.text("attachment_url") {
        Some(_) => Some(media::fetched(scene, "attachment_url")?),
        None => None,
    };
    let shown = text::shown(scene.at(), scene.params.text("message").unwrap_or_default());
    let now = scene.now;
    let comment = Comment {
        id: scene.at_mut().next_id(now),
        page: target.page,
        object: target.object,
        parent: target.parent,
        message: Some(shown.text).filter(|text| !text.is_empty()),
        picture,
        created_at: now,
        listed_at: later(now, millis(scene.at().settings.listing_lag_ms)),
    };
    record(scene, &comment, Action::Create);
    let id = comment.full_id();
    scene.at_mut().comments.insert(comment.id, comment);
    answered(scene, &id, "id")
}

/// Writes a change of a comment into the ledger.
pub(super) fn record(scene: &mut Scene<'_>, comment: &Comment, action: Action) {
    let gone = action == Action::Delete;
    let file = comment.picture.as_ref().filter(|_| !gone).map(|picture| Shown {
        sha256: picture.sha256.clone(),
        mime: picture.mime.clone(),
        bytes: picture.bytes,
        description: String::new(),
    });
    let about = scene.at().posts.get(&comment.object).map_or_else(|| comment.object.to_string(), |post| post.full_id());
    let entry = Visible {
        listed_at: comment.listed_at.max(scene.now),
        account: settle::username(scene.at(), comment.page),
        id: comment.full_id(),
        reply_to: Some(about),
        text: comment.message.clone().filter(|_| !gone).unwrap_or_default(),
        media: file.into_iter().collect(),
        ..settle::entry(action, scene.now)
    };
    scene.state.ledger.add(entry);
    scene.state.dirty = true;
}

/// `GET /{object}/comments`: oldest first unless `order` says otherwise.
pub(super) fn list(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    scene.may_read("pages_read_engagement")?;
    let target = target(scene.at(), &scene.id).filter(|target| scene.sees(target.page));
    let target = target.ok_or_else(|| GraphError::gone(&scene.id))?;
    let order = match scene.params.text("order") {
        None | Some("chronological" | "CHRONOLOGICAL" | "ranked" | "RANKED") => Sort::OldestFirst,
        Some("reverse_chronological" | "REVERSE_CHRONOLOGICAL") => Sort::NewestFirst,
        Some(_) => return Err(GraphError::param("order", "is not one of the documented values")),
    };
    let everything = scene.params.text("filter").is_some_and(|filter| filter.eq_ignore_ascii_case("stream"));
    let (page, fields) = (Page::read(&scene.params)?, Fields::read(scene.params.text("fields"))?);
    let fits = |comment: &&Comment| {
        let place = comment.object == target.object && (everything || comment.parent == target.parent);
        place && comment.listed_at <= scene.as_of() && page.covers(comment.created_at)
    };
    let mut comments: Vec<_> = scene.at().comments.values().filter(fits).collect();
    if order == Sort::NewestFirst {
        comments.reverse();
    }
    let comments = page.cut(comments, order, |comment| comment.id);
    let ends = comments.first().zip(comments.last()).map(|(first, last)| (first.id, last.id));
    let rows = comments.iter().map(|comment| view::comment(scene.at(), &scene.call.base, comment, &fields));
    Ok(Answer::Json(paging::listed(rows.collect::<Result<Vec<Value>, _>>()?, ends)))
}
