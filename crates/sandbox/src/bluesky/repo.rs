//! Writing records: create, put, delete.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Scene;
use super::errors::Refusal;
use super::syntax;
use super::validate::{Place, Prepared, prepare};
use super::video;
use crate::state::{Action, Commit, Write};

/// `com.atproto.repo.createRecord`.
///
/// A record key that is taken fails in the real server's tree code, as an
/// internal error and not as a clean refusal; so it does here.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    video::deliver(scene.state, scene.core.now());
    let did = own_repo(scene)?;
    let rkey = match scene.input.get("rkey").and_then(Value::as_str) {
        Some(rkey) => rkey.to_owned(),
        None => scene.state.next_tid(scene.core.now()),
    };
    let collection = scene.text("collection").to_owned();
    let place = Place { did: &did, collection: &collection, rkey: &rkey };
    let ready = prepare(scene.state, place, &scene.input["record"], scene.core.now())?;
    check_commit(scene, &did)?;
    if current_cid(scene, place).is_some() {
        return Err(Refusal::of_status(StatusCode::INTERNAL_SERVER_ERROR));
    }
    store(scene, place, ready, Action::Create)
}

/// `com.atproto.repo.putRecord`.
///
/// An identical record already there is a success that changes nothing, before
/// any swap is looked at, as in the reference server.
pub(super) fn put(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    video::deliver(scene.state, scene.core.now());
    let did = own_repo(scene)?;
    let (collection, rkey) = (scene.text("collection").to_owned(), scene.text("rkey").to_owned());
    let place = Place { did: &did, collection: &collection, rkey: &rkey };
    let ready = prepare(scene.state, place, &scene.input["record"], scene.core.now())?;
    let current = current_cid(scene, place);
    if current.as_deref() == Some(ready.cid.as_str()) {
        note_repeat(scene, place);
        return Ok(json!({
            "uri": place.uri(),
            "cid": ready.cid,
            "validationStatus": "valid",
        }));
    }
    check_commit(scene, &did)?;
    check_record(scene, current.as_deref())?;
    let action = match current {
        Some(_) => Action::Update,
        None => Action::Create,
    };
    store(scene, place, ready, action)
}

/// `com.atproto.repo.deleteRecord`; nothing there is a success too.
pub(super) fn delete(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let did = own_repo(scene)?;
    let (collection, rkey) = (scene.text("collection").to_owned(), scene.text("rkey").to_owned());
    let place = Place { did: &did, collection: &collection, rkey: &rkey };
    let Some(cid) = current_cid(scene, place) else {
        return Ok(json!({}));
    };
    check_commit(scene, &did)?;
    check_record(scene, Some(&cid))?;
    let gone = Prepared { value: Value::Null, cid };
    let commit = change(scene, place, gone, Action::Delete)?;
    Ok(json!({"commit": {"cid": commit.cid, "rev": commit.rev}}))
}

/// The DID of the named repository, which must be the token's own.
fn own_repo(scene: &Scene<'_>) -> Result<String, Refusal> {
    let repo = scene.text("repo");
    let account = scene.state.actor(repo).ok_or_else(|| Refusal::invalid(format!("Could not find repo: {repo}")))?;
    if account.did != scene.did()? {
        return Err(Refusal::auth_required("Authentication Required"));
    }
    Ok(account.did.clone())
}

fn current_cid(scene: &Scene<'_>, place: Place<'_>) -> Option<String> {
    let repo = &scene.state.actor(place.did)?.repo;
    Some(repo.get(place.collection, place.rkey)?.cid.clone())
}

/// `swapCommit` names the repository's latest commit.
fn check_commit(scene: &Scene<'_>, did: &str) -> Result<(), Refusal> {
    let Some(wanted) = scene.input.get("swapCommit").and_then(Value::as_str) else {
        return Ok(());
    };
    let head = scene.state.actor(did).map(|account| &account.repo.commit.cid);
    match head {
        Some(head) if head != wanted => Err(Refusal::named("InvalidSwap", format!("Commit was at {head}"))),
        _ => Ok(()),
    }
}

/// `swapRecord` names the current record, or is `null` where none may be.
fn check_record(scene: &Scene<'_>, current: Option<&str>) -> Result<(), Refusal> {
    let Some(wanted) = scene.input.get("swapRecord") else {
        return Ok(());
    };
    if wanted.as_str() == current {
        return Ok(());
    }
    let current = current.unwrap_or("null");
    Err(Refusal::named("InvalidSwap", format!("Record was at {current}")))
}

fn store(scene: &mut Scene<'_>, place: Place<'_>, ready: Prepared, action: Action) -> Result<Value, Refusal> {
    let (uri, cid) = (place.uri(), ready.cid.clone());
    let commit = change(scene, place, ready, action)?;
    debug_assert!(syntax::tid(&commit.rev), "revisions are TIDs");
    Ok(json!({
        "uri": uri,
        "cid": cid,
        "commit": {"cid": commit.cid, "rev": commit.rev},
        "validationStatus": "valid",
    }))
}

fn change(scene: &mut Scene<'_>, place: Place<'_>, ready: Prepared, action: Action) -> Result<Commit, Refusal> {
    let write = Write {
        at: scene.core.now(),
        action,
        collection: place.collection.to_owned(),
        rkey: place.rkey.to_owned(),
        cid: ready.cid,
        value: ready.value,
    };
    let repo = place.did;
    scene.state.apply(repo, write).ok_or_else(|| Refusal::invalid(format!("Could not find repo: {repo}")))
}

/// Counts an identical put, so that a test can see that it was one.
fn note_repeat(scene: &mut Scene<'_>, place: Place<'_>) {
    if let Some(account) = scene.state.actor_mut(place.did)
        && let Some(records) = account.repo.records.get_mut(place.collection)
        && let Some(record) = records.get_mut(place.rkey)
    {
        record.repeats += 1;
    }
}
