//! The publish machine: *resolve* (reads) → *upload*, *video* and *job* for each file → *put* → *gate*,
//! each where needed; and *delete* for what is live.

use std::time::Duration;

use jiff::Timestamp;
use postrider_connector::cx::CallError;
use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::{
    Account, Cx, Effect, Lookup, MachineState, MediaInput, Outcome, PartInput, PlanCx, Receipt, Request,
};
use postrider_domain::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::embed::embed;
use super::errors::refusal;
use super::facets::{facets, handles};
use super::links;
use super::media::{self, Progress};
use super::resolve::{Found, own_record, resolve, unhashed, unreadable};
use super::settings::Settings;
use super::tid;
use super::wire::{ErrorBody, GATE, POST, Record, StrongRef, Written, at_uri, delete_record, put_record};

/// The version of [`State`]; raised when a field changes its meaning.
const VERSION: u32 = 1;

/// How often a thread gate is tried before the post stands without one.
pub(super) const GATE_TRIES: u32 = 6;

/// The first pause between two tries of a gate; each following one is twice as long.
const GATE_PAUSE: Duration = Duration::from_secs(5);

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum State {
    /// Mentions, the quoted post or hashes of earlier parts are still to be looked up.
    Resolve { plan: Plan },
    /// The next file goes to the account's server.
    Upload { plan: Plan, found: Found },
    /// The next file goes to the video service, with a permission from this second on.
    Video { plan: Plan, found: Found, at_s: i64 },
    /// The video service is working on it.
    Job { plan: Plan, found: Found, job: String, polls: u32 },
    /// Ready to write the post.
    Put { plan: Plan, found: Found },
    /// The post is live; its gate is to be written.
    Gate { plan: Plan, receipt: Receipt, tries: u32 },
    /// A live post goes away.
    Delete { receipt: Receipt },
}

/// What is fixed before anything is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Plan {
    /// The record key.
    rkey: String,
    /// `createdAt`; also tells our record from a stranger's at the same key.
    created_at: String,
}

fn save(state: State) -> Result<MachineState, ConnectorError> {
    MachineState::versioned(VERSION, state)
}

fn load(state: &MachineState) -> Result<State, ConnectorError> {
    state.to_versioned(VERSION)
}

/// Chooses key and time, and whether anything must be looked up first.
pub(super) fn begin(plan: &PlanCx<'_>, account: &Account, part: &PartInput) -> Result<MachineState, ConnectorError> {
    if part.index > 0 && (part.root.is_none() || part.parent.is_none()) {
        let failure = Failure::Rejected { code: Code::ParentMissing, field: String::new() };
        return Err(ConnectorError::new(failure, "a reply without the part before it"));
    }
    let chosen = Plan { rkey: tid::make(plan.now, part.index, plan.entropy), created_at: iso(plan.now) };
    let quotes = part.index == 0 && settings(account, part).quote.is_some();
    let complete = handles(&part.text).is_empty() && !quotes && unhashed(part).next().is_none();
    save(match complete {
        true => next(account, part, chosen, Found::default()),
        false => State::Resolve { plan: chosen },
    })
}

/// A new try: a permission for the video service starts from now.
pub(super) fn renew(plan: &PlanCx<'_>, state: &MachineState) -> Result<MachineState, ConnectorError> {
    save(match load(state)? {
        State::Video { plan: chosen, found, .. } => State::Video { plan: chosen, found, at_s: plan.now.as_second() },
        state => state,
    })
}

/// What comes after a file, or after the look-ups: the next file, or the post.
fn next(account: &Account, part: &PartInput, plan: Plan, found: Found) -> State {
    match media::next(part, &found.blobs) {
        None => State::Put { plan, found },
        Some(file) if media::through_service(account, file) => {
            let at_s = plan.created_at.parse::<Timestamp>().map_or(0, Timestamp::as_second);
            State::Video { plan, found, at_s }
        }
        Some(_) => State::Upload { plan, found },
    }
}

/// The first state of deleting what is live.
pub(super) fn begin_delete(account: &Account, receipt: &Receipt) -> Result<MachineState, ConnectorError> {
    rkey_of(account, receipt)?;
    save(State::Delete { receipt: receipt.clone() })
}

/// The record key of a post of this account.
fn rkey_of<'a>(account: &Account, receipt: &'a Receipt) -> Result<&'a str, ConnectorError> {
    let prefix = at_uri(&account.remote_id, POST, "");
    let rkey = receipt.remote_id.strip_prefix(&prefix);
    rkey.ok_or_else(|| ConnectorError::bug(format!("{} is no post of this account", receipt.remote_id)))
}

/// Milliseconds and `Z`, as the official client writes it.
fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub(super) fn settings(account: &Account, part: &PartInput) -> Settings {
    Settings::read(&part.settings, links::web(account)).0
}

pub(super) fn effect(account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
    let record = |collection, rkey: &str| at_uri(&account.remote_id, collection, rkey);
    let (key, request) = match load(state)? {
        State::Resolve { .. } | State::Job { .. } => return Ok(Effect::Read),
        State::Upload { found, .. } => {
            let file = file(part, &found)?;
            (file_key(file), media::upload_blob(&account.host, file))
        }
        State::Video { found, .. } => {
            let (file, service) = (file(part, &found)?, media::service(account).unwrap_or_default());
            (file_key(file), media::upload_video(service, &account.remote_id, file))
        }
        State::Put { plan, found } => (record(POST, &plan.rkey), put_request(account, part, &plan, &found)?),
        State::Gate { plan, .. } => (record(GATE, &plan.rkey), gate_request(account, part, &plan)),
        State::Delete { receipt } => (
            receipt.remote_id.clone(),
            delete_record(&account.host, &account.remote_id, POST, rkey_of(account, &receipt)?),
        ),
    };
    Ok(Effect::Idempotent { key, honoured_for: None, sends: request.sends() })
}

/// Whether the next step is a file, which nobody sees before a post shows it.
pub(super) fn brings_file(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Upload { .. } | State::Video { .. }))
}

/// The file whose turn it is.
fn file<'a>(part: &'a PartInput, found: &Found) -> Result<&'a MediaInput, ConnectorError> {
    media::next(part, &found.blobs).ok_or_else(|| ConnectorError::bug("there is no file left to upload"))
}

/// Content is its own key: the same bytes again are the same blob.
fn file_key(file: &MediaInput) -> String {
    file.blob.sha256.iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"))
}

pub(super) async fn step(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Outcome, ConnectorError> {
    match load(state)? {
        State::Resolve { plan } => {
            let found = resolve(cx, account, part).await?;
            Ok(Outcome::Next(save(next(account, part, plan, found))?))
        }
        State::Upload { plan, mut found } => {
            found.blobs.push(media::blob(cx, account, file(part, &found)?).await?);
            Ok(Outcome::Next(save(next(account, part, plan, found))?))
        }
        State::Video { plan, found, at_s } => {
            let job = media::video(cx, account, file(part, &found)?, at_s).await?;
            let id = job.job_id.clone();
            go_on(account, part, (plan, found), (id, 0), media::after(cx, job, 0)?)
        }
        State::Job { plan, found, job, polls } => {
            let progress = media::progress(cx, account, &job, polls).await?;
            go_on(account, part, (plan, found), (job, polls + 1), progress)
        }
        State::Delete { receipt } => delete(cx, account, receipt).await,
        State::Put { plan, found } => put(cx, account, part, plan, found).await,
        State::Gate { plan, receipt, tries } => gate(cx, account, part, (plan, receipt, tries)).await,
    }
}

/// A video is there, or is asked after again.
fn go_on(
    account: &Account,
    part: &PartInput,
    (plan, mut found): (Plan, Found),
    (job, polls): (String, u32),
    progress: Progress,
) -> Result<Outcome, ConnectorError> {
    match progress {
        Progress::Ready(blob) => {
            found.blobs.push(blob);
            Ok(Outcome::Next(save(next(account, part, plan, found))?))
        }
        Progress::Later(after) => Ok(Outcome::Wait { state: save(State::Job { plan, found, job, polls })?, after }),
    }
}

pub(super) async fn reconcile(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Lookup, ConnectorError> {
    let (collection, rkey) = match load(state)? {
        // An upload shows nothing; the same again is the same blob.
        State::Resolve { .. } | State::Upload { .. } | State::Video { .. } | State::Job { .. } => {
            return Ok(Lookup::Absent);
        }
        State::Put { plan, .. } => (POST, plan.rkey),
        State::Gate { plan, .. } => (GATE, plan.rkey),
        State::Delete { receipt } => (POST, rkey_of(account, &receipt)?.to_owned()),
    };
    let there = match own_record(cx, account, collection, &rkey).await {
        Ok(there) => there,
        Err(error) => return undecided(error, &at_uri(&account.remote_id, collection, &rkey)),
    };
    match (load(state)?, there) {
        // Another's record at our key: ours is not there, and *create only* keeps it safe.
        (State::Put { plan, .. }, Some(record)) if is_ours(&record, &plan) => {
            Ok(Lookup::Found(written(account, part, plan, record.cid)?))
        }
        (State::Gate { receipt, .. }, Some(_)) | (State::Delete { receipt }, None) => {
            Ok(Lookup::Found(Outcome::Done(receipt)))
        }
        _ => Ok(Lookup::Absent),
    }
}

/// A server that refuses the question for good, such as one that the account has left.
fn undecided(error: ConnectorError, key: &str) -> Result<Lookup, ConnectorError> {
    let refused = error.status.is_some_and(|status| (400..500).contains(&status));
    if !refused || error.failure != Failure::Transient {
        return Err(error);
    }
    let evidence = json!({
        "asked": key,
        "status": error.status,
        "error": error.platform_code,
        "words": error.words,
        "candidates": [],
    });
    Ok(Lookup::Unknown { evidence })
}

/// The receipt of a post that is live although its gate is not written.
pub(super) fn published(state: &MachineState) -> Option<Receipt> {
    match load(state) {
        Ok(State::Gate { receipt, .. }) => Some(receipt),
        _ => None,
    }
}

// Put

async fn put(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    plan: Plan,
    found: Found,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "putRecord";
    let request = put_request(account, part, &plan, &found)?;
    let response = cx.send(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if response.is_success() {
        // A success that cannot be read is looked up by key.
        let answer: Written = response.json().map_err(|_| unreadable(DOING, Failure::Ambiguous))?;
        return written(account, part, plan, Some(answer.cid));
    }
    match ErrorBody::of(&response).name() {
        "InvalidSwap" => taken(cx, account, part, plan, found).await,
        "BlobNotFound" => {
            let found = Found { blobs: Vec::new(), ..found };
            Ok(Outcome::Next(save(again(account, part, plan, found))?))
        }
        _ => Err(refusal(cx, &response, DOING, true)),
    }
}

/// The server collects blobs that no record names: they are uploaded again. To the server itself, for the service of
/// videos remembers what it gave it and gives nothing a second time.
fn again(account: &Account, part: &PartInput, plan: Plan, found: Found) -> State {
    match media::next(part, &found.blobs) {
        Some(_) => State::Upload { plan, found },
        None => next(account, part, plan, found),
    }
}

/// *Create only* found another record at the key: ours with something changed, or a stranger's.
async fn taken(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    plan: Plan,
    found: Found,
) -> Result<Outcome, ConnectorError> {
    match own_record(cx, account, POST, &plan.rkey).await? {
        Some(record) if is_ours(&record, &plan) => written(account, part, plan, record.cid),
        Some(_) => {
            let rkey = tid::next(&plan.rkey).ok_or_else(|| ConnectorError::bug("the record key is no key"))?;
            Ok(Outcome::Next(save(State::Put { plan: Plan { rkey, ..plan }, found })?))
        }
        None => Err(ConnectorError::new(Failure::Transient, "the record at the key went away")),
    }
}

/// Key and creation time were chosen together; a stranger's record has another time.
fn is_ours(record: &Record, plan: &Plan) -> bool {
    record.value["createdAt"].as_str() == Some(&plan.created_at)
}

/// The post is live.
fn written(account: &Account, part: &PartInput, plan: Plan, cid: Option<String>) -> Result<Outcome, ConnectorError> {
    let receipt = links::receipt(account, &plan.rkey, cid.as_deref());
    if part.index > 0 || settings(account, part).gate.is_none() {
        return Ok(Outcome::Done(receipt));
    }
    Ok(Outcome::Next(save(State::Gate { plan, receipt, tries: 0 })?))
}

fn put_request(account: &Account, part: &PartInput, plan: &Plan, found: &Found) -> Result<Request, ConnectorError> {
    let record = post_record(account, part, plan, found)?;
    Ok(put_record(&account.host, &account.remote_id, &plan.rkey, &record))
}

fn post_record(account: &Account, part: &PartInput, plan: &Plan, found: &Found) -> Result<Value, ConnectorError> {
    let settings = settings(account, part);
    let mut record = Map::from_iter([
        ("$type".to_owned(), json!(POST)),
        ("text".to_owned(), json!(part.text)),
        ("createdAt".to_owned(), json!(plan.created_at)),
    ]);
    let mut add = |name: &str, value: Value| record.insert(name.to_owned(), value);
    let facets = facets(&part.text, &found.dids);
    if !facets.is_empty() {
        add("facets", json!(facets));
    }
    if !settings.langs.is_empty() {
        add("langs", json!(settings.langs));
    }
    if !settings.labels.is_empty() {
        let values: Vec<Value> = settings.labels.iter().map(|label| json!({"val": label})).collect();
        add("labels", json!({"$type": "com.atproto.label.defs#selfLabels", "values": values}));
    }
    if let (Some(root), Some(parent)) = (&part.root, &part.parent) {
        add("reply", json!({"root": strong(root, found)?, "parent": strong(parent, found)?}));
    }
    if let Some(embed) = embed(part, &settings, found)? {
        add("embed", embed);
    }
    Ok(Value::Object(record))
}

/// An earlier part by address and hash.
fn strong(receipt: &Receipt, found: &Found) -> Result<StrongRef, ConnectorError> {
    let own = receipt.extra["cid"].as_str();
    let cid = own.or_else(|| found.cids.get(&receipt.remote_id).map(String::as_str));
    let cid = cid.ok_or_else(|| ConnectorError::bug(format!("no hash of {}", receipt.remote_id)))?;
    Ok(StrongRef { uri: receipt.remote_id.clone(), cid: cid.to_owned() })
}

// Delete

async fn delete(cx: &Cx<'_>, account: &Account, receipt: Receipt) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "deleteRecord";
    let request = delete_record(&account.host, &account.remote_id, POST, rkey_of(account, &receipt)?);
    let response = cx.send(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if response.is_success() { Ok(Outcome::Done(receipt)) } else { Err(refusal(cx, &response, DOING, true)) }
}

// Gate

fn gate_request(account: &Account, part: &PartInput, plan: &Plan) -> Request {
    let rules = settings(account, part).gate.unwrap_or_default();
    let allow: Vec<Value> = rules.into_iter().map(|rule| json!({"$type": rule})).collect();
    let record = json!({
        "$type": GATE,
        "post": at_uri(&account.remote_id, POST, &plan.rkey),
        "allow": allow,
        "createdAt": plan.created_at,
    });
    put_record(&account.host, &account.remote_id, &plan.rkey, &record)
}

/// Writes the gate. The post is live: nothing here makes the part fail.
async fn gate(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    (plan, receipt, tries): (Plan, Receipt, u32),
) -> Result<Outcome, ConnectorError> {
    let error = match cx.send(&gate_request(account, part, &plan)).await {
        // A gate that is there already, perhaps changed by the author, is a gate.
        Ok(response) if response.is_success() || ErrorBody::of(&response).name() == "InvalidSwap" => {
            return Ok(Outcome::Done(receipt));
        }
        Ok(response) => refusal(cx, &response, "putRecord of the gate", true),
        Err(CallError::Refused(error)) => return Err(error),
        Err(error) => error.while_publishing("putRecord of the gate", true),
    };
    match error.failure {
        // The engine refreshes the token, or waits without charging an attempt.
        Failure::Reauth | Failure::RateLimited { .. } => Err(error),
        Failure::Transient | Failure::Ambiguous if tries + 1 < GATE_TRIES => {
            let state = save(State::Gate { plan, receipt, tries: tries + 1 })?;
            Ok(Outcome::Wait { state, after: GATE_PAUSE * 2_u32.pow(tries) })
        }
        _ => Ok(Outcome::Done(without_gate(receipt))),
    }
}

fn without_gate(mut receipt: Receipt) -> Receipt {
    let cid = receipt.extra["cid"].clone();
    receipt.extra = json!({"cid": cid, "gate": "missing"});
    receipt
}
