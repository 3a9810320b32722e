//! `POST /{page}/videos`: at once from a form or an address, or in pieces; and pictures for videos.

mod pieces;
pub(super) mod reels;
pub(super) mod status;

use serde_json::{Map, Value, json};

pub(super) use self::pieces::taken;
use super::feed::{answered, with_story};
use super::model::{Failure, Kind, Media, Phase, Thumbnail, Timing, Video};
use super::{Answer, Order, Scene, Tape, errors, handles, media, settle, text, timing};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::film::Film;
use crate::graph::paging;
use crate::graph::{ids, later, millis};
use crate::intake::{Received, sniff};

/// What is read of the documented parameters; the rest is kept beside the post.
const USED: [&str; 13] = [
    "file_url",
    "fbuploader_video_file_chunk",
    "title",
    "description",
    "published",
    "scheduled_publish_time",
    "unpublished_content_type",
    "upload_phase",
    "file_size",
    "start_offset",
    "upload_session_id",
    "video_id",
    "video_state",
];

/// The handle of a file that was uploaded before.
const HANDLE: &str = "fbuploader_video_file_chunk";

/// The address of the video, for a call that is not refused anyway.
pub(super) fn order(scene: &Scene<'_>) -> Option<Order> {
    scene.writes_to(&scene.id).ok()?;
    checked(scene).ok()?;
    let address = scene.params.text("file_url")?;
    Some(Order { address: address.to_owned(), limit: media::VIDEO_BYTES })
}

/// `POST /{page}/videos`.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let page = scene.writes_to(&scene.id)?;
    match scene.params.text("upload_phase").map(str::to_ascii_lowercase).as_deref() {
        None => whole(scene, page),
        Some("start") => pieces::start(scene, page),
        Some("transfer") => pieces::transfer(scene, page),
        Some("finish") => pieces::finish(scene, page),
        Some("cancel") => pieces::cancel(scene, page),
        Some(_) => Err(GraphError::param("upload_phase", "must be one of start, transfer, finish, cancel")),
    }
}

/// The texts and the time of a video, which come with the call that finishes it.
fn checked(scene: &Scene<'_>) -> Result<Timing, GraphError> {
    text::short("description", scene.params.text("description"), text::MESSAGE)?;
    let named = [HANDLE, "file_url", "upload_phase"].iter().filter(|name| scene.params.text(name).is_some()).count();
    if named + usize::from(scene.file("source").is_some()) != 1 {
        return Err(GraphError::param("file_url", "is required, or else a source, a handle or an upload_phase"));
    }
    with_story(scene)?;
    timing::read(&scene.params, &scene.at().settings, scene.now)
}

/// A video in one call. One from an address is fetched later, as far as the client can tell.
fn whole(scene: &mut Scene<'_>, page: u64) -> Result<Answer, GraphError> {
    let timing = checked(scene)?;
    let handle = scene.params.text(HANDLE).map(|handle| handles::file(scene.at(), &scene.who()?.app_id, handle));
    let file = scene.file("source").map(|file| (file.received.clone(), media::index(&file.received)));
    let file = file.or(handle.transpose()?.map(Tape::finish));
    let pulled = scene.pulled.take();
    let mut video = blank(scene, page, Kind::Feed);
    described(scene, &mut video);
    video.plan = Some(settle::plan(timing, scene.now));
    match file.or_else(|| pulled?.ok().map(media::of_pulled)) {
        Some((file, film)) => {
            let wait = if scene.params.text("file_url").is_some() { scene.at().settings.fetch_ms } else { 0 };
            complete(scene, &mut video, &file, film, wait);
        }
        None => {
            let message = "The video could not be fetched from the address.".to_owned();
            video.failure = Some(Failure { phase: Phase::Uploading, code: 6_000, message });
        }
    }
    let id = video.id;
    scene.at_mut().videos.insert(id, video);
    answered(scene, &id.to_string(), "id")
}

/// A video of which nothing is there.
fn blank(scene: &mut Scene<'_>, page: u64, kind: Kind) -> Video {
    let now = scene.now;
    Video {
        id: scene.at_mut().next_id(now),
        page,
        kind,
        session: None,
        size: None,
        tape: Tape::new(scene.core.keep_bytes),
        media: None,
        seconds: 0.0,
        uploaded_at: None,
        ready_at: None,
        failure: None,
        title: None,
        description: None,
        plan: None,
        post: None,
        thumbnails: Vec::new(),
        created_at: now,
        extras: std::collections::BTreeMap::new(),
    }
}

fn described(scene: &Scene<'_>, video: &mut Video) {
    video.title = scene.params.text("title").map(str::to_owned);
    video.description = scene.params.text("description").map(str::to_owned);
    video.extras = scene.extras(&USED);
}

/// Takes in the last byte of a video: from now on, or from `wait` milliseconds on, it is processed.
pub(super) fn complete(scene: &mut Scene<'_>, video: &mut Video, file: &Received, film: Option<Film>, wait: u64) {
    let uploaded = later(scene.now, millis(wait));
    let mime = sniff::mime(&file.head).unwrap_or("application/octet-stream");
    let (width, height) = film.map_or((0, 0), |film| (film.width, film.height));
    video.media = Some(Media { width, height, ..media::kept(scene, file, mime) });
    video.seconds = film.map_or(0.0, |film| film.seconds);
    video.uploaded_at = Some(uploaded);
    video.ready_at = Some(later(uploaded, millis(scene.at().settings.processing_ms)));
    video.failure = media::failure(video.kind, file, film.as_ref()).or_else(|| {
        let message = "The video could not be processed.".to_owned();
        scene.call.spoiled.then_some(Failure { phase: Phase::Processing, code: 6_000, message })
    });
}

/// The Page's own video that a parameter names.
fn own<'a>(scene: &'a mut Scene<'_>, page: u64) -> Result<&'a mut Video, GraphError> {
    let given = scene.params.required("video_id")?.to_owned();
    let found = ids::read(&given).and_then(|id| scene.at_mut().videos.get_mut(&id));
    found.filter(|video| video.page == page).ok_or_else(|| GraphError::gone(&given))
}

/// The refusal of a `finish` before everything is there: confirmed for an empty upload (2026-09-18).
fn unfinished() -> GraphError {
    errors::bad_file("the upload is empty or not complete")
}

/// `POST /{video}/thumbnails`.
pub(super) fn thumbnail(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let found = ids::read(&scene.id).and_then(|id| scene.at().videos.get(&id));
    let (video, page) = found.map(|video| (video.id, video.page)).ok_or_else(|| GraphError::gone(&scene.id))?;
    scene.writes_as(page, &["pages_read_engagement", "pages_manage_posts"])?;
    let preferred = scene.params.flag("is_preferred")?.unwrap_or(false);
    let file = scene.file("source").map(|file| file.received.clone());
    let media = media::picture(scene, &file.ok_or_else(|| GraphError::param("source", "is required"))?)?;
    let now = scene.now;
    let id = scene.at_mut().next_id(now);
    if let Some(video) = scene.at_mut().videos.get_mut(&video) {
        video.thumbnails.push(Thumbnail { id, media, preferred });
        video.thumbnails.sort_by_key(|thumbnail| (!thumbnail.preferred, thumbnail.id));
    }
    Ok(Answer::Json(json!({"success": true})))
}

/// `GET /{video}/thumbnails`.
pub(super) fn thumbnails(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    scene.may_read("pages_read_engagement")?;
    let found = ids::read(&scene.id).and_then(|id| scene.at().videos.get(&id));
    let video = found.filter(|video| scene.sees(video.page)).ok_or_else(|| GraphError::gone(&scene.id))?;
    let fields = Fields::read(scene.params.text("fields"))?;
    let rows = video.thumbnails.iter().map(|thumbnail| fields.pick(&pictured(thumbnail, &scene.call.base)));
    Ok(Answer::Json(paging::listed(rows.collect::<Result<_, _>>()?, None)))
}

/// A picture of a video as the API shows it.
pub(super) fn pictured(thumbnail: &Thumbnail, base: &str) -> Map<String, Value> {
    let value = json!({"id": thumbnail.id.to_string(), "is_preferred": thumbnail.preferred, "name": "",
        "scale": 1, "width": thumbnail.media.width, "height": thumbnail.media.height,
        "uri": format!("{base}/media/{}", thumbnail.id)});
    value.as_object().cloned().unwrap_or_default()
}
