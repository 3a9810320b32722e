//! `POST /{user}/threads`: making a container.
//!
//! Parameters: Meta's collection of 2026-01-02 and the page "reference/publishing" of
//! 2026-04-20. Which of them go with which kind is what the collection's requests show.

mod attachments;
mod checks;
mod media;
mod references;

use serde_json::json;

use self::checks::draft;
use super::model::{Container, ContainerError, Content, Media, MediaType};
use super::{Answer, Order, Scene, publish};
use crate::graph::error::GraphError;
use crate::graph::{later, millis};

/// What a request is for.
const TEXT: u8 = 1;
const IMAGE: u8 = 2;
const VIDEO: u8 = 4;
const CAROUSEL: u8 = 8;
/// A picture or a video of a carousel.
const ITEM: u8 = 16;
/// Everything that becomes a post of its own.
const POST: u8 = TEXT | IMAGE | VIDEO | CAROUSEL;

/// Every documented parameter, and what it goes with.
const MATRIX: [(&str, u8); 22] = [
    ("media_type", POST | ITEM),
    ("is_carousel_item", POST | ITEM),
    ("text", POST),
    ("image_url", IMAGE | ITEM),
    ("video_url", VIDEO | ITEM),
    ("alt_text", IMAGE | VIDEO | ITEM),
    ("children", CAROUSEL),
    ("reply_to_id", POST),
    ("reply_control", POST),
    ("enable_reply_approvals", POST),
    ("quote_post_id", POST),
    ("allowlisted_country_codes", POST),
    ("topic_tag", POST),
    ("location_id", POST),
    ("text_entities", POST),
    ("is_spoiler_media", IMAGE | VIDEO | CAROUSEL),
    ("link_attachment", TEXT),
    ("poll_attachment", TEXT),
    ("text_attachment", TEXT),
    ("gif_attachment", TEXT),
    ("is_ghost_post", TEXT),
    ("auto_publish_text", TEXT),
];

/// The names of [`MATRIX`].
pub(super) const FIELDS: [&str; MATRIX.len()] = {
    let mut names = [""; MATRIX.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = MATRIX[at].0;
        at += 1;
    }
    names
};

/// A request that may become a container.
struct Draft {
    content: Content,
    item: bool,
    /// Whether it is published at once, without a second call.
    at_once: bool,
    /// The address of its picture or video.
    source: Option<String>,
    alt_text: Option<String>,
}

/// What has to be fetched before the request can be answered. A request that is refused wants nothing.
pub(super) fn order(scene: &Scene<'_>) -> Option<Order> {
    let draft = draft(scene).ok()?;
    let limit = if draft.content.kind == MediaType::Video { media::VIDEO_BYTES } else { media::IMAGE_BYTES };
    draft.source.map(|address| Order { address, limit })
}

/// `POST /{user}/threads`.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let draft = draft(scene)?;
    let (media, failure) = fetched(scene, &draft)?;
    let now = scene.now;
    let settings = &scene.at().settings;
    let slow = draft.content.kind == MediaType::Video;
    let processing = if slow { settings.video_processing_ms } else { settings.processing_ms };
    let spoiled = scene.call.spoiled.then(|| settings.fail_with.unwrap_or(usual_failure(slow)));
    let container = Container {
        owner: scene.me(&scene.id)?.to_owned(),
        content: Content { media, ..draft.content },
        item: draft.item,
        made_at: now,
        ready_at: later(now, millis(processing)),
        failure: failure.or(spoiled),
        post: None,
        id: scene.at_mut().next_id(now),
    };
    let id = container.id;
    scene.at_mut().containers.insert(id, container);
    match draft.at_once {
        // There is nothing to wait for, and no container to ask about; whose id the answer then is, the documents
        // do not say. Here it is the post's.
        true => publish::made(scene, id).inspect_err(|_| {
            // A refused post leaves no container behind that could be published later.
            scene.state.threads.containers.remove(&id);
        }),
        false => Ok(Answer::Json(json!({"id": id.to_string()}))),
    }
}

/// The word of a container whose processing failed for no reason that is known.
fn usual_failure(video: bool) -> ContainerError {
    if video { ContainerError::FailedProcessingVideo } else { ContainerError::Unknown }
}

/// The file of a draft. A picture that will not do is refused at once, a video fails while it is processed.
fn fetched(scene: &mut Scene<'_>, draft: &Draft) -> Result<(Option<Media>, Option<ContainerError>), GraphError> {
    if draft.source.is_none() {
        return Ok((None, None));
    }
    let pulled = scene.pulled.take();
    let pulled = pulled.and_then(Result::ok);
    let failure = match draft.content.kind {
        MediaType::Video => match &pulled {
            None => Some(ContainerError::FailedDownloadingVideo),
            Some(video) => media::video(video).err(),
        },
        _ => {
            media::image(pulled.as_ref().ok_or_else(media::not_fetched)?)?;
            None
        }
    };
    let file = pulled.map(|pulled| Media::keep(&mut scene.state.files, &pulled, draft.alt_text.clone()));
    Ok((file, failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_named_once() {
        for (number, name) in FIELDS.iter().enumerate() {
            assert!(!FIELDS[number + 1..].contains(name), "{name}");
        }
    }
}
