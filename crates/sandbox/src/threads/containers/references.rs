//! What a container refers to: its carousel items, the post it answers or quotes, a place.

use super::super::model::{Container, Content, MediaType, Person, Post, ReplyControl, Status};
use super::super::{Scene, locations};
use crate::graph::error::GraphError;
use crate::graph::ids;

/// How many pictures and videos a carousel has (facts of 2026-11-23).
const ITEMS: std::ops::RangeInclusive<usize> = 2..=20;

/// The containers of a carousel: the caller's own items, finished, each once. The codes are not confirmed.
pub(super) fn children(scene: &Scene<'_>, kind: MediaType) -> Result<Vec<u64>, GraphError> {
    let wrong = |why: &str| GraphError::param("children", why);
    if kind != MediaType::Carousel {
        return Ok(Vec::new());
    }
    let given: Vec<_> = scene.params.required("children")?.split(',').map(str::trim).collect();
    if !ITEMS.contains(&given.len()) {
        return Err(wrong("must be 2 to 20 containers"));
    }
    let mut children = Vec::with_capacity(given.len());
    for id in given {
        let container = item(scene, id)?;
        if children.contains(&container.id) {
            return Err(wrong(&format!("has {id} twice")));
        }
        children.push(container.id);
    }
    Ok(children)
}

fn item<'a>(scene: &'a Scene<'_>, id: &str) -> Result<&'a Container, GraphError> {
    let wrong = |why: &str| GraphError::param("children", &format!("has {id}, which {why}"));
    let me = scene.person()?;
    let found = ids::read(id).and_then(|id| scene.at().containers.get(&id));
    let container = found.filter(|container| container.owner == me.username);
    let container = container.ok_or_else(|| wrong("is no container of this account"))?;
    if !container.item {
        return Err(wrong("was not made with is_carousel_item"));
    }
    match container.status(scene.now) {
        Status::Finished => Ok(container),
        _ => Err(wrong("is not FINISHED")),
    }
}

/// The other things that a container names by id.
pub(super) fn refer(scene: &Scene<'_>, content: &mut Content) -> Result<(), GraphError> {
    content.reply_to = named(scene, "reply_to_id")?.map(|post| post.id);
    content.quote = named(scene, "quote_post_id")?.map(|post| post.id);
    if let Some(parent) = named(scene, "reply_to_id")? {
        may_answer(scene, parent)?;
    }
    if let Some(id) = scene.params.text("location_id") {
        scene.who()?.may("threads_location_tagging")?;
        let known = locations::known(id).then(|| id.to_owned());
        content.location_id = Some(known.ok_or_else(|| GraphError::param("location_id", "is no known location"))?);
    }
    if !content.countries.is_empty() && !scene.person()?.geo_gating {
        return Err(GraphError::permission("the account is not eligible for geo gating"));
    }
    Ok(())
}

/// Anybody's post that a parameter names.
fn named<'a>(scene: &'a Scene<'_>, name: &str) -> Result<Option<&'a Post>, GraphError> {
    let Some(id) = scene.params.text(name) else {
        return Ok(None);
    };
    let post = ids::read(id).and_then(|id| scene.at().post(id, scene.now));
    post.map(Some).ok_or_else(|| GraphError::param(name, "names a post that does not exist"))
}

/// Whether the caller may answer a post: code 10 is confirmed, how each choice is applied is not.
fn may_answer(scene: &Scene<'_>, post: &Post) -> Result<(), GraphError> {
    let (me, network) = (scene.person()?, scene.at());
    let author = network.people.get(&post.owner);
    let parent = post.content.reply_to.and_then(|id| network.posts.get(&id));
    let words = post.content.text.as_deref().unwrap_or_default();
    let open = me.username == post.owner
        || match post.content.reply_control {
            ReplyControl::Everyone => true,
            ReplyControl::AccountsYouFollow => author.is_some_and(|author| author.follows.contains(&me.username)),
            ReplyControl::FollowersOnly => me.follows.contains(&post.owner),
            ReplyControl::MentionedOnly => mentions(words, me),
            ReplyControl::ParentPostAuthorOnly => parent.is_some_and(|parent| parent.owner == me.username),
        };
    match open {
        true => Ok(()),
        false => Err(GraphError::permission("the author does not let you reply to this post")),
    }
}

fn mentions(text: &str, person: &Person) -> bool {
    let names = text.split(|c: char| c.is_whitespace()).filter_map(|word| word.strip_prefix('@'));
    let plain = |name: &str| name.trim_end_matches(|c: char| ".,;:!?)".contains(c)).to_lowercase();
    names.map(plain).any(|name| name == person.username)
}
