//! `GET /{id}` and `DELETE /{id}`: whatever has that id, as far as the token reaches it.

use serde_json::json;

use super::door::Right;
use super::view::View;
use super::{Answer, Scene, publish};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::ids;
use crate::state::Action;

/// An account, a container, a post or a comment. Without `fields` only the id is shown.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let fields = Fields::read(scene.params.text("fields"))?;
    let view = View::of(scene)?;
    if let Ok(account) = scene.account() {
        return view.account(account, &fields).map(Answer::Json);
    }
    let gone = || GraphError::gone(&scene.id);
    let id = ids::read(&scene.id).ok_or_else(gone)?;
    let door = scene.door()?;
    if door.page && scene.at().settings.page_tokens_read_nothing {
        return Err(gone());
    }
    if scene.at().comments.contains_key(&id) {
        door.may(Right::Comment)?;
    }
    view.node(id, &fields).map(Answer::Json)
}

/// `DELETE /{id}`: a post or a comment. In the SDK for Facebook Login only; what it answers is not documented.
pub(super) fn delete(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let id = ids::read(&scene.id).ok_or_else(|| GraphError::gone(&scene.id))?;
    if scene.at().comments.contains_key(&id) {
        return super::comments::delete(scene, id);
    }
    scene.door()?.may(Right::Publish)?;
    let id = scene.post()?.id;
    scene.at_mut().comments.retain(|_, comment| comment.post != id);
    if let Some(post) = scene.at_mut().posts.remove(&id) {
        publish::record(scene, &post, Action::Delete);
    }
    Ok(Answer::Json(json!({"success": true})))
}
