//! `POST /{account}/media`: making a container.
//!
//! Parameters: specifications of v25.0 (2026-04-15), what v26.0 added, and the matrix of the
//! facts of 2026-11-23, which says what goes with what.

mod checks;
mod matrix;
mod media;
mod references;
mod tags;

use jiff::Timestamp;
use serde_json::json;

use self::checks::draft;
pub(super) use self::matrix::FIELDS;
use super::model::{Container, Content, Media, MediaType, Product, Upload, spend, within_a_day};
use super::settings::{LostVideo, Settings};
use super::{Answer, Order, Scene};
use crate::graph::error::{GraphError, Kind};
use crate::graph::film::Film;
use crate::graph::pull::Pulled;
use crate::graph::{ids, later, millis};
use crate::intake::{Received, sniff};

/// The subcode of a video that could not be downloaded, and of one that could not be processed (tracker of 2026-08-30).
const LOST: u32 = 2_207_077;
const UNPROCESSED: u32 = 2_207_085;

/// The subcode of anything else that fails (error codes, 2026-06-02).
const UNKNOWN: u32 = 2_207_053;

/// Where a file comes from.
enum Source {
    /// There is none: a carousel.
    None,
    Address(String),
    /// Its bytes are sent later.
    Sent,
}

/// A request that may become a container.
struct Draft {
    content: Content,
    item: bool,
    source: Source,
    cover: Option<String>,
    alt_text: Option<String>,
}

impl Draft {
    fn video(&self) -> bool {
        self.content.kind == MediaType::Video
    }
}

/// What has to be fetched before the request can be answered: the file, then the cover of a reel.
pub(super) fn orders(scene: &Scene<'_>) -> Vec<Order> {
    let Ok(draft) = draft(scene).and_then(|draft| allowed(scene).map(|()| draft)) else { return Vec::new() };
    let limit = if draft.video() { video_bytes(scene, draft.content.product) } else { media::IMAGE_BYTES };
    let file = match draft.source {
        Source::Address(address) => Some(Order { address, limit }),
        Source::None | Source::Sent => None,
    };
    let cover = draft.cover.map(|address| Order { address, limit: media::IMAGE_BYTES });
    file.into_iter().chain(cover).collect()
}

/// The largest video of the container that a path names.
pub(super) fn limit(scene: &Scene<'_>) -> u64 {
    let container = ids::read(&scene.id).and_then(|id| scene.at().containers.get(&id));
    video_bytes(scene, container.map_or(Product::Reels, |container| container.content.product))
}

fn video_bytes(scene: &Scene<'_>, product: Product) -> u64 {
    match product {
        Product::Story => media::STORY_BYTES,
        _ => scene.at().settings.reel_megabytes << 20,
    }
}

/// `POST /{account}/media`.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let mut draft = draft(scene)?;
    allowed(scene)?;
    let mut pulled = std::mem::take(&mut scene.pulled).into_iter().map(Result::ok);
    let failure = match draft.source {
        Source::Address(_) => file(scene, &mut draft, pulled.next().flatten())?,
        Source::None | Source::Sent => None,
    };
    cover(scene, &mut draft, pulled.next().flatten())?;
    let container = container(scene, draft, failure)?;
    let (id, sent) = (container.id, container.upload.is_some());
    scene.at_mut().containers.insert(id, container);
    match sent {
        false => Ok(Answer::Json(json!({"id": id.to_string()}))),
        true => Ok(Answer::Json(json!({"id": id.to_string(), "uri": upload_address(scene, id)?}))),
    }
}

/// Where the bytes of a container go (page "resumable-uploads", 2026-03-15). One origin stands for all hosts.
fn upload_address(scene: &Scene<'_>, id: u64) -> Result<String, GraphError> {
    Ok(format!("{}/ig-api-upload/v{}.0/{id}", scene.call.base, scene.door()?.version))
}

/// Whether the account may make another container at present.
fn allowed(scene: &Scene<'_>) -> Result<(), GraphError> {
    let (account, settings) = (scene.account()?, &scene.at().settings);
    if account.restricted {
        return Err(restricted());
    }
    if settings.spam_on_media {
        return Err(suspected());
    }
    // That it is refused is documented, with which code is not.
    match within_a_day(&account.prepared, scene.now) < settings.containers_per_day {
        true => Ok(()),
        false => Err(GraphError::new(Kind::OAuth, 9, "(#9) The limit of containers within 24 hours is reached")),
    }
}

/// 25/2207050 (error codes, 2026-06-02).
pub(super) fn restricted() -> GraphError {
    let error = GraphError::new(Kind::OAuth, 25, "The Instagram account is restricted.").with_subcode(2_207_050);
    error.telling("Account restricted", "Log in to the Instagram app and follow the instructions.")
}

/// 4/2207051 (error codes, 2026-06-02).
pub(super) fn suspected() -> GraphError {
    let error = GraphError::new(Kind::OAuth, 4, "Application request limit reached").with_subcode(2_207_051);
    error.telling("Action is blocked", "We restrict certain activity to protect our community.")
}

/// The file of a draft. A picture that will not do is refused at once, a video fails while it is processed.
fn file(scene: &mut Scene<'_>, draft: &mut Draft, pulled: Option<Pulled>) -> Result<Option<u32>, GraphError> {
    let late = draft.video() && scene.at().settings.lost_video == LostVideo::Fails;
    let Some(pulled) = pulled else {
        return if late { Ok(Some(LOST)) } else { Err(media::not_fetched()) };
    };
    let failure = match draft.video() {
        true => watched(scene, draft, &pulled)?,
        false => {
            media::image(&pulled, draft.content.product)?;
            None
        }
    };
    draft.content.media = Some(Media::keep(&mut scene.state.files, &pulled, draft.alt_text.take()));
    Ok(failure)
}

/// Why a video fails. A moment behind its end is refused at once: 1/2207057.
fn watched(scene: &Scene<'_>, draft: &Draft, pulled: &Pulled) -> Result<Option<u32>, GraphError> {
    if pulled.film.is_some_and(|film| media::behind(&draft.content, film.seconds)) {
        return Err(media::beyond_the_end());
    }
    let limit = video_bytes(scene, draft.content.product);
    Ok(media::video(&draft.content, pulled.received.bytes, pulled.mime(), pulled.film, limit, &scene.at().settings)
        .err())
}

fn cover(scene: &mut Scene<'_>, draft: &mut Draft, pulled: Option<Pulled>) -> Result<(), GraphError> {
    if draft.cover.is_none() {
        return Ok(());
    }
    let picture = pulled.ok_or_else(media::not_fetched)?;
    // No ratio is documented for covers: they are cut.
    media::image(&picture, Product::Reels)?;
    draft.content.cover = Some(Media::keep(&mut scene.state.files, &picture, None));
    Ok(())
}

/// The container of a request that nothing is wrong with.
fn container(scene: &mut Scene<'_>, draft: Draft, failure: Option<u32>) -> Result<Container, GraphError> {
    let (now, owner) = (scene.now, scene.account()?.username.clone());
    let settings = &scene.at().settings;
    let spoiled = scene.call.spoiled.then(|| spoiled(settings, draft.video()));
    let ready = later(now, millis(processing(settings, draft.video())));
    let waits = matches!(draft.source, Source::Sent);
    if let Some(account) = scene.at_mut().accounts.get_mut(&owner) {
        spend(&mut account.prepared, now);
    }
    Ok(Container {
        id: scene.at_mut().next_id(now),
        owner,
        content: draft.content,
        item: draft.item,
        made_at: now,
        ready_at: (!waits).then_some(ready),
        upload: waits.then(Upload::default),
        tape: None,
        failure: failure.or(spoiled),
        post: None,
    })
}

/// What becomes of a container whose bytes are there: when it is ready, and with which subcode it fails.
pub(super) fn examined(
    scene: &Scene<'_>,
    container: &Container,
    file: &Received,
    film: Option<Film>,
) -> (Timestamp, Option<u32>) {
    let (content, settings) = (&container.content, &scene.at().settings);
    let limit = video_bytes(scene, content.product);
    let mime = sniff::mime(&file.head);
    let failure = media::video(content, file.bytes, mime, film, limit, settings).err();
    let late = film.is_some_and(|film| media::behind(content, film.seconds)).then_some(media::BEYOND);
    (later(scene.now, millis(processing(settings, true))), failure.or(late).or(container.failure))
}

/// How long a file is processed.
fn processing(settings: &Settings, video: bool) -> u64 {
    if video { settings.video_processing_ms } else { settings.processing_ms }
}

/// The subcode of a container whose processing failed for no reason that is known.
fn spoiled(settings: &Settings, video: bool) -> u32 {
    settings.fail_with.unwrap_or(if video { UNPROCESSED } else { UNKNOWN })
}
