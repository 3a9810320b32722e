//! Uploads under way: who may append, how far they are, and what they reserve.

use jiff::Timestamp;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{MediaId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};
use uuid::Uuid;

use super::{COLUMNS, Media, MediaState, NewMedia, media};
use crate::repo::jobs::{self, NewJob};
use crate::repo::{entitlements, events};
use crate::sql::{json, sql};
use crate::{Result, StoreError, Tx};

/// The job that finds out what a complete file is.
pub const INSPECT_JOB: &str = "media.inspect";

/// The job that fetches a file from an address.
pub const IMPORT_JOB: &str = "media.import";

/// What these jobs work on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct MediaPayload {
    /// The file.
    pub media: MediaId,
}

/// Begins an upload: its bytes are reserved, so that they can all be stored.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewMedia<'_>) -> Result<Media> {
    entitlements::consume(tx, workspace, Meter::UploadBytes, new.bytes).await?;
    entitlements::consume(tx, workspace, Meter::StorageBytes, new.bytes).await?;
    let (id, now) = (tx.new_id::<MediaId>(), tx.now());
    let focus = new.focus.as_ref().map(json).transpose()?;
    let text = format!(
        "INSERT INTO media (id, workspace_id, name, mime, declared, bytes, reserved, alt, focus, state, upload_meta, \
         expires_at, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(workspace).bind(new.name).bind(new.mime).bind(new.mime);
    let insert = insert.bind(new.bytes).bind(new.bytes).bind(new.alt).bind(focus);
    let insert = insert.bind(MediaState::Uploading.as_str()).bind(new.upload_meta).bind(new.expires_at);
    media(&tx.one(insert.id(new.created_by).bind(now)).await?)
}

/// A file to be fetched.
#[derive(Debug, Clone, Copy)]
pub struct NewImport<'a> {
    /// From where.
    pub url: &'a str,
    /// The file's name.
    pub name: &'a str,
    /// Alternative text.
    pub alt: &'a str,
    /// Who asked for it.
    pub created_by: UserId,
    /// When it is given up.
    pub expires_at: Timestamp,
}

/// Asks for a file from an address. What it takes is reserved as it arrives.
pub async fn create_import(tx: &mut Tx, workspace: WorkspaceId, new: NewImport<'_>) -> Result<Media> {
    let file = NewMedia {
        name: new.name,
        mime: "",
        bytes: 0,
        alt: new.alt,
        focus: None,
        upload_meta: None,
        expires_at: Some(new.expires_at),
        created_by: new.created_by,
    };
    let id = create(tx, workspace, file).await?.id;
    let text = format!("UPDATE media SET source_url = $1 WHERE id = $2 RETURNING {COLUMNS}");
    let made = media(&tx.one(sql(text).bind(new.url).id(id)).await?)?;
    enqueue(tx, IMPORT_JOB, workspace, id).await?;
    Ok(made)
}

async fn enqueue(tx: &mut Tx, kind: &str, workspace: WorkspaceId, id: MediaId) -> Result<()> {
    let (key, due_at) = (format!("{kind}:{id}"), tx.now());
    let job = NewJob {
        kind,
        workspace: Some(workspace),
        payload: value!(MediaPayload { media: id }),
        once_key: Some(&key),
        due_at,
    };
    jobs::enqueue(tx, &job).await
}

/// The right to append to one upload, until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Whose upload.
    pub workspace: WorkspaceId,
    /// Which.
    pub media: MediaId,
    /// Proves the right.
    pub token: Uuid,
}

/// The answer to somebody who wants to append.
#[derive(Debug)]
pub enum Leased {
    /// Go on from this session; `None` when it has not begun.
    Yes(Lease, Box<Media>, Option<Value>),
    /// Somebody else is appending.
    Busy,
    /// There is nothing to append to any more.
    Over(Box<Media>),
}

/// Takes the right to append, unless somebody has it.
pub async fn lease(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, until: Timestamp) -> Result<Leased> {
    let (token, now) = (Uuid::from_bytes(postrider_domain::source::bytes(tx.entropy())), tx.now());
    let text = format!(
        "UPDATE media SET lease = $1, lease_until = $2 WHERE workspace_id = $3 AND id = $4 AND state = 'uploading' \
         AND (lease_until IS NULL OR lease_until < $5) RETURNING upload, {COLUMNS}"
    );
    let taken = tx.opt(sql(text).bind(token).bind(until).id(workspace).id(id).bind(now)).await?;
    if let Some(row) = taken {
        return Ok(Leased::Yes(Lease { workspace, media: id, token }, Box::new(media(&row)?), row.opt_json("upload")?));
    }
    let present = super::get(tx, workspace, id).await?;
    if present.state == MediaState::Uploading { Ok(Leased::Busy) } else { Ok(Leased::Over(Box::new(present))) }
}

/// Keeps how far the upload is. With its last byte it goes on to be looked at.
/// [`StoreError::Stale`] when somebody else has the right by now.
pub async fn keep(
    tx: &mut Tx,
    lease: &Lease,
    session: &Value,
    received: u64,
    until: Timestamp,
    expires_at: Timestamp,
) -> Result<Media> {
    let text = format!(
        "UPDATE media SET upload = $1, received = $2, lease_until = $3, expires_at = $4 \
         WHERE workspace_id = $5 AND id = $6 AND lease = $7 AND state = 'uploading' RETURNING {COLUMNS}"
    );
    let kept = sql(text).bind(json(session)?).bind(received).bind(until).bind(expires_at);
    let row = tx.opt(kept.id(lease.workspace).id(lease.media).bind(lease.token)).await?.ok_or(StoreError::Stale)?;
    media(&row)
}

/// Says how far a file is that is being fetched. The last write of a transaction.
pub async fn told_progress(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, received: u64) -> Result<()> {
    events::append(tx, workspace, "media.progress", &value!({ "media": id, "received": received })).await.map(|_| ())
}

/// All bytes are there: the file goes on to be looked at, in the transaction that says so.
pub async fn take_in(tx: &mut Tx, lease: &Lease, bytes: u64) -> Result<()> {
    tx.execute_one(
        sql("UPDATE media SET state = 'processing', bytes = $1, received = $2, lease = NULL, lease_until = NULL, \
             expires_at = NULL WHERE workspace_id = $3 AND id = $4 AND lease = $5 AND state = 'uploading'")
        .bind(bytes)
        .bind(bytes)
        .id(lease.workspace)
        .id(lease.media)
        .bind(lease.token),
    )
    .await?;
    enqueue(tx, INSPECT_JOB, lease.workspace, lease.media).await?;
    changed(tx, lease.workspace, lease.media, MediaState::Processing).await
}

/// Says that the file changed. The last write of a transaction.
pub(super) async fn changed(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, state: MediaState) -> Result<()> {
    let ids = value!({ "media": id, "state": state.as_str() });
    events::append(tx, workspace, "media.changed", &ids).await.map(|_| ())
}

/// A sign of life of whoever appends. [`StoreError::Stale`] when somebody else has the right by now.
pub async fn beat(tx: &mut Tx, lease: &Lease, until: Timestamp) -> Result<()> {
    let text = "UPDATE media SET lease_until = $1 WHERE workspace_id = $2 AND id = $3 AND lease = $4";
    tx.execute_one(sql(text).bind(until).id(lease.workspace).id(lease.media).bind(lease.token)).await
}

/// Gives the right back, so that the next one need not wait for its end.
pub async fn release(tx: &mut Tx, lease: &Lease) -> Result<()> {
    let text = "UPDATE media SET lease = NULL, lease_until = NULL WHERE workspace_id = $1 AND id = $2 AND lease = $3";
    tx.execute(sql(text).id(lease.workspace).id(lease.media).bind(lease.token)).await.map(|_| ())
}

/// Reserves more bytes for a file whose length was not known.
pub async fn reserve_more(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, total: u64) -> Result<()> {
    let found = sql("SELECT reserved FROM media WHERE workspace_id = $1 AND id = $2").id(workspace).id(id);
    let reserved = tx.one(found).await?.count("reserved")?;
    if total <= reserved {
        return Ok(());
    }
    entitlements::consume(tx, workspace, Meter::UploadBytes, total).await?;
    entitlements::consume(tx, workspace, Meter::StorageBytes, total - reserved).await?;
    tx.execute_one(
        sql("UPDATE media SET reserved = $1, bytes = $2 WHERE workspace_id = $3 AND id = $4")
            .bind(total)
            .bind(total)
            .id(workspace)
            .id(id),
    )
    .await
}

/// Keeps what the other side of an import says about its file.
pub async fn set_source_facts(tx: &mut Tx, lease: &Lease, name: &str, mime: &str) -> Result<()> {
    tx.execute_one(
        sql("UPDATE media SET name = $1, mime = $2, declared = $3 WHERE workspace_id = $4 AND id = $5 AND lease = $6")
            .bind(name)
            .bind(mime)
            .bind(mime)
            .id(lease.workspace)
            .id(lease.media)
            .bind(lease.token),
    )
    .await
}

/// Bytes that uploads of all workspaces have reserved and not yet sent.
pub async fn outstanding(tx: &mut Tx) -> Result<u64> {
    // A sum of integers is a numeric on PostgreSQL.
    let text = "SELECT CAST(COALESCE(sum(reserved - received), 0) AS BIGINT) AS n FROM media \
                WHERE state = 'uploading' AND reserved > received";
    tx.one(sql(text)).await?.count("n")
}
