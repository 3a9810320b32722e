//! Lists: a person's posts and replies, the answers to a post.

use super::model::Post;
use super::posts::View;
use super::{Answer, Scene};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::ids;
use crate::graph::paging::{self, Order, Page};

/// The parameters of a person's lists.
pub(super) const FIELDS: [&str; 6] = with_fields(["fields"]);

/// Those of answers, some of which belong to the list of a person and some to that of a post.
pub(super) const REPLY_FIELDS: [&str; 7] = with_fields(["fields", "reverse"]);

/// The parameters of a page, and others before them.
const fn with_fields<const N: usize, const M: usize>(own: [&'static str; N]) -> [&'static str; M] {
    let mut all = [""; M];
    let mut at = 0;
    while at < M {
        all[at] = if at < N { own[at] } else { paging::FIELDS[at - N] };
        at += 1;
    }
    all
}

/// `GET /{user}/threads`: what the caller posted, newest first, without replies.
pub(super) fn threads(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    own(scene, |post| post.content.reply_to.is_none())
}

/// `GET /{user}/replies`, the caller's own, or `GET /{post}/replies`, the top-level ones to a post.
pub(super) fn replies(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    if scene.me(&scene.id).is_ok() {
        if scene.params.text("reverse").is_some() {
            return Err(GraphError::param("reverse", "is not a documented parameter of this call"));
        }
        return own(scene, |post| post.content.reply_to.is_some());
    }
    let root = asked(scene)?.id;
    answers(scene, |post| post.content.reply_to == Some(root))
}

/// `GET /{post}/conversation`: all answers below a post, nested ones too, in one list.
pub(super) fn conversation(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let root = asked(scene)?.id;
    let mut thread = vec![root];
    // Ids rise, so an answer always comes after what it answers.
    for post in scene.at().posts.values() {
        if post.content.reply_to.is_some_and(|id| thread.contains(&id)) {
            thread.push(post.id);
        }
    }
    answers(scene, |post| post.id != root && thread.contains(&post.id))
}

/// The caller's own post that the path names.
fn asked<'a>(scene: &'a Scene<'_>) -> Result<&'a Post, GraphError> {
    let me = scene.person()?;
    let post = ids::read(&scene.id).and_then(|id| scene.at().post(id, scene.now));
    post.filter(|post| post.owner == me.username).ok_or_else(|| GraphError::gone(&scene.id))
}

fn own(scene: &Scene<'_>, fits: impl Fn(&Post) -> bool) -> Result<Answer, GraphError> {
    let me = scene.me(&scene.id)?;
    list(scene, Order::NewestFirst, |post| post.owner == me && fits(post))
}

/// Answers, newest first unless `reverse` is false.
fn answers(scene: &Scene<'_>, fits: impl Fn(&Post) -> bool) -> Result<Answer, GraphError> {
    let newest_first = scene.params.flag("reverse")?.unwrap_or(true);
    let order = if newest_first { Order::NewestFirst } else { Order::OldestFirst };
    list(scene, order, fits)
}

fn list(scene: &Scene<'_>, order: Order, fits: impl Fn(&Post) -> bool) -> Result<Answer, GraphError> {
    let page = Page::read(&scene.params)?;
    let fields = Fields::read(scene.params.text("fields"))?;
    let shown = |post: &&Post| {
        post.lives(scene.now) && post.listed_at <= scene.as_of() && page.covers(post.created_at) && fits(post)
    };
    let mut posts: Vec<_> = scene.at().posts.values().filter(shown).collect();
    if order == Order::NewestFirst {
        posts.reverse();
    }
    let posts = page.cut(posts, order, |post| post.id);
    let ends = posts.first().zip(posts.last()).map(|(first, last)| (first.id, last.id));
    let view = View::of(scene);
    let rows = posts.iter().map(|post| view.post(post, &fields)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::Json(paging::listed(rows, ends)))
}
