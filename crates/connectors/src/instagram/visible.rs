//! What people see: publishing a container, its address, comments, deletions, and asking what became of them.

use jiff::Timestamp;
use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::Method;
use postrider_connector::{Account, Cx, Lookup, MachineState, Outcome, PartInput, Receipt, Request, Response};
use serde::Deserialize;

use super::containers::{self, read};
use super::errors::{MISSING, Means, NOT_FOUND, means, refusal};
use super::state::{Job, State, load, next, save, wait};
use super::wait::{MINUTE, SOON, before_again};
use super::wire::{Made, Status, receipt};
use super::{Core, listing};
use crate::meta::{Doing, GraphError};

/// How often a container that publishing did not find must still be finished, a minute apart, before it is believed that
/// it was not published: what is out may be answered in the same way (specs of 2026-11-23: again after sixty seconds).
const UNSEEN: u32 = 2;

/// How often the address of a post is asked for, which nothing else waits for.
const MOST_LINKS: u32 = 3;

/// One that is out is only asked about.
pub(super) fn out_already() -> ConnectorError {
    ConnectorError::new(Failure::Ambiguous, "it is out, and which post it is has to be asked")
}

pub(super) fn publication(core: &Core, account: &Account, container: &str) -> Request {
    core.api.post(&format!("/{}/media_publish", account.remote_id), &[("creation_id", container)])
}

pub(super) async fn publish(
    cx: &Cx<'_>,
    core: &Core,
    account: &Account,
    (job, container): (Job, String),
    tries: u32,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "publishing the container";
    let response = cx.send(&publication(core, account, &container)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, false))?;
    if response.is_success() {
        let made: Made = read(cx, &response, Doing::Publishing, DOING)?;
        return next(State::Link { id: made.id, asked: 0 });
    }
    let subcode = GraphError::of(&response).map(|error| error.subcode).unwrap_or_default();
    let missing = subcode == MISSING;
    match (means(subcode), before_again(missing, tries)) {
        // Whatever it says about itself: an error of the server may have come after the fact.
        _ if response.status >= 500 => Err(refusal(cx, &response, Doing::Publishing, DOING)),
        (Some(Means::NotReady), Some(after)) => again(job, container, tries, after),
        (Some(Means::Gone), Some(after)) if missing => again(job, container, tries, after),
        // Another container was no better: the token is over, or a permission is missing.
        (Some(Means::Gone), _) if subcode == NOT_FOUND && job.rounds > 0 => {
            let words = refusal(cx, &response, Doing::Publishing, DOING);
            Err(ConnectorError { failure: Failure::Reauth, ..words })
        }
        (Some(Means::NotReady | Means::Gone), _) => {
            wait(State::Process { job, container, polls: 0, tries, unseen: UNSEEN, rested: true }, MINUTE)
        }
        _ => Err(refusal(cx, &response, Doing::Publishing, DOING)),
    }
}

/// The same container, once it says again that it is finished.
fn again(job: Job, container: String, tries: u32, after: std::time::Duration) -> Result<Outcome, ConnectorError> {
    wait(State::Process { job, container, polls: 0, tries: tries + 1, unseen: 0, rested: true }, after)
}

/// Where the post is to be seen. It is out, so nothing that happens here is a failure.
pub(super) async fn link(cx: &Cx<'_>, core: &Core, id: String, asked: u32) -> Result<Outcome, ConnectorError> {
    #[derive(Deserialize)]
    struct Answer {
        permalink: String,
    }
    let answer = cx.read(&core.api.call(Method::Get, &format!("/{id}?fields=permalink"))).await;
    let found = answer.ok().filter(Response::is_success);
    let found = found.and_then(|response| response.json::<Answer>().ok()).map(|answer| answer.permalink);
    match found {
        None if asked < MOST_LINKS => wait(State::Link { id, asked: asked + 1 }, SOON),
        found => Ok(Outcome::Done(receipt(id, found))),
    }
}

// Comments

pub(super) fn comment_request(core: &Core, below: &Receipt, part: &PartInput) -> Request {
    core.api.post(&format!("/{}/comments", below.remote_id), &[("message", &part.text)])
}

/// Writes a comment. An error proves nothing: one that was answered with status 400 was there all the same (BrightBean,
/// 2026).
pub(super) async fn comment(
    cx: &Cx<'_>,
    core: &Core,
    part: &PartInput,
    below: &Receipt,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "writing the comment";
    let response = cx.send(&comment_request(core, below, part)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, false))?;
    let made: Made = read(cx, &response, Doing::Publishing, DOING)?;
    Ok(Outcome::Done(receipt(made.id, below.url.clone())))
}

// Reconcile

pub(super) async fn reconcile(
    cx: &Cx<'_>,
    core: &Core,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Lookup, ConnectorError> {
    let (job, container) = match load(state)? {
        // It was out before it was asked about, so it is older than the question; its container may be over by now.
        State::Publish { job, out: true, .. } => return locate(cx, core, account, part, job.begun_at).await,
        State::Publish { job, container, .. } => (job, container),
        State::Comment { below, .. } => return listing::comment(cx, core, account, part, &below).await,
        // Nobody sees a container, and a deletion may be repeated.
        _ => return Ok(Lookup::Absent),
    };
    let found = containers::ask(cx, core, &container).await?;
    match found.stands() {
        Some(Status::Published) => locate(cx, core, account, part, cx.intent_at().unwrap_or(job.begun_at)).await,
        Some(Status::Finished) => Ok(Lookup::Absent),
        // It was never published: what comes next is decided as if that had been seen in time.
        Some(Status::Error | Status::Expired) => {
            let state = State::Process { job, container, polls: 0, tries: 0, unseen: 0, rested: false };
            Ok(Lookup::Found(Outcome::Next(save(state)?)))
        }
        Some(Status::InProgress) | None => {
            Err(ConnectorError::new(Failure::Transient, "the container does not say what became of it"))
        }
    }
}

/// The post of a container that was published. While the list lags behind, it is asked again.
async fn locate(
    cx: &Cx<'_>,
    core: &Core,
    account: &Account,
    part: &PartInput,
    since: Timestamp,
) -> Result<Lookup, ConnectorError> {
    match listing::post(cx, core, account, part, since).await? {
        Lookup::Absent => {
            Err(ConnectorError::new(Failure::Transient, "it is published, and the list does not show it"))
        }
        found => Ok(found),
    }
}

// Delete

pub(super) fn deletion(core: &Core, live: &Receipt) -> Request {
    core.api.call(Method::Delete, &format!("/{}", live.remote_id))
}

pub(super) async fn delete(cx: &Cx<'_>, core: &Core, live: Receipt) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "deleting the post";
    let response = cx.send(&deletion(core, &live)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    // What is not there is deleted.
    let absent = |error: GraphError| (error.code, error.subcode) == (100, 33) || error.subcode == NOT_FOUND;
    if response.is_success() || GraphError::of(&response).is_some_and(absent) {
        return Ok(Outcome::Done(live));
    }
    Err(refusal(cx, &response, Doing::Preparing, DOING))
}
