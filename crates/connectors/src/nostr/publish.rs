//! The publish machine: *upload* for each file → *sign* (no effect) → *send*, once for each relay.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use postrider_connector::cx::CallError;
use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::{Account, Cx, Effect, Lookup, MachineState, MediaInput, Outcome, PartInput, PlanCx, Receipt};
use postrider_domain::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::{deletion, id_of, note, receipt, stored};
use super::media::{self, Link};
use super::relay::{self, Answer};

/// The version of [`State`]; raised when a field changes its meaning.
const VERSION: u32 = 1;

/// How many rounds are made over the relays that did not answer or said *later*.
const MOST_TRIES: u32 = 5;

/// The first pause before they are; each following one is twice as long.
const PAUSE: Duration = Duration::from_secs(15);

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum State {
    /// The next file goes to the media server, with a permission from `tried_s` on.
    Upload { at_s: i64, tried_s: i64, links: Vec<Link> },
    /// The event is to be signed.
    Sign { at_s: i64, links: Vec<Link> },
    /// The request to delete an event is to be signed.
    SignDeletion { at_s: i64, receipt: Receipt },
    /// The event goes to the next relay that has not answered.
    Send(Sending),
}

/// An event on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sending {
    event: Value,
    /// What each relay said so far.
    #[serde(default)]
    answers: BTreeMap<String, Answer>,
    #[serde(default)]
    tries: u32,
    /// The event that this one asks to delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletes: Option<Receipt>,
}

fn save(state: State) -> Result<MachineState, ConnectorError> {
    MachineState::versioned(VERSION, state)
}

fn load(state: &MachineState) -> Result<State, ConnectorError> {
    state.to_versioned(VERSION)
}

/// Fixes the event's time.
pub(super) fn begin(plan: &PlanCx<'_>, part: &PartInput) -> Result<MachineState, ConnectorError> {
    if part.index > 0 && (part.root.is_none() || part.parent.is_none()) {
        let failure = Failure::Rejected { code: Code::ParentMissing, field: String::new() };
        return Err(ConnectorError::new(failure, "a reply without the part before it"));
    }
    let at_s = plan.now.as_second();
    save(next_file(part, at_s, at_s, Vec::new()))
}

/// The next file, or signing when all are there.
fn next_file(part: &PartInput, at_s: i64, tried_s: i64, links: Vec<Link>) -> State {
    if links.len() < part.media.len() { State::Upload { at_s, tried_s, links } } else { State::Sign { at_s, links } }
}

pub(super) fn begin_delete(plan: &PlanCx<'_>, receipt: &Receipt) -> Result<MachineState, ConnectorError> {
    save(State::SignDeletion { at_s: plan.now.as_second(), receipt: receipt.clone() })
}

/// A new try: relays that kept silent or said *later* are asked again.
pub(super) fn renew(plan: &PlanCx<'_>, state: &MachineState) -> Result<MachineState, ConnectorError> {
    save(match load(state)? {
        State::Upload { at_s, links, .. } => State::Upload { at_s, tried_s: plan.now.as_second(), links },
        State::Send(mut sending) => {
            sending.forget_open();
            State::Send(sending)
        }
        state => state,
    })
}

fn relays(account: &Account) -> impl Iterator<Item = &str> {
    account.facts["relays"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn quorum(account: &Account) -> usize {
    account.facts["quorum"].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(1).max(1)
}

impl Sending {
    /// The relay whose turn it is.
    fn next<'a>(&self, account: &'a Account) -> Result<&'a str, ConnectorError> {
        let left = relays(account).find(|relay| !self.answers.contains_key(*relay));
        left.ok_or_else(|| ConnectorError::bug("every relay has answered"))
    }

    fn accepted(&self) -> impl Iterator<Item = &String> {
        self.answers.iter().filter(|(_, answer)| **answer == Answer::Accepted).map(|(relay, _)| relay)
    }

    /// The relays that may say something else when they are asked again.
    fn open(&self) -> impl Iterator<Item = &String> {
        self.answers.iter().filter(|(_, answer)| answer.is_open()).map(|(relay, _)| relay)
    }

    fn forget_open(&mut self) {
        self.answers.retain(|_, answer| !answer.is_open());
    }

    /// Whether a relay asks for a pause. That ends the step, and a new try asks all that are open.
    fn is_limited(&self) -> bool {
        self.answers.values().filter_map(Answer::words).any(|words| words.starts_with("rate-limited:"))
    }

    /// What the relays made of it, if one has it.
    fn receipt(&self) -> Option<Receipt> {
        let first = self.accepted().next()?;
        Some(self.deletes.clone().unwrap_or_else(|| receipt(&self.event, first, &json!(self.answers))))
    }
}

/// The file whose turn it is, and the server it goes to.
fn upload<'a>(
    account: &'a Account,
    part: &'a PartInput,
    links: &[Link],
) -> Result<(&'a str, &'a MediaInput), ConnectorError> {
    let missing = || {
        let failure = Failure::Rejected { code: Code::MediaServerMissing, field: "/media".to_owned() };
        ConnectorError::new(failure, "the account has no media server")
    };
    let file = part.media.get(links.len()).ok_or_else(|| ConnectorError::bug("there is no file left to upload"))?;
    Ok((media::server(account).ok_or_else(missing)?, file))
}

/// Whether the next step is a file, which nobody sees before a post shows it.
pub(super) fn brings_file(state: &MachineState) -> bool {
    matches!(load(state), Ok(State::Upload { .. }))
}

pub(super) fn effect(account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
    let (key, request) = match load(state)? {
        State::Sign { .. } | State::SignDeletion { .. } => return Ok(Effect::Read),
        State::Upload { links, .. } => {
            let (server, file) = upload(account, part, &links)?;
            (format!("sha256:{}", media::hex(&file.blob.sha256)), media::upload(server, file))
        }
        State::Send(sending) => {
            (id_of(&sending.event).to_owned(), relay::publish(sending.next(account)?, &sending.event))
        }
    };
    Ok(Effect::Idempotent { key, honoured_for: None, sends: request.sends() })
}

pub(super) async fn step(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    state: &MachineState,
) -> Result<Outcome, ConnectorError> {
    let sending = |event, deletes| {
        save(State::Send(Sending { event, answers: BTreeMap::new(), tries: 0, deletes })).map(Outcome::Next)
    };
    match load(state)? {
        State::Upload { at_s, tried_s, mut links } => {
            let (server, file) = upload(account, part, &links)?;
            links.push(media::put(cx, server, file, tried_s).await?);
            Ok(Outcome::Next(save(next_file(part, at_s, tried_s, links))?))
        }
        State::Sign { at_s, links } => sending(stored(&note(cx, part, &links, at_s)?), None),
        State::SignDeletion { at_s, receipt } => sending(stored(&deletion(cx, &receipt, at_s)?), Some(receipt)),
        State::Send(sending) => send(cx, account, sending).await,
    }
}

/// Hands the event to one relay and decides how it goes on.
async fn send(cx: &Cx<'_>, account: &Account, mut sending: Sending) -> Result<Outcome, ConnectorError> {
    let to = sending.next(account)?.to_owned();
    let answer = match cx.send(&relay::publish(&to, &sending.event)).await {
        Ok(response) => relay::answer(&response, id_of(&sending.event)),
        Err(CallError::Refused(error)) => return Err(error),
        Err(CallError::Transport(_)) => Answer::Silent,
    };
    let answer = match answer {
        Answer::Refused(words) => Answer::Refused(cx.words(&words)),
        Answer::Later(words) => Answer::Later(cx.words(&words)),
        other => other,
    };
    sending.answers.insert(to.clone(), answer);
    decide(account, sending, &to)
}

/// The next relay, another round, or the end, after the answer of one relay.
fn decide(account: &Account, mut sending: Sending, asked: &str) -> Result<Outcome, ConnectorError> {
    if relays(account).any(|relay| !sending.answers.contains_key(relay)) {
        return Ok(Outcome::Next(save(State::Send(sending))?));
    }
    let again = sending.tries + 1 < MOST_TRIES;
    match sending.receipt() {
        Some(receipt) if sending.accepted().count() >= quorum(account) => return Ok(Outcome::Done(receipt)),
        Some(_) if again && sending.open().next().is_some() => {}
        Some(receipt) => return Ok(Outcome::Done(receipt)),
        // A failed step is repeated as it is, so it asks this relay alone; the others need a round of their own.
        None if again && !sending.is_limited() && sending.open().any(|relay| relay != asked) => {}
        None => return Err(nobody_has_it(&sending)),
    }
    let after = PAUSE * 2_u32.pow(sending.tries);
    sending.forget_open();
    sending.tries += 1;
    Ok(Outcome::Wait { state: save(State::Send(sending))?, after })
}

/// No relay has said that it took the event.
fn nobody_has_it(sending: &Sending) -> ConnectorError {
    let failure = match (sending.is_limited(), sending.open().next()) {
        (true, _) => Failure::RateLimited { until: Until::Unsaid, scope: Scope::Account },
        (false, Some(_)) => Failure::Transient,
        (false, None) => Failure::Rejected { code: Code::PlatformRefused, field: String::new() },
    };
    let words = sending.answers.values().find_map(Answer::words);
    let code = words.and_then(|words| words.split_once(':')).map(|(prefix, _)| prefix);
    ConnectorError::new(failure, "no relay took the event").said(200, code, words)
}

/// The receipt of an event that some relays have, although others were not asked yet.
pub(super) fn published(state: &MachineState) -> Option<Receipt> {
    match load(state) {
        Ok(State::Send(sending)) if sending.deletes.is_none() => sending.receipt(),
        _ => None,
    }
}

/// Asks the relays for the event itself: all but those that have said yes or no for good. One hit is enough; that it
/// is not there takes the word of each that may have it, which are those that kept silent and the one whose turn it is.
pub(super) async fn reconcile(cx: &Cx<'_>, account: &Account, state: &MachineState) -> Result<Lookup, ConnectorError> {
    let State::Send(mut sending) = load(state)? else {
        // Nothing that anybody sees was under way.
        return Ok(Lookup::Absent);
    };
    let next = sending.next(account)?;
    let open = |relay: &&str| sending.answers.get(*relay).is_none_or(Answer::is_open);
    let id = id_of(&sending.event);
    let asked = relays(account).filter(open).map(|relay| async move { (relay, has(cx, relay, id).await) });
    let (mut hits, mut unsaid) = (Vec::new(), None);
    for (relay, answer) in join_all(asked).await {
        match answer {
            Ok(true) => hits.push(relay.to_owned()),
            Ok(false) => {}
            Err(error) if relay == next || sending.answers.get(relay) == Some(&Answer::Silent) => unsaid = Some(error),
            Err(_) => {}
        }
    }
    match (hits.first().cloned(), unsaid) {
        (Some(first), _) => {
            sending.answers.extend(hits.into_iter().map(|relay| (relay, Answer::Accepted)));
            decide(account, sending, &first).map(Lookup::Found)
        }
        (None, None) => Ok(Lookup::Absent),
        (None, Some(error)) => Err(error),
    }
}

/// Whether a relay has an event.
async fn has(cx: &Cx<'_>, relay: &str, id: &str) -> Result<bool, ConnectorError> {
    let response = cx.read(&relay::ask(relay, &json!({"ids": [id], "limit": 1}))).await;
    let response = response.map_err(|error| error.while_publishing("asking the relay", true))?;
    let silent = || ConnectorError::new(Failure::Transient, "the relay did not answer the question");
    let found = relay::events(&response).ok_or_else(silent)?;
    Ok(found.iter().any(|event| id_of(event) == id))
}
