//! `/video_reels` and `/video_stories`: `start`, the bytes on the upload host, `finish`.

use jiff::SignedDuration;
use serde_json::json;

use super::{blank, described, own, unfinished};
use crate::facebook::model::{Kind, Timing};
use crate::facebook::routes::BYTES;
use crate::facebook::{Answer, Scene, settle, text, timing};
use crate::graph::error::{GraphError, Kind as ErrorKind};
use crate::graph::later;

/// How far back reels are counted (guide of 2026-07-30).
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// `POST /{page}/video_reels`.
pub(in crate::facebook) fn reel(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    phase(scene, Kind::Reel)
}

/// `POST /{page}/video_stories`.
pub(in crate::facebook) fn story(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    phase(scene, Kind::Story)
}

/// The specification writes the words in capitals, the guide in small letters; SDK 26.0.3 knows `cancel` too.
fn phase(scene: &mut Scene<'_>, kind: Kind) -> Result<Answer, GraphError> {
    let page = scene.writes_to(&scene.id)?;
    match scene.params.required("upload_phase")?.to_ascii_lowercase().as_str() {
        "start" => Ok(start(scene, page, kind)),
        "finish" => finish(scene, page, kind),
        "cancel" => cancel(scene, page),
        _ => Err(GraphError::param("upload_phase", "must be start or finish")),
    }
}

fn start(scene: &mut Scene<'_>, page: u64, kind: Kind) -> Answer {
    let video = blank(scene, page, kind);
    let id = video.id;
    scene.at_mut().videos.insert(id, video);
    let version = if scene.version.is_empty() { "v26.0" } else { scene.version };
    let url = format!("{}{BYTES}/{version}/{id}", scene.call.base);
    Answer::Json(json!({"video_id": id.to_string(), "upload_url": url}))
}

/// Accepts a video: success is not yet a post. A second `finish` for the same video changes nothing.
fn finish(scene: &mut Scene<'_>, page: u64, kind: Kind) -> Result<Answer, GraphError> {
    text::short("description", scene.params.text("description"), text::MESSAGE)?;
    let mut video = own(scene, page)?.clone();
    if video.kind != kind {
        return Err(GraphError::gone(&video.id.to_string()));
    }
    if video.uploaded_at.is_none() {
        return Err(unfinished());
    }
    let timing = when(scene, kind)?;
    if video.plan.is_none() {
        if kind == Kind::Reel && timing != Timing::Draft {
            counted(scene, page)?;
        }
        described(scene, &mut video);
        video.plan = Some(settle::plan(timing, scene.now));
        scene.at_mut().videos.insert(video.id, video.clone());
    }
    match kind {
        Kind::Story => Ok(shown(scene, video.id)),
        _ => Ok(Answer::Json(json!({"success": true}))),
    }
}

/// A story is answered with its post, so that is made at once; videos of stories were processed before.
fn shown(scene: &mut Scene<'_>, id: u64) -> Answer {
    if let Some(video) = scene.at_mut().videos.get_mut(&id)
        && video.post.is_none()
        && video.failure.is_none()
    {
        settle::story(scene.state, id, scene.now);
    }
    let post = scene.at().videos.get(&id).and_then(|video| scene.at().posts.get(&video.post?));
    Answer::Json(json!({"success": true, "post_id": post.map(|post| post.full_id())}))
}

/// `video_state`. For reels without one the guide shows none; here it is published. Stories are only ever published.
fn when(scene: &Scene<'_>, kind: Kind) -> Result<Timing, GraphError> {
    let state = scene.params.text("video_state").map(str::to_ascii_uppercase);
    let timed = scene.params.text("scheduled_publish_time").is_some();
    match state.as_deref() {
        Some("SCHEDULED" | "DRAFT") if kind == Kind::Story => {
            Err(GraphError::param("video_state", "must be PUBLISHED for a story"))
        }
        Some("SCHEDULED") => timing::scheduled(&scene.params, &scene.at().settings, scene.now),
        _ if timed => Err(GraphError::param("scheduled_publish_time", "goes with video_state=SCHEDULED")),
        Some("DRAFT") => Ok(Timing::Draft),
        None | Some("PUBLISHED") => Ok(Timing::Now),
        Some(_) => Err(GraphError::param("video_state", "must be one of PUBLISHED, SCHEDULED, DRAFT")),
    }
}

/// Counts one reel more, or refuses it. That the 31st of a day is refused is documented, with which code is not; 613
/// is among those that mean "wait".
fn counted(scene: &mut Scene<'_>, page: u64) -> Result<(), GraphError> {
    let (now, allowed) = (scene.now, scene.at().settings.reels_per_day);
    let Some(page) = scene.at_mut().pages.get_mut(&page) else { return Ok(()) };
    page.reels.retain(|at| later(*at, WINDOW) > now);
    if page.reels.len() as u64 >= allowed {
        let words = "(#613) Calls to this api have exceeded the rate limit: API reels of this Page in 24 hours.";
        return Err(GraphError::new(ErrorKind::OAuth, 613, words).soon());
    }
    page.reels.push(now);
    Ok(())
}

/// Throws away a video that is not finished.
fn cancel(scene: &mut Scene<'_>, page: u64) -> Result<Answer, GraphError> {
    let video = own(scene, page)?;
    let id = video.id;
    if video.plan.is_some() {
        return Err(GraphError::param("video_id", "names a video that is finished"));
    }
    scene.at_mut().videos.remove(&id);
    Ok(Answer::Json(json!({"success": true})))
}
