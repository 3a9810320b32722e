//! The upload host: bytes of reels and stories, with `Authorization: OAuth`, `offset` and `file_size`.
//!
//! Its answers have a shape of their own (page "resumable-uploads" of 2026-03-15, facts of
//! 2026-11-23). Bytes are looked at as they come; those of a call that breaks off stay, and
//! the next one goes on behind them.

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use futures::StreamExt as _;
use serde_json::json;

use super::model::{Network, Video};
use super::routes::BYTES;
use super::videos::{complete, taken};
use super::{Answer, Order, Scene, Tape, errors, handles, media};
use crate::Core;
use crate::gate::{Call, Upload, json_response};
use crate::graph::error::GraphError;
use crate::graph::ids;

/// What a call brought: the tape with its bytes, and where they began.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(super) tape: Tape,
    from: u64,
}

impl Part {
    /// Whether it brought anything.
    pub(super) fn grown(&self) -> bool {
        self.tape.bytes() > self.from
    }

    /// What the request log keeps of it.
    pub(crate) fn logged(&self) -> serde_json::Value {
        json!({"offset": self.from, "end": self.tape.bytes()})
    }
}

/// Whether a call goes to the upload host.
pub(crate) fn is_upload(call: &Call) -> bool {
    call.path.strip_prefix(BYTES).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether the body of a call is bytes of a file and nothing else.
pub(crate) fn is_stream(call: &Call) -> bool {
    call.method == Method::POST && (is_upload(call) || handles::named(call).is_some())
}

/// A header that holds a number.
pub(super) fn number(call: &Call, name: &'static str) -> Option<u64> {
    call.headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The video that a path names.
fn named<'a>(at: &'a Network, call: &Call) -> Option<&'a Video> {
    at.videos.get(&ids::read(call.path.rsplit('/').next()?)?)
}

/// Where the bytes of a call begin.
fn start(call: &Call) -> Option<u64> {
    number(call, if is_upload(call) { "offset" } else { handles::OFFSET })
}

/// The tape that the bytes of a call go on, if they begin where it ends.
fn tape(core: &Core, call: &Call) -> Option<Tape> {
    core.with(|state| {
        if let Some(session) = handles::named(call).map(|name| state.facebook.sessions.get(name)) {
            return session.map(|session| session.tape.clone()).filter(|tape| start(call) == Some(tape.bytes()));
        }
        let video = named(&state.facebook, call).filter(|video| video.uploaded_at.is_none())?;
        (start(call) == Some(video.tape.bytes())).then(|| video.tape.clone())
    })
}

/// Takes the bytes of a call in. Where the connection breaks, those that came are kept.
pub(crate) async fn receive(core: &Core, call: &Call, body: Body) -> Upload {
    let (known, mut stream) = (tape(core, call), body.into_data_stream());
    let wanted = known.is_some();
    let mut part = Part { from: start(call).unwrap_or(0), tape: known.unwrap_or_default() };
    if !wanted {
        part.tape = Tape::default();
    }
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => part.tape.take(&chunk),
            Err(error) => {
                if wanted {
                    keep(core, call, part);
                }
                return Upload::Broken(error.to_string());
            }
        }
    }
    Upload::Reel(Box::new(part))
}

/// The beginning of a body whose connection is cut: it has arrived.
pub(crate) fn begun(core: &Core, call: &Call, beginning: &Bytes) {
    if let Some(mut tape) = tape(core, call) {
        let from = tape.bytes();
        tape.take(beginning);
        keep(core, call, Part { tape, from });
    }
}

/// Keeps what arrived of an interrupted upload, if its token may upload.
fn keep(core: &Core, call: &Call, part: Part) {
    core.with(|state| {
        let token = call.header(header::AUTHORIZATION).strip_prefix("OAuth ").unwrap_or_default().to_owned();
        let Ok(who) = state.facebook.whose(&token, core.now()) else { return };
        if let Some(session) = handles::named(call).and_then(|name| state.facebook.sessions.get_mut(name)) {
            if session.app_id == who.app_id && part.tape.bytes() < session.size {
                session.tape = part.tape;
            }
            return;
        }
        let page = who.page;
        let id = named(&state.facebook, call).filter(|video| Some(video.page) == page).map(|video| video.id);
        let room = number(call, "file_size").is_none_or(|size| part.tape.bytes() < size);
        if let Some(video) = id.filter(|_| room).and_then(|id| state.facebook.videos.get_mut(&id)) {
            video.size = video.size.or(number(call, "file_size"));
            video.tape = part.tape;
        }
    });
}

/// The address in the header `file_url`, for a call that is not refused anyway.
pub(super) fn order(scene: &Scene<'_>) -> Option<Order> {
    opened(scene).ok()?;
    let address = scene.call.headers.get("file_url")?.to_str().ok()?;
    Some(Order { address: address.to_owned(), limit: media::VIDEO_BYTES })
}

/// The video that a call may upload: of the Page whose token it is, and not complete.
fn opened<'a>(scene: &'a Scene<'_>) -> Result<&'a Video, GraphError> {
    if !scene.call.header(header::AUTHORIZATION).starts_with("OAuth ") {
        return Err(GraphError::param("Authorization", "must be OAuth and a token"));
    }
    if !scene.call.query.is_empty() {
        return Err(GraphError::param("query", "is not a documented part of this call"));
    }
    let who = scene.who()?;
    let found = named(scene.at(), scene.call).filter(|video| who.page == Some(video.page));
    let video = found.ok_or_else(|| GraphError::gone(&scene.id))?;
    match video.uploaded_at {
        None => Ok(video),
        Some(_) => Err(GraphError::param("offset", "lies behind the end: the upload is complete")),
    }
}

/// `POST` to an upload address: bytes, or the address of a file.
pub(super) fn take(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let id = opened(scene)?.id;
    match scene.call.headers.contains_key("file_url") {
        true => from_address(scene, id)?,
        false => from_body(scene, id)?,
    }
    Ok(Answer::Json(json!({"success": true, "message": "Upload successful."})))
}

fn from_body(scene: &mut Scene<'_>, id: u64) -> Result<(), GraphError> {
    let need = |name: &'static str| {
        number(scene.call, name).ok_or_else(|| GraphError::param(name, "is required as a header with a number"))
    };
    let (offset, size) = (need("offset")?, need("file_size")?);
    let video = opened(scene)?;
    let expected = video.tape.bytes();
    if video.size.is_some_and(|known| known != size) || size == 0 {
        return Err(GraphError::param("file_size", "differs from the one that the upload began with"));
    }
    let part = match &scene.call.upload {
        Upload::Reel(part) if offset == expected && part.from == offset => part,
        Upload::Reel(_) => return Err(GraphError::param("offset", &format!("is wrong: expected offset {expected}"))),
        _ => return Err(GraphError::param("body", "must be the bytes of the video")),
    };
    if part.tape.bytes() == offset {
        return Err(GraphError::param("body", "is empty"));
    }
    if part.tape.bytes() > size {
        return Err(GraphError::param("file_size", "is smaller than what was sent"));
    }
    let tape = part.tape.clone();
    let full = tape.bytes() == size;
    if let Some(video) = scene.at_mut().videos.get_mut(&id) {
        (video.tape, video.size) = (tape, Some(size));
    }
    if full {
        taken(scene, id);
    }
    Ok(())
}

/// A file that Meta fetches itself. Some such calls were refused for want of the two headers (report of 2026-05-12).
fn from_address(scene: &mut Scene<'_>, id: u64) -> Result<(), GraphError> {
    if !scene.at().settings.file_url_uploads {
        return Err(GraphError::param("offset", "and file_size are required headers"));
    }
    if let Upload::Reel(part) = &scene.call.upload
        && part.grown()
    {
        return Err(GraphError::param("file_url", "goes with an empty body"));
    }
    let pulled = scene.pulled.take().and_then(Result::ok);
    let (file, film) = media::of_pulled(pulled.ok_or_else(|| errors::bad_file("the address could not be fetched"))?);
    let wait = scene.at().settings.fetch_ms;
    let Some(mut video) = scene.at_mut().videos.remove(&id) else { return Ok(()) };
    complete(scene, &mut video, &file, film, wait);
    scene.at_mut().videos.insert(id, video);
    Ok(())
}

/// A refusal in the shape of the upload host.
pub(super) fn refused(error: &GraphError) -> Response {
    let kind = if error.code == 6_000 { "ProcessingFailedError" } else { "ParameterValidationError" };
    answered(StatusCode::BAD_REQUEST, kind, &error.message)
}

/// The same for a status alone.
pub(super) fn of_status(status: StatusCode) -> Response {
    answered(status, "ProcessingFailedError", "Request processing failed")
}

fn answered(status: StatusCode, kind: &str, message: &str) -> Response {
    let retriable = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    json_response(status, Some(&json!({"debug_info": {"retriable": retriable, "type": kind, "message": message}})))
}
