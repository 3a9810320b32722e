//! The publish machine: one step, *send*.

use postrider_connector::cx::{CallError, Completion};
use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::{
    Account, Cx, Effect, Lookup, MachineState, Outcome, PartInput, PlanCx, Receipt, Request, Response,
};
use postrider_domain::source::bytes;
use postrider_domain::{Code, Issue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::sign;

/// The version of [`State`]; raised when a field changes its meaning.
const VERSION: u32 = 1;

/// Statuses with which a receiver says that it did not accept the event and did nothing.
///
/// Our documented contract with receivers; see the module. 408, 409 and 425 are not among
/// them: a receiver may give them for an event that it has, or is still working on.
pub(super) const REFUSED: &[u16] = &[301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 411, 413, 414, 415, 422];

/// The longest `data`, in bytes of JSON.
const LONGEST_DATA: usize = 4_096;

/// The beginning of every id, as the specification's examples have it.
const ID_PREFIX: &str = "msg_";

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum State {
    /// Ready to send.
    Send {
        /// `webhook-id`, the same for every try.
        id: String,
        /// When the event was made: `timestamp` in the body, the same for every try.
        made: String,
        /// `webhook-timestamp`: when this try was planned, in seconds since the epoch.
        tried_s: i64,
    },
}

fn save(state: State) -> Result<MachineState, ConnectorError> {
    MachineState::versioned(VERSION, state)
}

fn load(state: &MachineState) -> Result<State, ConnectorError> {
    state.to_versioned(VERSION)
}

pub(super) fn begin(plan: &PlanCx<'_>) -> Result<MachineState, ConnectorError> {
    let random: [u8; 16] = bytes(plan.entropy);
    let id = random.iter().fold(String::from(ID_PREFIX), |text, byte| text + &format!("{byte:02x}"));
    let made = plan.now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    save(State::Send { id, made, tried_s: plan.now.as_second() })
}

pub(super) fn renew(plan: &PlanCx<'_>, state: &MachineState) -> Result<MachineState, ConnectorError> {
    let State::Send { id, made, .. } = load(state)?;
    save(State::Send { id, made, tried_s: plan.now.as_second() })
}

/// Whether the owner says that the receiver drops a second event with the same id.
fn deduplicates(account: &Account) -> bool {
    account.facts["deduplicates"] == true
}

pub(super) fn effect(account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
    let State::Send { id, .. } = load(state)?;
    let sends = request(account, part, state)?.sends();
    Ok(match deduplicates(account) {
        true => Effect::Idempotent { key: id, honoured_for: None, sends },
        false => Effect::Once { sends },
    })
}

/// The event, without the signature and the secret part of the address.
fn request(account: &Account, part: &PartInput, state: &MachineState) -> Result<Request, ConnectorError> {
    let State::Send { id, made, tried_s } = load(state)?;
    let id_of = |receipt: &Option<Receipt>| receipt.as_ref().map(|receipt| receipt.remote_id.clone());
    let event = json!({
        "type": "post.published",
        "timestamp": made,
        "data": {
            "id": id,
            "index": part.index,
            "root": id_of(&part.root),
            "parent": id_of(&part.parent),
            "text": part.text,
            "data": part.settings.get("data").cloned().unwrap_or_else(|| json!({})),
        },
    });
    Ok(Request::post_json(&account.host, &event)
        .header("webhook-id", id)
        .header("webhook-timestamp", tried_s.to_string()))
}

pub(super) async fn step(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Outcome, ConnectorError> {
    let State::Send { id, tried_s, .. } = load(state)?;
    let request = request(account, part, state)?;
    let completion = completion(cx, &id, tried_s, &request)?;
    let repeatable = deduplicates(account);
    match cx.send_completed(&request, completion).await {
        Ok(response) if response.is_success() => Ok(Outcome::Done(receipt(id))),
        Ok(response) => Err(refusal(cx, &response, repeatable)),
        Err(error) => Err(no_answer(error, repeatable)),
    }
}

/// A grant without its secrets cannot send; the owner must connect again.
fn completion(cx: &Cx<'_>, id: &str, tried_s: i64, request: &Request) -> Result<Completion, ConnectorError> {
    let missing = |name: &str| ConnectorError::new(Failure::Reauth, format!("the grant has no usable {name}"));
    let get = |name: &str| cx.credentials().get(name).map(|secret| secret.expose()).ok_or_else(|| missing(name));
    let key = sign::key(get("secret")?).map_err(|_| missing("secret"))?;
    let signature = sign::signature(&key, id, tried_s, &request.body);
    Ok(Completion {
        path: get("path")?.to_owned(),
        headers: [("webhook-signature".to_owned(), signature)].into_iter().collect(),
    })
}

fn no_answer(error: CallError, repeatable: bool) -> ConnectorError {
    error.while_publishing("sending the event", repeatable)
}

/// What an answer that is no success comes to; see the module for the contract.
fn refusal(cx: &Cx<'_>, response: &Response, repeatable: bool) -> ConnectorError {
    let unsure = || if repeatable { Failure::Transient } else { Failure::Ambiguous };
    let limited =
        |until: Option<Until>| Failure::RateLimited { until: until.unwrap_or(Until::Unsaid), scope: Scope::Account };
    let failure = match response.status {
        429 => limited(response.retry_after()),
        // Only a receiver that drops copies may be asked again after an answer of unknown effect.
        503 if repeatable && response.retry_after().is_some() => limited(response.retry_after()),
        410 => Failure::UserAction { code: Code::ReceiverRefused },
        status if REFUSED.contains(&status) => Failure::Rejected { code: Code::ReceiverRefused, field: String::new() },
        _ => unsure(),
    };
    let said = String::from_utf8_lossy(&response.body);
    let words = cx.words(said.trim());
    let words = (!words.is_empty()).then_some(words.as_str());
    let detail = format!("the receiver answered with status {}", response.status);
    ConnectorError::new(failure, detail).said(response.status, None, words)
}

/// Nobody can be asked: the person sees what was sent and when.
pub(super) fn unknown(account: &Account, state: &MachineState) -> Result<Lookup, ConnectorError> {
    let State::Send { id, made, tried_s } = load(state)?;
    let candidate = json!({"remote_id": id, "url": null});
    let evidence = json!({
        "asked": "nobody: a webhook cannot be asked",
        "receiver": account.host,
        "made": made,
        "tried_s": tried_s,
        "candidates": [candidate],
    });
    Ok(Lookup::Unknown { evidence })
}

fn receipt(id: String) -> Receipt {
    Receipt { remote_id: id, url: None, extra: Value::Null }
}

/// An id of ours, pasted from the receiver's log.
pub(super) fn receipt_from_id(text: &str) -> Option<Receipt> {
    let hex = text.strip_prefix(ID_PREFIX)?;
    let ours = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    ours.then(|| receipt(text.to_owned()))
}

/// The settings beyond what the descriptor says: `data` is a small object.
pub(super) fn check_settings(settings: &Map<String, Value>) -> Option<Issue> {
    let invalid = || Issue::error(Code::SettingInvalid, "/settings/data").with("name", "data");
    match settings.get("data") {
        None => None,
        Some(data) if !data.is_object() => Some(invalid().with("platform", "Webhook")),
        Some(data) => {
            let used = data.to_string().len();
            let issue = Issue::error(Code::TooLong, "/settings/data").with("limit", LONGEST_DATA).with("used", used);
            (used > LONGEST_DATA).then(|| issue.with("name", "data"))
        }
    }
}
