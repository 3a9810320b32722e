//! `media_publish`: what makes a container public.

use serde_json::json;

use super::containers::{restricted, suspected};
use super::model::{Child, Container, Media, Post, Product, Status, spend};
use super::settings::{Republish, Spam};
use super::{Answer, NAME, Scene, quota};
use crate::graph::error::{GraphError, Kind};
use crate::graph::{ids, later, millis};
use crate::state::Action;
use crate::visible::Visible;

/// 9007/2207027 (error codes, 2026-06-02): not ready.
fn not_available() -> GraphError {
    let error = GraphError::new(Kind::OAuth, 9_007, "Media ID is not available").with_subcode(2_207_027);
    error.telling("Media not ready", "The media is not ready for publishing, please wait for a moment.")
}

/// 24 with one of two subcodes (error codes, 2026-06-02).
fn not_found(subcode: u32) -> GraphError {
    let error = GraphError::new(Kind::OAuth, 24, "The requested resource does not exist").with_subcode(subcode);
    error.telling("Media not found", "The media container is missing or has expired.")
}

/// The subcode of a container that never was, and of one that expired.
const MISSING: u32 = 2_207_006;
const EXPIRED: u32 = 2_207_008;

/// `POST /{account}/media_publish`. What a failed container is answered with is not documented: here as one that is
/// not ready, so that a client has to read why.
pub(super) fn publish(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let owner = scene.account()?.username.clone();
    let given = scene.params.required("creation_id")?;
    let found = ids::read(given).and_then(|id| scene.at().containers.get(&id));
    let container = found.filter(|container| container.owner == owner).ok_or_else(|| not_found(MISSING))?;
    if container.item {
        return Err(GraphError::param("creation_id", "is an item of a carousel and cannot be published alone"));
    }
    let (id, post) = (container.id, container.post);
    match (post, scene.at().status(container, scene.now)) {
        (Some((post, _)), _) => again(scene, post),
        (None, Status::Finished) => made(scene, id),
        (None, Status::Expired) => Err(not_found(EXPIRED)),
        (None, _) => Err(not_available()),
    }
}

/// A container that is published already never makes a second post; what is said of that is a setting.
fn again(scene: &Scene<'_>, post: u64) -> Result<Answer, GraphError> {
    match scene.at().settings.republish {
        Republish::NotAvailable => Err(not_available()),
        Republish::NotFound => Err(not_found(MISSING)),
        Republish::SameId => Ok(Answer::Json(json!({"id": post.to_string()}))),
    }
}

/// Makes the one post of a container and answers with its id, unless somebody is suspected of spam: then the answer
/// is a refusal, whatever was done.
fn made(scene: &mut Scene<'_>, id: u64) -> Result<Answer, GraphError> {
    if scene.account()?.restricted {
        return Err(restricted());
    }
    quota::check(scene, id)?;
    let live = match scene.at().settings.spam {
        Spam::Off => None,
        Spam::Half => Some(scene.coin()),
        Spam::Live => Some(true),
        Spam::Blocked => Some(false),
    };
    if live == Some(false) {
        return Err(suspected());
    }
    let public = public(scene, id)?;
    match live {
        None => Ok(Answer::Json(json!({"id": public.to_string()}))),
        Some(_) => Err(suspected()),
    }
}

/// The id of the post that a container became.
fn public(scene: &mut Scene<'_>, id: u64) -> Result<u64, GraphError> {
    let container = scene.at().containers.get(&id).cloned().ok_or_else(|| not_found(MISSING))?;
    let (now, story) = (scene.now, container.content.product == Product::Story);
    let counts = !story || scene.at().settings.stories_count;
    let post = post(scene, container);
    let public = post.id;
    if let Some(container) = scene.at_mut().containers.get_mut(&id) {
        container.post = Some((public, now));
    }
    let account = scene.at_mut().accounts.get_mut(&post.owner);
    account.filter(|_| counts).into_iter().for_each(|account| spend(&mut account.published, now));
    record(scene, &post, Action::Create);
    scene.at_mut().posts.insert(public, post);
    Ok(public)
}

fn post(scene: &mut Scene<'_>, container: Container) -> Post {
    let now = scene.now;
    let children = children(scene, &container);
    Post {
        id: scene.at_mut().next_id(now),
        owner: container.owner,
        content: container.content,
        children,
        container: container.id,
        created_at: now,
        listed_at: later(now, millis(scene.at().settings.listing_lag_ms)),
        comments_enabled: true,
    }
}

/// The files of a carousel, each under an id of its own.
fn children(scene: &mut Scene<'_>, container: &Container) -> Vec<Child> {
    let now = scene.now;
    let child = |id: &u64| {
        let content = scene.state.instagram.containers.get(id)?.content.clone();
        Some(Child { id: scene.state.instagram.next_id(now), content })
    };
    container.content.children.iter().filter_map(child).collect()
}

/// Writes a change of a post into the ledger. Its key is the container, which may make one post only.
pub(super) fn record(scene: &mut Scene<'_>, post: &Post, action: Action) {
    let gone = action == Action::Delete;
    let media = if gone { Vec::new() } else { post.files().map(Media::shown).collect() };
    let text = post.content.caption.clone().filter(|_| !gone).unwrap_or_default();
    scene.state.ledger.add(Visible {
        seq: 0,
        at: scene.now,
        listed_at: post.listed_at.max(scene.now),
        platform: NAME.to_owned(),
        instance: None,
        account: post.owner.clone(),
        action,
        id: post.id.to_string(),
        reply_to: None,
        // Reels on trial are shown to people who do not follow the account.
        visibility: post.content.trial.as_ref().map(|_| "trial".to_owned()),
        text,
        media,
        key: Some(post.container.to_string()),
    });
}
