//! Lists of a Page: posts, scheduled posts, videos, reels, stories.

use serde_json::{Value, json};

use super::model::{Kind, Network, Post, Timing, Video};
use super::{Answer, Scene, view};
use crate::graph::error::GraphError;
use crate::graph::fields::{Field, Fields};
use crate::graph::paging::{self, Order, Page};
use crate::graph::time;

/// The fields of a story (SDK 26.0.3), which are shown without `fields` too.
const STORY: [&str; 6] = ["post_id", "status", "creation_time", "media_type", "media_id", "url"];

/// The Page of a list, which the caller may read.
fn page(scene: &Scene<'_>) -> Result<u64, GraphError> {
    let id = scene.reads(&scene.id)?.id;
    scene.may_read("pages_read_engagement")?;
    Ok(id)
}

/// Rows, cut to the wanted part, newest first.
fn list<T>(
    scene: &Scene<'_>,
    mut rows: Vec<T>,
    key: impl Fn(&T) -> u64,
    shown: impl Fn(&T, &Fields) -> Result<Value, GraphError>,
) -> Result<Answer, GraphError> {
    let (part, fields) = (Page::read(&scene.params)?, Fields::read(scene.params.text("fields"))?);
    rows.sort_by_key(|row| std::cmp::Reverse(key(row)));
    let rows = part.cut(rows, Order::NewestFirst, &key);
    let ends = rows.first().zip(rows.last()).map(|(first, last)| (key(first), key(last)));
    let rows = rows.iter().map(|row| shown(row, &fields)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::Json(paging::listed(rows, ends)))
}

fn of_page(at: &Network, page: u64) -> impl Iterator<Item = &Post> {
    at.posts.values().filter(move |post| post.page == page)
}

/// `GET /{page}/published_posts`, `/posts` and `/feed`, where nobody but the Page writes here. Reels and stories are
/// in none of them.
pub(super) fn posts(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let page = page(scene)?;
    let fits = |post: &&Post| post.public() && post.kind == Kind::Feed && post.listed_at <= scene.as_of();
    let rows: Vec<_> = of_page(scene.at(), page).filter(fits).collect();
    list(scene, rows, |post| post.order, |post, fields| view::post(scene.at(), &scene.call.base, post, fields))
}

/// `GET /{page}/scheduled_posts`.
pub(super) fn scheduled(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let page = page(scene)?;
    let fits = |post: &&Post| matches!(post.timing, Timing::At(_));
    let rows: Vec<_> = of_page(scene.at(), page).filter(fits).collect();
    list(scene, rows, |post| post.id, |post, fields| view::post(scene.at(), &scene.call.base, post, fields))
}

/// `GET /{page}/videos`. Unpublished ones are in it; that is how they can be found again.
pub(super) fn videos(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    clips(scene, |video| video.kind == Kind::Feed && video.plan.is_some())
}

/// `GET /{page}/video_reels`.
pub(super) fn reels(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    clips(scene, |video| video.kind == Kind::Reel && video.post.is_some())
}

fn clips(scene: &mut Scene<'_>, fits: fn(&Video) -> bool) -> Result<Answer, GraphError> {
    let (page, part) = (page(scene)?, Page::read(&scene.params)?);
    let at = scene.at();
    let listed = |video: &Video| {
        let post = video.post.and_then(|id| at.posts.get(&id));
        // A deleted post takes its video out of the list.
        post.map_or(video.post.is_none(), |post| post.listed_at <= scene.as_of())
    };
    let fits = |video: &&Video| video.page == page && fits(video) && listed(video) && part.covers(video.created_at);
    let rows: Vec<_> = at.videos.values().filter(fits).collect();
    list(scene, rows, |video| video.id, |video, fields| view::video(at, &scene.call.base, video, scene.now, fields))
}

/// `GET /{page}/stories`: those of the last day, and older ones where the Page keeps them.
pub(super) fn stories(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (page, part) = (page(scene)?, Page::read(&scene.params)?);
    let keeps = scene.at().settings.archive_stories;
    let wanted = scene.params.text("status").map(str::to_ascii_lowercase);
    let fits = |post: &&Post| {
        let word = status(post, scene);
        let shown = post.kind == Kind::Story && (keeps || word == "published") && part.covers(post.created_at);
        shown && post.listed_at <= scene.as_of() && wanted.as_ref().is_none_or(|wanted| wanted.contains(word))
    };
    let rows: Vec<_> = of_page(scene.at(), page).filter(fits).collect();
    list(scene, rows, |post| post.order, |post, fields| story(scene, post, fields))
}

fn status(post: &Post, scene: &Scene<'_>) -> &'static str {
    if post.over(scene.now) { "archived" } else { "published" }
}

fn story(scene: &Scene<'_>, post: &Post, fields: &Fields) -> Result<Value, GraphError> {
    let media = post.video.or(post.photos.first().copied());
    let all = json!({
        "post_id": post.full_id(),
        "status": status(post, scene),
        "creation_time": time(post.created_at),
        "media_type": if post.video.is_some() { "video" } else { "photo" },
        "media_id": media.map(|id| id.to_string()),
        "url": view::permalink(scene.at(), &scene.call.base, post),
    });
    let usual = || Fields(STORY.map(|name| Field { name: name.to_owned(), inner: Fields::default() }).to_vec());
    let fields = if fields.is_empty() { usual() } else { fields.clone() };
    fields.0.iter().try_for_each(|field| match STORY.contains(&field.name.as_str()) {
        true => Ok(()),
        false => Err(super::errors::nonexisting(&field.name, "Stories")),
    })?;
    fields.pick(all.as_object().expect("it is written as an object above"))
}
