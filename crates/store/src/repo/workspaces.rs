//! Workspaces: the tenants.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::role::Role;

use super::data_keys::{self, Owner};
use super::{media, tombstones};
use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Bell, Result, Tx};

/// Which revisions may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ApprovalPolicy {
    /// All of them.
    #[default]
    None,
}

impl ApprovalPolicy {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            ApprovalPolicy::None => "none",
        }
    }

    /// The policy with this name.
    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::None.as_str()).then_some(Self::None)
    }
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub zone: String,
    /// Which revisions may go out.
    pub approval_policy: ApprovalPolicy,
    /// How late a delivery may go out without asking.
    pub missed_window: Duration,
    /// Since when nothing of it is published.
    pub paused_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a person may set about a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Profile<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its IANA time zone.
    pub zone: &'a str,
    /// How late a delivery may go out without asking, in whole seconds.
    pub missed_window: Duration,
}

const COLUMNS: &str = "w.id, w.name, w.zone, w.approval_policy, w.missed_window_s, w.paused_at, \
                       w.created_at, w.updated_at";

fn workspace(row: &Row) -> Result<Workspace> {
    Ok(Workspace {
        id: row.id("id")?,
        name: row.get("name")?,
        zone: row.get("zone")?,
        approval_policy: row.word("approval_policy", ApprovalPolicy::parse)?,
        missed_window: Duration::from_secs(row.count("missed_window_s")?),
        paused_at: row.opt_time("paused_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Makes a workspace with its own data key; the caller adds its first member.
pub async fn create(tx: &mut Tx, profile: Profile<'_>) -> Result<Workspace> {
    let (id, now) = (tx.new_id::<WorkspaceId>(), tx.now());
    let (data_key, _) = data_keys::create(tx, Owner::Workspace(id)).await?;
    tx.execute(
        sql("INSERT INTO workspaces (id, name, zone, approval_policy, missed_window_s, event_seq, \
             data_key_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)")
        .id(id)
        .bind(profile.name)
        .bind(profile.zone)
        .bind(ApprovalPolicy::None.as_str())
        .bind(profile.missed_window.as_secs())
        .id(data_key)
        .bind(now)
        .bind(now),
    )
    .await?;
    get(tx, id).await
}

/// One workspace.
pub async fn get(tx: &mut Tx, id: WorkspaceId) -> Result<Workspace> {
    let text = format!("SELECT {COLUMNS} FROM workspaces w WHERE w.id = $1");
    workspace(&tx.one(sql(text).id(id)).await?)
}

/// A person's workspaces with their role in each, by name.
pub async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<(Workspace, Role)>> {
    let text = format!(
        "SELECT {COLUMNS}, m.role FROM workspaces w JOIN memberships m ON m.workspace_id = w.id \
         WHERE m.user_id = $1 ORDER BY w.name, w.id"
    );
    tx.map(sql(text).id(user), |row| Ok((workspace(row)?, row.word("role", Role::parse)?))).await
}

/// Every workspace, for housekeeping.
pub async fn ids(tx: &mut Tx) -> Result<Vec<WorkspaceId>> {
    tx.map(sql("SELECT id FROM workspaces ORDER BY id"), |row| row.id("id")).await
}

/// The next workspace after one, in the order of ids, for work that goes through all.
pub async fn next_after(tx: &mut Tx, after: WorkspaceId) -> Result<Option<WorkspaceId>> {
    let next = sql("SELECT id FROM workspaces WHERE id > $1 ORDER BY id LIMIT 1").id(after);
    tx.opt(next).await?.map(|row| row.id("id")).transpose()
}

/// Changes what a person may set.
pub async fn update(tx: &mut Tx, id: WorkspaceId, profile: Profile<'_>) -> Result<Workspace> {
    let now = tx.now();
    tx.execute(
        sql("UPDATE workspaces SET name = $1, zone = $2, missed_window_s = $3, updated_at = $4 WHERE id = $5")
            .bind(profile.name)
            .bind(profile.zone)
            .bind(profile.missed_window.as_secs())
            .bind(now)
            .id(id),
    )
    .await?;
    get(tx, id).await
}

/// Stops publishing of one workspace, or lets it go on with what was held meanwhile.
pub async fn set_paused(tx: &mut Tx, id: WorkspaceId, paused: bool) -> Result<()> {
    let now = tx.now();
    let at = paused.then_some(now);
    let changed = tx
        .execute(sql("UPDATE workspaces SET paused_at = $1, updated_at = $2 WHERE id = $3").bind(at).bind(now).id(id))
        .await?;
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    if !paused {
        tx.ring(Bell::Due);
        super::deliveries::resume_paused(tx, Some(id)).await?;
    }
    Ok(())
}

/// Locks the workspace's row until the transaction ends, so that a rule over
/// several rows (the last owner, a limit) is decided by one writer at a time.
pub async fn lock(tx: &mut Tx, id: WorkspaceId) -> Result<()> {
    // Not `FOR UPDATE`: rows that refer to the workspace may be inserted meanwhile.
    let text = format!("SELECT id FROM workspaces WHERE id = $1{}", tx.lock_clause(" FOR NO KEY UPDATE"));
    tx.one(sql(text).id(id)).await.map(|_| ())
}

/// Deletes a workspace with everything in it. Its keys are destroyed first, so
/// that nothing sealed survives in a copy of the ledger.
pub async fn delete(tx: &mut Tx, id: WorkspaceId) -> Result<()> {
    // What is being sent first: whoever sends takes the workspace's row last.
    let text = format!(
        "SELECT id FROM deliveries WHERE workspace_id = $1 AND state = 'running' ORDER BY id{}",
        tx.lock_clause(" FOR UPDATE")
    );
    tx.rows(sql(text).id(id)).await?;
    lock(tx, id).await?;
    media::erase_workspace(tx, id).await?;
    let now = tx.now();
    tx.execute(
        sql("UPDATE data_keys SET wrapped = NULL, destroyed_at = $1 WHERE destroyed_at IS NULL AND (\
             id IN (SELECT data_key_id FROM grants WHERE workspace_id = $2) OR \
             id IN (SELECT data_key_id FROM platform_apps WHERE workspace_id = $2) OR \
             id IN (SELECT data_key_id FROM workspaces WHERE id = $2))")
        .bind(now)
        .id(id),
    )
    .await?;
    // In an order in which no row is referred to by one that is still there:
    // PostgreSQL looks at the end of each cascade, not of the statement.
    for text in [
        "UPDATE lanes SET busy_delivery = NULL WHERE busy_delivery IN \
         (SELECT id FROM deliveries WHERE workspace_id = $1)",
        "DELETE FROM deliveries WHERE workspace_id = $1",
        "DELETE FROM posts WHERE workspace_id = $1",
        "DELETE FROM series WHERE workspace_id = $1",
        "DELETE FROM channels WHERE workspace_id = $1",
        "DELETE FROM grants WHERE workspace_id = $1",
        "DELETE FROM settings WHERE scope_id = $1",
        "DELETE FROM budgets WHERE scope_id = $1 OR scope_id IN (SELECT id FROM platform_apps WHERE workspace_id = $1)",
        "DELETE FROM workspaces WHERE id = $1",
    ] {
        tx.execute(sql(text).id(id)).await?;
    }
    tombstones::add(tx, id.uuid(), tombstones::Kind::Workspace).await
}
