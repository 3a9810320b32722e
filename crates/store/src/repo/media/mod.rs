//! Uploaded files: their rows. The bytes are in the object store, under the keys that the rows name.

mod ending;
mod renditions;
mod uploads;
mod usage;

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::{MediaId, UserId, WorkspaceId};
use postrider_domain::media::{MediaFacts, Point};
use serde_json::Value;

use super::instance::hash;
use super::page::{Cursor, placeholders};
use crate::sql::{Row, json, sql};
use crate::{Result, StoreError, Tx};

pub use ending::{
    ERASE_JOB, ErasePayload, Inspected, abandon, erase_workspace, expired, is_named, mark_failed, mark_purged,
    mark_ready, object_key, rendition_keys,
};
pub use renditions::{
    ENCODE_JOB, NewRendition, RENDER_JOB, RenderPayload, Rendered, Rendition, RenditionState, fail_rendition,
    finish_rendition, progress, rendition, renditions, want,
};
pub use uploads::{
    IMPORT_JOB, INSPECT_JOB, Lease, Leased, MediaPayload, NewImport, beat, create, create_import, keep, lease,
    outstanding, release, reserve_more, set_source_facts, take_in, told_progress,
};
pub use usage::{Use, User, purge_unused, set_usage, used_by};

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaState {
    /// Its bytes are still coming.
    Uploading,
    /// Its bytes are there; what it is, is being found out.
    Processing,
    /// It can be used.
    Ready,
    /// It is not taken; the code says why. Its bytes are gone.
    Failed,
    /// Its bytes were deleted; the row says that it was there.
    Purged,
}

impl MediaState {
    const ALL: [Self; 5] = [Self::Uploading, Self::Processing, Self::Ready, Self::Failed, Self::Purged];

    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            MediaState::Uploading => "uploading",
            MediaState::Processing => "processing",
            MediaState::Ready => "ready",
            MediaState::Failed => "failed",
            MediaState::Purged => "purged",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// Its id.
    pub id: MediaId,
    /// The file's name.
    pub name: String,
    /// Its real type; what the sender said until that is known.
    pub mime: String,
    /// How many bytes it has, or will have.
    pub bytes: u64,
    /// How many of them are durable.
    pub received: u64,
    /// SHA-256 of the bytes, once they are all there.
    pub sha256: Option<[u8; 32]>,
    /// Alternative text.
    pub alt: String,
    /// The point that stays visible where a platform crops.
    pub focus: Option<Point>,
    /// Where it stands.
    pub state: MediaState,
    /// What was found out about it.
    pub facts: Option<MediaFacts>,
    /// What a person should know about it.
    pub notes: Vec<Code>,
    /// Why it is not taken.
    pub code: Option<Code>,
    /// Figures and names for that code's message.
    pub code_args: BTreeMap<String, String>,
    /// Where its bytes are; files with the same bytes share them.
    pub object_key: Option<String>,
    /// Where a converted copy is that renditions are made of, for formats that need one.
    pub work_key: Option<String>,
    /// Where its thumbnail is.
    pub thumb_key: Option<String>,
    /// What the upload's client wants to hear again.
    pub upload_meta: Option<String>,
    /// Where it is imported from.
    pub source_url: Option<String>,
    /// Who uploaded it.
    pub created_by: UserId,
    /// When the upload began.
    pub created_at: Timestamp,
    /// When an upload that stands still is given up.
    pub expires_at: Option<Timestamp>,
    /// When its bytes were deleted.
    pub purged_at: Option<Timestamp>,
}

/// A file to be.
#[derive(Debug, Clone, Copy)]
pub struct NewMedia<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its type, as the sender says.
    pub mime: &'a str,
    /// How many bytes it will have.
    pub bytes: u64,
    /// Alternative text.
    pub alt: &'a str,
    /// The point that stays visible where a platform crops.
    pub focus: Option<Point>,
    /// What the upload's client wants to hear again.
    pub upload_meta: Option<&'a str>,
    /// When the upload is given up unless it goes on.
    pub expires_at: Option<Timestamp>,
    /// Who uploads it.
    pub created_by: UserId,
}

pub(super) const COLUMNS: &str = "id, name, mime, bytes, received, sha256, alt, focus, state, facts, notes, code, \
     code_args, object_key, work_key, thumb_key, upload_meta, source_url, created_by, created_at, expires_at, purged_at";

pub(super) fn media(row: &Row) -> Result<Media> {
    Ok(Media {
        id: row.id("id")?,
        name: row.get("name")?,
        mime: row.get("mime")?,
        bytes: row.count("bytes")?,
        received: row.count("received")?,
        sha256: hash(row, "sha256")?,
        alt: row.get("alt")?,
        focus: row.opt_json("focus")?,
        state: row.word("state", MediaState::parse)?,
        facts: row.opt_json("facts")?,
        notes: codes(row, "notes")?,
        code: row.opt_code("code")?,
        code_args: row.opt_json("code_args")?.unwrap_or_default(),
        object_key: row.get("object_key")?,
        work_key: row.get("work_key")?,
        thumb_key: row.get("thumb_key")?,
        upload_meta: row.get("upload_meta")?,
        source_url: row.get("source_url")?,
        created_by: row.id("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.opt_time("expires_at")?,
        purged_at: row.opt_time("purged_at")?,
    })
}

/// A list of codes; one of a later version is left out.
fn codes(row: &Row, name: &'static str) -> Result<Vec<Code>> {
    let texts: Vec<String> = row.opt_json(name)?.unwrap_or_default();
    Ok(texts.iter().filter_map(|text| Code::parse(text)).collect())
}

/// One file.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Media> {
    let text = format!("SELECT {COLUMNS} FROM media WHERE workspace_id = $1 AND id = $2");
    media(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// How far its upload is, for whoever goes on with it; opaque here.
pub async fn upload(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Option<Value>> {
    let found = sql("SELECT upload FROM media WHERE workspace_id = $1 AND id = $2").id(workspace).id(id);
    tx.one(found).await?.opt_json("upload")
}

/// Those of some files that exist in the workspace and were not purged.
pub async fn get_many(tx: &mut Tx, workspace: WorkspaceId, ids: &[MediaId]) -> Result<Vec<Media>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT {COLUMNS} FROM media WHERE workspace_id = $1 AND purged_at IS NULL AND id IN ({})",
        placeholders(2, ids.len())
    );
    tx.map(ids.iter().fold(sql(text).id(workspace), |statement, &id| statement.id(id)), media).await
}

/// The file of a public address, which names no workspace: its signature was checked before.
pub async fn of_link(tx: &mut Tx, id: MediaId) -> Result<(WorkspaceId, Media)> {
    let text = format!("SELECT workspace_id, {COLUMNS} FROM media WHERE id = $1 AND purged_at IS NULL");
    let row = tx.one(sql(text).id(id)).await?;
    Ok((row.id("workspace_id")?, media(&row)?))
}

/// Files that were not purged, newest first, after a place in the list.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, after: Cursor, limit: u32) -> Result<Vec<Media>> {
    let text = format!(
        "SELECT {COLUMNS} FROM media WHERE workspace_id = $1 AND purged_at IS NULL \
         AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4"
    );
    tx.map(sql(text).id(workspace).bind(after.at).bind(after.id).bind(limit), media).await
}

/// What a person may say about a file.
#[derive(Debug, Clone, Copy)]
pub struct Described<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its alternative text.
    pub alt: &'a str,
    /// The point that stays visible.
    pub focus: Option<Point>,
}

/// Changes what a person says about a file.
pub async fn describe(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, said: Described<'_>) -> Result<Media> {
    let focus = said.focus.as_ref().map(json).transpose()?;
    let text = format!(
        "UPDATE media SET name = $1, alt = $2, focus = $3 WHERE workspace_id = $4 AND id = $5 AND purged_at IS NULL \
         RETURNING {COLUMNS}"
    );
    media(&tx.one(sql(text).bind(said.name).bind(said.alt).bind(focus).id(workspace).id(id)).await?)
}

/// The payload of a job, read back.
pub fn payload<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T> {
    serde_json::from_value(value.clone()).map_err(|error| StoreError::corrupt("payload", error))
}
