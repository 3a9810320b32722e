//! The upload host, for containers whose bytes are sent: `Authorization: OAuth`, `offset`, `file_size` and the bytes,
//! or `file_url` and none (page "resumable-uploads", 2026-03-15). Facebook Login only.
//!
//! Its answers have a shape of their own. Bytes are looked at as they come; those of a call
//! that breaks off stay, and the next one goes on behind them.

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::Response;
use futures::StreamExt as _;
use serde_json::json;

use super::containers::{self, examined};
use super::door::{Door, Right};
use super::model::{Container, Media, Status, Upload as Standing};
use super::scene::{Fetched, Scene};
use crate::Core;
use crate::facebook::Tape;
use crate::gate::{Call, Upload, json_response};
use crate::graph::error::GraphError;
use crate::graph::film::Film;
use crate::graph::params::Params;
use crate::graph::{ids, pull};
use crate::intake::Received;
use crate::state::State;

/// The first step of a path on the upload host.
const BYTES: &str = "/ig-api-upload/";

/// What a call brought: the tape with its bytes, and where they began.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    tape: Tape,
    from: u64,
}

impl Part {
    /// What the request log keeps of it.
    pub(crate) fn logged(&self) -> serde_json::Value {
        json!({"offset": self.from, "end": self.tape.bytes()})
    }
}

/// Whether a call goes to the upload host for containers.
pub(crate) fn is_upload(call: &Call) -> bool {
    call.path.starts_with(BYTES)
}

/// A header that holds a number.
fn number(call: &Call, name: &'static str) -> Option<u64> {
    call.headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The container that a path names, below a version.
fn named<'a>(state: &'a State, call: &Call) -> Option<&'a Container> {
    let (version, id) = call.path.strip_prefix(BYTES)?.split_once('/')?;
    version.starts_with('v').then(|| state.instagram.containers.get(&ids::read(id)?)).flatten()
}

/// The tape that the bytes of a call go on, if they begin where it ends.
fn tape(core: &Core, call: &Call) -> Option<Tape> {
    core.with(|state| {
        let container = named(state, call).filter(|found| found.upload.is_some() && found.ready_at.is_none())?;
        let tape = container.tape.clone().unwrap_or_else(|| Tape::new(core.keep_bytes));
        (number(call, "offset") == Some(tape.bytes())).then_some(tape)
    })
}

/// Takes the bytes of a call in. Where the connection breaks, those that came are kept.
pub(crate) async fn receive(core: &Core, call: &Call, body: Body) -> Upload {
    let (known, mut stream) = (tape(core, call), body.into_data_stream());
    let wanted = known.is_some();
    let mut part = Part { from: number(call, "offset").unwrap_or(0), tape: known.unwrap_or_default() };
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => part.tape.take(&chunk),
            Err(error) => {
                if wanted {
                    broken_off(core, call, part.tape);
                }
                return Upload::Broken(error.to_string());
            }
        }
    }
    Upload::Container(Box::new(part))
}

/// The beginning of a body whose connection is cut: it has arrived.
pub(crate) fn begun(core: &Core, call: &Call, beginning: &Bytes) {
    if let Some(mut tape) = tape(core, call).filter(|_| is_upload(call)) {
        tape.take(beginning);
        broken_off(core, call, tape);
    }
}

/// Keeps what arrived of an interrupted upload, unless it is all there is or more: that is for a whole call to bring.
fn broken_off(core: &Core, call: &Call, tape: Tape) {
    let size = number(call, "file_size");
    if size.is_none_or(|size| tape.bytes() < size) {
        core.with(|state| keep(state, call, tape, size));
    }
}

/// Keeps what came so far.
fn keep(state: &mut State, call: &Call, tape: Tape, size: Option<u64>) {
    let Some(id) = named(state, call).map(|container| container.id) else { return };
    if let Some(container) = state.instagram.containers.get_mut(&id) {
        let size = size.or(container.upload.and_then(|upload| upload.size));
        container.upload = Some(Standing { received: tape.bytes(), size });
        container.tape = Some(tape);
    }
}

/// Answers a call of whoever `door` lets in.
pub(crate) async fn answer(
    core: &Core,
    call: &Call,
    door: impl Fn(&mut State) -> Result<Door, GraphError>,
) -> Response {
    let address = core.with(|state| {
        let door = door(state)?;
        let scene = opened(core, state, call, door, Fetched::new())?;
        let address = call.headers.get("file_url").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok::<_, GraphError>(address.map(|address| (address, containers::limit(&scene))))
    });
    let mut pulled = Fetched::new();
    if let Ok(Some((address, limit))) = address {
        let client = core.puller.get_or_init(pull::client);
        pulled.push(pull::fetch(client, &address, limit, core.keep_bytes).await);
    }
    let done = core.with(|state| {
        let door = door(state)?;
        take(&mut opened(core, state, call, door, pulled)?)
    });
    match done {
        Ok(()) => json_response(StatusCode::OK, Some(&json!({"success": true, "message": "Upload successful."}))),
        Err(error) => refused(&error),
    }
}

/// The scene of a call that may send bytes to the container it names.
fn opened<'a>(
    core: &'a Core,
    state: &'a mut State,
    call: &'a Call,
    door: Door,
    pulled: Fetched,
) -> Result<Scene<'a>, GraphError> {
    if !call.header(header::AUTHORIZATION).starts_with("OAuth ") {
        return Err(GraphError::param("Authorization", "must be OAuth and a token"));
    }
    door.may(Right::Publish)?;
    let gone = || GraphError::gone(call.path.rsplit('/').next().unwrap_or_default());
    let container = named(state, call).filter(|found| door.writable.contains(&found.owner)).ok_or_else(gone)?;
    let (id, now) = (container.id.to_string(), core.now());
    if container.upload.is_none() || state.instagram.status(container, now) == Status::Expired {
        return Err(gone());
    }
    if container.ready_at.is_some() {
        return Err(GraphError::param("offset", "is wrong: the upload is complete"));
    }
    Ok(Scene { core, state, call, now, params: Params::default(), door: Some(door), id, pulled })
}

/// Takes in what a call brought.
fn take(scene: &mut Scene<'_>) -> Result<(), GraphError> {
    let Upload::Container(part) = &scene.call.upload else {
        return Err(GraphError::param("body", "must be the bytes of the video"));
    };
    if scene.call.headers.contains_key("file_url") {
        return fetched(scene, part);
    }
    let need = |name: &'static str| {
        number(scene.call, name).ok_or_else(|| GraphError::param(name, "is a required header and a number"))
    };
    let (offset, size) = (need("offset")?, need("file_size")?);
    let known = named(scene.state, scene.call).and_then(|container| container.upload).unwrap_or_default();
    if offset != known.received {
        return Err(GraphError::param("offset", &format!("is wrong: expected offset {}", known.received)));
    }
    if part.tape.bytes() == offset {
        return Err(GraphError::param("body", "is empty"));
    }
    if part.tape.bytes() > size || known.size.is_some_and(|known| known != size) {
        return Err(GraphError::param("file_size", "is not what was sent"));
    }
    keep(scene.state, scene.call, part.tape.clone(), Some(size));
    if part.tape.bytes() == size {
        let (file, film) = part.tape.clone().finish();
        complete(scene, &file, film);
    }
    Ok(())
}

/// A file that Meta fetches itself.
fn fetched(scene: &mut Scene<'_>, part: &Part) -> Result<(), GraphError> {
    if part.tape.bytes() > part.from {
        return Err(GraphError::param("file_url", "goes with an empty body"));
    }
    let lost = || GraphError::param("file_url", "could not be fetched");
    let pulled = scene.pulled.pop().and_then(Result::ok).ok_or_else(lost)?;
    complete(scene, &pulled.received, pulled.film);
    Ok(())
}

/// A container whose bytes are all there is processed from now on.
fn complete(scene: &mut Scene<'_>, file: &Received, film: Option<Film>) {
    let Some(container) = named(scene.state, scene.call).cloned() else { return };
    let (ready, failure) = examined(scene, &container, file, film);
    let media = Media::of(&mut scene.state.files, file, None);
    if let Some(container) = scene.at_mut().containers.get_mut(&container.id) {
        container.content.media = Some(media);
        container.upload = Some(Standing { received: file.bytes, size: Some(file.bytes) });
        container.tape = None;
        (container.ready_at, container.failure) = (Some(ready), failure);
    }
}

/// A refusal in the shape of the upload host.
fn refused(error: &GraphError) -> Response {
    let info = json!({"retriable": false, "type": "ParameterValidationError", "message": error.message});
    json_response(StatusCode::BAD_REQUEST, Some(&json!({"debug_info": info})))
}
