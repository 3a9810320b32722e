//! Videos, reels and video stories: announced, brought there, shown, and asked about.

use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::{FormFile, Method};
use postrider_connector::{Cx, Lookup, MediaInput, Outcome, Request};
use postrider_domain::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::{refusal, said_of_bytes};
use super::listing;
use super::publish::{LATER, On, SOON, absolute, again, ask, id, ids, unreadable, visible};
use super::state::{Ask, Edge, Job, State, Upload, next, save, wait};
use super::wire::{Accepted, Kind, Session, Stands, Video, receipt};
use crate::meta::{Doing, rejected};

/// How often it is asked soon.
const SOON_POLLS: u32 = 24;

/// How often it is asked at all: for a day, after which nobody finishes it any more.
const MOST_POLLS: u32 = SOON_POLLS + 24 * 60;

fn file<'a>(on: &On<'a>) -> Result<&'a MediaInput, ConnectorError> {
    on.part.media.first().ok_or_else(|| ConnectorError::bug("a video that the part does not have"))
}

/// The edge for videos of the host for videos ("Video API: publishing", read 2026-11-23), or another edge of the Page.
fn edge(on: &On<'_>, edge: Edge) -> String {
    let origin = if edge == Edge::Videos { on.api.sibling("graph-video") } else { on.api.origin.clone() };
    format!("{origin}/{}/{}/{}", on.api.version, on.page, edge.as_str())
}

/// Announces a video.
pub(super) fn start(on: &On<'_>, to: Edge) -> Result<Request, ConnectorError> {
    let size = file(on)?.blob.len.to_string();
    let mut fields = vec![("upload_phase", "start")];
    if to == Edge::Videos {
        fields.push(("file_size", &size));
    }
    Ok(Request::post_form(edge(on, to), &fields).access_token("access"))
}

/// The bytes that the session asks for.
pub(super) fn chunk(on: &On<'_>, upload: &Upload, start: u64, end: u64) -> Result<Request, ConnectorError> {
    let file = file(on)?;
    let (from, stretch) = (start.to_string(), file.blob.stretch(start, end.saturating_sub(start)));
    let fields =
        [("upload_phase", "transfer"), ("upload_session_id", upload.session.as_str()), ("start_offset", &from)];
    let form = FormFile { field: "video_file_chunk", name: &file.name, mime: file.mime.as_str(), blob: &stretch };
    Ok(Request::new(Method::Post, edge(on, upload.edge)).access_token("access").multipart(&fields, &form))
}

/// The bytes of a reel or a story from an offset on, with the scheme `OAuth` (specs of 2026-11-23).
pub(super) fn bytes(on: &On<'_>, upload: &Upload, offset: u64) -> Result<Request, ConnectorError> {
    let blob = &file(on)?.blob;
    let request = Request::new(Method::Post, upload.url.clone()).oauth("access");
    let request = request.header("offset", offset.to_string()).header("file_size", blob.len.to_string());
    Ok(request.attach(blob.stretch(offset, blob.len.saturating_sub(offset))))
}

/// Shows it to people.
pub(super) fn finish(on: &On<'_>, upload: &Upload) -> Request {
    let mut fields = vec![("upload_phase", "finish")];
    match upload.edge {
        Edge::Videos => fields.push(("upload_session_id", &upload.session)),
        Edge::VideoReels => fields.extend([("video_id", upload.video.as_str()), ("video_state", "PUBLISHED")]),
        Edge::VideoStories => fields.push(("video_id", &upload.video)),
    }
    if !on.part.text.is_empty() && upload.edge != Edge::VideoStories {
        fields.push(("description", &on.part.text));
    }
    Request::post_form(edge(on, upload.edge), &fields).access_token("access")
}

fn finishing(job: Job, upload: Upload) -> State {
    State::Finish { job, upload, sent: 0, ask: None }
}

/// Whether bytes may be sent to an address that an answer named: the host for files, and no other.
fn is_ours(on: &On<'_>, url: &str) -> bool {
    url.strip_prefix(&on.api.sibling("rupload")).is_some_and(|rest| rest.starts_with('/'))
}

pub(super) async fn begin(cx: &Cx<'_>, on: &On<'_>, job: Job, to: Edge) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "announcing the video";
    let response = cx.send(&start(on, to)?).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, Doing::Preparing, DOING));
    }
    let session: Session = response.json().map_err(|_| unreadable(DOING))?;
    let video = id(session.video_id.unwrap_or_default(), DOING)?;
    let upload = Upload {
        edge: to,
        video,
        session: session.upload_session_id.unwrap_or_default(),
        url: session.upload_url.unwrap_or_default(),
    };
    match to {
        Edge::Videos => next(State::Chunk { job, upload, start: session.start_offset, end: session.end_offset }),
        Edge::VideoReels | Edge::VideoStories if is_ours(on, &upload.url) => {
            next(State::Bytes { job, upload, offset: 0 })
        }
        Edge::VideoReels | Edge::VideoStories => {
            Err(ConnectorError::new(Failure::Transient, format!("{DOING}: the bytes should go to another host")))
        }
    }
}

pub(super) async fn send_chunk(
    cx: &Cx<'_>,
    on: &On<'_>,
    (job, upload): (Job, Upload),
    start: u64,
    end: u64,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "bringing the video";
    let request = chunk(on, &upload, start, end)?;
    let response = cx.send(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        let failed = refusal(cx, &response, Doing::Preparing, DOING);
        // A session that is over, or that has these bytes already, is begun anew.
        let anew = matches!(failed.failure, Failure::Rejected { code: Code::PlatformRefused, .. });
        return if anew { again(job, on, failed) } else { Err(failed) };
    }
    let session: Session = response.json().map_err(|_| unreadable(DOING))?;
    match session.start_offset >= session.end_offset {
        true => next(finishing(job, upload)),
        false => next(State::Chunk { job, upload, start: session.start_offset, end: session.end_offset }),
    }
}

pub(super) async fn send_bytes(
    cx: &Cx<'_>,
    on: &On<'_>,
    (job, upload): (Job, Upload),
    offset: u64,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "bringing the video";
    let request = bytes(on, &upload, offset)?;
    let response = cx.send(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if response.is_success() {
        return next(State::Arrived { job, upload, asked: 0 });
    }
    let failed = said_of_bytes(cx, &response, DOING);
    match failed.failure {
        // What arrived is not brought again.
        Failure::Transient => wait(State::Arrived { job: counted(job, failed)?, upload, asked: 0 }, SOON),
        Failure::Rejected { .. } => again(job, on, failed),
        _ => Err(failed),
    }
}

/// One more round, or the failure that ends them.
fn counted(job: Job, failed: ConnectorError) -> Result<Job, ConnectorError> {
    const MOST_ROUNDS: u32 = 8;
    if job.rounds >= MOST_ROUNDS { Err(failed) } else { Ok(Job { rounds: job.rounds + 1, ..job }) }
}

fn question(on: &On<'_>, upload: &Upload) -> Request {
    on.api.call(Method::Get, &format!("/{}?fields=status,published,permalink_url", upload.video))
}

async fn asked(cx: &Cx<'_>, on: &On<'_>, upload: &Upload) -> Result<Video, ConnectorError> {
    ask(cx, &question(on, upload), "asking after the video").await
}

/// Whether all bytes arrived, and else from where on they are missing.
pub(super) async fn arrived(
    cx: &Cx<'_>,
    on: &On<'_>,
    (job, upload): (Job, Upload),
    polls: u32,
) -> Result<Outcome, ConnectorError> {
    let (video, size) = (asked(cx, on, &upload).await?, file(on)?.blob.len);
    let there = video.status.uploading_phase.bytes_transferred;
    match video.stands() {
        Stands::Broken(words) => again(job, on, broken(cx, &words)),
        Stands::Waiting { uploaded: false } if there.is_some_and(|there| there < size) => {
            let job = counted(job, rejected(Code::PlatformRefused, "/media", "the bytes do not arrive"))?;
            next(State::Bytes { job, upload, offset: there.unwrap_or_default() })
        }
        Stands::Waiting { uploaded: false } if there.is_none() && polls < 2 => {
            wait(State::Arrived { job, upload, asked: polls + 1 }, SOON)
        }
        _ if upload.edge == Edge::VideoStories => next(State::Ready { job, upload, polls: 0 }),
        _ => next(finishing(job, upload)),
    }
}

fn broken(cx: &Cx<'_>, words: &str) -> ConnectorError {
    let error = rejected(Code::PlatformRefused, "/media", "the video was not taken");
    if words.is_empty() { error } else { error.said(200, None, Some(&cx.words(words))) }
}

/// The wait before a video is asked after again; `None` when it takes too long.
fn pause(polls: u32) -> Option<std::time::Duration> {
    match polls {
        0..SOON_POLLS => Some(SOON),
        SOON_POLLS..MOST_POLLS => Some(LATER),
        _ => None,
    }
}

/// A story's video is looked at before it may be finished ("Page stories API", read 2026-11-23).
pub(super) async fn ready(
    cx: &Cx<'_>,
    on: &On<'_>,
    (job, upload): (Job, Upload),
    polls: u32,
) -> Result<Outcome, ConnectorError> {
    match asked(cx, on, &upload).await?.stands() {
        Stands::Broken(words) => again(job, on, broken(cx, &words)),
        Stands::Waiting { uploaded: false } => {
            let after = pause(polls).ok_or_else(|| broken(cx, ""))?;
            wait(State::Ready { job, upload, polls: polls + 1 }, after)
        }
        _ => next(finishing(job, upload)),
    }
}

/// What may be out is asked about, and not sent again.
pub(super) fn to_be_asked() -> ConnectorError {
    ConnectorError::new(Failure::Ambiguous, "whether the video is out has to be asked")
}

/// Shows the video to people.
pub(super) async fn show(
    cx: &Cx<'_>,
    on: &On<'_>,
    (job, upload): (Job, Upload),
    sent: u32,
) -> Result<Outcome, ConnectorError> {
    let accepted = visible::<Accepted>(cx, &finish(on, &upload), "publishing the video").await;
    let accepted = accepted.map_err(|error| match error.failure {
        // What was finished before refuses to be finished again (6000), so that proves nothing any more.
        Failure::Rejected { .. } if sent > 0 => ConnectorError { failure: Failure::Ambiguous, ..error },
        _ => error,
    })?;
    match (upload.edge, accepted.post_id()) {
        // A story is out with its answer, which names it.
        (Edge::VideoStories, Some(id)) => next(State::Link { kind: Kind::Story, id, media: upload.video, asked: 0 }),
        _ => wait(State::Out { job, upload, polls: 0 }, SOON),
    }
}

/// Accepted is not published: it is asked until people see it.
pub(super) async fn out(
    cx: &Cx<'_>,
    on: &On<'_>,
    (job, upload): (Job, Upload),
    polls: u32,
) -> Result<Outcome, ConnectorError> {
    let later = |after| wait(State::Out { job: job.clone(), upload: upload.clone(), polls: polls + 1 }, after);
    let video = match asked(cx, on, &upload).await {
        Ok(video) => video,
        // It was accepted, so not being told is no failure of it: a Page token at times may not read what it wrote.
        Err(error)
            if error.status.is_some_and(|status| status < 500)
                && matches!(error.failure, Failure::Transient | Failure::RateLimited { .. }) =>
        {
            return later(LATER);
        }
        // Nobody answers. However long that lasts, it does not make what was accepted fail: from here on it is looked up.
        Err(error) if error.failure == Failure::Transient => {
            return next(State::Finish { job, upload, sent: 1, ask: Some(Ask::Accepted) });
        }
        Err(error) => return Err(error),
    };
    match video.stands() {
        Stands::Out => done(on, upload, video.permalink_url),
        // A failed video is not visible, and says why.
        Stands::Broken(words) => Err(broken(cx, &words)),
        Stands::Working | Stands::Waiting { .. } => {
            // However long that takes: what was accepted may still be shown, and must not be brought a second time.
            later(pause(polls).unwrap_or(LATER))
        }
    }
}

fn done(on: &On<'_>, upload: Upload, address: Option<String>) -> Result<Outcome, ConnectorError> {
    if upload.edge == Edge::VideoStories {
        // The answer that names it was lost, or did not name it.
        let id = upload.video.clone();
        return next(State::Link { kind: Kind::Story, id, media: upload.video, asked: 0 });
    }
    let address = match upload.edge {
        Edge::VideoReels => Some(format!("https://www.facebook.com/reel/{}", upload.video)),
        _ => address.map(absolute),
    };
    Ok(Outcome::Done(receipt(Kind::Video, upload.video, address, Some(&ids(on.part)))))
}

/// How often a video is finished of which nobody ever hears.
const MOST_SENT: u32 = 3;

/// Whether *finish* arrived.
pub(super) async fn finished(
    cx: &Cx<'_>,
    on: &On<'_>,
    (job, upload): (Job, Upload),
    sent: u32,
    asking: Option<Ask>,
) -> Result<Lookup, ConnectorError> {
    if upload.edge == Edge::VideoStories
        && let Some(found) = listing::story(cx, on, &upload.video).await?
    {
        return Ok(Lookup::Found(Outcome::Done(receipt(Kind::Story, found.post_id, found.url, Some(&ids(on.part))))));
    }
    let video = asked(cx, on, &upload).await?;
    let state = match video.stands() {
        Stands::Waiting { .. } if asking != Some(Ask::Accepted) => {
            if !video.is_unfinished() {
                return Err(unreadable("asking after the video"));
            }
            match unseen((job, upload), sent, asking) {
                Ok(state) => state,
                Err(evidence) => return Ok(Lookup::Unknown { evidence }),
            }
        }
        _ => State::Out { job, upload, polls: 0 },
    };
    Ok(Lookup::Found(Outcome::Next(save(state)?)))
}

/// What follows when it is said that *finish* did not arrive. That is believed when it is said twice, a minute apart
/// (specs of 2026-11-23): then it is sent again for the same video, which is shown once however often it is finished. `Err`
/// with the evidence when that led nowhere.
fn unseen((job, upload): (Job, Upload), sent: u32, asking: Option<Ask>) -> Result<State, Value> {
    match asking {
        None => Ok(State::Finish { job, upload, sent, ask: Some(Ask::Unseen) }),
        Some(_) if sent + 1 < MOST_SENT => Ok(State::Finish { job, upload, sent: sent + 1, ask: None }),
        Some(_) => {
            Err(json!({"asked": "status", "video": upload.video, "publishing": "not_started", "candidates": []}))
        }
    }
}

/// What the host for files answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DebugInfo {
    pub(super) retriable: bool,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
}
