//! What a container is made from, checked in the order of the parameters' weight.

use super::super::model::{Content, MediaType, ReplyControl};
use super::super::text;
use super::{CAROUSEL, Draft, IMAGE, ITEM, MATRIX, TEXT, VIDEO, attachments, references};
use crate::graph::error::{GraphError, Kind};
use crate::graph::params::Params;
use crate::threads::Scene;

/// How long a topic tag may be, and what it may not contain (facts of 2026-11-23).
const TAG: std::ops::RangeInclusive<usize> = 1..=50;
const NOT_IN_TAGS: [char; 2] = ['.', '&'];

/// Reads and checks a request. Which code the real server has for each refusal is not confirmed, except where
/// a constant says so.
pub(super) fn draft(scene: &Scene<'_>) -> Result<Draft, GraphError> {
    scene.me(&scene.id)?;
    let params = &scene.params;
    let kind = media_type(params)?;
    let item = params.flag("is_carousel_item")?.unwrap_or(false);
    applicable(params, kind, item)?;
    let source = source(params, kind)?;
    let mut content = Content::of(kind);
    content.link = attachments::link(params)?;
    content.text = text_of(params, kind, content.link.as_deref())?;
    content.children = references::children(scene, kind)?;
    attach(params, &mut content)?;
    settle(params, &mut content)?;
    references::refer(scene, &mut content)?;
    let at_once = params.flag("auto_publish_text")?.unwrap_or(false);
    Ok(Draft { content, item, at_once, source, alt_text: params.text("alt_text").map(str::to_owned) })
}

fn media_type(params: &Params) -> Result<MediaType, GraphError> {
    match params.required("media_type")? {
        "TEXT" => Ok(MediaType::Text),
        "IMAGE" => Ok(MediaType::Image),
        "VIDEO" => Ok(MediaType::Video),
        "CAROUSEL" => Ok(MediaType::Carousel),
        _ => Err(GraphError::param("media_type", "must be one of TEXT, IMAGE, VIDEO, CAROUSEL")),
    }
}

/// Refuses parameters that go with another kind.
fn applicable(params: &Params, kind: MediaType, item: bool) -> Result<(), GraphError> {
    let role = match kind {
        MediaType::Text => TEXT,
        MediaType::Image => IMAGE,
        MediaType::Video => VIDEO,
        MediaType::Carousel => CAROUSEL,
    };
    if item && (TEXT | CAROUSEL) & role != 0 {
        return Err(GraphError::param("is_carousel_item", "goes with IMAGE and VIDEO only"));
    }
    let role = if item { ITEM } else { role };
    let stranger = MATRIX.iter().find(|(name, roles)| roles & role == 0 && params.text(name).is_some());
    let other = match kind {
        MediaType::Image => "video_url",
        _ => "image_url",
    };
    match stranger {
        Some((name, _)) => Err(GraphError::param(name, "does not go with this media_type")),
        None if item && params.text(other).is_some() => {
            Err(GraphError::param(other, "does not go with this media_type"))
        }
        None => Ok(()),
    }
}

/// The address of the picture or video, which both kinds need.
fn source(params: &Params, kind: MediaType) -> Result<Option<String>, GraphError> {
    match kind {
        MediaType::Image => params.required("image_url").map(|url| Some(url.to_owned())),
        MediaType::Video => params.required("video_url").map(|url| Some(url.to_owned())),
        MediaType::Text | MediaType::Carousel => Ok(None),
    }
}

/// The text: needed where there is nothing else, not too long, without too many links.
fn text_of(params: &Params, kind: MediaType, link: Option<&str>) -> Result<Option<String>, GraphError> {
    let given = params.text("text").map(str::to_owned);
    if kind == MediaType::Text && given.is_none() && link.is_none() {
        return Err(GraphError::param("text", "is required for TEXT without a link_attachment"));
    }
    let words = given.as_deref().unwrap_or_default();
    // The words are confirmed (2026-08-21), the code is not.
    if text::count(words) > text::LIMIT {
        return Err(GraphError::param("text", "must be at most 500 characters long."));
    }
    let mut links = text::links(words);
    links.extend(link.and_then(text::web).filter(|link| !links.contains(link)));
    if links.len() > text::LINKS {
        return Err(too_many_links());
    }
    Ok(given)
}

/// The name is confirmed (changelog, since 2025-12-22); in which member it comes, and with which code, is not.
fn too_many_links() -> GraphError {
    let error = GraphError::new(Kind::Threads, 100, "THREADS_API__LINK_LIMIT_EXCEEDED");
    error.telling("Too many links", "A post can have at most 5 different links.")
}

/// What is attached to a text: one thing at most.
fn attach(params: &Params, content: &mut Content) -> Result<(), GraphError> {
    let names = ["link_attachment", "poll_attachment", "text_attachment", "gif_attachment"];
    let mut given = names.into_iter().filter(|name| params.text(name).is_some());
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        return Err(GraphError::param(second, &format!("does not go with {first}")));
    }
    content.poll = attachments::poll(params)?;
    content.text_attachment = attachments::text(params)?;
    content.gif = attachments::gif(params)?;
    content.text_entities = attachments::entities(params)?;
    Ok(())
}

/// The choices that stand for themselves.
fn settle(params: &Params, content: &mut Content) -> Result<(), GraphError> {
    content.reply_control = reply_control(params)?;
    content.reply_approvals = params.flag("enable_reply_approvals")?.unwrap_or(false);
    content.spoiler_media = params.flag("is_spoiler_media")?.unwrap_or(false);
    content.ghost = params.flag("is_ghost_post")?.unwrap_or(false);
    content.topic_tag = topic_tag(params)?;
    content.countries = countries(params)?;
    Ok(())
}

fn reply_control(params: &Params) -> Result<ReplyControl, GraphError> {
    let Some(word) = params.text("reply_control") else {
        return Ok(ReplyControl::default());
    };
    let known = serde_json::from_value(word.into());
    known.map_err(|_| GraphError::param("reply_control", "is not one of the documented values"))
}

fn topic_tag(params: &Params) -> Result<Option<String>, GraphError> {
    let Some(tag) = params.text("topic_tag") else {
        return Ok(None);
    };
    match TAG.contains(&tag.chars().count()) && !tag.contains(NOT_IN_TAGS) {
        true => Ok(Some(tag.to_owned())),
        false => Err(GraphError::param("topic_tag", "must be 1 to 50 characters without . and &")),
    }
}

/// Two-letter codes with commas between.
fn countries(params: &Params) -> Result<Vec<String>, GraphError> {
    let list = params.text("allowlisted_country_codes").unwrap_or_default();
    let codes: Vec<_> = list.split(',').map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned).collect();
    let code = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    match codes.iter().all(code) {
        true => Ok(codes),
        false => Err(GraphError::param("allowlisted_country_codes", "must be two-letter country codes")),
    }
}
