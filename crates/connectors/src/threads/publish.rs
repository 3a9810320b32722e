//! The publish machine: *quote* where a post of the account is quoted → for several files *child* and *child_wait* each →
//! *container* → *process* → *publish* → *link*; and *delete* for what is live.

use std::time::Duration;

use jiff::Timestamp;
use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::Method;
use postrider_connector::{Change, Cx, Effect, Lookup, MachineState, Outcome, PartInput, PlanCx, Receipt, Request};
use postrider_domain::Code;
use serde::Deserialize;

use super::containers;
use super::errors::{Broken, NOT_YET, broken, refusal};
use super::listing;
use super::settings::{Quoted, Settings};
use super::state::{Job, State, load, next, save, wait};
use super::wire::{Container, Made, Status, receipt};
use crate::meta::{Api, Doing, GraphError, addresses, is_api_id, key, rejected};

/// Between two questions after a container. The page advises a minute; texts and pictures are done within seconds
/// ("Threads API: posts", 2026-04-14: about half a minute before the first publish).
const SOON: Duration = Duration::from_secs(5);

/// The same for what takes longer.
const LATER: Duration = Duration::from_secs(60);

/// How often it is asked soon.
const SOON_POLLS: u32 = 12;

/// How often it is asked at all: an hour and a minute.
const MOST_POLLS: u32 = SOON_POLLS + 60;

/// Waits before a container that cannot be seen yet is published again: 5 to 20 seconds in all (trypost#280 2026-08-13).
const AGAIN: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(3), Duration::from_secs(5), Duration::from_secs(10)];

/// How often a container that publishing did not find must still be finished, a minute apart, before it is believed that
/// it was not published: what is out may be answered in the same way (specs of 2026-11-23: twice, sixty seconds apart).
const UNSEEN: u32 = 2;

/// How often the address of a post is asked for, which nothing else waits for.
const MOST_LINKS: u32 = 3;

/// Chooses the key and the addresses of the files.
pub(super) fn begin(plan: &PlanCx<'_>, part: &PartInput) -> Result<MachineState, ConnectorError> {
    match &part.parent {
        Some(parent) if !is_api_id(&parent.remote_id) => {
            return Err(rejected(Code::ParentMissing, "", "the part before it is known by its link alone"));
        }
        None if part.index > 0 => return Err(rejected(Code::ParentMissing, "", "a reply without the part before it")),
        _ => {}
    }
    let urls = addresses(plan, part)?;
    let mut job = Job { key: key(plan), begun_at: plan.now, urls, addressed_at: None, rounds: 0, quoted: None };
    save(match Settings::read(&part.settings).0.quote.filter(|_| part.index == 0) {
        Some(Quoted::Link(linked)) => State::Quote { job, code: linked.code },
        Some(Quoted::Id(id)) => {
            job.quoted = Some(id);
            job.first()
        }
        None => job.first(),
    })
}

/// What waited for days goes on with addresses that live.
pub(super) fn renew(plan: &PlanCx<'_>, part: &PartInput, state: &MachineState) -> Result<MachineState, ConnectorError> {
    save(load(state)?.freshened(plan, part))
}

pub(super) fn begin_change(receipt: &Receipt, change: &Change) -> Option<Result<MachineState, ConnectorError>> {
    match change {
        Change::Edit(_) => None,
        Change::Delete if !is_api_id(&receipt.remote_id) => {
            Some(Err(rejected(Code::ChangeUnsupported, "", "the post is known by its link alone")))
        }
        Change::Delete => Some(save(State::Delete { receipt: receipt.clone() })),
    }
}

/// Whether the next step makes a container, which nobody sees.
pub(super) fn is_unseen(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Child { .. } | State::Container { .. }))
}

/// Whether a state sends nothing, and waits to be told as what it is out.
pub(super) fn is_only_asked(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Publish { out: true, .. }))
}

/// The receipt of what is out already.
pub(super) fn published(state: &MachineState) -> Option<Receipt> {
    match load(state) {
        Ok(State::Link { id, .. }) => Some(receipt(id, None)),
        _ => None,
    }
}

pub(super) fn effect(api: &Api, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
    let idempotent =
        |key: String, request: Request| Effect::Idempotent { key, honoured_for: None, sends: request.sends() };
    Ok(match load(state)? {
        State::Quote { .. } | State::ChildWait { .. } | State::Process { .. } | State::Link { .. } => Effect::Read,
        State::Child { job, made } => {
            let key = format!("{}/{}/{}", job.key, job.rounds, made.len());
            idempotent(key, containers::of_child(api, part, &job.urls, made.len())?)
        }
        State::Container { job, children } => {
            let key = format!("{}/{}", job.key, job.rounds);
            idempotent(key, containers::of_post(api, part, &job.urls, &children, job.quoted.as_deref())?)
        }
        State::Publish { container, .. } => Effect::Once { sends: publish_request(api, &container).sends() },
        State::Delete { receipt } => idempotent(format!("delete {}", receipt.remote_id), delete_request(api, &receipt)),
    })
}

pub(super) async fn step(
    cx: &Cx<'_>,
    api: &Api,
    part: &PartInput,
    state: &MachineState,
) -> Result<Outcome, ConnectorError> {
    match load(state)? {
        State::Quote { job, code } => {
            let quoted = Some(listing::own(cx, api, &code).await?);
            next(Job { quoted, ..job }.first())
        }
        State::Child { job, mut made } => {
            made.push(containers::make(cx, &containers::of_child(api, part, &job.urls, made.len())?).await?);
            match made.len() == job.urls.len() {
                false => next(State::Child { job, made }),
                true => wait(State::ChildWait { job, made, next: 0, polls: 0 }, SOON),
            }
        }
        State::ChildWait { job, made, next, polls } => child(cx, api, (job, made), next, polls).await,
        State::Container { job, children } => {
            let container =
                containers::make(cx, &containers::of_post(api, part, &job.urls, &children, job.quoted.as_deref())?)
                    .await?;
            wait(State::Process { job, container, polls: 0, unseen: 0 }, SOON)
        }
        State::Process { job, container, polls, unseen } => process(cx, api, (job, container), polls, unseen).await,
        State::Publish { out: true, .. } => {
            Err(ConnectorError::new(Failure::Ambiguous, "it is out, and which post it is has to be asked"))
        }
        State::Publish { job, container, tries, .. } => publish(cx, api, (job, container), tries).await,
        State::Link { id, asked } => link(cx, api, id, asked).await,
        State::Delete { receipt } => delete(cx, api, receipt).await,
    }
}

/// The wait before a container is asked after again; `None` when it takes too long.
fn pause(polls: u32) -> Option<Duration> {
    match polls {
        0..SOON_POLLS => Some(SOON),
        SOON_POLLS..MOST_POLLS => Some(LATER),
        _ => None,
    }
}

fn too_long() -> ConnectorError {
    rejected(Code::PlatformRefused, "/media", "the container is not finished after an hour")
}

/// What a container that will never be published comes to.
fn gone(cx: &Cx<'_>, job: Job, found: &Container) -> Result<State, ConnectorError> {
    let message = found.error_message.as_deref().unwrap_or_default();
    let said = |error: ConnectorError| error.said(200, Some(message), Some(&cx.words(message)));
    match found.status {
        Status::Error if broken(message) == Broken::File => {
            Err(said(rejected(Code::PlatformRefused, "/media", "the file was not taken")))
        }
        Status::Error => job.again("no container was made of it").map_err(said),
        _ => job.again("its containers expire"),
    }
}

async fn child(
    cx: &Cx<'_>,
    api: &Api,
    (job, made): (Job, Vec<String>),
    number: usize,
    polls: u32,
) -> Result<Outcome, ConnectorError> {
    let Some(id) = made.get(number) else { return next(State::Container { job, children: made }) };
    let found = containers::ask(cx, api, id).await?;
    match found.status {
        Status::Finished | Status::Published => next(State::ChildWait { job, made, next: number + 1, polls: 0 }),
        Status::InProgress => {
            let after = pause(polls).ok_or_else(too_long)?;
            wait(State::ChildWait { job, made, next: number, polls: polls + 1 }, after)
        }
        Status::Error | Status::Expired => wait(gone(cx, job, &found)?, SOON),
    }
}

async fn process(
    cx: &Cx<'_>,
    api: &Api,
    (job, container): (Job, String),
    polls: u32,
    unseen: u32,
) -> Result<Outcome, ConnectorError> {
    let found = containers::ask(cx, api, &container).await?;
    match found.status {
        Status::Finished => match unseen {
            0 => next(State::Publish { job, container, tries: 0, out: false }),
            1 => next(job.again("its containers cannot be published")?),
            left => wait(State::Process { job, container, polls, unseen: left - 1 }, LATER),
        },
        Status::InProgress => {
            let after = pause(polls).ok_or_else(too_long)?;
            wait(State::Process { job, container, polls: polls + 1, unseen }, after)
        }
        // It was published although the answer said that it was not there, or before a backup was restored.
        Status::Published => next(State::Publish { job, container, tries: 0, out: true }),
        Status::Error | Status::Expired => wait(gone(cx, job, &found)?, SOON),
    }
}

// Publish

fn publish_request(api: &Api, container: &str) -> Request {
    api.post("/me/threads_publish", &[("creation_id", container)])
}

async fn publish(
    cx: &Cx<'_>,
    api: &Api,
    (job, container): (Job, String),
    tries: u32,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "publishing the container";
    let response = cx.send(&publish_request(api, &container)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, false))?;
    if response.is_success() {
        let unreadable = |_| ConnectorError::new(Failure::Ambiguous, format!("{DOING}: the answer is unreadable"));
        let made: Made = response.json().map_err(unreadable)?;
        return next(State::Link { id: made.id, asked: 0 });
    }
    let not_yet = GraphError::of(&response).is_some_and(|error| (error.code, error.subcode) == NOT_YET);
    match AGAIN.get(tries as usize) {
        _ if !not_yet => Err(refusal(cx, &response, Doing::Publishing, DOING)),
        Some(after) => wait(State::Publish { job, container, tries: tries + 1, out: false }, *after),
        None => wait(State::Process { job, container, polls: 0, unseen: UNSEEN }, LATER),
    }
}

/// Where the post is to be read. It is out, so nothing that happens here is a failure.
async fn link(cx: &Cx<'_>, api: &Api, id: String, asked: u32) -> Result<Outcome, ConnectorError> {
    #[derive(Deserialize)]
    struct Answer {
        permalink: String,
    }
    let answer = cx.read(&api.call(Method::Get, &format!("/{id}?fields=permalink"))).await;
    let found = answer.ok().filter(postrider_connector::Response::is_success);
    let found = found.and_then(|response| response.json::<Answer>().ok()).map(|answer| answer.permalink);
    match found {
        None if asked < MOST_LINKS => wait(State::Link { id, asked: asked + 1 }, SOON),
        found => Ok(Outcome::Done(receipt(id, found))),
    }
}

// Reconcile

pub(super) async fn reconcile(
    cx: &Cx<'_>,
    api: &Api,
    part: &PartInput,
    state: &MachineState,
) -> Result<Lookup, ConnectorError> {
    let State::Publish { job, container, out, .. } = load(state)? else {
        // Nobody sees a container, and a deletion may be repeated.
        return Ok(Lookup::Absent);
    };
    let found = containers::ask(cx, api, &container).await?;
    match found.status {
        // What was out before it was asked about is older than the question.
        Status::Published => locate(cx, api, part, cx.intent_at().filter(|_| !out).unwrap_or(job.begun_at)).await,
        Status::Finished => Ok(Lookup::Absent),
        Status::InProgress => Err(ConnectorError::new(Failure::Transient, "the container is still being processed")),
        // It was never published: what comes next is decided as if that had been seen in time.
        Status::Error | Status::Expired => {
            let state = State::Process { job, container, polls: 0, unseen: 0 };
            Ok(Lookup::Found(Outcome::Next(save(state)?)))
        }
    }
}

/// The post of a container that was published. While the list lags behind, it is asked again.
async fn locate(cx: &Cx<'_>, api: &Api, part: &PartInput, since: Timestamp) -> Result<Lookup, ConnectorError> {
    match listing::find(cx, api, part, since).await? {
        Lookup::Absent => {
            Err(ConnectorError::new(Failure::Transient, "it is published, and the list does not show it"))
        }
        found => Ok(found),
    }
}

// Delete

fn delete_request(api: &Api, live: &Receipt) -> Request {
    api.call(Method::Delete, &format!("/{}", live.remote_id))
}

async fn delete(cx: &Cx<'_>, api: &Api, live: Receipt) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "deleting the post";
    let response = cx.send(&delete_request(api, &live)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    // What is not there is deleted.
    let absent = |error: GraphError| (error.code, error.subcode) == (100, 33) || error.code == 24;
    if response.is_success() || GraphError::of(&response).is_some_and(absent) {
        return Ok(Outcome::Done(live));
    }
    Err(refusal(cx, &response, Doing::Preparing, DOING))
}

#[cfg(test)]
mod tests {
    use postrider_connector::MediaInput;
    use postrider_connector::cx::Links;
    use postrider_connector::testkit::{Files, Ticks, part_input};
    use postrider_domain::content::{PartContent, Variant};
    use postrider_domain::media::{MediaFacts, MediaKind, Mime};
    use serde_json::json;

    use super::*;

    /// Files can be fetched from somewhere, until a time.
    #[derive(Debug)]
    struct Somewhere;

    impl Links for Somewhere {
        fn address(&self, file: &MediaInput, until: Timestamp) -> Option<String> {
            (!file.name.is_empty()).then(|| format!("https://post.example/a?until={until}"))
        }
    }

    #[test]
    fn what_waited_for_days_is_fetched_from_new_addresses() {
        let mut files = Files::default();
        let facts = MediaFacts {
            kind: MediaKind::Image,
            mime: Mime::Jpeg,
            bytes: 0,
            width: 600,
            height: 600,
            duration_ms: None,
            fps: None,
            codec: None,
            audio: false,
        };
        let media = vec![files.add(*b"bytes", facts, "")];
        let content = PartContent { text: "Look".into(), media, delay_s: 0 };
        let part = part_input(&files, &Variant { parts: vec![content], ..Variant::default() }, 0, &[]);
        let old = "https://post.example/a?until=2026-11-25T12:00:00Z";
        let job = Job {
            key: "00".into(),
            begun_at: "2026-11-23T12:00:00Z".parse().expect("a time"),
            urls: vec![old.into()],
            addressed_at: None,
            rounds: 1,
            quoted: None,
        };
        let ticks = Ticks::default();
        let renew = |job: &Job, now: &str, links: &dyn Links| {
            let state = State::Container { job: job.clone(), children: Vec::new() };
            let plan = PlanCx::new(now.parse().expect("a time"), &ticks).with_links(links);
            let renewed = renew(&plan, &part, &save(state).expect("saved")).expect("renewed");
            match load(&renewed).expect("a state") {
                State::Container { job, .. } => job,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(renew(&job, "2026-11-23T23:59:00Z", &Somewhere), job);
        let late = renew(&job, "2026-11-25T13:00:00Z", &Somewhere);
        assert_eq!(late.urls, ["https://post.example/a?until=2026-11-27T13:00:00Z"]);
        assert_ne!(late.key, job.key, "other bytes go under another key");
        assert_eq!((late.begun_at, late.rounds), (job.begun_at, 1), "it is the same post");
        assert_eq!(renew(&late, "2026-11-25T14:00:00Z", &Somewhere), late);
        let two = Job { urls: vec![old.into(), old.into()], ..job.clone() };
        let state = State::Container { job: two, children: vec!["1".into(), "2".into()] };
        let plan = PlanCx::new("2026-11-25T13:00:00Z".parse().expect("a time"), &ticks).with_links(&Somewhere);
        let both = PartInput { media: vec![part.media[0].clone(), part.media[0].clone()], ..part.clone() };
        let again = state.freshened(&plan, &both);
        assert!(
            matches!(&again, State::Child { made, .. } if made.is_empty()),
            "what was made of them is over: {again:?}"
        );
    }

    #[test]
    fn only_what_is_out_is_only_asked_about() {
        let job = json!({"key": "00", "begun_at": "2026-11-23T12:00:00Z", "urls": [], "rounds": 0});
        let publish = |out: bool| {
            MachineState(json!({"v": 1, "at": "publish", "job": job.clone(), "container": "1", "tries": 0, "out": out}))
        };
        assert!(load(&publish(true)).is_ok(), "it is a state of this version");
        assert_eq!((is_only_asked(&publish(true)), is_only_asked(&publish(false))), (true, false));
    }
}
