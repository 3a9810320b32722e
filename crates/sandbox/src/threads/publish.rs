//! `threads_publish` and `repost`: what makes something public.

use serde_json::json;

use super::model::{Child, Container, Content, Media, MediaType, Post, Quota, Status};
use super::settings::Republish;
use super::{Answer, NAME, Scene, quota};
use crate::graph::error::{GraphError, Kind};
use crate::graph::{ids, later, millis};
use crate::state::Action;
use crate::visible::Visible;

/// How long a ghost post is to be seen (collection of 2026-01-02).
const GHOST_LIFE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A container that cannot be published, or not yet: the one code for all of it. Confirmed for one that is not
/// visible yet (three trackers, 2026-08 and 2026-09); for a failed or expired one it is assumed.
fn not_found(id: &str) -> GraphError {
    let told = format!("The media with id {id} cannot be found.");
    let error = GraphError::new(Kind::OAuth, 24, "The requested resource does not exist");
    error.with_subcode(4_279_009).telling("Media Not Found", &told)
}

/// `POST /{user}/threads_publish`.
pub(super) fn publish(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let me = scene.me(&scene.id)?.to_owned();
    let given = scene.params.required("creation_id")?;
    let found = ids::read(given).and_then(|id| scene.at().containers.get(&id));
    let container = found.ok_or_else(|| not_found(given))?;
    if container.owner != me {
        return Err(GraphError::gone(given));
    }
    if container.item {
        return Err(GraphError::param("creation_id", "is an item of a carousel and cannot be published alone"));
    }
    let id = container.id;
    let visible = later(container.made_at, millis(scene.at().settings.race_ms)) <= scene.now;
    match (container.status(scene.now), container.post) {
        (Status::Published, Some(post)) => again(scene, id, post),
        (Status::Finished, _) if visible => made(scene, id),
        _ => Err(not_found(given)),
    }
}

/// A container that is published already never makes a second post; what is said of that is a setting.
fn again(scene: &Scene<'_>, id: u64, post: u64) -> Result<Answer, GraphError> {
    match scene.at().settings.republish {
        Republish::NotFound => Err(not_found(&id.to_string())),
        Republish::Refused => Err(GraphError::param("creation_id", "has been published")),
        Republish::SameId => Ok(Answer::Json(json!({"id": post.to_string()}))),
    }
}

/// Makes the one post of a container and answers with its id.
pub(super) fn made(scene: &mut Scene<'_>, id: u64) -> Result<Answer, GraphError> {
    let Some(container) = scene.at().containers.get(&id).cloned() else {
        return Err(not_found(&id.to_string()));
    };
    let parent = container.content.reply_to;
    if parent.is_some_and(|id| scene.at().post(id, scene.now).is_none()) {
        return Err(GraphError::param("reply_to_id", "names a post that is not there any more"));
    }
    quota::take(scene, if parent.is_some() { Quota::Replies } else { Quota::Posts })?;
    let post = post(scene, container);
    let public = post.id;
    if let Some(container) = scene.at_mut().containers.get_mut(&id) {
        container.post = Some(public);
    }
    show(scene, post);
    Ok(Answer::Json(json!({"id": public.to_string()})))
}

fn post(scene: &mut Scene<'_>, container: Container) -> Post {
    let until = container.content.ghost.then(|| later(scene.now, GHOST_LIFE));
    let children = children(scene, &container.content);
    let bare = bare(scene, container.owner, container.content);
    Post { children, until, container: Some(container.id), ..bare }
}

/// The files of a carousel, each under an id of its own.
fn children(scene: &mut Scene<'_>, content: &Content) -> Vec<Child> {
    let now = scene.now;
    let child = |id: &u64| {
        let item = &scene.state.threads.containers.get(id)?.content;
        let (kind, media) = (item.kind, item.media.clone()?);
        Some(Child { id: scene.state.threads.next_id(now), kind, media })
    };
    content.children.iter().filter_map(child).collect()
}

/// A post of a content that is made now.
fn bare(scene: &mut Scene<'_>, owner: String, content: Content) -> Post {
    let now = scene.now;
    Post {
        id: scene.at_mut().next_id(now),
        owner,
        content,
        children: Vec::new(),
        repost_of: None,
        container: None,
        created_at: now,
        listed_at: later(now, millis(scene.at().settings.listing_lag_ms)),
        until: None,
        hidden: false,
    }
}

fn show(scene: &mut Scene<'_>, post: Post) {
    record(scene, &post, Action::Create);
    scene.at_mut().posts.insert(post.id, post);
}

/// Writes a change of a post into the ledger. Its key is the container, which may make one post only.
pub(super) fn record(scene: &mut Scene<'_>, post: &Post, action: Action) {
    let gone = action == Action::Delete;
    let files = post.files().map(Media::shown);
    let media = if gone { Vec::new() } else { files.collect() };
    let text = post.content.text.clone().filter(|_| !gone).unwrap_or_default();
    scene.state.ledger.add(Visible {
        seq: 0,
        at: scene.now,
        listed_at: post.listed_at.max(scene.now),
        platform: NAME.to_owned(),
        instance: None,
        account: post.owner.clone(),
        action,
        id: post.id.to_string(),
        reply_to: post.content.reply_to.map(|id| id.to_string()),
        visibility: None,
        text,
        media,
        key: post.container.map(|id| id.to_string()),
    });
}

/// `POST /{post}/repost`. A second repost of one post is refused; that is not documented, nor is whether reposts
/// count as posts, so here they do not.
pub(super) fn repost(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let me = scene.person()?.username.clone();
    let gone = || GraphError::gone(&scene.id);
    let original = ids::read(&scene.id).and_then(|id| scene.at().post(id, scene.now)).ok_or_else(gone)?.id;
    let mut own = scene.at().posts.values().filter(|post| post.owner == me);
    if own.any(|post| post.repost_of == Some(original)) {
        return Err(GraphError::param("id", "names a post that is reposted already"));
    }
    let post = Post { repost_of: Some(original), ..bare(scene, me, Content::of(MediaType::Text)) };
    let id = post.id;
    show(scene, post);
    Ok(Answer::Json(json!({"id": id.to_string()})))
}
