//! Comments on posts and answers to them.

use serde_json::json;

use super::door::{Login, Right};
use super::listing::rows;
use super::model::{Comment, Post};
use super::view::View;
use super::{Answer, NAME, Scene};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::ids;
use crate::state::Action;
use crate::visible::Visible;

/// `POST /{post}/comments`.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let post = scene.post()?.clone();
    said(scene, &post, None)
}

/// `POST /{comment}/replies`.
pub(super) fn reply(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (post, parent) = (commented(scene)?.clone(), ids::read(&scene.id));
    said(scene, &post, parent)
}

/// Makes a comment. The code of one on a post that wants none is not documented.
fn said(scene: &mut Scene<'_>, post: &Post, parent: Option<u64>) -> Result<Answer, GraphError> {
    let (text, now) = (scene.params.required("message")?.to_owned(), scene.now);
    if !post.comments_enabled {
        return Err(GraphError::permission("comments are disabled on this media"));
    }
    let id = scene.at_mut().next_id(now);
    let owner = post.owner.clone();
    let comment = Comment { id, post: post.id, parent, owner, text, created_at: now, hidden: false };
    record(scene, &comment, Action::Create);
    scene.at_mut().comments.insert(id, comment);
    Ok(Answer::Json(json!({"id": id.to_string()})))
}

/// Writes a change of a comment into the ledger.
fn record(scene: &mut Scene<'_>, comment: &Comment, action: Action) {
    let gone = action == Action::Delete;
    scene.state.ledger.add(Visible {
        seq: 0,
        at: scene.now,
        listed_at: scene.now,
        platform: NAME.to_owned(),
        instance: None,
        account: comment.owner.clone(),
        action,
        id: comment.id.to_string(),
        reply_to: Some(comment.parent.unwrap_or(comment.post).to_string()),
        visibility: None,
        text: if gone { String::new() } else { comment.text.clone() },
        media: Vec::new(),
        key: None,
    });
}

/// `GET /{post}/comments`, newest first. What is shown without `fields` is not documented.
pub(super) fn list(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let post = scene.post()?.id;
    listed(scene, post, None)
}

/// `GET /{comment}/replies`.
pub(super) fn replies(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let post = commented(scene)?.id;
    listed(scene, post, ids::read(&scene.id))
}

fn listed(scene: &Scene<'_>, post: u64, parent: Option<u64>) -> Result<Answer, GraphError> {
    let fields = Fields::read(Some(scene.params.text("fields").unwrap_or("id,text,timestamp")))?;
    let view = View::of(scene)?;
    let all = scene.at().comments_on(post, parent).filter(|comment| comment.created_at <= scene.as_of());
    rows(scene, all.collect(), |comment| comment.id, |comment| view.comment(comment, &fields))
}

/// The post of the comment that the path names.
fn commented<'a>(scene: &'a Scene<'_>) -> Result<&'a Post, GraphError> {
    let gone = || GraphError::gone(&scene.id);
    let door = scene.door()?;
    let comment = ids::read(&scene.id).and_then(|id| scene.at().comments.get(&id)).ok_or_else(gone)?;
    let post = scene.at().post(comment.post, scene.now);
    post.filter(|post| door.reaches(&post.owner)).ok_or_else(gone)
}

/// `POST /{id}`: whether a post takes comments, or whether a comment is hidden.
pub(super) fn change(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let id = ids::read(&scene.id).ok_or_else(|| GraphError::gone(&scene.id))?;
    if scene.login()? == Login::Facebook && scene.at().comments.contains_key(&id) {
        commented(scene)?;
        let hide = needed(scene, "hide", "comment_enabled")?;
        scene.at_mut().comments.get_mut(&id).into_iter().for_each(|comment| comment.hidden = hide);
    } else {
        let id = scene.post()?.id;
        let enabled = needed(scene, "comment_enabled", "hide")?;
        scene.at_mut().posts.get_mut(&id).into_iter().for_each(|post| post.comments_enabled = enabled);
    }
    Ok(Answer::Json(json!({"success": true})))
}

/// The flag of one kind of node; that of another is not documented there.
fn needed(scene: &Scene<'_>, name: &str, other: &str) -> Result<bool, GraphError> {
    if scene.params.text(other).is_some() {
        return Err(GraphError::param(other, "is not a documented parameter of this call"));
    }
    scene.params.flag(name)?.ok_or_else(|| GraphError::param(name, "is required"))
}

/// `DELETE /{comment}`, with the answers to it.
pub(super) fn delete(scene: &mut Scene<'_>, id: u64) -> Result<Answer, GraphError> {
    scene.door()?.may(Right::Comment)?;
    commented(scene)?;
    if let Some(comment) = scene.at_mut().comments.remove(&id) {
        scene.at_mut().comments.retain(|_, answer| answer.parent != Some(id));
        record(scene, &comment, Action::Delete);
    }
    Ok(Answer::Json(json!({"success": true})))
}
