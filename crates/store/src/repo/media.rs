//! Uploaded files: their rows. The bytes are elsewhere, under the row's id.

use jiff::Timestamp;
use postrider_domain::id::{MediaId, PostId, UserId, WorkspaceId};

use super::instance::hash;
use super::page::Cursor;
use super::tombstones;
use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaState {
    /// Its bytes are still coming.
    Uploading,
    /// It can be used.
    Ready,
    /// Its bytes were deleted; the row says that it was there.
    Purged,
}

impl MediaState {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            MediaState::Uploading => "uploading",
            MediaState::Ready => "ready",
            MediaState::Purged => "purged",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Uploading, Self::Ready, Self::Purged].into_iter().find(|state| state.as_str() == text)
    }
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Its id, and the key of its bytes.
    pub id: MediaId,
    /// The file's name.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of the bytes, once they are all there.
    pub sha256: Option<[u8; 32]>,
    /// Alternative text.
    pub alt: String,
    /// Where it stands.
    pub state: MediaState,
    /// Who uploaded it.
    pub created_by: UserId,
    /// When the upload began.
    pub created_at: Timestamp,
    /// When its bytes were deleted.
    pub purged_at: Option<Timestamp>,
}

/// A file to be.
#[derive(Debug, Clone, Copy)]
pub struct NewMedia<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its type.
    pub mime: &'a str,
    /// How many bytes it will have.
    pub bytes: u64,
    /// Alternative text.
    pub alt: &'a str,
    /// Who uploads it.
    pub created_by: UserId,
}

const COLUMNS: &str = "id, name, mime, bytes, sha256, alt, state, created_by, created_at, purged_at";

fn media(row: &Row) -> Result<Media> {
    Ok(Media {
        id: row.id("id")?,
        name: row.get("name")?,
        mime: row.get("mime")?,
        bytes: row.count("bytes")?,
        sha256: hash(row, "sha256")?,
        alt: row.get("alt")?,
        state: row.word("state", MediaState::parse)?,
        created_by: row.id("created_by")?,
        created_at: row.time("created_at")?,
        purged_at: row.opt_time("purged_at")?,
    })
}

/// Begins an upload.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewMedia<'_>) -> Result<Media> {
    let (id, now) = (tx.new_id::<MediaId>(), tx.now());
    let text = format!(
        "INSERT INTO media (id, workspace_id, name, mime, bytes, alt, state, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(workspace).bind(new.name).bind(new.mime).bind(new.bytes).bind(new.alt);
    media(&tx.one(insert.bind(MediaState::Uploading.as_str()).id(new.created_by).bind(now)).await?)
}

/// One file.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Media> {
    let text = format!("SELECT {COLUMNS} FROM media WHERE workspace_id = $1 AND id = $2");
    media(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// Files that were not purged, newest first, after a place in the list.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, after: Cursor, limit: u32) -> Result<Vec<Media>> {
    let text = format!(
        "SELECT {COLUMNS} FROM media WHERE workspace_id = $1 AND purged_at IS NULL \
         AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4"
    );
    tx.map(sql(text).id(workspace).bind(after.at).bind(after.id).bind(limit), media).await
}

/// All bytes are there.
pub async fn mark_ready(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, sha256: [u8; 32]) -> Result<Media> {
    let text = format!(
        "UPDATE media SET state = $1, sha256 = $2 WHERE workspace_id = $3 AND id = $4 AND state = $5 \
         RETURNING {COLUMNS}"
    );
    let ready = sql(text).bind(MediaState::Ready.as_str()).bind(sha256).id(workspace).id(id);
    media(&tx.one(ready.bind(MediaState::Uploading.as_str())).await?)
}

/// The posts whose current content uses a file.
pub async fn used_by(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Vec<PostId>> {
    tx.map(
        sql("SELECT p.id FROM posts p JOIN revisions r ON r.id = p.revision_id \
             WHERE p.workspace_id = $1 AND r.content LIKE $2 ORDER BY p.id")
        .id(workspace)
        // `_` in a pattern stands for any character; an id is long enough not to mind.
        .bind(format!("%\"{id}\"%")),
        |row| row.id("id"),
    )
    .await
}

/// The bytes were deleted: name and alternative text go too.
pub async fn mark_purged(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<()> {
    let now = tx.now();
    let purged = sql("UPDATE media SET state = $1, name = '', alt = '', sha256 = NULL, purged_at = $2 \
                      WHERE workspace_id = $3 AND id = $4");
    match tx.execute(purged.bind(MediaState::Purged.as_str()).bind(now).id(workspace).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => tombstones::add(tx, id.uuid(), tombstones::Kind::Media).await,
    }
}
