//! Links with which somebody who is no member connects an account for a
//! workspace. Only hashes of their tokens are stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_domain::id::{ConnectLinkId, UserId, WorkspaceId};

use crate::sql::{Row, json, sql};
use crate::{Result, StoreError, Tx};

/// A link that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectLink {
    /// Its id.
    pub id: ConnectLinkId,
    /// Where the channel will belong.
    pub workspace_id: WorkspaceId,
    /// Who made it; the connection is made in their name.
    pub created_by: UserId,
    /// The platform.
    pub platform: String,
    /// Fields that are filled in already; none is a secret.
    pub fields: BTreeMap<String, String>,
    /// What its maker says it is for.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When an account was connected with it.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl ConnectLink {
    /// Whether an account can still be connected with it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.revoked_at.is_none() && self.expires_at > now
    }
}

/// A link to be.
#[derive(Clone, Copy)]
pub struct NewLink<'a> {
    /// Who makes it.
    pub created_by: UserId,
    /// The platform.
    pub platform: &'a str,
    /// Fields that are filled in already; none is a secret.
    pub fields: &'a BTreeMap<String, String>,
    /// What it is for.
    pub note: &'a str,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
}

const COLUMNS: &str =
    "id, workspace_id, created_by, platform, fields, note, created_at, expires_at, used_at, revoked_at";

fn link(row: &Row) -> Result<ConnectLink> {
    Ok(ConnectLink {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        created_by: row.id("created_by")?,
        platform: row.get("platform")?,
        fields: row.json("fields")?,
        note: row.get("note")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.opt_time("used_at")?,
        revoked_at: row.opt_time("revoked_at")?,
    })
}

/// Makes a link.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewLink<'_>) -> Result<ConnectLink> {
    let (id, now) = (tx.new_id::<ConnectLinkId>(), tx.now());
    let text = format!(
        "INSERT INTO connect_links (id, workspace_id, created_by, platform, fields, note, token_hash, created_at, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(workspace).id(new.created_by).bind(new.platform).bind(json(new.fields)?);
    link(&tx.one(insert.bind(new.note).bind(new.token_hash).bind(now).bind(new.expires_at)).await?)
}

/// One link.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: ConnectLinkId) -> Result<ConnectLink> {
    let text = format!("SELECT {COLUMNS} FROM connect_links WHERE workspace_id = $1 AND id = $2");
    link(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// The link with a token, whatever its state.
pub async fn by_token(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<ConnectLink>> {
    let text = format!("SELECT {COLUMNS} FROM connect_links WHERE token_hash = $1");
    tx.opt(sql(text).bind(*token_hash)).await?.as_ref().map(link).transpose()
}

/// All links of a workspace, newest first.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<ConnectLink>> {
    let text = format!("SELECT {COLUMNS} FROM connect_links WHERE workspace_id = $1 ORDER BY created_at DESC, id DESC");
    tx.map(sql(text).id(workspace), link).await
}

/// Uses a link up. Of two at once one is true; false too for one that has ended or was taken back.
pub async fn take(tx: &mut Tx, workspace: WorkspaceId, id: ConnectLinkId) -> Result<bool> {
    let now = tx.now();
    let used = sql("UPDATE connect_links SET used_at = $1 WHERE workspace_id = $2 AND id = $3 \
                    AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $4");
    Ok(tx.execute(used.bind(now).id(workspace).id(id).bind(now)).await? == 1)
}

/// Takes a link back. Once more is no harm.
pub async fn revoke(tx: &mut Tx, workspace: WorkspaceId, id: ConnectLinkId) -> Result<()> {
    let now = tx.now();
    let revoked = sql("UPDATE connect_links SET revoked_at = COALESCE(revoked_at, $1) \
                       WHERE workspace_id = $2 AND id = $3");
    match tx.execute(revoked.bind(now).id(workspace).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// Takes every open link back, as after a restore.
pub(crate) async fn revoke_all(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(sql("UPDATE connect_links SET revoked_at = $1 WHERE used_at IS NULL AND revoked_at IS NULL").bind(now))
        .await
}

/// Deletes links that ended before an instant.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql("DELETE FROM connect_links WHERE expires_at <= $1").bind(before)).await
}
