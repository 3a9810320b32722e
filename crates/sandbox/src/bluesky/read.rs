//! Methods that only look.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::validate::Place;
use super::validate::table::POST;
use super::{SERVER_DID, Scene, syntax};
use crate::gate::Call;
use crate::state::{Account, Record, State};

/// How many records a listing holds when the caller does not say.
const PAGE: u64 = 50;

/// `com.atproto.server.describeServer`.
pub(super) fn server(_: &mut Scene<'_>) -> Result<Value, Refusal> {
    Ok(json!({
        "did": SERVER_DID,
        "availableUserDomains": [".sandbox.test"],
        "inviteCodeRequired": true,
        "phoneVerificationRequired": false,
        "blobUploadLimit": 52_428_800,
        "links": {},
        "contact": {},
    }))
}

/// `com.atproto.identity.resolveHandle`.
pub(super) fn resolve_handle(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let account = scene.state.actor(scene.text("handle"));
    let account = account.ok_or_else(|| Refusal::invalid("Unable to resolve handle"))?;
    Ok(json!({"did": account.did}))
}

/// `app.bsky.actor.getProfile`, which the real server fetches from the AppView.
pub(super) fn profile(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let account = scene.state.actor(scene.text("actor"));
    let account = account.ok_or_else(|| Refusal::invalid("Profile not found"))?;
    let posts = account.repo.records.get(POST.id).map_or(0, |posts| posts.len());
    let mut profile = json!({
        "did": account.did,
        "handle": account.handle,
        "followersCount": 0,
        "followsCount": 0,
        "postsCount": posts,
        "createdAt": account.created_at.to_string(),
        "indexedAt": account.created_at.to_string(),
        "labels": [],
    });
    if !account.display_name.is_empty() {
        profile["displayName"] = account.display_name.clone().into();
    }
    Ok(profile)
}

/// `com.atproto.repo.describeRepo`.
pub(super) fn describe_repo(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let account = repo(scene)?;
    let filled = account.repo.records.iter().filter(|(_, records)| !records.is_empty());
    let collections: Vec<_> = filled.map(|(collection, _)| collection).collect();
    Ok(json!({
        "handle": account.handle,
        "did": account.did,
        "didDoc": did_document(account, &scene.call.base),
        "collections": collections,
        "handleIsCorrect": true,
    }))
}

/// `com.atproto.repo.getRecord`: straight from the repository, so what was
/// written a moment ago is there, and what is not there was not written.
pub(super) fn record(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let account = repo(scene)?;
    let place = Place { did: &account.did, collection: scene.text("collection"), rkey: scene.text("rkey") };
    let wanted = scene.input.get("cid").and_then(Value::as_str);
    let found = account.repo.get(place.collection, place.rkey);
    let found = found.filter(|record| wanted.is_none_or(|cid| cid == record.cid));
    let uri = place.uri();
    let missing = || Refusal::named("RecordNotFound", format!("Could not locate record: {uri}"));
    Ok(view(place, found.ok_or_else(missing)?))
}

/// `com.atproto.repo.listRecords`: newest record key first unless reversed.
pub(super) fn records(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let account = repo(scene)?;
    let collection = scene.text("collection");
    let limit = scene.input["limit"].as_u64().unwrap_or(PAGE);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let reverse = scene.input["reverse"].as_bool().unwrap_or(false);
    let cursor = scene.input.get("cursor").and_then(Value::as_str);
    let mut rows: Vec<_> = account.repo.records.get(collection).into_iter().flatten().collect();
    if !reverse {
        rows.reverse();
    }
    let after = |rkey: &str| cursor.is_none_or(|cursor| if reverse { rkey > cursor } else { rkey < cursor });
    // Under a fault the listing shows what was there a while ago.
    let as_of = scene.core.now().checked_sub(scene.call.lag).unwrap_or(scene.core.now());
    rows.retain(|(rkey, record)| after(rkey) && record.indexed_at <= as_of);
    rows.truncate(limit);
    let place = |rkey| Place { did: &account.did, collection, rkey };
    let records: Vec<_> = rows.iter().map(|(rkey, record)| view(place(rkey), record)).collect();
    let mut page = json!({"records": records});
    if let Some((rkey, _)) = rows.last() {
        page["cursor"] = rkey.as_str().into();
    }
    Ok(page)
}

fn view(place: Place<'_>, record: &Record) -> Value {
    json!({"uri": place.uri(), "cid": record.cid, "value": record.value})
}

/// The account whose repository is named.
///
/// Another server's repository is an error and not "no such record": nobody may
/// conclude from this server that a post does not exist elsewhere.
fn repo<'a>(scene: &'a Scene<'_>) -> Result<&'a Account, Refusal> {
    let repo = scene.text("repo");
    let account = scene.state.actor(repo);
    account.ok_or_else(|| Refusal::invalid(format!("Could not find repo: {repo}")))
}

/// The DID document, which sends clients back to the address they came to.
pub(super) fn did_document(account: &Account, base: &str) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.did,
        "alsoKnownAs": [format!("at://{}", account.handle)],
        "verificationMethod": [],
        "service": [{
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": base,
        }],
    })
}

/// `/.well-known/atproto-did`: the DID of the account whose handle is the host name.
pub(crate) fn well_known(state: &State, call: &Call) -> Response {
    let host = call.header(header::HOST);
    let host = host.split(':').next().unwrap_or_default();
    let account = Some(host).filter(|host| syntax::handle(host));
    match account.and_then(|host| state.actor(host)) {
        Some(account) => account.did.clone().into_response(),
        None => (StatusCode::NOT_FOUND, "User not found").into_response(),
    }
}
