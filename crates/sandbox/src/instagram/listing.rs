//! Lists: an account's posts and stories, the parts of a post.

use serde_json::{Value, json};

use super::model::{Post, Product};
use super::view::View;
use super::{Answer, Scene};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::paging::{self, Order, Page};

/// The parameters of a list by time, and of any other list.
pub(super) const FIELDS: [&str; 5] = paging::FIELDS;
pub(super) const PAGE: [&str; 3] = ["limit", "before", "after"];

/// `GET /{account}/media`: what the account published, newest first, without stories.
pub(super) fn media(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    list(scene, |post| post.content.product != Product::Story)
}

/// `GET /{account}/stories`: those of the last day.
pub(super) fn stories(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    list(scene, |post| post.content.product == Product::Story)
}

fn list(scene: &Scene<'_>, fits: impl Fn(&Post) -> bool) -> Result<Answer, GraphError> {
    let (owner, page) = (scene.account()?.username.as_str(), Page::read(&scene.params)?);
    let shown = |post: &&Post| {
        let listed = post.listed_at <= scene.as_of() && page.covers(post.created_at);
        post.owner == owner && listed && post.lives(scene.now) && fits(post)
    };
    let posts: Vec<_> = scene.at().posts.values().rev().filter(shown).collect();
    let (fields, view) = (Fields::read(scene.params.text("fields"))?, View::of(scene)?);
    rows(scene, posts, |post| post.id, |post| view.post(post, &fields))
}

/// One page of rows that stand newest first.
pub(super) fn rows<T>(
    scene: &Scene<'_>,
    all: Vec<T>,
    id: impl Fn(&T) -> u64,
    shown: impl Fn(&T) -> Result<Value, GraphError>,
) -> Result<Answer, GraphError> {
    let rows = Page::read(&scene.params)?.cut(all, Order::NewestFirst, &id);
    let ends = rows.first().zip(rows.last()).map(|(first, last)| (id(first), id(last)));
    let rows = rows.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::Json(paging::listed(rows, ends)))
}

/// `GET /{post}/children`: the pictures and videos of a carousel, in order.
pub(super) fn children(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let fields = Fields::read(scene.params.text("fields"))?;
    let rows = View::of(scene)?.children(scene.post()?, &fields)?;
    Ok(Answer::Json(json!({"data": rows})))
}

/// `GET /{post}/collaborators`: who was invited. Nobody answers here.
pub(super) fn collaborators(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let invited = scene.post()?.content.collaborators.iter();
    let rows: Vec<_> = invited.map(|name| json!({"username": name, "invite_status": "Pending"})).collect();
    Ok(Answer::Json(json!({"data": rows})))
}

/// `GET /{post}/product_tags`, as they were sent.
pub(super) fn product_tags(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(Answer::Json(json!({"data": scene.post()?.content.product_tags})))
}
