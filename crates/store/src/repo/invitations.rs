//! Invitations to join a workspace: one-use links, stored as hashes.

use jiff::Timestamp;
use postrider_domain::id::{InvitationId, UserId, WorkspaceId};
use postrider_domain::role::Role;

use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where to.
    pub workspace_id: WorkspaceId,
    /// Whom it is meant for.
    pub email: String,
    /// The role that awaits.
    pub role: Role,
    /// Who invited.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether it can still be accepted.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && self.expires_at > now
    }
}

/// An invitation to be.
#[derive(Debug, Clone, Copy)]
pub struct NewInvitation<'a> {
    /// Whom it is meant for.
    pub email: &'a str,
    /// The role that awaits.
    pub role: Role,
    /// SHA-256 of the token in the link.
    pub token_hash: [u8; 32],
    /// Who invites.
    pub invited_by: UserId,
    /// When it ends.
    pub expires_at: Timestamp,
}

const COLUMNS: &str = "id, workspace_id, email, role, invited_by, created_at, expires_at, accepted_at, revoked_at";

fn invitation(row: &Row) -> Result<Invitation> {
    Ok(Invitation {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        email: row.get("email")?,
        role: row.word("role", Role::parse)?,
        invited_by: row.id("invited_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        accepted_at: row.opt_time("accepted_at")?,
        revoked_at: row.opt_time("revoked_at")?,
    })
}

/// Makes an invitation.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewInvitation<'_>) -> Result<Invitation> {
    let (id, now) = (tx.new_id::<InvitationId>(), tx.now());
    let text = format!(
        "INSERT INTO invitations (id, workspace_id, email, role, token_hash, invited_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(workspace).bind(new.email.trim()).bind(new.role.as_str());
    let insert = insert.bind(new.token_hash).id(new.invited_by).bind(now).bind(new.expires_at);
    invitation(&tx.one(insert).await?)
}

/// Invitations that can still be accepted, newest first.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Invitation>> {
    let now = tx.now();
    let text = format!(
        "SELECT {COLUMNS} FROM invitations WHERE workspace_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL \
         AND expires_at > $2 ORDER BY created_at DESC, id DESC"
    );
    tx.map(sql(text).id(workspace).bind(now), invitation).await
}

/// One invitation, whatever became of it.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: InvitationId) -> Result<Invitation> {
    let text = format!("SELECT {COLUMNS} FROM invitations WHERE workspace_id = $1 AND id = $2");
    invitation(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// The invitation of a token, whatever became of it.
pub async fn by_token(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Invitation>> {
    let text = format!("SELECT {COLUMNS} FROM invitations WHERE token_hash = $1");
    tx.opt(sql(text).bind(*token_hash)).await?.as_ref().map(invitation).transpose()
}

/// Uses an invitation up; `None` when it is unknown, used, revoked or expired.
pub async fn accept(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Invitation>> {
    let now = tx.now();
    let text = format!(
        "UPDATE invitations SET accepted_at = $1 WHERE token_hash = $2 AND accepted_at IS NULL \
         AND revoked_at IS NULL AND expires_at > $3 RETURNING {COLUMNS}"
    );
    tx.opt(sql(text).bind(now).bind(*token_hash).bind(now)).await?.as_ref().map(invitation).transpose()
}

/// Takes an invitation back.
pub async fn revoke(tx: &mut Tx, workspace: WorkspaceId, id: InvitationId) -> Result<()> {
    let now = tx.now();
    let revoked = sql("UPDATE invitations SET revoked_at = COALESCE(revoked_at, $1) \
                       WHERE workspace_id = $2 AND id = $3 AND accepted_at IS NULL");
    match tx.execute(revoked.bind(now).id(workspace).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// Takes back every invitation that could still be accepted, as after a restore.
pub(crate) async fn revoke_all(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(sql("UPDATE invitations SET revoked_at = $1 WHERE accepted_at IS NULL AND revoked_at IS NULL").bind(now))
        .await
}

/// Deletes invitations that were used, taken back or expired before an instant: they hold
/// addresses of people who may never have joined.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let ended = "DELETE FROM invitations WHERE expires_at <= $1 OR accepted_at <= $1 OR revoked_at <= $1";
    tx.execute(sql(ended).bind(before)).await
}
