//! The audit log: security-relevant acts, kept 90 days.

use jiff::Timestamp;
use postrider_domain::id::{AuditId, UserId, WorkspaceId};

use super::page::Cursor;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: AuditId,
    /// Who did it; `None` for the program itself and for deleted people.
    pub user_id: Option<UserId>,
    /// What, such as `channel.disconnect`.
    pub action: String,
    /// To what: an id or a short name, never content.
    pub subject: String,
    /// From which network address.
    pub address: String,
    /// When.
    pub created_at: Timestamp,
}

/// Something to note.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    /// Where; `None` concerns the instance.
    pub workspace: Option<WorkspaceId>,
    /// Who.
    pub user: Option<UserId>,
    /// What, such as `channel.disconnect`.
    pub action: &'a str,
    /// To what: an id or a short name, never content.
    pub subject: &'a str,
    /// From which network address.
    pub address: &'a str,
}

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: row.id("id")?,
        user_id: row.opt_id("user_id")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        address: row.get("address")?,
        created_at: row.time("created_at")?,
    })
}

/// Notes an act, in the transaction that does it.
pub async fn add(tx: &mut Tx, new: NewEntry<'_>) -> Result<()> {
    let (id, now) = (tx.new_id::<AuditId>(), tx.now());
    tx.execute(
        sql("INSERT INTO audit_log (id, workspace_id, user_id, action, subject, address, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .id(id)
        .opt_id(new.workspace)
        .opt_id(new.user)
        .bind(new.action)
        .bind(new.subject)
        .bind(new.address)
        .bind(now),
    )
    .await?;
    Ok(())
}

/// A workspace's log, newest first, after a place in the list.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, after: Cursor, limit: u32) -> Result<Vec<Entry>> {
    tx.map(
        sql("SELECT id, user_id, action, subject, address, created_at FROM audit_log WHERE workspace_id = $1 \
             AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4")
        .id(workspace)
        .bind(after.at)
        .bind(after.id)
        .bind(limit),
        entry,
    )
    .await
}

/// Who did the latest of these acts, with their name; `None` where that is not known any more.
pub async fn last_by(tx: &mut Tx, workspace: WorkspaceId, action: &str) -> Result<Option<(UserId, String)>> {
    let found = tx
        .opt(
            sql("SELECT a.user_id, u.name FROM audit_log a LEFT JOIN users u ON u.id = a.user_id \
                 WHERE a.workspace_id = $1 AND a.action = $2 ORDER BY a.created_at DESC, a.id DESC LIMIT 1")
            .id(workspace)
            .bind(action),
        )
        .await?;
    let Some(row) = found else { return Ok(None) };
    let (user, name): (Option<UserId>, Option<String>) = (row.opt_id("user_id")?, row.get("name")?);
    Ok(user.zip(name))
}

/// Deletes what is older than an instant.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql("DELETE FROM audit_log WHERE created_at < $1").bind(before)).await
}
