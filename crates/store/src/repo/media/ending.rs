//! What an upload comes to, and how files go: rows here, bytes by a job that is queued in the same transaction.

use std::collections::BTreeMap;

use postrider_domain::Code;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::media::MediaFacts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};

use super::uploads::changed;
use super::{COLUMNS, Media, MediaState, media};
use crate::repo::jobs::{self, NewJob};
use crate::repo::{entitlements, tombstones};
use crate::sql::{Row, json, sql};
use crate::{Result, StoreError, Tx};

/// The job that deletes bytes.
pub const ERASE_JOB: &str = "media.erase";

/// How many objects one job deletes.
const KEYS_A_JOB: usize = 200;

/// What an erase job deletes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ErasePayload {
    /// Objects.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Uploads under way.
    #[serde(default)]
    pub uploads: Vec<Value>,
}

/// What was found out about a complete file.
#[derive(Debug, Clone)]
pub struct Inspected<'a> {
    /// Facts.
    pub facts: &'a MediaFacts,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Where its bytes are.
    pub object_key: &'a str,
    /// Where a converted copy is.
    pub work_key: Option<&'a str>,
    /// Where its thumbnail is.
    pub thumb_key: Option<&'a str>,
    /// What a person should know.
    pub notes: &'a [Code],
}

/// The file can be used. When the workspace has the same bytes already they are stored, and counted, once.
pub async fn mark_ready(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, found: &Inspected<'_>) -> Result<Media> {
    // Two files with the same bytes become ready one after the other.
    entitlements::release(tx, workspace, Meter::StorageBytes, 0).await?;
    let twin = twin(tx, workspace, id, found.sha256, found.facts.bytes).await?;
    let reserved = settle_reserve(tx, workspace, id, if twin.is_some() { 0 } else { found.facts.bytes }).await?;
    let notes: Vec<&str> = found.notes.iter().map(|code| code.as_str()).collect();
    let text = format!(
        "UPDATE media SET state = 'ready', sha256 = $1, mime = $2, bytes = $3, received = $4, reserved = $5, \
         facts = $6, notes = $7, object_key = $8, work_key = $9, thumb_key = $10, upload = NULL, upload_meta = NULL, \
         source_url = NULL, expires_at = NULL WHERE workspace_id = $11 AND id = $12 AND state = 'processing' \
         RETURNING {COLUMNS}"
    );
    let object = twin.as_deref().unwrap_or(found.object_key);
    let ready = sql(text).bind(found.sha256).bind(found.facts.mime.as_str()).bind(found.facts.bytes);
    let ready = ready.bind(found.facts.bytes).bind(reserved).bind(json(found.facts)?).bind(json(&notes)?);
    let ready = ready.bind(object).bind(found.work_key).bind(found.thumb_key);
    let row = tx.opt(ready.id(workspace).id(id)).await?.ok_or(StoreError::NotFound)?;
    if twin.is_some() {
        erase(tx, vec![found.object_key.to_owned()], Vec::new()).await?;
    }
    changed(tx, workspace, id, MediaState::Ready).await?;
    media(&row)
}

/// Where the workspace has the same bytes.
async fn twin(tx: &mut Tx, ws: WorkspaceId, id: MediaId, sha256: [u8; 32], bytes: u64) -> Result<Option<String>> {
    let text = "SELECT object_key FROM media WHERE workspace_id = $1 AND sha256 = $2 AND bytes = $3 \
                AND state = 'ready' AND id <> $4 AND object_key IS NOT NULL ORDER BY created_at, id LIMIT 1";
    let found = tx.opt(sql(text).id(ws).bind(sha256).bind(bytes).id(id)).await?;
    found.map(|row| row.get("object_key")).transpose()
}

/// Gives back what is reserved beyond `bytes`, and returns what stays reserved.
async fn settle_reserve(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, bytes: u64) -> Result<u64> {
    let found = sql("SELECT reserved FROM media WHERE workspace_id = $1 AND id = $2").id(workspace).id(id);
    let reserved = tx.one(found).await?.count("reserved")?;
    let kept = bytes.min(reserved);
    entitlements::release(tx, workspace, Meter::StorageBytes, reserved - kept).await?;
    Ok(kept)
}

/// The file is not taken: its bytes go, and what it reserved is free again.
pub async fn mark_failed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MediaId,
    code: Code,
    args: &BTreeMap<String, String>,
) -> Result<()> {
    settle_reserve(tx, workspace, id, 0).await?;
    let doomed = of_row(tx, workspace, id).await?;
    tx.execute_one(
        sql("UPDATE media SET state = 'failed', code = $1, code_args = $2, reserved = 0, upload = NULL, \
             upload_meta = NULL, source_url = NULL, object_key = NULL, lease = NULL, lease_until = NULL, \
             expires_at = NULL WHERE workspace_id = $3 AND id = $4 AND state IN ('uploading', 'processing')")
        .bind(code)
        .bind(json(args)?)
        .id(workspace)
        .id(id),
    )
    .await?;
    erase(tx, doomed.keys, doomed.uploads).await?;
    changed(tx, workspace, id, MediaState::Failed).await
}

/// The object that an upload becomes. Nothing else is stored under this name.
pub fn object_key(id: MediaId) -> String {
    id.to_string()
}

/// What belongs to a row alone.
async fn of_row(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<ErasePayload> {
    let text = "SELECT id, object_key, work_key, thumb_key, upload FROM media WHERE workspace_id = $1 AND id = $2";
    belongings(&tx.one(sql(text).id(workspace).id(id)).await?)
}

fn belongings(row: &Row) -> Result<ErasePayload> {
    let id: MediaId = row.id("id")?;
    let mut keys = Vec::new();
    for name in ["object_key", "work_key", "thumb_key"] {
        keys.extend(row.get::<Option<String>>(name)?);
    }
    let upload: Option<Value> = row.opt_json("upload")?;
    // An upload whose bytes were all there may have become an object already.
    if upload.is_some() {
        keys.push(object_key(id));
    }
    Ok(ErasePayload { keys, uploads: upload.into_iter().collect() })
}

/// Queues the deletion of bytes. Not for the workspace, which may be deleted in the same transaction.
async fn erase(tx: &mut Tx, keys: Vec<String>, uploads: Vec<Value>) -> Result<()> {
    let due_at = tx.now();
    let mut payloads: Vec<ErasePayload> =
        keys.chunks(KEYS_A_JOB).map(|keys| ErasePayload { keys: keys.to_vec(), uploads: Vec::new() }).collect();
    payloads.extend(uploads.into_iter().map(|upload| ErasePayload { keys: Vec::new(), uploads: vec![upload] }));
    for payload in payloads {
        let job = NewJob { kind: ERASE_JOB, workspace: None, payload: value!(payload), once_key: None, due_at };
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// Where the renditions of a file are.
pub async fn rendition_keys(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Vec<String>> {
    let text = "SELECT object_key FROM renditions WHERE workspace_id = $1 AND media_id = $2 AND object_key IS NOT NULL";
    tx.map(sql(text).id(workspace).id(id), |row| row.get("object_key")).await
}

/// Whether a row of the workspace says that its bytes are under this key.
pub async fn is_named(tx: &mut Tx, workspace: WorkspaceId, key: &str) -> Result<bool> {
    let text = "SELECT 1 AS named FROM media WHERE workspace_id = $1 \
                AND (object_key = $2 OR work_key = $2 OR thumb_key = $2) \
                UNION ALL SELECT 1 AS named FROM renditions WHERE workspace_id = $1 AND object_key = $2 LIMIT 1";
    Ok(tx.opt(sql(text).id(workspace).bind(key)).await?.is_some())
}

/// The file's bytes go, with its renditions; name and alternative text too. Bytes that another file of the
/// workspace shares stay, and are counted for that one.
pub async fn mark_purged(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<()> {
    // Nobody finds these bytes for a new file while they are given up.
    entitlements::release(tx, workspace, Meter::StorageBytes, 0).await?;
    let mut doomed = of_row(tx, workspace, id).await?;
    doomed.keys.extend(rendition_keys(tx, workspace, id).await?);
    if let Some(heir) = heir(tx, workspace, id).await? {
        doomed.keys.retain(|key| *key != heir.object_key);
        let text = "UPDATE media SET reserved = (SELECT m.reserved FROM media m WHERE m.id = $1) \
                    WHERE id = $2 AND reserved = 0";
        if tx.execute(sql(text).id(id).id(heir.id)).await? > 0 {
            tx.execute(sql("UPDATE media SET reserved = 0 WHERE id = $1").id(id)).await?;
        }
    }
    settle_reserve(tx, workspace, id, 0).await?;
    let now = tx.now();
    tx.execute(sql("DELETE FROM renditions WHERE workspace_id = $1 AND media_id = $2").id(workspace).id(id)).await?;
    tx.execute_one(
        sql("UPDATE media SET state = 'purged', name = '', alt = '', focus = NULL, facts = NULL, notes = NULL, \
             declared = '', source_url = NULL, sha256 = NULL, object_key = NULL, work_key = NULL, thumb_key = NULL, \
             upload = NULL, upload_meta = NULL, reserved = 0, lease = NULL, lease_until = NULL, expires_at = NULL, \
             purged_at = $1 WHERE workspace_id = $2 AND id = $3")
        .bind(now)
        .id(workspace)
        .id(id),
    )
    .await?;
    erase(tx, doomed.keys, doomed.uploads).await?;
    tombstones::add(tx, id.uuid(), tombstones::Kind::Media).await
}

/// Another file with the same object.
struct Heir {
    id: MediaId,
    object_key: String,
}

async fn heir(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Option<Heir>> {
    let text = "SELECT o.id, o.object_key FROM media m JOIN media o ON o.workspace_id = m.workspace_id \
                AND o.object_key = m.object_key AND o.id <> m.id \
                WHERE m.workspace_id = $1 AND m.id = $2 ORDER BY o.created_at, o.id LIMIT 1";
    let found = tx.opt(sql(text).id(workspace).id(id)).await?;
    found.map(|row| Ok(Heir { id: row.id("id")?, object_key: row.get("object_key")? })).transpose()
}

/// Uploads that stood still for too long, and nobody is appending to.
pub async fn expired(tx: &mut Tx, limit: u32) -> Result<Vec<(WorkspaceId, MediaId)>> {
    let now = tx.now();
    let text = "SELECT workspace_id, id FROM media WHERE state = 'uploading' AND expires_at < $1 \
                AND (lease_until IS NULL OR lease_until < $2) ORDER BY expires_at LIMIT $3";
    tx.map(sql(text).bind(now).bind(now).bind(limit), |row| Ok((row.id("workspace_id")?, row.id("id")?))).await
}

/// Gives up an upload, if it still stands still: its bytes go, and what it reserved is free again.
pub async fn abandon(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<bool> {
    let now = tx.now();
    let text = format!(
        "SELECT id FROM media WHERE workspace_id = $1 AND id = $2 AND state = 'uploading' AND expires_at < $3 \
         AND (lease_until IS NULL OR lease_until < $4){}",
        tx.lock_clause(" FOR UPDATE")
    );
    if tx.opt(sql(text).id(workspace).id(id).bind(now).bind(now)).await?.is_none() {
        return Ok(false);
    }
    mark_failed(tx, workspace, id, Code::UploadExpired, &BTreeMap::new()).await?;
    Ok(true)
}

/// Queues the deletion of everything that a workspace has stored, which is about to be deleted.
pub async fn erase_workspace(tx: &mut Tx, workspace: WorkspaceId) -> Result<()> {
    let text = "SELECT id, object_key, work_key, thumb_key, upload FROM media WHERE workspace_id = $1";
    let mut doomed = ErasePayload::default();
    for one in tx.map(sql(text).id(workspace), belongings).await? {
        doomed.keys.extend(one.keys);
        doomed.uploads.extend(one.uploads);
    }
    let text = "SELECT object_key FROM renditions WHERE workspace_id = $1 AND object_key IS NOT NULL";
    let renditions: Vec<String> = tx.map(sql(text).id(workspace), |row| row.get("object_key")).await?;
    doomed.keys.extend(renditions);
    doomed.keys.sort_unstable();
    doomed.keys.dedup();
    erase(tx, doomed.keys, doomed.uploads).await
}
