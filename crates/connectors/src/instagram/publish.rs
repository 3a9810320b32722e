//! The publish machine: *quota* → for several files *child* and *child_wait* each → *container* → *process* → *publish* →
//! *link*; *comment* for a comment, and *delete* for what is live.

use postrider_connector::error::ConnectorError;
use postrider_connector::{Account, Change, Cx, Effect, MachineState, Outcome, PartInput, PlanCx, Receipt, Request};
use postrider_domain::Code;

use super::containers::{self, plan};
use super::errors::{Means, means, subcode_in};
use super::form::Form;
use super::state::{Job, State, load, next, save, wait};
use super::wait::{MINUTE, REST, SOON, pause};
use super::wire::{Container, Status, receipt};
use super::{Core, quota, visible};
use crate::meta::{addresses, is_api_id, key, rejected};

/// Chooses the key and the addresses of the files.
pub(super) fn begin(plan_cx: &PlanCx<'_>, part: &PartInput) -> Result<MachineState, ConnectorError> {
    let form = plan(part).1;
    if form == Form::Comment {
        return begin_comment(part);
    }
    if part.media.is_empty() {
        return Err(rejected(Code::MediaRequired, "/media", "nothing goes without a file"));
    }
    let urls = addresses(plan_cx, part)?;
    let carousel = form == Form::Carousel;
    let job =
        Job { key: key(plan_cx), begun_at: plan_cx.now, urls, addressed_at: None, rounds: 0, carousel, resent: 0 };
    save(match form {
        // Whether stories count among the posts of a day no page says; publishing tells when they do.
        Form::Story => job.first(),
        _ => State::Quota { job },
    })
}

/// A comment stands below the first part, whatever is between them.
fn begin_comment(part: &PartInput) -> Result<MachineState, ConnectorError> {
    match &part.root {
        Some(root) if is_api_id(&root.remote_id) => save(State::Comment { below: root.clone(), resent: 0 }),
        Some(_) => Err(rejected(Code::ParentMissing, "", "the post is known by its link alone")),
        None => Err(rejected(Code::ParentMissing, "", "a comment without a post")),
    }
}

pub(super) fn begin_change(
    core: &Core,
    live: &Receipt,
    change: &Change,
) -> Option<Result<MachineState, ConnectorError>> {
    match change {
        Change::Delete if core.login.descriptor.live.delete => Some(match is_api_id(&live.remote_id) {
            true => save(State::Delete { receipt: live.clone() }),
            false => Err(rejected(Code::ChangeUnsupported, "", "the post is known by its link alone")),
        }),
        Change::Edit(_) | Change::Delete => None,
    }
}

/// Whether a state sends nothing, and waits to be told as what it is out.
pub(super) fn is_only_asked(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Publish { out: true, .. }))
}

/// Before publishing is begun anew the container is asked: it may be out, or over, by now.
pub(super) fn renew(plan: &PlanCx<'_>, part: &PartInput, state: &MachineState) -> Result<MachineState, ConnectorError> {
    save(match load(state)?.freshened(plan, part) {
        State::Publish { job, container, tries, out: false } => {
            let job = Job { resent: job.resent + 1, ..job };
            State::Process { job, container, polls: 0, tries, unseen: 0, rested: false }
        }
        // The first time at once, as with a post.
        State::Comment { below, resent } => State::CommentAgain { below, resent: resent + 1, rested: resent == 0 },
        state => state,
    })
}

/// Whether the next step makes a container, which nobody sees.
pub(super) fn is_unseen(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Child { .. } | State::Container { .. }))
}

/// The receipt of what is out already.
pub(super) fn published(state: &MachineState) -> Option<Receipt> {
    match load(state) {
        Ok(State::Link { id, .. }) => Some(receipt(id, None)),
        _ => None,
    }
}

pub(super) fn effect(
    core: &Core,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Effect, ConnectorError> {
    let idempotent =
        |key: String, request: Request| Effect::Idempotent { key, honoured_for: None, sends: request.sends() };
    Ok(match load(state)? {
        State::Quota { .. }
        | State::ChildWait { .. }
        | State::Process { .. }
        | State::Link { .. }
        | State::CommentAgain { .. } => Effect::Read,
        State::Child { job, made } => {
            let key = format!("{}/{}/{}", job.key, job.rounds, made.len());
            idempotent(key, containers::of_child(core, account, part, &job.urls, made.len())?)
        }
        State::Container { job, children } => {
            let key = format!("{}/{}", job.key, job.rounds);
            idempotent(key, containers::of_post(core, account, part, &job.urls, &children)?)
        }
        State::Publish { container, .. } => {
            Effect::Once { sends: visible::publication(core, account, &container).sends() }
        }
        State::Comment { below, .. } => Effect::Once { sends: visible::comment_request(core, &below, part).sends() },
        State::Delete { receipt } => {
            idempotent(format!("delete {}", receipt.remote_id), visible::deletion(core, &receipt))
        }
    })
}

pub(super) async fn step(
    cx: &Cx<'_>,
    core: &Core,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Outcome, ConnectorError> {
    match load(state)? {
        State::Quota { job } => {
            quota::check(cx, core, account).await?;
            next(job.first())
        }
        State::Child { job, made } => {
            let request = containers::of_child(core, account, part, &job.urls, made.len())?;
            child(cx, job, made, &request).await
        }
        State::ChildWait { job, made, next, polls } => child_wait(cx, core, (job, made), next, polls).await,
        State::Container { job, children } => {
            let request = containers::of_post(core, account, part, &job.urls, &children)?;
            container(cx, job, &request).await
        }
        found @ State::Process { .. } => process(cx, core, found).await,
        State::Publish { out: true, .. } => Err(visible::out_already()),
        State::Publish { job, container, tries, .. } => {
            visible::publish(cx, core, account, (job, container), tries).await
        }
        State::Link { id, asked } => visible::link(cx, core, id, asked).await,
        State::Comment { below, .. } => visible::comment(cx, core, part, &below).await,
        State::CommentAgain { below, resent, rested: true } => next(State::Comment { below, resent }),
        State::CommentAgain { below, resent, rested: false } => {
            wait(State::CommentAgain { below, resent, rested: true }, REST)
        }
        State::Delete { receipt } => visible::delete(cx, core, receipt).await,
    }
}

async fn child(cx: &Cx<'_>, job: Job, mut made: Vec<String>, request: &Request) -> Result<Outcome, ConnectorError> {
    made.push(containers::make(cx, request).await?);
    match made.len() == job.urls.len() {
        false => next(State::Child { job, made }),
        true => wait(State::ChildWait { job, made, next: 0, polls: 0 }, SOON),
    }
}

async fn container(cx: &Cx<'_>, job: Job, request: &Request) -> Result<Outcome, ConnectorError> {
    match containers::make(cx, request).await {
        Ok(container) => wait(State::Process { job, container, polls: 0, tries: 0, unseen: 0, rested: false }, SOON),
        // What is not there any more is a container of one of its files.
        Err(error) if job.carousel && said(&error) == Some(Means::Gone) => {
            wait(job.again("the containers of its files are gone").map_err(|over| in_words_of(&error, over))?, SOON)
        }
        Err(error) => Err(error),
    }
}

/// What the subcode of an error means.
fn said(error: &ConnectorError) -> Option<Means> {
    means(error.platform_code.as_deref()?.split('/').nth(1)?.parse().ok()?)
}

/// An error of ours with what the platform said.
fn in_words_of(said: &ConnectorError, ours: ConnectorError) -> ConnectorError {
    ours.said(said.status.unwrap_or_default(), said.platform_code.as_deref(), said.words.as_deref())
}

/// What a container that will never be published comes to.
fn gone(cx: &Cx<'_>, job: Job, found: &Container, stands: Status) -> Result<State, ConnectorError> {
    if stands == Status::Expired {
        return job.again("its containers expire");
    }
    let (words, subcode) = (found.words(), subcode_in(found.words()));
    let name = subcode.map(|subcode| subcode.to_string());
    let said = |error: ConnectorError| error.said(200, name.as_deref(), Some(&cx.words(words)));
    match subcode.and_then(means) {
        Some(Means::Refused(field)) => Err(said(rejected(Code::PlatformRefused, field, "it was not taken"))),
        Some(_) => job.again("no container was made of it").map_err(said),
        // An error that nobody lists is final (specs of 2026-11-23).
        None => Err(said(rejected(Code::PlatformRefused, "/media", "it was not taken"))),
    }
}

fn stands(found: &Container) -> Result<Status, ConnectorError> {
    let unsaid = || containers::unreadable(postrider_connector::Failure::Transient, "asking after the container");
    found.stands().ok_or_else(unsaid)
}

async fn child_wait(
    cx: &Cx<'_>,
    core: &Core,
    (job, made): (Job, Vec<String>),
    number: usize,
    polls: u32,
) -> Result<Outcome, ConnectorError> {
    let Some(id) = made.get(number) else { return next(State::Container { job, children: made }) };
    let found = containers::ask(cx, core, id).await?;
    match stands(&found)? {
        Status::Finished | Status::Published => next(State::ChildWait { job, made, next: number + 1, polls: 0 }),
        Status::InProgress => match pause(polls) {
            Some(after) => wait(State::ChildWait { job, made, next: number, polls: polls + 1 }, after),
            None => wait(job.again("a file is not processed after a day")?, SOON),
        },
        over @ (Status::Error | Status::Expired) => wait(gone(cx, job, &found, over)?, SOON),
    }
}

async fn process(cx: &Cx<'_>, core: &Core, state: State) -> Result<Outcome, ConnectorError> {
    let State::Process { job, container, polls, tries, unseen, rested } = state else {
        return Err(ConnectorError::bug("another state is not processed"));
    };
    let found = containers::ask(cx, core, &container).await?;
    match stands(&found)? {
        // One more at once; from then on it may be us that something is held against.
        Status::Finished if unseen == 0 && job.resent > 1 && !rested => {
            wait(State::Process { job, container, polls, tries, unseen, rested: true }, REST)
        }
        Status::Finished => match unseen {
            0 => next(State::Publish { job, container, tries, out: false }),
            1 => next(job.again("its containers cannot be published")?),
            left => wait(State::Process { job, container, polls, tries, unseen: left - 1, rested }, MINUTE),
        },
        Status::InProgress => match pause(polls) {
            Some(after) => wait(State::Process { job, container, polls: polls + 1, tries, unseen, rested }, after),
            None => wait(job.again("the container is not finished after a day")?, SOON),
        },
        // It was published although the answer said otherwise, or before a backup was restored.
        Status::Published => next(State::Publish { job, container, tries: 0, out: true }),
        over @ (Status::Error | Status::Expired) => wait(gone(cx, job, &found, over)?, SOON),
    }
}
