//! The publish machine: *upload* and *process* for each file → *post*; and *edit*, *delete* for what is live.

use std::time::Duration;

use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::Method;
use postrider_connector::{
    Account, Change, Cx, Effect, Lookup, MachineState, MediaInput, Outcome, PartInput, PlanCx, Receipt, Request,
};
use postrider_domain::Code;
use postrider_domain::source::bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::errors::{ErrorBody, Unprocessable, refusal, unprocessable};
use super::instance::Facts;
use super::listing;
use super::media::{self, MOST_POLLS, PROCESSING, Progress};
use super::settings::Settings;
use super::wire::{Status, call, call_json, receipt, status_id};

/// The version of [`State`]; raised when a field changes its meaning.
const VERSION: u32 = 1;

/// How long a server keeps a key (documentation 2903485, `POST /api/v1/statuses`: one hour).
const KEY_LIFE: Duration = Duration::from_secs(3_600);

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum State {
    /// The next file is to be uploaded.
    Upload {
        key: String,
        files: Vec<String>,
        /// Whether one of them is being processed.
        #[serde(default)]
        processing: bool,
        /// Whether this is the second time, after a file was gone.
        #[serde(default)]
        again: bool,
    },
    /// The file at `next` is being processed.
    Process {
        key: String,
        files: Vec<String>,
        next: usize,
        polls: u32,
        #[serde(default)]
        again: bool,
    },
    /// Every file is there.
    Post { key: String, files: Vec<String> },
    /// A live status gets another text.
    Edit { receipt: Receipt },
    /// A live status goes away.
    Delete { receipt: Receipt },
}

fn save(state: State) -> Result<MachineState, ConnectorError> {
    MachineState::versioned(VERSION, state)
}

fn load(state: &MachineState) -> Result<State, ConnectorError> {
    state.to_versioned(VERSION)
}

/// Chooses the key.
pub(super) fn begin(plan: &PlanCx<'_>, part: &PartInput) -> Result<MachineState, ConnectorError> {
    if part.index > 0 && part.parent.is_none() {
        let failure = Failure::Rejected { code: Code::ParentMissing, field: String::new() };
        return Err(ConnectorError::new(failure, "a reply without the part before it"));
    }
    let random: [u8; 16] = bytes(plan.entropy);
    let key = random.iter().fold(String::from("postrider-"), |text, byte| text + &format!("{byte:02x}"));
    save(if part.media.is_empty() {
        State::Post { key, files: Vec::new() }
    } else {
        State::Upload { key, files: Vec::new(), processing: false, again: false }
    })
}

pub(super) fn begin_change(receipt: &Receipt, change: &Change) -> Result<MachineState, ConnectorError> {
    let receipt = receipt.clone();
    save(match change {
        Change::Edit(_) => State::Edit { receipt },
        Change::Delete => State::Delete { receipt },
    })
}

/// Whether the next step is a file, which nobody sees before a post shows it.
pub(super) fn brings_file(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Upload { .. }))
}

pub(super) fn effect(account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
    Ok(match load(state)? {
        State::Process { .. } => Effect::Read,
        // Invisible, and gone by itself: another copy does no harm.
        State::Upload { key, files, .. } => {
            let sends = media::upload(account, file(part, files.len())?).sends();
            Effect::Idempotent { key: format!("{key}/{}", files.len()), honoured_for: None, sends }
        }
        State::Post { key, files } => {
            let sends = post_request(account, part, &key, &files).sends();
            match Facts::of(account).keys_honoured {
                true => Effect::Idempotent { key, honoured_for: Some(KEY_LIFE), sends },
                false => Effect::Once { sends },
            }
        }
        State::Edit { receipt } => {
            let sends = edit_request(account, part, &receipt).sends();
            Effect::Idempotent { key: format!("edit {}", receipt.remote_id), honoured_for: None, sends }
        }
        State::Delete { receipt } => {
            let sends = delete_request(account, &receipt).sends();
            Effect::Idempotent { key: format!("delete {}", receipt.remote_id), honoured_for: None, sends }
        }
    })
}

fn file(part: &PartInput, index: usize) -> Result<&MediaInput, ConnectorError> {
    part.media.get(index).ok_or_else(|| ConnectorError::bug("there is no file left to upload"))
}

pub(super) async fn step(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Outcome, ConnectorError> {
    match load(state)? {
        State::Upload { key, mut files, processing, again } => {
            let uploaded = media::put(cx, account, file(part, files.len())?).await?;
            files.push(uploaded.id);
            let (done, processing) = (files.len() == part.media.len(), processing || !uploaded.ready);
            Ok(Outcome::Next(save(match (done, processing) {
                (false, _) => State::Upload { key, files, processing, again },
                (true, true) => State::Process { key, files, next: 0, polls: 0, again },
                (true, false) => State::Post { key, files },
            })?))
        }
        State::Process { key, files, next, polls, again } => {
            process(cx, account, (key, files), (next, polls), again).await
        }
        State::Post { key, files } => post(cx, account, part, key, files).await,
        State::Edit { receipt } => edit(cx, account, part, receipt).await,
        State::Delete { receipt } => delete(cx, account, receipt).await,
    }
}

pub(super) async fn reconcile(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Lookup, ConnectorError> {
    match load(state)? {
        State::Post { files, .. } => listing::ask(cx, account, part, &files).await,
        // Nobody sees an upload, and changes may be repeated.
        State::Upload { .. } | State::Process { .. } | State::Edit { .. } | State::Delete { .. } => Ok(Lookup::Absent),
    }
}

// Process

async fn process(
    cx: &Cx<'_>,
    account: &Account,
    (key, files): (String, Vec<String>),
    (next, polls): (usize, u32),
    again: bool,
) -> Result<Outcome, ConnectorError> {
    let Some(id) = files.get(next) else {
        return Ok(Outcome::Next(save(State::Post { key, files })?));
    };
    match media::progress(cx, account, id).await? {
        Progress::Ready => Ok(Outcome::Next(save(State::Process { key, files, next: next + 1, polls: 0, again })?)),
        Progress::Later if polls >= MOST_POLLS => {
            let failure = Failure::Rejected { code: Code::PlatformRefused, field: format!("/media/{next}") };
            Err(ConnectorError::new(failure, "the server does not finish processing the file"))
        }
        Progress::Later => {
            let state = save(State::Process { key, files, next, polls: polls + 1, again })?;
            Ok(Outcome::Wait { state, after: PROCESSING })
        }
        // The server collects files that stay free for a day: they are uploaded again.
        Progress::NotFree if !again => {
            let state = State::Upload { key, files: Vec::new(), processing: false, again: true };
            Ok(Outcome::Wait { state: save(state)?, after: PROCESSING })
        }
        // A program that does not tell, then: it says at the post whether it has the file.
        Progress::NotFree => Ok(Outcome::Next(save(State::Process { key, files, next: next + 1, polls: 0, again })?)),
    }
}

// Post

/// What a status says, for making and for changing it.
fn body(part: &PartInput, settings: &Settings, files: &[String]) -> Map<String, Value> {
    let mut body = Map::from_iter([("status".to_owned(), json!(part.text))]);
    let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
    if !files.is_empty() {
        add("media_ids", json!(files));
        add("sensitive", json!(settings.sensitive));
    }
    if let Some(warning) = &settings.warning {
        add("spoiler_text", json!(warning));
    }
    if let Some(language) = &settings.language {
        add("language", json!(language));
    }
    body
}

fn post_request(account: &Account, part: &PartInput, key: &str, files: &[String]) -> Request {
    let settings = Settings::read(&part.settings).0;
    let mut body = body(part, &settings, files);
    let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
    if let Some(visibility) = &settings.visibility {
        add("visibility", json!(visibility));
    }
    if let Some(parent) = &part.parent {
        add("in_reply_to_id", json!(parent.remote_id));
    }
    if let Some(poll) = settings.poll.as_ref().filter(|_| part.index == 0) {
        add("poll", json!(poll));
    }
    let quoted = settings.quote.as_deref().filter(|_| part.index == 0).and_then(|link| status_id(account, link));
    if let Some(quoted) = quoted {
        add("quoted_status_id", json!(quoted));
    }
    let request = call_json(Method::Post, account, "/api/v1/statuses", &Value::Object(body));
    request.header("idempotency-key", key)
}

async fn post(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    key: String,
    files: Vec<String>,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "posting the status";
    let repeatable = Facts::of(account).keys_honoured;
    let response = cx.send(&post_request(account, part, &key, &files)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, repeatable))?;
    if response.is_success() {
        // A success that cannot be read is settled by asking.
        let unreadable = |_| ConnectorError::new(Failure::Ambiguous, format!("{DOING}: the answer is unreadable"));
        return response.json::<Status>().map(|status| Outcome::Done(receipt(&status))).map_err(unreadable);
    }
    let not_yet = response.status == 422
        && unprocessable(ErrorBody::of(&response).words()) == Unprocessable::NotProcessed
        && !files.is_empty();
    if not_yet {
        let next = files.len() - 1;
        let state = State::Process { key, files, next, polls: 0, again: true };
        return Ok(Outcome::Wait { state: save(state)?, after: PROCESSING });
    }
    if response.status == 404 && part.parent.is_some() {
        let failure = Failure::Rejected { code: Code::ParentMissing, field: String::new() };
        return Err(ConnectorError { failure, ..refusal(cx, &response, DOING, repeatable) });
    }
    Err(refusal(cx, &response, DOING, repeatable))
}

// Edit and delete

fn path(receipt: &Receipt) -> String {
    format!("/api/v1/statuses/{}", receipt.remote_id)
}

/// A change keeps the files that the status has.
fn edit_request(account: &Account, part: &PartInput, receipt: &Receipt) -> Request {
    let settings = Settings::read(&part.settings).0;
    let files = receipt.extra["media"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let files: Vec<String> = files.map(str::to_owned).collect();
    let body = body(part, &settings, &files);
    call_json(Method::Put, account, &path(receipt), &Value::Object(body))
}

async fn edit(cx: &Cx<'_>, account: &Account, part: &PartInput, live: Receipt) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "changing the status";
    let response = cx.send(&edit_request(account, part, &live)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, DOING, true));
    }
    Ok(Outcome::Done(response.json::<Status>().map_or(live, |status| receipt(&status))))
}

fn delete_request(account: &Account, receipt: &Receipt) -> Request {
    call(Method::Delete, account, &path(receipt))
}

async fn delete(cx: &Cx<'_>, account: &Account, live: Receipt) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "deleting the status";
    let response = cx.send(&delete_request(account, &live)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    // What is not there is deleted.
    if response.is_success() || matches!(response.status, 404 | 410) {
        return Ok(Outcome::Done(live));
    }
    Err(refusal(cx, &response, DOING, true))
}
