//! Uploads by handle: a session of the app, the bytes of a file, and a handle that `/videos` takes
//! (guides "graph-api/guides/upload" and "video-api/guides/publishing", read 2026-11-23).

use axum::http::header;
use serde_json::json;

use super::model::{Network, Session};
use super::uploads::{Part, number};
use super::{Answer, Scene, Tape};
use crate::gate::{Call, Upload};
use crate::graph::error::GraphError;

/// What the id of a session begins with.
const NAME: &str = "upload:";

/// The header that says where bytes begin.
pub(super) const OFFSET: &str = "file_offset";

/// The session that a path names.
pub(super) fn named(call: &Call) -> Option<&str> {
    call.path.rsplit('/').next()?.strip_prefix(NAME).filter(|name| !name.is_empty())
}

/// `POST /{app}/uploads`.
pub(super) fn begin(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let who = scene.who()?.clone();
    if scene.id != who.app_id {
        return Err(GraphError::gone(&scene.id));
    }
    let size = scene.params.number("file_length")?.filter(|size| *size > 0);
    let size = size.ok_or_else(|| GraphError::param("file_length", "is required"))?;
    match scene.params.required("file_type")? {
        "video/mp4" | "image/jpeg" | "image/jpg" | "image/png" | "application/pdf" => {}
        _ => return Err(GraphError::param("file_type", "is not one of the documented types")),
    }
    let (name, tape) = (scene.secret(), Tape::new(scene.core.keep_bytes));
    scene.at_mut().sessions.insert(name.clone(), Session { app_id: who.app_id, size, tape, handle: None });
    Ok(Answer::Json(json!({"id": format!("{NAME}{name}")})))
}

/// The session of a path, which must be of the app whose token it is.
fn own<'a>(scene: &'a Scene<'_>) -> Result<&'a Session, GraphError> {
    let who = scene.who()?;
    let found = scene.at().sessions.get(&scene.id).filter(|session| session.app_id == who.app_id);
    found.ok_or_else(|| GraphError::gone(&scene.id))
}

/// `GET /upload:…`: how much has arrived.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let offset = own(scene)?.tape.bytes();
    Ok(Answer::Json(json!({"id": format!("{NAME}{}", scene.id), "file_offset": offset})))
}

/// `POST /upload:…`: bytes; the handle, once all are there. What an incomplete upload is answered with is not
/// documented; here it is how much has arrived.
pub(super) fn take(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    if !scene.call.header(header::AUTHORIZATION).starts_with("OAuth ") {
        return Err(GraphError::param("Authorization", "must be OAuth and a token"));
    }
    let session = own(scene)?;
    let (size, expected) = (session.size, session.tape.bytes());
    let missing = || GraphError::param(OFFSET, "is required as a header with a number");
    let offset = number(scene.call, OFFSET).ok_or_else(missing)?;
    let tape = match &scene.call.upload {
        Upload::Reel(part) if offset == expected => grown(part, size)?,
        _ => return Err(GraphError::param(OFFSET, &format!("is wrong: expected {expected}"))),
    };
    let (full, handle) = (tape.bytes() == size, format!("4:{}", scene.secret()));
    let name = scene.id.clone();
    if let Some(session) = scene.at_mut().sessions.get_mut(&name) {
        (session.tape, session.handle) = (tape, full.then(|| handle.clone()));
    }
    if full { Ok(Answer::Json(json!({"h": handle}))) } else { show(scene) }
}

fn grown(part: &Part, size: u64) -> Result<Tape, GraphError> {
    match part.grown() && part.tape.bytes() <= size {
        true => Ok(part.tape.clone()),
        false => Err(GraphError::param("body", "must be bytes of the file, and no more than file_length")),
    }
}

/// The file behind a handle, for its app.
pub(super) fn file(at: &Network, app_id: &str, handle: &str) -> Result<Tape, GraphError> {
    let mut sessions = at.sessions.values().filter(|session| session.app_id == app_id);
    // A restart of the sandbox loses the bytes, and with them what the handle stood for.
    let found = sessions.find(|session| session.handle.as_deref() == Some(handle) && session.tape.bytes() > 0);
    let found = found.ok_or_else(|| GraphError::param("fbuploader_video_file_chunk", "is not a handle of this app"))?;
    Ok(found.tape.clone())
}
