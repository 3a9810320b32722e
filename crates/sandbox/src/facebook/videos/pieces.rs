//! A video through `/videos` in pieces: `start`, `transfer` as often as the server asks for, `finish`.

use serde_json::{Value, json};

use super::{Video, blank, checked, complete, described, unfinished};
use crate::facebook::errors::{self, sub};
use crate::facebook::model::Kind;
use crate::facebook::{Answer, CHUNK_LIMIT, Scene, settle};
use crate::graph::error::GraphError;

/// The subcode of a piece that does not belong there; prior knowledge, that it is refused is certain.
const WRONG_PIECE: u32 = 1_363_037;

/// What the server wants next: from where to where. Numbers are texts here.
fn wanted(video: &Video, piece: u64) -> Value {
    let (from, size) = (video.tape.bytes(), video.size.unwrap_or(0));
    let from = if video.uploaded_at.is_some() { size } else { from };
    json!({"start_offset": from.to_string(), "end_offset": from.saturating_add(piece).min(size).to_string()})
}

/// `upload_phase=start`.
pub(super) fn start(scene: &mut Scene<'_>, page: u64) -> Result<Answer, GraphError> {
    let size = scene.params.number("file_size")?.filter(|size| *size > 0);
    let size = size.ok_or_else(|| GraphError::param("file_size", "is required"))?;
    let now = scene.now;
    let session = scene.at_mut().next_id(now).to_string();
    let video = Video { size: Some(size), session: Some(session.clone()), ..blank(scene, page, Kind::Feed) };
    let mut answer = wanted(&video, scene.at().settings.chunk_bytes);
    (answer["video_id"], answer["upload_session_id"]) = (video.id.to_string().into(), session.into());
    scene.at_mut().videos.insert(video.id, video);
    Ok(Answer::Json(answer))
}

/// The id of the Page's video behind a session.
fn session(scene: &Scene<'_>, page: u64) -> Result<u64, GraphError> {
    let given = scene.params.required("upload_session_id")?;
    let mut videos = scene.at().videos.values();
    let found = videos.find(|video| video.page == page && video.session.as_deref() == Some(given));
    let words = "The upload session is invalid or has expired";
    found.map(|video| video.id).ok_or_else(|| errors::bad_file(words).with_subcode(WRONG_PIECE))
}

/// `upload_phase=transfer`: a piece where the server expects it. A wrong place is answered with the right one.
pub(super) fn transfer(scene: &mut Scene<'_>, page: u64) -> Result<Answer, GraphError> {
    let id = session(scene, page)?;
    let offset =
        scene.params.number("start_offset")?.ok_or_else(|| GraphError::param("start_offset", "is required"))?;
    let missing = || GraphError::param("video_file_chunk", "is required as a file of a form");
    let file = scene.file("video_file_chunk").ok_or_else(missing)?.received.clone();
    let large = || GraphError::param("video_file_chunk", &format!("must be at most {CHUNK_LIMIT} bytes"));
    let bytes = file.whole.ok_or_else(large)?;
    let piece = scene.at().settings.chunk_bytes;
    let video = scene.at_mut().videos.get_mut(&id).ok_or_else(missing)?;
    let (from, size) = (video.tape.bytes(), video.size.unwrap_or(0));
    let fits = video.uploaded_at.is_none() && offset == from;
    if !fits || bytes.is_empty() || bytes.len() as u64 > piece.min(size - from) {
        let expected = wanted(video, piece);
        let words = format!("The piece does not fit: expected start_offset {}", expected["start_offset"]);
        return Err(sub(WRONG_PIECE, &words).with_data(expected));
    }
    video.tape.take(&bytes);
    if video.tape.bytes() == size {
        taken(scene, id);
    }
    let after = scene.at().videos.get(&id).map(|video| wanted(video, piece));
    Ok(Answer::Json(after.unwrap_or_default()))
}

/// Every byte of a video is there.
pub(in crate::facebook) fn taken(scene: &mut Scene<'_>, id: u64) {
    let Some(mut video) = scene.at_mut().videos.remove(&id) else { return };
    let (file, film) = std::mem::take(&mut video.tape).finish();
    complete(scene, &mut video, &file, film, 0);
    scene.at_mut().videos.insert(id, video);
}

/// `upload_phase=finish`: once; again changes nothing.
pub(super) fn finish(scene: &mut Scene<'_>, page: u64) -> Result<Answer, GraphError> {
    let id = session(scene, page)?;
    let timing = checked(scene)?;
    let now = scene.now;
    let Some(mut video) = scene.at().videos.get(&id).cloned() else { return Err(unfinished()) };
    if video.uploaded_at.is_none() {
        return Err(unfinished());
    }
    if video.plan.is_none() {
        described(scene, &mut video);
        video.plan = Some(settle::plan(timing, now));
        scene.at_mut().videos.insert(id, video);
    }
    Ok(Answer::Json(json!({"success": true})))
}

/// `upload_phase=cancel`: of a video that is not finished.
pub(super) fn cancel(scene: &mut Scene<'_>, page: u64) -> Result<Answer, GraphError> {
    let id = session(scene, page)?;
    if scene.at().videos.get(&id).is_some_and(|video| video.plan.is_some()) {
        return Err(GraphError::param("upload_session_id", "belongs to a video that is finished"));
    }
    scene.at_mut().videos.remove(&id);
    Ok(Answer::Json(json!({"success": true})))
}
