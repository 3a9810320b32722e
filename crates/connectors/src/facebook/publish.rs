//! The publish machine. Pictures: *photo* each → *feed*, or *photo_story*. Videos: *start* → *chunk* or *bytes* →
//! (*ready*) → *finish* → *out*. Comments: *comment*. Then *link*; and *edit* and *delete* for what is live.

use std::time::Duration;

use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::Method;
use postrider_connector::{
    Change, Cx, Effect, Lookup, MachineState, Outcome, PartInput, PlanCx, Receipt, Request, Response,
};
use postrider_domain::Code;
use postrider_domain::media::MediaKind;

use super::errors::refusal;
use super::limits::is_reel;
use super::settings::{Format, Settings};
use super::state::{Edge, Job, State, load, next, save, wait};
use super::wire::{Accepted, Kind, Made, Story, kind_of, receipt};
use super::{listing, photo, video, wire};
use crate::meta::{Api, Doing, is_api_id, key, rejected};

/// What a step works on.
#[derive(Clone, Copy)]
pub(super) struct On<'a> {
    pub(super) api: &'a Api,
    /// The Page's id.
    pub(super) page: &'a str,
    pub(super) part: &'a PartInput,
}

impl On<'_> {
    /// A form that goes to an edge of the Page.
    pub(super) fn post(&self, edge: &str, fields: &[(&str, &str)]) -> Request {
        self.api.post(&format!("/{}/{edge}", self.page), fields)
    }
}

/// Between two questions where something is done within seconds.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// The same for what takes longer.
pub(super) const LATER: Duration = Duration::from_secs(60);

/// How often the address of a post is asked for, which nothing else waits for.
const MOST_LINKS: u32 = 3;

pub(super) fn idempotent(key: String, request: &Request) -> Effect {
    Effect::Idempotent { key, honoured_for: None, sends: request.sends() }
}

/// Chooses the key, and what kind of thing it becomes.
pub(super) fn begin(plan: &PlanCx<'_>, part: &PartInput) -> Result<MachineState, ConnectorError> {
    let job = Job { key: key(plan), rounds: 0 };
    if part.index > 0 {
        return match &part.root {
            // Somebody else's post, pasted as where ours is, would be read as one.
            Some(root) if kind_of(root) == Kind::Comment => {
                Err(rejected(Code::ParentMissing, "", "what it stands below is no post of the Page"))
            }
            Some(root) => save(State::Comment { job, post: root.remote_id.clone() }),
            None => Err(rejected(Code::ParentMissing, "", "a comment without what it stands below")),
        };
    }
    save(first(job, part))
}

/// Where a post, or a new try of bringing its files, begins.
pub(super) fn first(job: Job, part: &PartInput) -> State {
    let format = Settings::read(&part.settings).0.format;
    match part.media.first() {
        Some(file) if file.kind == MediaKind::Video => {
            let edge = match format {
                Format::Story => Edge::VideoStories,
                Format::Reel => Edge::VideoReels,
                Format::Post if is_reel(file.width, file.height, file.duration_ms) => Edge::VideoReels,
                Format::Post => Edge::Videos,
            };
            State::Start { job, edge }
        }
        Some(_) => State::Photo { job, photos: Vec::new() },
        None => State::Feed { job, photos: Vec::new() },
    }
}

pub(super) fn begin_change(receipt: &Receipt, change: &Change) -> Option<Result<MachineState, ConnectorError>> {
    let kind = kind_of(receipt);
    let receipt = receipt.clone();
    Some(match change {
        // No document says how a story is taken away, and it has no text.
        _ if kind == Kind::Story => Err(rejected(Code::ChangeUnsupported, "", "a story cannot be changed")),
        Change::Edit(part) if other_files(&receipt, part) => {
            Err(rejected(Code::ChangeUnsupported, "/media", "only the text of a post can be changed"))
        }
        Change::Edit(_) => save(State::Edit { receipt }),
        Change::Delete => save(State::Delete { receipt }),
    })
}

/// Whether an edit shows other files than what is live, as far as that is known.
fn other_files(receipt: &Receipt, part: &PartInput) -> bool {
    let live = receipt.extra["files"].as_array();
    live.is_some_and(|live| !live.iter().filter_map(|id| id.as_str()).eq(ids(part).iter().map(String::as_str)))
}

/// Ids of the part's files.
pub(super) fn ids(part: &PartInput) -> Vec<String> {
    part.media.iter().map(|file| file.id.to_string()).collect()
}

/// Whether the next step brings something there that nobody sees.
pub(super) fn is_unseen(state: &MachineState) -> bool {
    matches!(
        load(state),
        Ok(State::Photo { .. }
            | State::Start { .. }
            | State::Chunk { .. }
            | State::Bytes { .. }
            | State::Arrived { .. })
    )
}

/// The receipt of what is out already.
pub(super) fn published(state: &MachineState) -> Option<Receipt> {
    match load(state) {
        Ok(State::Link { kind, id, .. }) => Some(receipt(kind, id, None, None)),
        _ => None,
    }
}

/// Whether a state sends nothing, and waits to be told whether it is out.
pub(super) fn is_only_asked(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Finish { ask: Some(_), .. }))
}

pub(super) fn effect(on: &On<'_>, state: &MachineState) -> Result<Effect, ConnectorError> {
    Ok(match load(state)? {
        State::Arrived { .. } | State::Ready { .. } | State::Out { .. } | State::Link { .. } => Effect::Read,
        State::Photo { job, photos } => {
            let key = format!("{}/{}/{}", job.key, job.rounds, photos.len());
            idempotent(key, &photo::upload(on, photos.len())?)
        }
        State::Start { job, edge } => idempotent(format!("{}/{}", job.key, job.rounds), &video::start(on, edge)?),
        State::Chunk { job, upload, start, end } => {
            idempotent(format!("{}/{}/{start}", job.key, job.rounds), &video::chunk(on, &upload, start, end)?)
        }
        State::Bytes { job, upload, offset } => {
            idempotent(format!("{}/{}/{offset}", job.key, job.rounds), &video::bytes(on, &upload, offset)?)
        }
        State::Feed { photos, .. } => Effect::Once { sends: photo::feed(on, &photos).sends() },
        State::PhotoStory { photo, .. } => Effect::Once { sends: photo::story(on, &photo).sends() },
        State::Finish { upload, .. } => Effect::Once { sends: video::finish(on, &upload).sends() },
        State::Comment { post, .. } => Effect::Once { sends: comment(on, &post).sends() },
        State::Edit { receipt } => idempotent(format!("edit {}", receipt.remote_id), &edit(on, &receipt)),
        State::Delete { receipt } => idempotent(format!("delete {}", receipt.remote_id), &delete(on, &receipt)),
    })
}

pub(super) async fn step(cx: &Cx<'_>, on: &On<'_>, state: &MachineState) -> Result<Outcome, ConnectorError> {
    match load(state)? {
        State::Photo { job, photos } => photo::bring(cx, on, job, photos).await,
        State::Feed { photos, .. } => {
            let made: Made = visible(cx, &photo::feed(on, &photos), "publishing the post").await?;
            next(link_of(Kind::Post, made.id))
        }
        State::PhotoStory { photo, .. } => {
            let accepted: Accepted = visible(cx, &photo::story(on, &photo), "publishing the story").await?;
            let id = accepted.post_id().unwrap_or_else(|| photo.clone());
            next(State::Link { kind: Kind::Story, id, media: photo, asked: 0 })
        }
        State::Start { job, edge } => video::begin(cx, on, job, edge).await,
        State::Chunk { job, upload, start, end } => video::send_chunk(cx, on, (job, upload), start, end).await,
        State::Bytes { job, upload, offset } => video::send_bytes(cx, on, (job, upload), offset).await,
        State::Arrived { job, upload, asked } => video::arrived(cx, on, (job, upload), asked).await,
        State::Ready { job, upload, polls } => video::ready(cx, on, (job, upload), polls).await,
        State::Finish { ask: Some(_), .. } => Err(video::to_be_asked()),
        State::Finish { job, upload, sent, .. } => video::show(cx, on, (job, upload), sent).await,
        State::Out { job, upload, polls } => video::out(cx, on, (job, upload), polls).await,
        State::Comment { post, .. } => {
            let made: Made = visible(cx, &comment(on, &post), "commenting").await?;
            next(link_of(Kind::Comment, made.id))
        }
        State::Link { kind, id, media, asked } => link(cx, on, (kind, id, media), asked).await,
        State::Edit { receipt } => change(cx, &edit(on, &receipt), receipt, "editing").await,
        State::Delete { receipt } => change(cx, &delete(on, &receipt), receipt, "deleting").await,
    }
}

fn link_of(kind: Kind, id: String) -> State {
    State::Link { kind, id, media: String::new(), asked: 0 }
}

/// Sends what people see at once, and reads what it became.
pub(super) async fn visible<T: serde::de::DeserializeOwned>(
    cx: &Cx<'_>,
    request: &Request,
    doing: &str,
) -> Result<T, ConnectorError> {
    let response = cx.send(request).await.map_err(|error| error.while_publishing(doing, false))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, Doing::Publishing, doing));
    }
    let unreadable = |_| ConnectorError::new(Failure::Ambiguous, format!("{doing}: the answer is unreadable"));
    response.json().map_err(unreadable)
}

/// Asks, without changing anything.
pub(super) async fn ask<T: serde::de::DeserializeOwned>(
    cx: &Cx<'_>,
    request: &Request,
    doing: &str,
) -> Result<T, ConnectorError> {
    let response = cx.read(request).await.map_err(|error| error.while_publishing(doing, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, Doing::Asking, doing));
    }
    response.json().map_err(|_| unreadable(doing))
}

pub(super) fn unreadable(doing: &str) -> ConnectorError {
    ConnectorError::new(Failure::Transient, format!("{doing}: the answer is unreadable"))
}

// Comments

fn comment(on: &On<'_>, post: &str) -> Request {
    on.api.post(&format!("/{post}/comments"), &[("message", on.part.text.as_str())])
}

// What is live

/// A video has a description where a post has a message (codegen specs of 2026-04-15).
fn edit(on: &On<'_>, receipt: &Receipt) -> Request {
    let field = if kind_of(receipt) == Kind::Video { "description" } else { "message" };
    on.api.post(&format!("/{}", receipt.remote_id), &[(field, on.part.text.as_str())])
}

fn delete(on: &On<'_>, receipt: &Receipt) -> Request {
    on.api.call(Method::Delete, &format!("/{}", receipt.remote_id))
}

/// A change may be repeated. What is gone needs no deleting.
async fn change(cx: &Cx<'_>, request: &Request, receipt: Receipt, doing: &str) -> Result<Outcome, ConnectorError> {
    let response = cx.send(request).await.map_err(|error| error.while_publishing(doing, true))?;
    let gone = request.method == Method::Delete && is_gone(&response);
    match response.is_success() || gone {
        true => Ok(Outcome::Done(receipt)),
        false => Err(refusal(cx, &response, Doing::Preparing, doing)),
    }
}

/// 100/33: there is no such object, or it is not this token's to see. Of something that this Page made and deletes, both
/// leave nothing to do.
fn is_gone(response: &Response) -> bool {
    crate::meta::GraphError::of(response).is_some_and(|error| (error.code, error.subcode) == (100, 33))
}

// Address

/// Where it is to be read. It is out, so nothing that happens here is a failure.
async fn link(
    cx: &Cx<'_>,
    on: &On<'_>,
    (kind, id, media): (Kind, String, String),
    asked: u32,
) -> Result<Outcome, ConnectorError> {
    let found = match kind {
        Kind::Story => story_address(cx, on, &media).await,
        Kind::Post | Kind::Video | Kind::Comment => address(cx, on, &id).await,
    };
    match found {
        None if asked < MOST_LINKS => wait(State::Link { kind, id, media, asked: asked + 1 }, SOON),
        found => Ok(Outcome::Done(receipt(kind, id, found, Some(&ids(on.part))))),
    }
}

async fn address(cx: &Cx<'_>, on: &On<'_>, id: &str) -> Option<String> {
    let request = on.api.call(Method::Get, &format!("/{id}?fields=permalink_url"));
    let found: wire::Permalink = ask(cx, &request, "asking for the address").await.ok()?;
    found.permalink_url.map(absolute)
}

/// A video's address comes without its host.
pub(super) fn absolute(address: String) -> String {
    if address.starts_with('/') { format!("https://www.facebook.com{address}") } else { address }
}

/// `/stories/{post_id}` does not open: the list of stories has an address that does (postiz#1920 2026-08-18).
async fn story_address(cx: &Cx<'_>, on: &On<'_>, media: &str) -> Option<String> {
    listing::story(cx, on, media).await.ok()?.and_then(|story: Story| story.url)
}

// Reconcile

pub(super) async fn reconcile(cx: &Cx<'_>, on: &On<'_>, state: &MachineState) -> Result<Lookup, ConnectorError> {
    match load(state)? {
        State::Feed { photos, .. } => listing::post(cx, on, &photos).await,
        State::PhotoStory { photo, .. } => story(cx, on, photo).await,
        State::Finish { job, upload, sent, ask } => video::finished(cx, on, (job, upload), sent, ask).await,
        State::Comment { post, .. } => listing::comment(cx, on, &post).await,
        // Nobody sees what is brought there, and a change may be repeated.
        _ => Ok(Lookup::Absent),
    }
}

async fn story(cx: &Cx<'_>, on: &On<'_>, photo: String) -> Result<Lookup, ConnectorError> {
    Ok(match listing::story(cx, on, &photo).await? {
        None => Lookup::Absent,
        Some(found) => {
            let ids = ids(on.part);
            Lookup::Found(Outcome::Done(receipt(Kind::Story, found.post_id, found.url, Some(&ids))))
        }
    })
}

/// An upload again, as often as that is done.
pub(super) fn again(job: Job, on: &On<'_>, failed: ConnectorError) -> Result<Outcome, ConnectorError> {
    const MOST_ROUNDS: u32 = 3;
    if job.rounds >= MOST_ROUNDS {
        return Err(failed);
    }
    wait(first(Job { rounds: job.rounds + 1, ..job }, on.part), SOON)
}

/// Whether an answer's id can be an address's part.
pub(super) fn id(text: String, doing: &str) -> Result<String, ConnectorError> {
    if is_api_id(&text.replace('_', "")) { Ok(text) } else { Err(unreadable(doing)) }
}
