//! Keys for programs. The key itself is shown once and stored as a hash.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{ApiKeyId, UserId, WorkspaceId};
use postrider_domain::role::Role;

use super::tombstones;
use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// A use is noted at most this often, so that reading stays without writing.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A key for a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Where it works.
    pub workspace_id: WorkspaceId,
    /// Who made it, and for whom it acts.
    pub user_id: UserId,
    /// What its maker calls it.
    pub name: String,
    /// The most it may do; never more than its maker may.
    pub role: Role,
    /// Its last characters, to tell keys apart.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it still opens anything.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

/// A key to be.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// Who makes it.
    pub user: UserId,
    /// What its maker calls it.
    pub name: &'a str,
    /// The most it may do.
    pub role: Role,
    /// SHA-256 of the key.
    pub token_hash: [u8; 32],
    /// Its last characters.
    pub hint: &'a str,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, workspace_id, user_id, name, role, hint, created_at, expires_at, used_at, revoked_at";

fn api_key(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        user_id: row.id("user_id")?,
        name: row.get("name")?,
        role: row.word("role", Role::parse)?,
        hint: row.get("hint")?,
        created_at: row.time("created_at")?,
        expires_at: row.opt_time("expires_at")?,
        used_at: row.opt_time("used_at")?,
        revoked_at: row.opt_time("revoked_at")?,
    })
}

/// Makes a key.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewKey<'_>) -> Result<ApiKey> {
    let (id, now) = (tx.new_id::<ApiKeyId>(), tx.now());
    let text = format!(
        "INSERT INTO api_keys (id, workspace_id, user_id, name, role, token_hash, hint, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(workspace).id(new.user).bind(new.name).bind(new.role.as_str());
    let insert = insert.bind(new.token_hash).bind(new.hint).bind(now).bind(new.expires_at);
    api_key(&tx.one(insert).await?)
}

/// Keys that were not taken back, newest first.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<ApiKey>> {
    let text = format!(
        "SELECT {COLUMNS} FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL \
         ORDER BY created_at DESC, id DESC"
    );
    tx.map(sql(text).id(workspace), api_key).await
}

/// Keys of every workspace that were not taken back, newest first, for the operator.
pub async fn list_everywhere(tx: &mut Tx) -> Result<Vec<ApiKey>> {
    let text = format!("SELECT {COLUMNS} FROM api_keys WHERE revoked_at IS NULL ORDER BY created_at DESC, id DESC");
    tx.map(sql(text), api_key).await
}

/// The key with this hash, also an expired or revoked one: [`ApiKey::is_valid`] tells.
pub async fn by_token(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<ApiKey>> {
    let text = format!("SELECT {COLUMNS} FROM api_keys WHERE token_hash = $1");
    tx.opt(sql(text).bind(*token_hash)).await?.as_ref().map(api_key).transpose()
}

/// Whether a use should be noted with [`touch`].
pub fn is_due_for_touch(key: &ApiKey, now: Timestamp) -> bool {
    key.used_at.is_none_or(|at| now.duration_since(at) >= NOTED_EVERY)
}

/// Notes a use.
pub async fn touch(tx: &mut Tx, id: ApiKeyId) -> Result<()> {
    let now = tx.now();
    tx.execute(sql("UPDATE api_keys SET used_at = $1 WHERE id = $2").bind(now).id(id)).await?;
    Ok(())
}

/// Takes a key back.
pub async fn revoke(tx: &mut Tx, workspace: WorkspaceId, id: ApiKeyId) -> Result<()> {
    let now = tx.now();
    let revoked = sql("UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $1) WHERE workspace_id = $2 AND id = $3");
    match tx.execute(revoked.bind(now).id(workspace).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => tombstones::add(tx, id.uuid(), tombstones::Kind::Key).await,
    }
}

/// Takes back every key of a person in a workspace, and returns how many that were.
pub async fn revoke_of(tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Result<usize> {
    let valid = sql("SELECT id FROM api_keys WHERE workspace_id = $1 AND user_id = $2 AND revoked_at IS NULL");
    let ids = tx.map(valid.id(workspace).id(user), |row| row.id::<ApiKeyId>("id")).await?;
    for id in &ids {
        revoke(tx, workspace, *id).await?;
    }
    Ok(ids.len())
}

/// Takes back every key of a person in every workspace, in the order of workspaces.
pub async fn revoke_everywhere(tx: &mut Tx, user: UserId) -> Result<Vec<(WorkspaceId, ApiKeyId)>> {
    let valid = sql("SELECT workspace_id, id FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL \
                     ORDER BY workspace_id, id");
    let keys = tx.map(valid.id(user), |row| Ok((row.id("workspace_id")?, row.id("id")?))).await?;
    for (workspace, key) in &keys {
        revoke(tx, *workspace, *key).await?;
    }
    Ok(keys)
}

/// [`revoke`] for a key that a backup may have brought back; false when it had not.
pub(crate) async fn revoke_again(tx: &mut Tx, workspace: WorkspaceId, id: ApiKeyId) -> Result<bool> {
    let valid = sql("SELECT id FROM api_keys WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL");
    if tx.opt(valid.id(workspace).id(id)).await?.is_none() {
        return Ok(false);
    }
    revoke(tx, workspace, id).await.map(|()| true)
}
