//! Blobs: files that are uploaded first and belong to a record later.
//!
//! A blob that no record refers to vanishes: an hour after its upload, or with the
//! last record that referred to it. Sources: the lexicons of 2026-08-20, atproto
//! specification "Blobs", and the reference server.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::{Scene, cid};
use crate::gate::Upload;
use crate::intake::{Received, sniff};
use crate::state::Account;
use crate::visible::Shown;

/// The largest file the server takes, in bytes.
pub(crate) const UPLOAD_LIMIT: u64 = 52_428_800;

/// How long a file waits for a record. The specification says at least an hour.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// A stored file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) mime: String,
    pub(crate) stored_at: Timestamp,
    /// How many places in live records refer to it.
    pub(crate) uses: u32,
}

/// `com.atproto.repo.uploadBlob`.
pub(super) fn upload(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let did = scene.did()?.to_owned();
    let Upload::Raw(file) = &scene.call.upload else {
        return Err(Refusal::invalid("Request stream ended early"));
    };
    let said = scene.call.header(header::CONTENT_TYPE).to_owned();
    let reference = store(scene, &did, file, &said);
    Ok(json!({"blob": reference}))
}

/// Puts a file among an account's blobs; how records refer to it.
pub(super) fn store(scene: &mut Scene<'_>, did: &str, file: &Received, said: &str) -> Value {
    // The bytes win over what the sender says; what they do not show is believed.
    let essence = said.split(';').next().unwrap_or_default().trim();
    let mime = sniff::mime(&file.head).unwrap_or(essence).to_owned();
    let (name, now) = (cid::of_bytes(file.hash), scene.core.now());
    let blob = Blob { sha256: file.sha256(), bytes: file.bytes, mime: mime.clone(), stored_at: now, uses: 0 };
    scene.state.files.put(file);
    if let Some(account) = scene.state.actor_mut(did) {
        forget_unused(account, now);
        let uses = account.blobs.get(&name).map_or(0, |blob| blob.uses);
        account.blobs.insert(name.clone(), Blob { uses, ..blob });
    }
    reference(&name, &mime, file.bytes)
}

/// How a record refers to a blob.
pub(super) fn reference(cid: &str, mime: &str, bytes: u64) -> Value {
    json!({"$type": "blob", "ref": {"$link": cid}, "mimeType": mime, "size": bytes})
}

/// Forgets files that waited for a record long enough.
pub(crate) fn forget_unused(account: &mut Account, now: Timestamp) {
    let over = |blob: &Blob| blob.stored_at.checked_add(PATIENCE).is_ok_and(|end| end <= now);
    account.blobs.retain(|_, blob| blob.uses > 0 || !over(blob));
}

/// `com.atproto.sync.getBlob`: only what a record refers to.
pub(super) fn get(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let did = scene.text("did").to_owned();
    let account = scene.state.actor(&did);
    let account =
        account.ok_or_else(|| Refusal::named("RepoNotFound", format!("Could not find repo for DID: {did}")))?;
    let missing = || Refusal::named("BlobNotFound", "Blob not found");
    let blob = account.blobs.get(scene.text("cid")).filter(|blob| blob.uses > 0).ok_or_else(missing)?;
    let bytes = scene.state.files.get(&blob.sha256).ok_or_else(missing)?;
    let headers = [
        (header::CONTENT_TYPE, blob.mime.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    scene.whole = Some((StatusCode::OK, headers, bytes).into_response());
    Ok(Value::Null)
}

/// Every reference to a blob in a record.
pub(crate) fn references(record: &Value) -> Vec<&Value> {
    match record {
        Value::Object(map) if map.get("$type").is_some_and(|ty| ty == "blob") => vec![record],
        Value::Object(map) => map.values().flat_map(references).collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The CID in a reference; empty when it has none.
pub(crate) fn named(reference: &Value) -> &str {
    reference["ref"]["$link"].as_str().unwrap_or_default()
}

/// Checks that every file a record refers to is there and is what the record says.
pub(super) fn verify(account: &Account, record: &Value, now: Timestamp) -> Result<(), Refusal> {
    for reference in references(record) {
        let cid = named(reference);
        let waiting = |blob: &&Blob| blob.uses > 0 || blob.stored_at.checked_add(PATIENCE).is_ok_and(|end| now < end);
        let blob = account.blobs.get(cid).filter(waiting);
        let blob = blob.ok_or_else(|| Refusal::named("BlobNotFound", format!("Could not find blob: {cid}")))?;
        let (mime, size) = (&reference["mimeType"], &reference["size"]);
        if *mime != *blob.mime {
            let message =
                format!("Referenced Mimetype does not match stored blob. Expected: {}, Got: {}", blob.mime, text(mime));
            return Err(Refusal::named("InvalidMimeType", message));
        }
        if *size != blob.bytes {
            let message = format!("Referenced Size does not match stored blob. Expected: {}, Got: {size}", blob.bytes);
            return Err(Refusal::named("InvalidSize", message));
        }
    }
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Counts the references that a change of a record adds and takes away; a file
/// with none left is gone at once.
pub(crate) fn count(account: &mut Account, before: &Value, after: &Value) {
    for reference in references(after) {
        if let Some(blob) = account.blobs.get_mut(named(reference)) {
            blob.uses += 1;
        }
    }
    for reference in references(before) {
        let cid = named(reference);
        if let Some(blob) = account.blobs.get_mut(cid) {
            blob.uses = blob.uses.saturating_sub(1);
            if blob.uses == 0 {
                account.blobs.remove(cid);
            }
        }
    }
}

/// A file that a post shows.
pub(crate) struct Picture<'a> {
    pub(crate) reference: &'a Value,
    /// Its description; empty without one.
    pub(crate) alt: &'a str,
}

/// The pictures and the video of a post, in order; the picture of a link card last.
pub(crate) fn pictures(post: &Value) -> Vec<Picture<'_>> {
    let embed = &post["embed"];
    let media = if embed["media"].is_object() { &embed["media"] } else { embed };
    let several = ["images", "items"].into_iter().filter_map(|key| media[key].as_array()).flatten();
    let several = several.map(|item| Picture { reference: &item["image"], alt: text(&item["alt"]) });
    let video = Picture { reference: &media["video"], alt: text(&media["alt"]) };
    let thumb = Picture { reference: &media["external"]["thumb"], alt: text(&media["external"]["title"]) };
    several.chain([video, thumb]).filter(|picture| picture.reference.is_object()).collect()
}

/// The same as the ledger keeps them.
pub(crate) fn shown(account: &Account, post: &Value) -> Vec<Shown> {
    let one = |picture: &Picture<'_>| {
        let blob = account.blobs.get(named(picture.reference))?;
        let (sha256, mime) = (blob.sha256.clone(), blob.mime.clone());
        Some(Shown { sha256, mime, bytes: blob.bytes, description: picture.alt.to_owned() })
    };
    pictures(post).iter().filter_map(one).collect()
}
